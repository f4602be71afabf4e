"""For each law of overlap, measures of which one is wrong in a way that the law must find.

The others are right (`right_scores.py`). Names say the fault.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from right_scores import RIGHT, accuracy, dices, gathered, ious, kappa, matrix_of, mean, precisions, weighted_iou

import npseg.laws.catalogue  # noqa: F401
from npseg.laws import LAWS, Target


@dataclass(frozen=True)
class Planted:
    law: str
    measure: str
    score: Callable[..., Any]
    declared: dict[str, str] = field(default_factory=dict)
    large: bool = False
    """Only the large cases of the law show it."""

    @property
    def target(self) -> Target:
        """The wrong measure and the right ones that the law relates it to."""
        law = LAWS[self.law]
        related = {*law.needs, self.measure.removesuffix("_per_class").removesuffix("_in_parts")}
        related |= {f"{name}_{more}" for name in related for more in ("per_class", "in_parts")}
        right = {name: score for name, score in RIGHT.items() if name in related}
        return Target(self.score.__name__, {**right, self.measure: self.score}, declared=self.declared)


def sum_instead_of_mean(t, p, k, ignore=None):
    return float(np.nansum(ious(matrix_of(t, p, k, ignore))))


def weights_that_do_not_add_up(t, p, k, ignore=None):
    return mean(ious(matrix_of(t, p, k, ignore))) / k


def eps_below(t, p, k, ignore=None):
    m = matrix_of(t, p, k, ignore)
    return mean(2 * np.diag(m) / np.where(m.sum(0) + m.sum(1), m.sum(0) + m.sum(1) + 1e-3, np.nan))


def smooth(t, p, k, ignore=None):
    m = matrix_of(t, p, k, ignore)
    return mean((2 * np.diag(m) + 1) / np.where(m.sum(0) + m.sum(1), m.sum(0) + m.sum(1) + 1, np.nan))


def absolute_kappa(t, p, k, ignore=None):
    return abs(kappa(matrix_of(t, p, k, ignore)))


def only_classes_of_the_truth(t, p, k, ignore=None):
    m = matrix_of(t, p, k, ignore)
    return mean(np.where(m.sum(1) > 0, ious(m), np.nan))


def only_classes_of_the_truth_each(t, p, k, ignore=None):
    m = matrix_of(t, p, k, ignore)
    return np.where(m.sum(1) > 0, ious(m), np.nan)


def first_column_forgotten(t, p, k, ignore=None):
    return accuracy(matrix_of(t[:, :, 1:], p[:, :, 1:], k, ignore)) if t.shape[2] > 1 else accuracy(matrix_of(t, p, k))


def background_left_out(t, p, k, ignore=None):
    return mean(ious(matrix_of(t, p, k, ignore))[1:])


def sorted_classes(t, p, k, ignore=None):
    return np.sort(ious(matrix_of(t, p, k, ignore)))


def later_images_weigh_more(t, p, k, ignore=None):
    return mean(ious(sum(2**i * matrix_of(a, b, k, ignore) for i, (a, b) in enumerate(zip(t, p)))))


def absent_is_zero(t, p, k, ignore=None):
    return float(np.nan_to_num(ious(matrix_of(t, p, k, ignore))).mean())


def shares_of_the_mean(t, p, k, ignore=None):
    return ious(matrix_of(t, p, k, ignore)) / k


def absent_classes_reported_as_zero(t, p, k, ignore=None):
    return np.nan_to_num(ious(matrix_of(t, p, k, ignore)))


def mean_of_images(t, p, k, ignore=None):
    return mean(np.array([mean(ious(matrix_of(a, b, k, ignore))) for a, b in zip(t, p)]))


def best_image_is_the_measure(t, p, k, ignore=None):
    each = np.array([mean(ious(matrix_of(a, b, k, ignore))) for a, b in zip(t, p)])
    return mean(each * each / each.max()) if each.max() > 0 else 0.0


def sum_of_images(t, p, k, ignore=None):
    return sum(mean(ious(matrix_of(a, b, k, ignore))) for a, b in zip(t, p))


def ignored_predictions_are_false_alarms(t, p, k, ignore=None):
    m = matrix_of(t, p, k, ignore)
    return mean(np.diag(m) / np.maximum(m.sum(1) + np.bincount(p.ravel(), minlength=k) - np.diag(m), 1))


def ignored_counts_as_right(t, p, k, ignore=None):
    return mean(ious(matrix_of(t if ignore is None else np.where(t == ignore, p, t), p, k)))


def ignored_class_left_out(t, p, k, ignore=None):
    each = ious(matrix_of(t, p, k, ignore))
    return mean(np.delete(each, ignore) if ignore is not None and 0 <= ignore < k else each)


def ignored_image_is_perfect(t, p, k, ignore=None):
    return float(np.mean([np.nan_to_num(mean(ious(matrix_of(a, b, k, ignore))), nan=1) for a, b in zip(t, p)]))


def missed_classes_left_out(t, p, k, ignore=None):
    each = dices(matrix_of(t, p, k, ignore))
    return mean(np.where(each > 0, each, np.nan))


def sizes_compared(t, p, k, ignore=None):
    m = matrix_of(t, p, k, ignore)
    return 1 - abs(m.sum(0) - m.sum(1)) / np.maximum(m.sum(0) + m.sum(1), 1)


def absent_dice_is_one(t, p, k, ignore=None):
    return np.nan_to_num(dices(matrix_of(t, p, k, ignore)), nan=1)


def dice_called_iou(t, p, k, ignore=None):
    return dices(matrix_of(t, p, k, ignore))


def weights_of_both_sides(t, p, k, ignore=None):
    m = matrix_of(t, p, k, ignore)
    return weighted_iou(m) + float(np.nansum(ious(m) * m.sum(0)) / m.sum())


def chance_only_below(t, p, k, ignore=None):
    m = matrix_of(t, p, k, ignore)
    return accuracy(m) / (1 - min(float((m.sum(0) * m.sum(1)).sum() / m.sum() ** 2), 0.99))


def square_part(t, p, k, ignore=None):
    return accuracy(matrix_of(t[:, :, : t.shape[1]], p[:, :, : t.shape[1]], k, ignore))


def true_negatives_count(t, p, k, ignore=None):
    m = matrix_of(t, p, k, ignore)
    return float((k * m.sum() - 2 * (m.sum() - np.trace(m))) / (k * m.sum()))


def counts_in_float32(t, p, k, ignore=None):
    return np.minimum(matrix_of(t, p, k, ignore), 2**24)


def counts_of_classes_in_float32(t, p, k, ignore=None):
    return np.minimum(RIGHT["class_counts"](t, p, k, ignore), 2**24)


def keys_in_the_type_of_labels(t, p, k, ignore=None):
    valid = np.ones(t.shape, bool) if ignore is None else t != ignore
    keys = (t[valid] * np.array(k).astype(t.dtype) + p[valid]).astype(np.int64) % k**2
    return np.bincount(keys, minlength=k**2).reshape(k, k)


def labels_read_as_they_lie(t, p, k, ignore=None):
    flat = [np.ravel(labels, order="K") for labels in (t, p.copy(order="C"))]
    return accuracy(matrix_of(*flat, k, ignore))


def ignored_taken_from_negatives(t, p, k, ignore=None):
    counts = RIGHT["class_counts"](t, p, k, ignore)
    counts[3] -= 0 if ignore is None else (t == ignore).sum()
    return counts


def rounded_down_in_float32(t, p, k, ignore=None):
    return mean(ious(np.minimum(matrix_of(t, p, k, ignore), 2**24)))


def floats_are_scores(t, p, k, ignore=None):
    return accuracy(matrix_of(t, p, k, ignore)) if t.dtype.kind in "iu" else 1.0


def mean_of_updates(parts, k, ignore=None):
    return mean(
        np.array([mean_of_updates(a, k) if isinstance(a, list) else mean(ious(matrix_of(*a, k))) for a in parts])
    )


def merging_replaces(parts, k, ignore=None):
    total = np.zeros((k, k), np.int64)
    for part in parts:
        total = total + matrix_of(*part, k) if isinstance(part, tuple) else merging_replaces(part, k)
    return total


def totals_in_float32(parts, k, ignore=None):
    total = np.zeros((k, k), np.float32)
    for part in parts:
        total += gathered([part], k).astype(np.float32)
    return total


def mean_of_images_accumulated(parts, k, ignore=None):
    return mean(np.array([mean(ious(matrix_of(a, b, k))) for t, p in parts for a, b in zip(t, p)]))


def ignored_overwritten(t, p, k, ignore=None):
    m = matrix_of(t, p, k, ignore)
    if ignore is not None:
        t[t == ignore] = 0
    return m


REMEMBERED: list[Any] = []


def never_reset(parts, k, ignore=None):
    REMEMBERED.extend(parts)
    return accuracy(gathered([part for part in REMEMBERED if max(part[0].max(), part[1].max()) < k], k))


def dropped(t, p, k, ignore=None):
    kept = (t >= 0) & (t < k) & (p >= 0) & (p < k)
    return mean(ious(matrix_of(t[kept], p[kept], k, ignore)))


def dropped_from_counts(t, p, k, ignore=None):
    kept = (t >= 0) & (t < k) & (p >= 0) & (p < k)
    return matrix_of(t[kept], p[kept], k, ignore)


def iou_called_precision(t, p, k, ignore=None):
    return ious(matrix_of(t, p, k, ignore))


def precision_called_recall(t, p, k, ignore=None):
    return mean(precisions(matrix_of(t, p, k, ignore)))


def kappa_doubled(t, p, k, ignore=None):
    return 2 * kappa(matrix_of(t, p, k, ignore))


BY_IMAGE = {"aggregate": "image"}
PLANTED = (
    Planted("within-bounds", "iou", sum_instead_of_mean),
    Planted("perfect-is-one", "dice", eps_below),
    Planted("perfect-with-every-class-is-one", "iou", weights_that_do_not_add_up),
    Planted("all-wrong-is-zero", "dice", smooth),
    Planted("all-wrong-with-every-class-is-zero", "dice", smooth),
    Planted("all-wrong-is-no-better-than-chance", "kappa", absolute_kappa),
    Planted("symmetric", "iou", only_classes_of_the_truth),
    Planted("pixels-in-any-order", "pixel_accuracy", first_column_forgotten),
    Planted("names-of-classes", "iou", background_left_out),
    Planted("names-of-classes-one-by-one", "iou_per_class", sorted_classes),
    Planted("images-in-any-order", "iou", later_images_weigh_more),
    Planted("duplicated-images", "dice", smooth),
    Planted("unused-class", "iou", absent_is_zero, {"absent": "skip"}),
    Planted("unused-class-beside-others", "iou_per_class", shares_of_the_mean),
    Planted("cut-into-tiles", "iou", mean_of_images, {"aggregate": "dataset"}),
    Planted("prediction-at-ignored-pixels", "iou", ignored_predictions_are_false_alarms),
    Planted("ignoring-is-deleting", "iou", ignored_counts_as_right),
    Planted("ignoring-a-class-is-deleting", "iou", ignored_class_left_out),
    Planted("ignored-image", "iou", ignored_image_is_perfect),
    Planted("mean-of-classes", "iou_per_class", absent_classes_reported_as_zero),
    Planted("mean-of-classes-in-one-image", "iou_per_class", absent_classes_reported_as_zero),
    Planted("correcting-a-pixel", "dice", missed_classes_left_out),
    Planted("correcting-a-pixel-class-by-class", "iou_per_class", sizes_compared),
    Planted("batch-is-mean-of-images", "iou", best_image_is_the_measure, BY_IMAGE),
    Planted("batch-between-its-images", "iou", sum_of_images, BY_IMAGE),
    Planted("dice-from-iou", "dice_per_class", absent_dice_is_one),
    Planted("mean-dice-around-mean-iou", "iou", ignored_class_left_out),
    Planted("iou-below-precision-and-recall", "iou_per_class", dice_called_iou),
    Planted("weighted-iou-below-accuracy", "frequency_weighted_iou", weights_of_both_sides),
    Planted("kappa-below-accuracy", "kappa", chance_only_below),
    Planted("transposed-images", "pixel_accuracy", square_part),
    Planted("accuracy-is-share-of-right-pixels", "pixel_accuracy", true_negatives_count),
    Planted("counts-of-many-pixels", "confusion", counts_in_float32, large=True),
    Planted("counts-of-classes-of-many-pixels", "class_counts", counts_of_classes_in_float32, large=True),
    Planted("counts-are-exact", "confusion", keys_in_the_type_of_labels),
    Planted("counts-of-classes-are-exact", "class_counts", ignored_taken_from_negatives),
    Planted("any-split", "iou_in_parts", mean_of_updates),
    Planted("merging", "confusion_in_parts", merging_replaces),
    Planted("counts-add-up", "confusion_in_parts", totals_in_float32, large=True),
    Planted("inputs-stay", "confusion", ignored_overwritten),
    Planted("computing-again", "pixel_accuracy_in_parts", never_reset),
    Planted("label-out-of-range-in-prediction", "iou", dropped),
    Planted("label-out-of-range-in-truth", "iou", dropped),
    Planted("label-out-of-range-in-counts", "confusion", dropped_from_counts),
    Planted("one-sided-class-is-zero", "iou_per_class", only_classes_of_the_truth_each),
    Planted("dice-between-precision-and-recall", "precision_per_class", iou_called_precision),
    Planted("exchange-of-precision-and-recall", "recall", precision_called_recall),
    Planted("kappa-within-correlation", "kappa", kappa_doubled),
    Planted("accumulator-agrees-with-function", "iou_in_parts", mean_of_images_accumulated),
    Planted("type-and-strides-of-labels", "pixel_accuracy", labels_read_as_they_lie),
    Planted("labels-as-floats", "pixel_accuracy", floats_are_scores),
    Planted("many-pixels", "iou", rounded_down_in_float32, large=True),
)
