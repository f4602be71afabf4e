"""Hugging Face evaluate's `mean_iou`, plainly, with `reduce_labels`, and with `label_map`.

The package does not contain the metric: `evaluate.load("mean_iou")` fetches its text from a hub, or reads the folder
`mean_iou` in the present directory. Without either, `targets()` says so. It is called by `_compute`, as the tutorials
of SegFormer do, since `compute` writes every image to a file first. What is declared is said in the metric's text.
"""

from __future__ import annotations

import numpy as np

from npseg.errors import MissingExtraError
from npseg.laws.target import Target, Unsupported

__all__ = ["targets"]

NO_LABEL = 2**31 - 1  # what to ignore where nothing is to be ignored: an ignore value must be given


def computed(y_true, y_pred, num_classes, ignore_index, **options):
    import evaluate

    ignore_index = NO_LABEL if ignore_index is None else ignore_index
    return evaluate.load("mean_iou")._compute(
        predictions=list(y_pred), references=list(y_true), num_labels=num_classes, ignore_index=ignore_index, **options
    )


def iou(y_true, y_pred, num_classes, ignore_index=None):
    return float(computed(y_true, y_pred, num_classes, ignore_index)["mean_iou"])


def iou_per_class(y_true, y_pred, num_classes, ignore_index=None):
    return computed(y_true, y_pred, num_classes, ignore_index)["per_category_iou"]


def mean_accuracy(y_true, y_pred, num_classes, ignore_index=None):
    return float(computed(y_true, y_pred, num_classes, ignore_index)["mean_accuracy"])


def accuracy_per_class(y_true, y_pred, num_classes, ignore_index=None):
    return computed(y_true, y_pred, num_classes, ignore_index)["per_category_accuracy"]


def overall_accuracy(y_true, y_pred, num_classes, ignore_index=None):
    return float(computed(y_true, y_pred, num_classes, ignore_index)["overall_accuracy"])


def with_background(y_true, ignore_index):
    """Labels as in a data set whose 0 is background, to be ignored, and whose classes begin at 1."""
    if (y_true[y_true != ignore_index] >= 254).any():
        raise Unsupported("reduce_labels makes 255 of 254")
    raised = np.array(y_true, np.int64) + 1
    if ignore_index is not None:
        raised[y_true == ignore_index] = 0
    return raised


def iou_reduced(y_true, y_pred, num_classes, ignore_index=None):
    """Background becomes 255 by `reduce_labels`, and 255 is ignored."""
    truth = with_background(y_true, ignore_index)
    return float(computed(truth, y_pred, num_classes, 255, reduce_labels=True)["mean_iou"])


def iou_reduced_ignoring_0(y_true, y_pred, num_classes, ignore_index=None):
    """Background is named as what to ignore, and removed by `reduce_labels`."""
    truth = with_background(y_true, ignore_index)
    return float(computed(truth, y_pred, num_classes, 0, reduce_labels=True)["mean_iou"])


def iou_mapped(y_true, y_pred, num_classes, ignore_index=None):
    """The classes of the predictions are those of the truth, each raised by one, and `label_map` says so."""
    if ignore_index is not None:
        raise Unsupported("label_map is tried without an ignore value")
    label_map = {label: (label + 1) % num_classes for label in range(num_classes)}
    predictions = (np.array(y_pred, np.int64) + 1) % num_classes
    return float(computed(y_true, predictions, num_classes, None, label_map=label_map)["mean_iou"])


def iou_mapped_by_compute(y_true, y_pred, num_classes, ignore_index=None):
    """The same by `compute`, which hands on images of Pillow."""
    import evaluate

    if ignore_index is not None:
        raise Unsupported("label_map is tried without an ignore value")
    label_map = {label: (label + 1) % num_classes for label in range(num_classes)}
    predictions = (np.array(y_pred, np.int64) + 1) % num_classes
    answer = evaluate.load("mean_iou").compute(
        predictions=list(predictions), references=list(np.array(y_true, np.int64)), num_labels=num_classes,
        ignore_index=NO_LABEL, label_map=label_map,
    )  # fmt: skip
    return float(answer["mean_iou"])


def targets() -> list[Target]:
    """Raises `MissingExtraError` if the definition of `mean_iou` is neither at hand nor to be had."""
    try:
        import evaluate

        evaluate.load("mean_iou")
    except (ImportError, OSError, ValueError) as error:
        raise MissingExtraError(
            "laws: adapter evaluate: evaluate.load('mean_iou') finds no definition of the metric, which is no part of "
            "the package; connect to the network once, or put evaluate's folder metrics/mean_iou into the present "
            f"directory ({type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''})"
        ) from error

    def target(title, measures):
        # "ignore_index: Index that will be ignored during evaluation."
        return Target(f"evaluate {title}", measures, {"ignore": "supported"}, library="evaluate")

    return [
        target(
            "mean_iou",
            {
                "iou": iou, "iou_per_class": iou_per_class, "recall": mean_accuracy,
                "recall_per_class": accuracy_per_class, "pixel_accuracy": overall_accuracy,
            },
        ),
        # "reduce all label values of segmentation maps by 1 [...] where 0 is used for background [...] The background
        # label will be replaced by 255."
        target("mean_iou, reduce_labels, ignore_index=255", {"iou": iou_reduced}),
        target("mean_iou, reduce_labels, ignore_index=0", {"iou": iou_reduced_ignoring_0}),
        # "label_map: dictionary mapping old label indices to new label indices."
        Target("evaluate mean_iou, label_map", {"iou": iou_mapped}, library="evaluate"),
        Target("evaluate mean_iou, label_map by compute", {"iou": iou_mapped_by_compute}, library="evaluate"),
    ]  # fmt: skip
