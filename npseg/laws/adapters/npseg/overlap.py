"""npseg's own overlap scores as a target of the laws."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from npseg.laws.target import Target

__all__ = ["targets"]


def targets() -> list[Target]:
    """Everything that npseg counts by pixel and class."""
    measures: dict[str, Callable[..., Any]] = {
        "iou": mean_iou,
        "dice": mean_dice,
        "recall": mean_recall,
        "pixel_accuracy": accuracy,
        "iou_per_class": class_iou,
        "dice_per_class": class_dice,
        "recall_per_class": class_recall,
        "confusion": counts,
        "class_counts": counts_of_classes,
        "iou_in_parts": iou_in_parts,
        "dice_in_parts": dice_in_parts,
        "pixel_accuracy_in_parts": accuracy_in_parts,
        "confusion_in_parts": counts_in_parts,
    }
    # Documented in npseg/metrics/__init__.py and in the docstring of `confusion_matrix`.
    declared = {
        "aggregate": "dataset", "absent": "skip", "empty-truth": "0", "ignore": "supported", "ignored-class": "kept",
        "out-of-range": "raise",
    }  # fmt: skip
    return [Target("npseg.metrics", measures, declared=declared, tolerance=1e-12, library="npseg")]


def mean_iou(y_true, y_pred, num_classes, ignore_index=None):
    from npseg.metrics import iou_score

    return iou_score(y_true, y_pred, num_classes=num_classes, ignore_index=ignore_index)


def class_iou(y_true, y_pred, num_classes, ignore_index=None):
    from npseg.metrics import iou_score

    return iou_score(y_true, y_pred, num_classes=num_classes, ignore_index=ignore_index, average=None)


def mean_dice(y_true, y_pred, num_classes, ignore_index=None):
    from npseg.metrics import dice_score

    return dice_score(y_true, y_pred, num_classes=num_classes, ignore_index=ignore_index)


def class_dice(y_true, y_pred, num_classes, ignore_index=None):
    from npseg.metrics import dice_score

    return dice_score(y_true, y_pred, num_classes=num_classes, ignore_index=ignore_index, average=None)


def mean_recall(y_true, y_pred, num_classes, ignore_index=None):
    from npseg.metrics import mean_accuracy

    return mean_accuracy(y_true, y_pred, num_classes=num_classes, ignore_index=ignore_index)


def class_recall(y_true, y_pred, num_classes, ignore_index=None):
    return _gathered([(y_true, y_pred)], num_classes, ignore_index).compute().accuracy


def accuracy(y_true, y_pred, num_classes, ignore_index=None):
    from npseg.metrics import pixel_accuracy

    return pixel_accuracy(y_true, y_pred, num_classes=num_classes, ignore_index=ignore_index)


def counts(y_true, y_pred, num_classes, ignore_index=None):
    from npseg.metrics import confusion_matrix

    return confusion_matrix(y_true, y_pred, num_classes=num_classes, ignore_index=ignore_index)


def counts_of_classes(y_true, y_pred, num_classes, ignore_index=None):
    matrix = counts(y_true, y_pred, num_classes, ignore_index)
    hits, truth, prediction = np.diagonal(matrix), matrix.sum(axis=1), matrix.sum(axis=0)
    return np.stack([hits, prediction - hits, truth - hits, matrix.sum() - truth - prediction + hits])


def iou_in_parts(parts, num_classes, ignore_index=None):
    return _gathered(parts, num_classes, ignore_index).compute().miou


def dice_in_parts(parts, num_classes, ignore_index=None):
    return _gathered(parts, num_classes, ignore_index).compute().mean_dice


def accuracy_in_parts(parts, num_classes, ignore_index=None):
    return _gathered(parts, num_classes, ignore_index).compute().pixel_accuracy


def counts_in_parts(parts, num_classes, ignore_index=None):
    return _gathered(parts, num_classes, ignore_index).confusion


def _gathered(parts, num_classes, ignore_index):
    from npseg.metrics import SegmentationMetrics

    metrics = SegmentationMetrics(num_classes, ignore_index)
    for part in parts:
        if isinstance(part, tuple):
            metrics.update(*part)
        else:
            metrics.merge(_gathered(part, num_classes, ignore_index))
    return metrics
