"""Overlap measures of scikit-learn, of all pixels in one row: with `labels=range(K)`, and without `labels`.

What is declared is said in the docstrings of the functions, version 1.9.1.
"""

from __future__ import annotations

from npseg.laws.target import Target, Unsupported

__all__ = ["targets"]


def scored(name, y_true, y_pred, ignore_index, **options):
    """What a function of `sklearn.metrics` says of all pixels."""
    import sklearn.metrics

    if ignore_index is not None:
        raise Unsupported("has no ignore_index")
    return getattr(sklearn.metrics, name)(y_true.ravel(), y_pred.ravel(), **options)


def iou(y_true, y_pred, num_classes, ignore_index=None):
    return scored("jaccard_score", y_true, y_pred, ignore_index, labels=range(num_classes), average="macro")


def iou_per_class(y_true, y_pred, num_classes, ignore_index=None):
    return scored("jaccard_score", y_true, y_pred, ignore_index, labels=range(num_classes), average=None)


def dice(y_true, y_pred, num_classes, ignore_index=None):
    return scored("f1_score", y_true, y_pred, ignore_index, labels=range(num_classes), average="macro")


def dice_per_class(y_true, y_pred, num_classes, ignore_index=None):
    return scored("f1_score", y_true, y_pred, ignore_index, labels=range(num_classes), average=None)


def precision(y_true, y_pred, num_classes, ignore_index=None):
    return scored("precision_score", y_true, y_pred, ignore_index, labels=range(num_classes), average="macro")


def precision_per_class(y_true, y_pred, num_classes, ignore_index=None):
    return scored("precision_score", y_true, y_pred, ignore_index, labels=range(num_classes), average=None)


def recall(y_true, y_pred, num_classes, ignore_index=None):
    return scored("recall_score", y_true, y_pred, ignore_index, labels=range(num_classes), average="macro")


def recall_per_class(y_true, y_pred, num_classes, ignore_index=None):
    return scored("recall_score", y_true, y_pred, ignore_index, labels=range(num_classes), average=None)


def iou_of_present(y_true, y_pred, num_classes, ignore_index=None):
    return scored("jaccard_score", y_true, y_pred, ignore_index, average="macro")


def dice_of_present(y_true, y_pred, num_classes, ignore_index=None):
    return scored("f1_score", y_true, y_pred, ignore_index, average="macro")


def dice_undefined(y_true, y_pred, num_classes, ignore_index=None):
    labels, nan = range(num_classes), float("nan")
    return scored("f1_score", y_true, y_pred, ignore_index, labels=labels, average="macro", zero_division=nan)


def dice_undefined_per_class(y_true, y_pred, num_classes, ignore_index=None):
    labels, nan = range(num_classes), float("nan")
    return scored("f1_score", y_true, y_pred, ignore_index, labels=labels, average=None, zero_division=nan)


def micro_f1(y_true, y_pred, num_classes, ignore_index=None):
    return scored("f1_score", y_true, y_pred, ignore_index, average="micro")


def accuracy(y_true, y_pred, num_classes, ignore_index=None):
    return scored("accuracy_score", y_true, y_pred, ignore_index)


def kappa(y_true, y_pred, num_classes, ignore_index=None):
    return scored("cohen_kappa_score", y_true, y_pred, ignore_index, labels=range(num_classes))


def matthews(y_true, y_pred, num_classes, ignore_index=None):
    return scored("matthews_corrcoef", y_true, y_pred, ignore_index)


def confusion(y_true, y_pred, num_classes, ignore_index=None):
    return scored("confusion_matrix", y_true, y_pred, ignore_index, labels=range(num_classes))


def targets() -> list[Target]:
    """The scores with all classes named, with those that occur, and the scores that need no classes."""

    def target(title, measures, **declared):
        return Target(f"scikit-learn {title}", measures, declared, library="sklearn")

    return [
        # "Labels present in the data can be excluded and labels not present in the data can be included and will be
        # assigned 0 samples"; zero_division="warn" "acts like 0".
        target(
            "labels=range(K)",
            {
                "iou": iou, "iou_per_class": iou_per_class, "dice": dice, "dice_per_class": dice_per_class,
                "precision": precision, "precision_per_class": precision_per_class, "recall": recall,
                "recall_per_class": recall_per_class,
            },
            absent="0",
        ),
        # "By default, all labels in y_true and y_pred are used in sorted order."
        target("without labels", {"iou": iou_of_present, "dice": dice_of_present}, absent="skip"),
        # "np.nan": "such values will be excluded from the average".
        target(
            "f1_score, zero_division=nan", {"dice": dice_undefined, "dice_per_class": dice_undefined_per_class},
            absent="skip",
        ),
        target(
            "scores of all pixels",
            {
                "pixel_accuracy": accuracy, "micro_f1": micro_f1, "kappa": kappa, "mcc": matthews,
                "confusion": confusion,
            },
        ),
    ]  # fmt: skip
