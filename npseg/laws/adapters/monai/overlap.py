"""Overlap measures of MONAI: MeanIoU, DiceMetric, GeneralizedDiceScore and ConfusionMatrixMetric.

What is declared is said in the docstrings of the classes, version 1.6.1.
"""

from __future__ import annotations

import numpy as np

from npseg.laws.target import Target, Unsupported

__all__ = ["targets"]

FLOAT32 = 1e-5


def one_hot(labels, num_classes, ignored=None):
    """By MONAI's own conversion; "sentinel value: mask all-zero pixels", so those ignored are zero in all channels."""
    import torch
    from monai.networks import one_hot as converted

    labels = np.array(labels)
    if ignored is None:
        return converted(torch.from_numpy(labels)[:, None], num_classes)
    labels[ignored] = 0
    return converted(torch.from_numpy(labels)[:, None], num_classes) * torch.from_numpy(~ignored)[:, None]


def pair(y_true, y_pred, num_classes, ignore_index):
    """The arguments of MONAI's metrics, in its order. "C=1 for label-encoded, C>1 for one-hot encoded"."""
    if ignore_index is None or 0 <= ignore_index < num_classes:
        return one_hot(y_pred, num_classes), one_hot(y_true, num_classes)
    if num_classes == 1:
        raise Unsupported("one channel is read as labels where there is an ignore_index")
    ignored = y_true == ignore_index
    return one_hot(y_pred, num_classes), one_hot(y_true, num_classes, ignored)


def aggregated(metric, y_true, y_pred, num_classes, ignore_index, reduction):
    metric(*pair(y_true, y_pred, num_classes, ignore_index))
    answer = metric.aggregate(reduction=reduction)
    answer = answer[0] if isinstance(answer, list) else answer
    return answer.numpy().reshape(-1) if reduction == "mean_batch" else float(answer)


def iou(y_true, y_pred, num_classes, ignore_index=None):
    from monai.metrics import MeanIoU

    return aggregated(MeanIoU(ignore_index=ignore_index), y_true, y_pred, num_classes, ignore_index, "mean")


def iou_per_class(y_true, y_pred, num_classes, ignore_index=None):
    from monai.metrics import MeanIoU

    return aggregated(MeanIoU(ignore_index=ignore_index), y_true, y_pred, num_classes, ignore_index, "mean_batch")


def iou_with_empty(y_true, y_pred, num_classes, ignore_index=None):
    from monai.metrics import MeanIoU

    metric = MeanIoU(ignore_empty=False, ignore_index=ignore_index)
    return aggregated(metric, y_true, y_pred, num_classes, ignore_index, "mean")


def iou_with_empty_per_class(y_true, y_pred, num_classes, ignore_index=None):
    from monai.metrics import MeanIoU

    metric = MeanIoU(ignore_empty=False, ignore_index=ignore_index)
    return aggregated(metric, y_true, y_pred, num_classes, ignore_index, "mean_batch")


def dice_of_labels(y_true, y_pred, num_classes, ignore_index, ignore_empty, reduction):
    """DiceMetric takes label maps (B, 1, H, W) as they are."""
    import torch
    from monai.metrics import DiceMetric

    if num_classes == 1:
        raise Unsupported("one channel of one class is read as a mask, not as labels")
    metric = DiceMetric(num_classes=num_classes, ignore_empty=ignore_empty, ignore_index=ignore_index)
    y_true, y_pred = (torch.from_numpy(np.array(labels))[:, None] for labels in (y_true, y_pred))
    metric(y_pred, y_true)
    answer = metric.aggregate(reduction=reduction)
    return answer.numpy().reshape(-1) if reduction == "mean_batch" else float(answer)


def dice(y_true, y_pred, num_classes, ignore_index=None):
    return dice_of_labels(y_true, y_pred, num_classes, ignore_index, True, "mean")


def dice_per_class(y_true, y_pred, num_classes, ignore_index=None):
    return dice_of_labels(y_true, y_pred, num_classes, ignore_index, True, "mean_batch")


def dice_with_empty(y_true, y_pred, num_classes, ignore_index=None):
    return dice_of_labels(y_true, y_pred, num_classes, ignore_index, False, "mean")


def dice_with_empty_per_class(y_true, y_pred, num_classes, ignore_index=None):
    return dice_of_labels(y_true, y_pred, num_classes, ignore_index, False, "mean_batch")


def generalized_dice(y_true, y_pred, num_classes, ignore_index=None):
    from monai.metrics import GeneralizedDiceScore

    if ignore_index is not None:
        raise Unsupported("GeneralizedDiceScore has no ignore_index")
    return aggregated(GeneralizedDiceScore(reduction="mean"), y_true, y_pred, num_classes, None, "mean")


def of_counts(name, y_true, y_pred, num_classes, ignore_index, reduction):
    from monai.metrics import ConfusionMatrixMetric

    metric = ConfusionMatrixMetric(metric_name=name, compute_sample=True, ignore_index=ignore_index)
    return aggregated(metric, y_true, y_pred, num_classes, ignore_index, reduction)


def threat_score(y_true, y_pred, num_classes, ignore_index=None):
    return of_counts("threat score", y_true, y_pred, num_classes, ignore_index, "mean")


def threat_score_per_class(y_true, y_pred, num_classes, ignore_index=None):
    return of_counts("threat score", y_true, y_pred, num_classes, ignore_index, "mean_batch")


def f1_score(y_true, y_pred, num_classes, ignore_index=None):
    return of_counts("f1 score", y_true, y_pred, num_classes, ignore_index, "mean")


def f1_score_per_class(y_true, y_pred, num_classes, ignore_index=None):
    return of_counts("f1 score", y_true, y_pred, num_classes, ignore_index, "mean_batch")


def precision(y_true, y_pred, num_classes, ignore_index=None):
    return of_counts("precision", y_true, y_pred, num_classes, ignore_index, "mean")


def precision_per_class(y_true, y_pred, num_classes, ignore_index=None):
    return of_counts("precision", y_true, y_pred, num_classes, ignore_index, "mean_batch")


def sensitivity(y_true, y_pred, num_classes, ignore_index=None):
    return of_counts("sensitivity", y_true, y_pred, num_classes, ignore_index, "mean")


def sensitivity_per_class(y_true, y_pred, num_classes, ignore_index=None):
    return of_counts("sensitivity", y_true, y_pred, num_classes, ignore_index, "mean_batch")


def class_counts(y_true, y_pred, num_classes, ignore_index=None):
    """MONAI's order is TP, FP, TN, FN."""
    from monai.metrics import get_confusion_matrix

    counts = get_confusion_matrix(*pair(y_true, y_pred, num_classes, ignore_index), ignore_index=ignore_index)
    return counts.numpy().sum(0).T[[0, 1, 3, 2]]


def targets() -> list[Target]:
    """MeanIoU and DiceMetric with `ignore_empty` both ways, generalised Dice, and the scores of counts.

    "mean_batch" is MONAI's name of the mean over images for each class. `ignore_index` is documented for all but
    GeneralizedDiceScore.
    """

    def target(title, measures, **declared):
        return Target(f"monai {title}", measures, declared, FLOAT32, library="monai")

    return [
        # "If `True`, NaN value will be set for empty ground truth cases"; the reduction applies "on not-nan values".
        target(
            "MeanIoU, ignore_empty", {"iou": iou, "iou_per_class": iou_per_class}, absent="skip", ignore="supported"
        ),
        # "If `False`, 1 will be set if the predictions of empty ground truth cases are also empty."
        target(
            "MeanIoU, ignore_empty=False",
            {"iou": iou_with_empty, "iou_per_class": iou_with_empty_per_class},
            absent="1",
            ignore="supported",
        ),
        target(
            "DiceMetric, ignore_empty", {"dice": dice, "dice_per_class": dice_per_class},
            absent="skip", ignore="supported",
        ),
        target(
            "DiceMetric, ignore_empty=False", {"dice": dice_with_empty, "dice_per_class": dice_with_empty_per_class},
            absent="1", ignore="supported",
        ),
        target("GeneralizedDiceScore", {"generalized_dice": generalized_dice}),
        # "if True, each sample's metric will be computed based on each confusion matrix first".
        target(
            "ConfusionMatrixMetric, compute_sample",
            {
                "iou": threat_score, "iou_per_class": threat_score_per_class, "dice": f1_score,
                "dice_per_class": f1_score_per_class, "precision": precision,
                "precision_per_class": precision_per_class, "recall": sensitivity,
                "recall_per_class": sensitivity_per_class, "class_counts": class_counts,
            },
            ignore="supported",
        ),
    ]  # fmt: skip
