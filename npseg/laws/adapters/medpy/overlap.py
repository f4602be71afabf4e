"""Overlap measures of medpy, whose functions take two binary images: here each class in turn, as nnU-Net calls them.

The docstrings (version 0.5.2) say nothing of empty objects, so nothing is declared.
"""

from __future__ import annotations

import numpy as np

from npseg.laws.target import Target, Unsupported

__all__ = ["targets"]


def of_each_class(name, y_true, y_pred, num_classes, ignore_index):
    """What a function of `medpy.metric.binary` says of each class, over all images as one volume."""
    import medpy.metric.binary

    if ignore_index is not None:
        raise Unsupported("has no ignore value")
    function = getattr(medpy.metric.binary, name)
    return np.array([function(y_pred == label, y_true == label) for label in range(num_classes)])


def iou_per_class(y_true, y_pred, num_classes, ignore_index=None):
    return of_each_class("jc", y_true, y_pred, num_classes, ignore_index)


def dice_per_class(y_true, y_pred, num_classes, ignore_index=None):
    return of_each_class("dc", y_true, y_pred, num_classes, ignore_index)


def precision_per_class(y_true, y_pred, num_classes, ignore_index=None):
    return of_each_class("precision", y_true, y_pred, num_classes, ignore_index)


def recall_per_class(y_true, y_pred, num_classes, ignore_index=None):
    return of_each_class("recall", y_true, y_pred, num_classes, ignore_index)


def iou(y_true, y_pred, num_classes, ignore_index=None):
    return float(np.mean(of_each_class("jc", y_true, y_pred, num_classes, ignore_index)))


def dice(y_true, y_pred, num_classes, ignore_index=None):
    return float(np.mean(of_each_class("dc", y_true, y_pred, num_classes, ignore_index)))


def precision(y_true, y_pred, num_classes, ignore_index=None):
    return float(np.mean(of_each_class("precision", y_true, y_pred, num_classes, ignore_index)))


def recall(y_true, y_pred, num_classes, ignore_index=None):
    return float(np.mean(of_each_class("recall", y_true, y_pred, num_classes, ignore_index)))


def targets() -> list[Target]:
    """dc, jc, precision and recall of each class, and their mean over the classes, which is ours to take."""
    measures = {
        "iou": iou, "iou_per_class": iou_per_class, "dice": dice, "dice_per_class": dice_per_class,
        "precision": precision, "precision_per_class": precision_per_class, "recall": recall,
        "recall_per_class": recall_per_class,
    }  # fmt: skip
    return [Target("medpy dc, jc, precision and recall", measures, library="medpy")]
