"""Every overlap measure written down from its definition: what laws must find no fault with.

`RIGHT` pools counts over all images; `RIGHT_BY_IMAGE` scores each image by itself.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np


def matrix_of(y_true, y_pred, num_classes, ignore_index=None):
    valid = np.ones(y_true.shape, bool) if ignore_index is None else y_true != ignore_index
    truth, prediction = y_true[valid].astype(np.int64), y_pred[valid].astype(np.int64)
    for labels in (truth, prediction):
        if labels.size and (labels.min() < 0 or labels.max() >= num_classes):
            raise ValueError("no such class")
    return np.bincount(truth * num_classes + prediction, minlength=num_classes**2).reshape(num_classes, num_classes)


def ratio(part, whole):
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(part, float) / np.asarray(whole, float)


def mean(values):
    return float(np.nanmean(values)) if (values == values).any() else float("nan")


def ious(m):
    return ratio(np.diag(m), m.sum(0) + m.sum(1) - np.diag(m))


def dices(m):
    return ratio(2 * np.diag(m), m.sum(0) + m.sum(1))


def precisions(m):
    return ratio(np.diag(m), m.sum(0))


def recalls(m):
    return ratio(np.diag(m), m.sum(1))


def accuracy(m):
    return float(ratio(np.trace(m), m.sum()))


def weighted_iou(m):
    return float(ratio(np.nansum(ious(m) * m.sum(1)), m.sum()))


def generalized_dice(m):
    weights = np.where(m.sum(1) > 0, 1 / np.maximum(m.sum(1), 1) ** 2.0, 0)
    return float(ratio(2 * (weights * np.diag(m)).sum(), (weights * (m.sum(0) + m.sum(1))).sum()))


def kappa(m):
    chance = ratio((m.sum(0) * m.sum(1)).sum(), m.sum() ** 2)
    return float(ratio(accuracy(m) - chance, 1 - chance))


def mcc(m):
    n, c, r = int(m.sum()), m.sum(0).astype(object), m.sum(1).astype(object)
    below = float((n * n - (r * r).sum()) * (n * n - (c * c).sum()))
    return float(ratio(float(n * int(np.trace(m)) - (r * c).sum()), np.sqrt(below)))


def class_counts(m):
    hits, alarms, misses = np.diag(m), m.sum(0) - np.diag(m), m.sum(1) - np.diag(m)
    return np.stack([hits, alarms, misses, m.sum() - hits - alarms - misses])


def gathered(parts, num_classes, ignore_index=None):
    total = np.zeros((num_classes, num_classes), np.int64)
    for part in parts:
        is_pair = isinstance(part, tuple)
        total += matrix_of(*part, num_classes, ignore_index) if is_pair else gathered(part, num_classes, ignore_index)
    return total


SCORES: dict[str, Callable[..., Any]] = {
    "iou": lambda m: mean(ious(m)),
    "dice": lambda m: mean(dices(m)),
    "precision": lambda m: mean(precisions(m)),
    "recall": lambda m: mean(recalls(m)),
    "pixel_accuracy": accuracy,
    "micro_f1": accuracy,
    "frequency_weighted_iou": weighted_iou,
    "generalized_dice": generalized_dice,
    "kappa": kappa,
    "mcc": mcc,
}
ARRAYS: dict[str, Callable[..., Any]] = {
    "iou_per_class": ious,
    "dice_per_class": dices,
    "precision_per_class": precisions,
    "recall_per_class": recalls,
    "confusion": lambda m: m,
    "class_counts": class_counts,
}


def of_maps(formula):
    return lambda y_true, y_pred, num_classes, ignore_index=None: formula(
        matrix_of(y_true, y_pred, num_classes, ignore_index)
    )


def of_parts(formula):
    return lambda parts, num_classes, ignore_index=None: formula(gathered(parts, num_classes, ignore_index))


def of_images(formula):
    def score(y_true, y_pred, num_classes, ignore_index=None):
        return mean(np.array([formula(matrix_of(t, p, num_classes, ignore_index)) for t, p in zip(y_true, y_pred)]))

    return score


RIGHT: dict[str, Callable[..., Any]] = {
    **{name: of_maps(formula) for name, formula in (SCORES | ARRAYS).items()},
    **{f"{name}_in_parts": of_parts(SCORES[name]) for name in ("iou", "dice", "pixel_accuracy")},
    "confusion_in_parts": of_parts(lambda m: m),
}
RIGHT_BY_IMAGE = {name: of_images(formula) for name, formula in SCORES.items() if name != "kappa" and name != "mcc"}
