"""Overlap measures of segmentation_models_pytorch: `get_stats` and the scores of it, under each reduction.

What is declared is said in the docstrings of `get_stats` and the scores, version 0.6.0.
"""

from __future__ import annotations

import numpy as np

from npseg.laws.target import Target, Unsupported

__all__ = ["targets"]

FLOAT32 = 1e-5


def stats(y_true, y_pred, num_classes, ignore_index):
    """True positives, false positives, false negatives and true negatives, (N, K) each."""
    import torch
    from segmentation_models_pytorch.metrics import get_stats

    if ignore_index is not None and 0 <= ignore_index < num_classes:
        raise Unsupported("ignore_index should be outside the classes range")
    y_true, y_pred = (torch.from_numpy(np.array(labels)) for labels in (y_true, y_pred))
    return get_stats(y_pred, y_true, mode="multiclass", num_classes=num_classes, ignore_index=ignore_index)


def scored(name, y_true, y_pred, num_classes, ignore_index, reduction, **options):
    import segmentation_models_pytorch.metrics

    score = getattr(segmentation_models_pytorch.metrics, name)
    return float(score(*stats(y_true, y_pred, num_classes, ignore_index), reduction=reduction, **options))


def of_each_class(name, y_true, y_pred, num_classes, ignore_index):
    """The score of each class over all images: the sums over images, as one image, without reduction."""
    import segmentation_models_pytorch.metrics

    score = getattr(segmentation_models_pytorch.metrics, name)
    sums = [count.sum(0, keepdim=True) for count in stats(y_true, y_pred, num_classes, ignore_index)]
    return score(*sums, reduction="none").numpy()[0]


def iou_macro(y_true, y_pred, num_classes, ignore_index=None):
    return scored("iou_score", y_true, y_pred, num_classes, ignore_index, "macro")


def dice_macro(y_true, y_pred, num_classes, ignore_index=None):
    return scored("f1_score", y_true, y_pred, num_classes, ignore_index, "macro")


def precision_macro(y_true, y_pred, num_classes, ignore_index=None):
    return scored("precision", y_true, y_pred, num_classes, ignore_index, "macro")


def recall_macro(y_true, y_pred, num_classes, ignore_index=None):
    return scored("recall", y_true, y_pred, num_classes, ignore_index, "macro")


def iou_per_class(y_true, y_pred, num_classes, ignore_index=None):
    return of_each_class("iou_score", y_true, y_pred, num_classes, ignore_index)


def dice_per_class(y_true, y_pred, num_classes, ignore_index=None):
    return of_each_class("f1_score", y_true, y_pred, num_classes, ignore_index)


def precision_per_class(y_true, y_pred, num_classes, ignore_index=None):
    return of_each_class("precision", y_true, y_pred, num_classes, ignore_index)


def recall_per_class(y_true, y_pred, num_classes, ignore_index=None):
    return of_each_class("recall", y_true, y_pred, num_classes, ignore_index)


def iou_imagewise(y_true, y_pred, num_classes, ignore_index=None):
    return scored("iou_score", y_true, y_pred, num_classes, ignore_index, "macro-imagewise")


def dice_imagewise(y_true, y_pred, num_classes, ignore_index=None):
    return scored("f1_score", y_true, y_pred, num_classes, ignore_index, "macro-imagewise")


def precision_imagewise(y_true, y_pred, num_classes, ignore_index=None):
    return scored("precision", y_true, y_pred, num_classes, ignore_index, "macro-imagewise")


def recall_imagewise(y_true, y_pred, num_classes, ignore_index=None):
    return scored("recall", y_true, y_pred, num_classes, ignore_index, "macro-imagewise")


def equal_weights(num_classes):
    """Class weights that sum to one, as those of a weighted mean do."""
    return [1 / num_classes] * num_classes


def iou_weighted(y_true, y_pred, num_classes, ignore_index=None):
    weights = equal_weights(num_classes)
    return scored("iou_score", y_true, y_pred, num_classes, ignore_index, "weighted", class_weights=weights)


def dice_weighted(y_true, y_pred, num_classes, ignore_index=None):
    weights = equal_weights(num_classes)
    return scored("f1_score", y_true, y_pred, num_classes, ignore_index, "weighted", class_weights=weights)


def iou_macro_with_weights(y_true, y_pred, num_classes, ignore_index=None):
    weights = equal_weights(num_classes)
    return scored("iou_score", y_true, y_pred, num_classes, ignore_index, "macro", class_weights=weights)


def dice_macro_with_weights(y_true, y_pred, num_classes, ignore_index=None):
    weights = equal_weights(num_classes)
    return scored("f1_score", y_true, y_pred, num_classes, ignore_index, "macro", class_weights=weights)


def accuracy_micro(y_true, y_pred, num_classes, ignore_index=None):
    return scored("accuracy", y_true, y_pred, num_classes, ignore_index, "micro")


def f1_micro(y_true, y_pred, num_classes, ignore_index=None):
    return scored("f1_score", y_true, y_pred, num_classes, ignore_index, "micro")


def accuracy_micro_imagewise(y_true, y_pred, num_classes, ignore_index=None):
    return scored("accuracy", y_true, y_pred, num_classes, ignore_index, "micro-imagewise")


def f1_micro_imagewise(y_true, y_pred, num_classes, ignore_index=None):
    return scored("f1_score", y_true, y_pred, num_classes, ignore_index, "micro-imagewise")


def class_counts(y_true, y_pred, num_classes, ignore_index=None):
    return np.array([count.sum(0).numpy() for count in stats(y_true, y_pred, num_classes, ignore_index)])


def targets() -> list[Target]:
    """The scores under the reductions macro, macro-imagewise, weighted, micro and micro-imagewise, and the counts."""

    def target(title, measures, **declared):
        # "ignore_index: Label to ignore on for metric computation", in the mode multiclass.
        return Target(f"smp {title}", measures, {"ignore": "supported", **declared}, FLOAT32, library="smp")

    # "zero_division: Sets the value to return when there is a zero division, i.e. when all predictions and labels are
    # negative. Defaults to 1": an absent class counts as 1.
    return [
        # "Sum [...] over all images for each label, then compute score for each label separately and average".
        target(
            "reduction=macro",
            {
                "iou": iou_macro, "iou_per_class": iou_per_class, "dice": dice_macro, "dice_per_class": dice_per_class,
                "precision": precision_macro, "precision_per_class": precision_per_class, "recall": recall_macro,
                "recall_per_class": recall_per_class,
            },
            absent="1", aggregate="dataset",
        ),
        # "compute average score on each image over labels and average image scores over dataset".
        target(
            "reduction=macro-imagewise",
            {
                "iou": iou_imagewise, "dice": dice_imagewise, "precision": precision_imagewise,
                "recall": recall_imagewise,
            },
            absent="1", aggregate="image",
        ),
        # "average weighted labels scores"; "class_weights: list of class weights for metric aggregation".
        target(
            "reduction=weighted, class_weights=[1/K, ...]", {"iou": iou_weighted, "dice": dice_weighted},
            aggregate="dataset",
        ),
        # "class_weights: [...] in case of `weighted*` reduction is chosen": of no effect here, then.
        target(
            "reduction=macro, class_weights=[1/K, ...]",
            {"iou": iou_macro_with_weights, "dice": dice_macro_with_weights},
        ),
        # "Sum [...] over all images and all classes and then compute score."
        target(
            "reduction=micro",
            {"pixel_accuracy": accuracy_micro, "micro_f1": f1_micro, "class_counts": class_counts},
            aggregate="dataset",
        ),
        # "compute score for each image and average scores over dataset".
        target(
            "reduction=micro-imagewise",
            {"pixel_accuracy": accuracy_micro_imagewise, "micro_f1": f1_micro_imagewise},
            aggregate="image",
        ),
    ]  # fmt: skip
