"""Overlap measures of torchmetrics accumulated piece by piece, with `update` and `merge_state`."""

from __future__ import annotations

import numpy as np

from npseg.laws.target import Unsupported

__all__ = [
    "accuracy_in_parts", "confusion_in_parts", "dice_global_in_parts", "dice_samplewise_in_parts", "f1_in_parts",
    "jaccard_in_parts", "mean_iou_in_parts",
]  # fmt: skip


def filled(create, num_classes, parts):
    """A metric that was updated with each pair of `parts`, and into which each list of it was merged."""
    import torch

    metric = create(num_classes)
    for part in parts:
        if isinstance(part, list):
            metric.merge_state(filled(create, num_classes, part))
        else:
            y_true, y_pred = (torch.from_numpy(np.array(labels, np.int64)) for labels in part)
            metric.update(y_pred, y_true)
    return metric


def accumulated(create, parts, num_classes, ignore_index):
    if ignore_index is not None:
        raise Unsupported("is accumulated without an ignore value here")
    return filled(create, num_classes, parts).compute().numpy()


def new_mean_iou(num_classes):
    from torchmetrics.segmentation import MeanIoU

    return MeanIoU(num_classes=num_classes, input_format="index")


def mean_iou_in_parts(parts, num_classes, ignore_index=None):
    return accumulated(new_mean_iou, parts, num_classes, ignore_index)


def new_dice_samplewise(num_classes):
    from torchmetrics.segmentation import DiceScore

    return DiceScore(num_classes=num_classes, aggregation_level="samplewise", input_format="index")


def dice_samplewise_in_parts(parts, num_classes, ignore_index=None):
    return accumulated(new_dice_samplewise, parts, num_classes, ignore_index)


def new_dice_global(num_classes):
    from torchmetrics.segmentation import DiceScore

    return DiceScore(num_classes=num_classes, aggregation_level="global", input_format="index")


def dice_global_in_parts(parts, num_classes, ignore_index=None):
    return accumulated(new_dice_global, parts, num_classes, ignore_index)


def of_two_classes_or_more(num_classes):
    if num_classes < 2:
        raise Unsupported("num_classes must be at least 2")
    return num_classes


def new_jaccard(num_classes):
    from torchmetrics.classification import MulticlassJaccardIndex

    return MulticlassJaccardIndex(of_two_classes_or_more(num_classes))


def jaccard_in_parts(parts, num_classes, ignore_index=None):
    return accumulated(new_jaccard, parts, num_classes, ignore_index)


def new_f1(num_classes):
    from torchmetrics.classification import MulticlassF1Score

    return MulticlassF1Score(of_two_classes_or_more(num_classes), average="macro")


def f1_in_parts(parts, num_classes, ignore_index=None):
    return accumulated(new_f1, parts, num_classes, ignore_index)


def new_accuracy(num_classes):
    from torchmetrics.classification import MulticlassAccuracy

    return MulticlassAccuracy(of_two_classes_or_more(num_classes), average="micro")


def accuracy_in_parts(parts, num_classes, ignore_index=None):
    return accumulated(new_accuracy, parts, num_classes, ignore_index)


def new_confusion(num_classes):
    from torchmetrics.classification import MulticlassConfusionMatrix

    return MulticlassConfusionMatrix(of_two_classes_or_more(num_classes))


def confusion_in_parts(parts, num_classes, ignore_index=None):
    return accumulated(new_confusion, parts, num_classes, ignore_index)
