"""Overlap measures of mmsegmentation's IoUMetric, by its static methods `intersect_and_union` and
`total_area_to_metrics`, which `compute_metrics` calls before it rounds to hundredths of a percent.

What is declared is said in the docstring of IoUMetric, version 1.2.2.
"""

from __future__ import annotations

import numpy as np

from npseg.laws.target import Target, Unsupported

__all__ = ["targets"]

FLOAT32 = 1e-5
NO_LABEL = 2**31 - 1  # what to ignore where nothing is to be ignored: an ignore value must be given


def totals(y_true, y_pred, num_classes, ignore_index):
    """Areas of each class, summed over images as `compute_metrics` does."""
    import torch
    from mmseg.evaluation.metrics import IoUMetric

    ignore_index = NO_LABEL if ignore_index is None else ignore_index
    y_true, y_pred = (torch.from_numpy(np.array(labels)) for labels in (y_true, y_pred))
    results = [IoUMetric.intersect_and_union(p, t, num_classes, ignore_index) for t, p in zip(y_true, y_pred)]
    return [sum(areas) for areas in zip(*results)]


def scores(name, answer, y_true, y_pred, num_classes, ignore_index):
    from mmseg.evaluation.metrics import IoUMetric

    areas = totals(y_true, y_pred, num_classes, ignore_index)
    return IoUMetric.total_area_to_metrics(*areas, metrics=[name])[answer]


def iou(y_true, y_pred, num_classes, ignore_index=None):
    return float(np.nanmean(scores("mIoU", "IoU", y_true, y_pred, num_classes, ignore_index)))


def iou_per_class(y_true, y_pred, num_classes, ignore_index=None):
    return scores("mIoU", "IoU", y_true, y_pred, num_classes, ignore_index)


def dice(y_true, y_pred, num_classes, ignore_index=None):
    return float(np.nanmean(scores("mDice", "Dice", y_true, y_pred, num_classes, ignore_index)))


def dice_per_class(y_true, y_pred, num_classes, ignore_index=None):
    return scores("mDice", "Dice", y_true, y_pred, num_classes, ignore_index)


def fscore(y_true, y_pred, num_classes, ignore_index=None):
    return float(np.nanmean(scores("mFscore", "Fscore", y_true, y_pred, num_classes, ignore_index)))


def fscore_per_class(y_true, y_pred, num_classes, ignore_index=None):
    return scores("mFscore", "Fscore", y_true, y_pred, num_classes, ignore_index)


def precision(y_true, y_pred, num_classes, ignore_index=None):
    return float(np.nanmean(scores("mFscore", "Precision", y_true, y_pred, num_classes, ignore_index)))


def precision_per_class(y_true, y_pred, num_classes, ignore_index=None):
    return scores("mFscore", "Precision", y_true, y_pred, num_classes, ignore_index)


def recall(y_true, y_pred, num_classes, ignore_index=None):
    return float(np.nanmean(scores("mFscore", "Recall", y_true, y_pred, num_classes, ignore_index)))


def recall_per_class(y_true, y_pred, num_classes, ignore_index=None):
    return scores("mFscore", "Recall", y_true, y_pred, num_classes, ignore_index)


def all_accuracy(y_true, y_pred, num_classes, ignore_index=None):
    return float(scores("mIoU", "aAcc", y_true, y_pred, num_classes, ignore_index))


def confusion(y_true, y_pred, num_classes, ignore_index=None):
    """The areas are of one class against the rest; of one class alone they are the whole matrix."""
    if num_classes > 1:
        raise Unsupported("IoUMetric gives no counts of pairs of classes")
    return totals(y_true, y_pred, num_classes, ignore_index)[0].numpy().reshape(1, 1)


def targets() -> list[Target]:
    """mIoU and mDice with aAcc; and mFscore, which is the same quantity as mDice."""

    def target(title, measures):
        # "ignore_index (int): Index that will be ignored in evaluation."
        declared = {"ignore": "supported"}
        return Target(f"mmsegmentation {title}", measures, declared, FLOAT32, library="mmsegmentation")

    return [
        target(
            "IoUMetric mIoU, mDice",
            {
                "iou": iou, "iou_per_class": iou_per_class, "dice": dice, "dice_per_class": dice_per_class,
                "recall": recall, "recall_per_class": recall_per_class, "pixel_accuracy": all_accuracy,
                "confusion": confusion,
            },
        ),
        target(
            "IoUMetric mFscore",
            {
                "iou": iou, "iou_per_class": iou_per_class, "dice": fscore, "dice_per_class": fscore_per_class,
                "precision": precision, "precision_per_class": precision_per_class, "recall": recall,
                "recall_per_class": recall_per_class,
            },
        ),
    ]  # fmt: skip
