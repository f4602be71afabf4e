"""Overlap measures of miseval, by its `evaluate(truth, pred, metric, multi_class=True, n_classes=K)`.

The documentation (version 1.3.0) says nothing of absent classes, but for Dice in a comment, so nothing is declared.
"""

from __future__ import annotations

import numpy as np

from npseg.laws.target import Target, Unsupported

__all__ = ["targets"]


def evaluated(name, y_true, y_pred, num_classes, ignore_index):
    from miseval import evaluate

    if ignore_index is not None:
        raise Unsupported("has no ignore value")
    return evaluate(y_true, y_pred, metric=name, multi_class=True, n_classes=num_classes)


def iou_per_class(y_true, y_pred, num_classes, ignore_index=None):
    return evaluated("IoU", y_true, y_pred, num_classes, ignore_index)


def dice_per_class(y_true, y_pred, num_classes, ignore_index=None):
    return evaluated("DSC", y_true, y_pred, num_classes, ignore_index)


def precision_per_class(y_true, y_pred, num_classes, ignore_index=None):
    return evaluated("Precision", y_true, y_pred, num_classes, ignore_index)


def recall_per_class(y_true, y_pred, num_classes, ignore_index=None):
    return evaluated("Sensitivity", y_true, y_pred, num_classes, ignore_index)


def iou(y_true, y_pred, num_classes, ignore_index=None):
    return float(np.mean(evaluated("IoU", y_true, y_pred, num_classes, ignore_index)))


def dice(y_true, y_pred, num_classes, ignore_index=None):
    return float(np.mean(evaluated("DSC", y_true, y_pred, num_classes, ignore_index)))


def precision(y_true, y_pred, num_classes, ignore_index=None):
    return float(np.mean(evaluated("Precision", y_true, y_pred, num_classes, ignore_index)))


def recall(y_true, y_pred, num_classes, ignore_index=None):
    return float(np.mean(evaluated("Sensitivity", y_true, y_pred, num_classes, ignore_index)))


def targets() -> list[Target]:
    """The scores of each class, and their mean over the classes, which is ours to take."""
    measures = {
        "iou": iou, "iou_per_class": iou_per_class, "dice": dice, "dice_per_class": dice_per_class,
        "precision": precision, "precision_per_class": precision_per_class, "recall": recall,
        "recall_per_class": recall_per_class,
    }  # fmt: skip
    return [Target("miseval evaluate", measures, library="miseval")]
