"""Overlap measures of torchmetrics: `torchmetrics.segmentation` and the multiclass half of `classification`.

What is declared is said in the docstrings of the classes, version 1.9.0.
"""

from __future__ import annotations

import numpy as np

from npseg.laws.target import Target, Unsupported

__all__ = ["targets"]

FLOAT32 = 1e-5


def labels_of(array):
    """A tensor of the same type; a copy, since tensors know no read-only arrays and no negative strides."""
    import torch

    return torch.from_numpy(np.array(array))


def without_ignore(ignore_index):
    if ignore_index is not None:
        raise Unsupported("has no ignore_index")


def mean_iou_class(y_true, y_pred, num_classes, ignore_index=None):
    from torchmetrics.segmentation import MeanIoU

    without_ignore(ignore_index)
    metric = MeanIoU(num_classes=num_classes, input_format="index")
    metric.update(labels_of(y_pred), labels_of(y_true))
    return float(metric.compute())


def mean_iou_class_per_class(y_true, y_pred, num_classes, ignore_index=None):
    from torchmetrics.segmentation import MeanIoU

    without_ignore(ignore_index)
    metric = MeanIoU(num_classes=num_classes, per_class=True, input_format="index")
    metric.update(labels_of(y_pred), labels_of(y_true))
    return metric.compute().numpy()


def mean_iou_function(y_true, y_pred, num_classes, ignore_index=None):
    """The function gives one number for each image."""
    from torchmetrics.functional.segmentation import mean_iou

    without_ignore(ignore_index)
    return float(mean_iou(labels_of(y_pred), labels_of(y_true), num_classes, input_format="index").mean())


def masks_of(labels, label):
    """A mask of one channel, as a binary network's sigmoid gives it after rounding."""
    import torch

    return torch.from_numpy((labels == label)[:, None].astype(np.float32))


def mean_iou_of_masks(y_true, y_pred, num_classes, ignore_index=None):
    """Each class by itself, as a binary mask of one channel and of floats."""
    from torchmetrics.segmentation import MeanIoU

    without_ignore(ignore_index)
    scores = []
    for label in range(num_classes):
        metric = MeanIoU(num_classes=1, input_format="one-hot")
        metric.update(masks_of(y_pred, label), masks_of(y_true, label))
        scores.append(float(metric.compute()))
    return np.array(scores)


def dice_of_masks(y_true, y_pred, num_classes, ignore_index=None):
    """Each class by itself, as a binary mask of one channel and of floats."""
    from torchmetrics.segmentation import DiceScore

    without_ignore(ignore_index)
    scores = []
    for label in range(num_classes):
        metric = DiceScore(num_classes=1, input_format="one-hot", aggregation_level="global")
        metric.update(masks_of(y_pred, label), masks_of(y_true, label))
        scores.append(float(metric.compute()))
    return np.array(scores)


def dice_samplewise(y_true, y_pred, num_classes, ignore_index=None):
    from torchmetrics.segmentation import DiceScore

    without_ignore(ignore_index)
    metric = DiceScore(num_classes=num_classes, aggregation_level="samplewise", input_format="index")
    metric.update(labels_of(y_pred), labels_of(y_true))
    return float(metric.compute())


def dice_samplewise_per_class(y_true, y_pred, num_classes, ignore_index=None):
    from torchmetrics.segmentation import DiceScore

    without_ignore(ignore_index)
    metric = DiceScore(num_classes=num_classes, average="none", aggregation_level="samplewise", input_format="index")
    metric.update(labels_of(y_pred), labels_of(y_true))
    return metric.compute().numpy()


def dice_global(y_true, y_pred, num_classes, ignore_index=None):
    from torchmetrics.segmentation import DiceScore

    without_ignore(ignore_index)
    metric = DiceScore(num_classes=num_classes, aggregation_level="global", input_format="index")
    metric.update(labels_of(y_pred), labels_of(y_true))
    return float(metric.compute())


def dice_global_per_class(y_true, y_pred, num_classes, ignore_index=None):
    from torchmetrics.segmentation import DiceScore

    without_ignore(ignore_index)
    metric = DiceScore(num_classes=num_classes, average="none", aggregation_level="global", input_format="index")
    metric.update(labels_of(y_pred), labels_of(y_true))
    return metric.compute().numpy()


def generalized_dice(y_true, y_pred, num_classes, ignore_index=None):
    from torchmetrics.segmentation import GeneralizedDiceScore

    without_ignore(ignore_index)
    metric = GeneralizedDiceScore(num_classes=num_classes, input_format="index")
    metric.update(labels_of(y_pred), labels_of(y_true))
    return float(metric.compute())


def computed(name, y_true, y_pred, num_classes, ignore_index, **options):
    """What a class of `torchmetrics.classification` says. By its documentation it takes two classes or more."""
    import torchmetrics.classification

    if num_classes < 2:
        raise Unsupported("num_classes must be at least 2")
    metric = getattr(torchmetrics.classification, name)(num_classes, ignore_index=ignore_index, **options)
    metric.update(labels_of(y_pred), labels_of(y_true))
    return metric.compute().numpy()


def jaccard(y_true, y_pred, num_classes, ignore_index=None):
    return float(computed("MulticlassJaccardIndex", y_true, y_pred, num_classes, ignore_index))


def jaccard_per_class(y_true, y_pred, num_classes, ignore_index=None):
    return computed("MulticlassJaccardIndex", y_true, y_pred, num_classes, ignore_index, average="none")


def f1(y_true, y_pred, num_classes, ignore_index=None):
    return float(computed("MulticlassF1Score", y_true, y_pred, num_classes, ignore_index, average="macro"))


def f1_per_class(y_true, y_pred, num_classes, ignore_index=None):
    return computed("MulticlassF1Score", y_true, y_pred, num_classes, ignore_index, average="none")


def f1_micro(y_true, y_pred, num_classes, ignore_index=None):
    return float(computed("MulticlassF1Score", y_true, y_pred, num_classes, ignore_index, average="micro"))


def precision(y_true, y_pred, num_classes, ignore_index=None):
    return float(computed("MulticlassPrecision", y_true, y_pred, num_classes, ignore_index, average="macro"))


def precision_per_class(y_true, y_pred, num_classes, ignore_index=None):
    return computed("MulticlassPrecision", y_true, y_pred, num_classes, ignore_index, average="none")


def recall(y_true, y_pred, num_classes, ignore_index=None):
    return float(computed("MulticlassRecall", y_true, y_pred, num_classes, ignore_index, average="macro"))


def recall_per_class(y_true, y_pred, num_classes, ignore_index=None):
    return computed("MulticlassRecall", y_true, y_pred, num_classes, ignore_index, average="none")


def accuracy(y_true, y_pred, num_classes, ignore_index=None):
    return float(computed("MulticlassAccuracy", y_true, y_pred, num_classes, ignore_index, average="micro"))


def kappa(y_true, y_pred, num_classes, ignore_index=None):
    return float(computed("MulticlassCohenKappa", y_true, y_pred, num_classes, ignore_index))


def matthews(y_true, y_pred, num_classes, ignore_index=None):
    return float(computed("MulticlassMatthewsCorrCoef", y_true, y_pred, num_classes, ignore_index))


def confusion(y_true, y_pred, num_classes, ignore_index=None):
    return computed("MulticlassConfusionMatrix", y_true, y_pred, num_classes, ignore_index)


def targets() -> list[Target]:
    """MeanIoU and DiceScore in the forms that they are offered in, generalised Dice, and the multiclass scores."""

    def target(title, measures, **declared):
        return Target(f"torchmetrics {title}", measures, declared, FLOAT32, library="torchmetrics")

    return [
        # "-1 is returned if class is completely absent" is what the answers for each class show by themselves.
        target("segmentation.MeanIoU", {"iou": mean_iou_class, "iou_per_class": mean_iou_class_per_class}),
        target("functional.segmentation.mean_iou, averaged over images", {"iou": mean_iou_function}),
        target(
            "segmentation.MeanIoU and DiceScore of float masks of one channel",
            {"iou_per_class": mean_iou_of_masks, "dice_per_class": dice_of_masks},
        ),
        # "For samplewise the dice score is computed for each sample and then averaged."
        target(
            "segmentation.DiceScore, samplewise",
            {"dice": dice_samplewise, "dice_per_class": dice_samplewise_per_class},
            aggregate="image",
        ),
        # "For global the dice score is computed globally over all samples."
        target(
            "segmentation.DiceScore, global",
            {"dice": dice_global, "dice_per_class": dice_global_per_class},
            aggregate="dataset",
        ),
        target("segmentation.GeneralizedDiceScore", {"generalized_dice": generalized_dice}),
        # "ignore_index: Specifies a target value that is ignored"; "Additional dimension will be flattened into the
        # batch dimension".
        target(
            "classification",
            {
                "iou": jaccard, "iou_per_class": jaccard_per_class, "dice": f1, "dice_per_class": f1_per_class,
                "micro_f1": f1_micro, "precision": precision, "precision_per_class": precision_per_class,
                "recall": recall, "recall_per_class": recall_per_class, "pixel_accuracy": accuracy, "kappa": kappa,
                "mcc": matthews, "confusion": confusion,
            },
            ignore="supported",
        ),
    ]  # fmt: skip
