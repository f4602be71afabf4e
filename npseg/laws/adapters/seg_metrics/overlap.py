"""Overlap measures of seg-metrics, by `write_metrics(labels, gdth_img=..., pred_img=...)`; all images are one volume.

The README (version 1.2.8) says nothing of absent labels, so nothing is declared.
"""

from __future__ import annotations

import numpy as np

from npseg.laws.target import Target, Unsupported

__all__ = ["targets"]


def written(name, y_true, y_pred, num_classes, ignore_index):
    import logging

    from seg_metrics.seg_metrics import write_metrics

    if ignore_index is not None:
        raise Unsupported("has no ignore value")
    logging.getLogger().setLevel(logging.ERROR)  # it warns of every empty object
    labels = list(range(num_classes))
    answers = write_metrics(labels=labels, gdth_img=y_true, pred_img=y_pred, metrics=[name])
    return np.array(answers[0][name], float)


def iou_per_class(y_true, y_pred, num_classes, ignore_index=None):
    return written("jaccard", y_true, y_pred, num_classes, ignore_index)


def dice_per_class(y_true, y_pred, num_classes, ignore_index=None):
    return written("dice", y_true, y_pred, num_classes, ignore_index)


def precision_per_class(y_true, y_pred, num_classes, ignore_index=None):
    return written("precision", y_true, y_pred, num_classes, ignore_index)


def recall_per_class(y_true, y_pred, num_classes, ignore_index=None):
    return written("recall", y_true, y_pred, num_classes, ignore_index)


def iou(y_true, y_pred, num_classes, ignore_index=None):
    return float(np.mean(written("jaccard", y_true, y_pred, num_classes, ignore_index)))


def dice(y_true, y_pred, num_classes, ignore_index=None):
    return float(np.mean(written("dice", y_true, y_pred, num_classes, ignore_index)))


def precision(y_true, y_pred, num_classes, ignore_index=None):
    return float(np.mean(written("precision", y_true, y_pred, num_classes, ignore_index)))


def recall(y_true, y_pred, num_classes, ignore_index=None):
    return float(np.mean(written("recall", y_true, y_pred, num_classes, ignore_index)))


def targets() -> list[Target]:
    """The scores of each label, and their mean over the labels, which is ours to take."""
    measures = {
        "iou": iou, "iou_per_class": iou_per_class, "dice": dice, "dice_per_class": dice_per_class,
        "precision": precision, "precision_per_class": precision_per_class, "recall": recall,
        "recall_per_class": recall_per_class,
    }  # fmt: skip
    return [Target("seg-metrics write_metrics", measures, library="seg_metrics")]
