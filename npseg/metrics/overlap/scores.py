"""Scores of two label maps in one call. For many images, accumulate with `SegmentationMetrics`."""

from __future__ import annotations

from typing import Any, Literal, overload

import numpy as np

from npseg.errors import ArgumentError
from npseg.metrics.overlap import formulas
from npseg.metrics.overlap.confusion import confusion_matrix

__all__ = ["dice_score", "iou_score", "mean_accuracy", "pixel_accuracy"]

Average = Literal["macro"] | None


@overload
def iou_score(
    y_true: Any,
    y_pred: Any,
    *,
    num_classes: int,
    ignore_index: int | None = None,
    average: Literal["macro"] = "macro",
) -> float: ...
@overload
def iou_score(
    y_true: Any, y_pred: Any, *, num_classes: int, ignore_index: int | None = None, average: None
) -> np.ndarray: ...
def iou_score(
    y_true: Any,
    y_pred: Any,
    *,
    num_classes: int,
    ignore_index: int | None = None,
    average: Average = "macro",
) -> float | np.ndarray:
    """Intersection over union, TP / (TP + FP + FN), of each class or its mean (mIoU).

    `y_true`, `y_pred`: integer arrays of one shape. Counts are pooled over all pixels given. A class in
    neither truth nor prediction is undefined: NaN with `average=None`, left out of the mean with
    `average="macro"`. Raises as `confusion_matrix` does. Everingham et al. 2010, section 4.5 (PASCAL VOC).

    Class 0 has one hit and one miss (1/2), class 1 two hits and one false alarm (2/3), class 2 does not occur:

    >>> iou_score([0, 0, 1, 1], [0, 1, 1, 1], num_classes=3, average=None).round(3)
    array([0.5  , 0.667,   nan])
    >>> round(iou_score([0, 0, 1, 1], [0, 1, 1, 1], num_classes=3), 3)
    0.583
    """
    matrix = confusion_matrix(y_true, y_pred, num_classes=num_classes, ignore_index=ignore_index)
    return _averaged("iou_score", formulas.class_iou(matrix), average)


@overload
def dice_score(
    y_true: Any,
    y_pred: Any,
    *,
    num_classes: int,
    ignore_index: int | None = None,
    average: Literal["macro"] = "macro",
) -> float: ...
@overload
def dice_score(
    y_true: Any, y_pred: Any, *, num_classes: int, ignore_index: int | None = None, average: None
) -> np.ndarray: ...
def dice_score(
    y_true: Any,
    y_pred: Any,
    *,
    num_classes: int,
    ignore_index: int | None = None,
    average: Average = "macro",
) -> float | np.ndarray:
    """Dice coefficient (F1), 2 TP / (2 TP + FP + FN), of each class or its mean.

    `y_true`, `y_pred`: integer arrays of one shape. Counts are pooled over all pixels given. A class in
    neither truth nor prediction is undefined: NaN with `average=None`, left out of the mean with
    `average="macro"`. Per class it is 2 IoU / (1 + IoU). Raises as `confusion_matrix` does. Dice 1945.

    >>> dice_score([0, 0, 1, 1], [0, 1, 1, 1], num_classes=3, average=None).round(3)
    array([0.667, 0.8  ,   nan])
    >>> round(dice_score([0, 0, 1, 1], [0, 1, 1, 1], num_classes=3), 3)
    0.733
    """
    matrix = confusion_matrix(y_true, y_pred, num_classes=num_classes, ignore_index=ignore_index)
    return _averaged("dice_score", formulas.class_dice(matrix), average)


def pixel_accuracy(y_true: Any, y_pred: Any, *, num_classes: int, ignore_index: int | None = None) -> float:
    """Share of the valid pixels with the right label; NaN if no pixel is valid.

    Raises as `confusion_matrix` does. Long et al. 2015, section 5.

    >>> pixel_accuracy([0, 0, 1, 1], [0, 1, 1, 1], num_classes=3)
    0.75
    """
    matrix = confusion_matrix(y_true, y_pred, num_classes=num_classes, ignore_index=ignore_index)
    return formulas.overall_accuracy(matrix)


def mean_accuracy(y_true: Any, y_pred: Any, *, num_classes: int, ignore_index: int | None = None) -> float:
    """Mean over the classes of the truth of the share of their pixels that were found (mean recall).

    Classes without a true pixel are left out; NaN if no pixel is valid. Raises as `confusion_matrix` does.
    Long et al. 2015, section 5.

    Half of class 0 and all of class 1 is found:

    >>> mean_accuracy([0, 0, 1, 1, 1, 1], [0, 1, 1, 1, 1, 1], num_classes=3)
    0.75
    """
    matrix = confusion_matrix(y_true, y_pred, num_classes=num_classes, ignore_index=ignore_index)
    return formulas.mean_of_defined(formulas.class_accuracy(matrix))


def _averaged(function: str, values: np.ndarray, average: Average) -> float | np.ndarray:
    if average is None:
        return values
    if average == "macro":
        return formulas.mean_of_defined(values)
    raise ArgumentError(
        f"{function}: average is {average!r}; it must be 'macro' (mean of the defined classes) "
        "or None (an array with one score per class)"
    )
