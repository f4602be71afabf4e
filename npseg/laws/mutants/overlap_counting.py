"""What mutants of overlap are made of: counts of pixels and scores of them, in which nothing is wrong."""

from __future__ import annotations

import numpy as np

__all__ = [
    "class_counts_of", "counted", "dice_of", "gathered", "iou_of", "kappa_of", "mean", "precision_of", "recall_of",
    "right_accuracy", "right_dice", "right_dice_per_class", "right_iou", "right_iou_per_class", "right_mcc",
    "right_precision", "right_precision_per_class", "right_recall_per_class",
]  # fmt: skip


def counted(y_true, y_pred, num_classes, ignore_index=None):
    """The confusion matrix, rows the truth."""
    valid = np.ones(y_true.shape, bool) if ignore_index is None else y_true != ignore_index
    t, p = np.asarray(y_true)[valid].astype(np.int64), np.asarray(y_pred)[valid].astype(np.int64)
    if t.size and (min(t.min(), p.min()) < 0 or max(t.max(), p.max()) >= num_classes):
        raise ValueError("a label is outside the classes")
    return np.bincount(t * num_classes + p, minlength=num_classes**2).reshape(num_classes, num_classes)


def iou_of(matrix):
    """IoU of each class, NaN where there is none."""
    hits = np.diagonal(matrix).astype(float)
    union = matrix.sum(axis=0) + matrix.sum(axis=1) - hits
    return np.where(union > 0, hits / np.maximum(union, 1), np.nan)


def dice_of(matrix):
    """Dice of each class, NaN where there is none."""
    hits = np.diagonal(matrix).astype(float)
    sizes = matrix.sum(axis=0) + matrix.sum(axis=1)
    return np.where(sizes > 0, 2 * hits / np.maximum(sizes, 1), np.nan)


def mean(values):
    """Mean of what is defined."""
    values = values[~np.isnan(values)]
    return float(values.mean()) if values.size else float("nan")


def precision_of(matrix):
    """Precision of each class, NaN where nothing was predicted."""
    predicted = matrix.sum(axis=0)
    return np.where(predicted > 0, np.diagonal(matrix) / np.maximum(predicted, 1), np.nan)


def recall_of(matrix):
    """Recall of each class, NaN where the truth has none."""
    return precision_of(matrix.T)


def class_counts_of(matrix):
    """TP, FP, FN and TN of each class."""
    hits = np.diagonal(matrix)
    alarms, misses = matrix.sum(axis=0) - hits, matrix.sum(axis=1) - hits
    return np.stack([hits, alarms, misses, matrix.sum() - hits - alarms - misses])


def kappa_of(matrix, chance=None):
    """Cohen's kappa, NaN without pixels or where chance agrees always; `chance` is that of both sides if left out."""
    total = int(matrix.sum())
    if not total:
        return float("nan")
    if chance is None:
        chance = float((matrix.sum(axis=0) * matrix.sum(axis=1)).sum()) / total**2
    return float((np.trace(matrix) / total - chance) / (1 - chance)) if chance < 1 else float("nan")


def gathered(parts, num_classes, ignore_index=None):
    """The confusion matrix of a list of pairs, and of lists like it."""
    total = np.zeros((num_classes, num_classes), np.int64)
    for part in parts:
        if isinstance(part, tuple):
            total += counted(*part, num_classes, ignore_index)
        else:
            total += gathered(part, num_classes, ignore_index)
    return total


def right_iou(y_true, y_pred, num_classes, ignore_index=None):
    """Mean IoU."""
    return mean(iou_of(counted(y_true, y_pred, num_classes, ignore_index)))


def right_dice(y_true, y_pred, num_classes, ignore_index=None):
    """Mean Dice."""
    return mean(dice_of(counted(y_true, y_pred, num_classes, ignore_index)))


def right_precision(y_true, y_pred, num_classes, ignore_index=None):
    """Mean precision."""
    return mean(precision_of(counted(y_true, y_pred, num_classes, ignore_index)))


def right_iou_per_class(y_true, y_pred, num_classes, ignore_index=None):
    """IoU of each class."""
    return iou_of(counted(y_true, y_pred, num_classes, ignore_index))


def right_dice_per_class(y_true, y_pred, num_classes, ignore_index=None):
    """Dice of each class."""
    return dice_of(counted(y_true, y_pred, num_classes, ignore_index))


def right_precision_per_class(y_true, y_pred, num_classes, ignore_index=None):
    """Precision of each class."""
    return precision_of(counted(y_true, y_pred, num_classes, ignore_index))


def right_recall_per_class(y_true, y_pred, num_classes, ignore_index=None):
    """Recall of each class."""
    return recall_of(counted(y_true, y_pred, num_classes, ignore_index))


def right_accuracy(y_true, y_pred, num_classes, ignore_index=None):
    """Pixel accuracy."""
    matrix = counted(y_true, y_pred, num_classes, ignore_index)
    return float(np.trace(matrix) / matrix.sum()) if matrix.sum() else float("nan")


def right_mcc(y_true, y_pred, num_classes, ignore_index=None):
    """Matthews correlation (Gorodkin 2004)."""
    matrix = counted(y_true, y_pred, num_classes, ignore_index).astype(float)
    total, truth, predicted = matrix.sum(), matrix.sum(axis=1), matrix.sum(axis=0)
    below = (total**2 - (truth**2).sum()) * (total**2 - (predicted**2).sum())
    return float((total * np.trace(matrix) - truth @ predicted) / np.sqrt(below)) if below > 0 else float("nan")
