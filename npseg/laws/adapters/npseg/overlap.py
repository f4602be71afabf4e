"""npseg's own overlap scores as targets of the laws: by default, and under the other conventions that they take."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from npseg.laws.target import Target

__all__ = ["targets"]

# Documented in npseg/metrics/__init__.py, npseg/metrics/overlap/averages.py and in `confusion_matrix`.
DOCUMENTED = {
    "aggregate": "dataset", "absent": "skip", "empty-truth": "0", "ignore": "supported", "ignored-class": "kept",
    "out-of-range": "raise",
}  # fmt: skip


def targets() -> list[Target]:
    """Everything that npseg counts by pixel and class."""
    by_default: dict[str, Callable[..., Any]] = {
        "iou": mean_iou, "dice": mean_dice, "precision": mean_precision, "recall": mean_recall,
        "pixel_accuracy": accuracy, "micro_f1": micro_dice, "frequency_weighted_iou": weighted_iou,
        "generalized_dice": generalised_dice, "kappa": kappa, "mcc": correlation,
        "iou_per_class": class_iou, "dice_per_class": class_dice, "precision_per_class": class_precision,
        "recall_per_class": class_recall, "confusion": counts, "class_counts": counts_of_classes,
        "iou_in_parts": iou_in_parts, "dice_in_parts": dice_in_parts, "pixel_accuracy_in_parts": accuracy_in_parts,
        "confusion_in_parts": counts_in_parts,
    }  # fmt: skip
    by_image = {
        "iou": iou_by_image, "dice": dice_by_image, "precision": precision_by_image, "recall": recall_by_image,
        "pixel_accuracy": accuracy_by_image, "frequency_weighted_iou": weighted_iou_by_image,
        "generalized_dice": generalised_dice_by_image, "kappa": kappa_by_image, "mcc": correlation_by_image,
        "iou_per_class": class_iou_by_image, "dice_per_class": class_dice_by_image,
    }  # fmt: skip
    by_pair = {"iou": iou_by_pair, "dice": dice_by_pair}
    by_class = {"iou": iou_by_image_then_class, "dice": dice_by_image_then_class}
    absent_0 = {"iou": iou_absent_0, "dice": dice_absent_0, "iou_per_class": class_iou_absent_0}
    absent_1 = {"iou": iou_absent_1, "dice": dice_absent_1, "iou_per_class": class_iou_absent_1}
    return [
        _target("npseg.metrics", by_default),
        _target("npseg.metrics, aggregate=image", by_image, aggregate="image"),
        _target("npseg.metrics, aggregate=image_class, average=micro", by_pair, aggregate="image-class"),
        _target("npseg.metrics, aggregate=image_class", by_class, aggregate="image-then-class"),
        _target("npseg.metrics, absent=0", absent_0, absent="0"),
        _target("npseg.metrics, absent=1", absent_1, absent="1"),
    ]


def _target(name: str, measures: dict[str, Callable[..., Any]], **other: str) -> Target:
    return Target(name, measures, declared={**DOCUMENTED, **other}, tolerance=1e-12, library="npseg")


def scored(name, y_true, y_pred, num_classes, ignore_index, **options):
    """A score of npseg.metrics by its name."""
    import npseg.metrics

    score = getattr(npseg.metrics, name)
    return score(y_true, y_pred, num_classes=num_classes, ignore_index=ignore_index, **options)


def mean_iou(y_true, y_pred, num_classes, ignore_index=None):
    return scored("iou_score", y_true, y_pred, num_classes, ignore_index)


def mean_dice(y_true, y_pred, num_classes, ignore_index=None):
    return scored("dice_score", y_true, y_pred, num_classes, ignore_index)


def mean_precision(y_true, y_pred, num_classes, ignore_index=None):
    return scored("precision_score", y_true, y_pred, num_classes, ignore_index)


def mean_recall(y_true, y_pred, num_classes, ignore_index=None):
    return scored("recall_score", y_true, y_pred, num_classes, ignore_index)


def micro_dice(y_true, y_pred, num_classes, ignore_index=None):
    return scored("dice_score", y_true, y_pred, num_classes, ignore_index, average="micro")


def class_iou(y_true, y_pred, num_classes, ignore_index=None):
    return scored("iou_score", y_true, y_pred, num_classes, ignore_index, average=None)


def class_dice(y_true, y_pred, num_classes, ignore_index=None):
    return scored("dice_score", y_true, y_pred, num_classes, ignore_index, average=None)


def class_precision(y_true, y_pred, num_classes, ignore_index=None):
    return scored("precision_score", y_true, y_pred, num_classes, ignore_index, average=None)


def class_recall(y_true, y_pred, num_classes, ignore_index=None):
    return scored("recall_score", y_true, y_pred, num_classes, ignore_index, average=None)


def accuracy(y_true, y_pred, num_classes, ignore_index=None):
    return scored("pixel_accuracy", y_true, y_pred, num_classes, ignore_index)


def weighted_iou(y_true, y_pred, num_classes, ignore_index=None):
    return scored("frequency_weighted_iou", y_true, y_pred, num_classes, ignore_index)


def generalised_dice(y_true, y_pred, num_classes, ignore_index=None):
    return scored("generalized_dice", y_true, y_pred, num_classes, ignore_index)


def kappa(y_true, y_pred, num_classes, ignore_index=None):
    return scored("cohen_kappa", y_true, y_pred, num_classes, ignore_index)


def correlation(y_true, y_pred, num_classes, ignore_index=None):
    return scored("matthews_corrcoef", y_true, y_pred, num_classes, ignore_index)


def counts(y_true, y_pred, num_classes, ignore_index=None):
    return scored("confusion_matrix", y_true, y_pred, num_classes, ignore_index)


def iou_by_image(y_true, y_pred, num_classes, ignore_index=None):
    return scored("iou_score", y_true, y_pred, num_classes, ignore_index, aggregate="image")


def dice_by_image(y_true, y_pred, num_classes, ignore_index=None):
    return scored("dice_score", y_true, y_pred, num_classes, ignore_index, aggregate="image")


def precision_by_image(y_true, y_pred, num_classes, ignore_index=None):
    return scored("precision_score", y_true, y_pred, num_classes, ignore_index, aggregate="image")


def recall_by_image(y_true, y_pred, num_classes, ignore_index=None):
    return scored("recall_score", y_true, y_pred, num_classes, ignore_index, aggregate="image")


def accuracy_by_image(y_true, y_pred, num_classes, ignore_index=None):
    return scored("pixel_accuracy", y_true, y_pred, num_classes, ignore_index, aggregate="image")


def weighted_iou_by_image(y_true, y_pred, num_classes, ignore_index=None):
    return scored("frequency_weighted_iou", y_true, y_pred, num_classes, ignore_index, aggregate="image")


def generalised_dice_by_image(y_true, y_pred, num_classes, ignore_index=None):
    return scored("generalized_dice", y_true, y_pred, num_classes, ignore_index, aggregate="image")


def kappa_by_image(y_true, y_pred, num_classes, ignore_index=None):
    return scored("cohen_kappa", y_true, y_pred, num_classes, ignore_index, aggregate="image")


def correlation_by_image(y_true, y_pred, num_classes, ignore_index=None):
    return scored("matthews_corrcoef", y_true, y_pred, num_classes, ignore_index, aggregate="image")


def class_iou_by_image(y_true, y_pred, num_classes, ignore_index=None):
    return scored("iou_score", y_true, y_pred, num_classes, ignore_index, aggregate="image", average=None)


def class_dice_by_image(y_true, y_pred, num_classes, ignore_index=None):
    return scored("dice_score", y_true, y_pred, num_classes, ignore_index, aggregate="image", average=None)


def iou_by_pair(y_true, y_pred, num_classes, ignore_index=None):
    return scored("iou_score", y_true, y_pred, num_classes, ignore_index, aggregate="image_class", average="micro")


def dice_by_pair(y_true, y_pred, num_classes, ignore_index=None):
    return scored("dice_score", y_true, y_pred, num_classes, ignore_index, aggregate="image_class", average="micro")


def iou_by_image_then_class(y_true, y_pred, num_classes, ignore_index=None):
    return scored("iou_score", y_true, y_pred, num_classes, ignore_index, aggregate="image_class")


def dice_by_image_then_class(y_true, y_pred, num_classes, ignore_index=None):
    return scored("dice_score", y_true, y_pred, num_classes, ignore_index, aggregate="image_class")


def iou_absent_0(y_true, y_pred, num_classes, ignore_index=None):
    return scored("iou_score", y_true, y_pred, num_classes, ignore_index, absent=0)


def dice_absent_0(y_true, y_pred, num_classes, ignore_index=None):
    return scored("dice_score", y_true, y_pred, num_classes, ignore_index, absent=0)


def class_iou_absent_0(y_true, y_pred, num_classes, ignore_index=None):
    return scored("iou_score", y_true, y_pred, num_classes, ignore_index, absent=0, average=None)


def iou_absent_1(y_true, y_pred, num_classes, ignore_index=None):
    return scored("iou_score", y_true, y_pred, num_classes, ignore_index, absent=1)


def dice_absent_1(y_true, y_pred, num_classes, ignore_index=None):
    return scored("dice_score", y_true, y_pred, num_classes, ignore_index, absent=1)


def class_iou_absent_1(y_true, y_pred, num_classes, ignore_index=None):
    return scored("iou_score", y_true, y_pred, num_classes, ignore_index, absent=1, average=None)


def counts_of_classes(y_true, y_pred, num_classes, ignore_index=None):
    matrix = counts(y_true, y_pred, num_classes, ignore_index)
    hits, truth, prediction = np.diagonal(matrix), matrix.sum(axis=1), matrix.sum(axis=0)
    return np.stack([hits, prediction - hits, truth - hits, matrix.sum() - truth - prediction + hits])


def iou_in_parts(parts, num_classes, ignore_index=None):
    return accumulated(parts, num_classes, ignore_index).compute().miou


def dice_in_parts(parts, num_classes, ignore_index=None):
    return accumulated(parts, num_classes, ignore_index).compute().mean_dice


def accuracy_in_parts(parts, num_classes, ignore_index=None):
    return accumulated(parts, num_classes, ignore_index).compute().pixel_accuracy


def counts_in_parts(parts, num_classes, ignore_index=None):
    return accumulated(parts, num_classes, ignore_index).confusion


def accumulated(parts, num_classes, ignore_index):
    """`SegmentationMetrics` that was updated with the pairs and merged with the lists."""
    from npseg.metrics import SegmentationMetrics

    metrics = SegmentationMetrics(num_classes, ignore_index)
    for part in parts:
        if isinstance(part, tuple):
            metrics.update(*part)
        else:
            metrics.merge(accumulated(part, num_classes, ignore_index))
    return metrics
