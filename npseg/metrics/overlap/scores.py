"""Scores of classes in one call, under any convention. For many images, accumulate with `SegmentationMetrics`.

All take `y_true` and `y_pred`, integer arrays of one shape, and by keyword (`Options`):

- `num_classes`; `ignore_index` (None): truth of pixels that do not count;
- `average` ("macro"), `aggregate` ("dataset"), `absent` ("skip"): see `npseg.metrics.overlap.averages`. Where
  `aggregate` is not "dataset", the first axis is images;
- `include` or `exclude`: the classes that count, or do not, in means and sums. Their pixels all stay.

They return a float, NaN where undefined, or with `average=None` float64 `(K,)`, of the included classes if there are
such. They raise as `confusion_matrix` does, and `ArgumentError` for an unknown convention.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, Unpack, overload

import numpy as np

from npseg.errors import ArgumentError
from npseg.metrics.overlap import formulas
from npseg.metrics.overlap.averages import averaged, check_averaging
from npseg.metrics.overlap.class_counts import ClassCounts, class_counts
from npseg.metrics.overlap.confusion import check_num_classes, confusion_matrix, image_confusion_matrices
from npseg.metrics.overlap.options import Counting, MeanOptions, Options, PerClassOptions, require_known, shows_options

__all__ = [
    "dice_score",
    "fbeta_score",
    "iou_score",
    "precision_score",
    "recall_score",
    "specificity_score",
    "tversky_index",
]


@overload
def iou_score(y_true: Any, y_pred: Any, **options: Unpack[MeanOptions]) -> float: ...
@overload
def iou_score(y_true: Any, y_pred: Any, **options: Unpack[PerClassOptions]) -> np.ndarray: ...
@shows_options(Options)
def iou_score(y_true: Any, y_pred: Any, **options: Unpack[Options]) -> float | np.ndarray:
    """Intersection over union, TP / (TP + FP + FN), of each class or its mean (mIoU).

    Options, result and errors: see this module. Everingham et al. 2010, section 4.5 (PASCAL VOC).

    Class 0 has one hit and one miss (1/2), class 1 two hits and one false alarm (2/3), class 2 does not occur:

    >>> iou_score([0, 0, 1, 1], [0, 1, 1, 1], num_classes=3, average=None).round(3)
    array([0.5  , 0.667,   nan])
    >>> round(iou_score([0, 0, 1, 1], [0, 1, 1, 1], num_classes=3), 3)
    0.583
    >>> round(iou_score([0, 0, 1, 1], [0, 1, 1, 1], num_classes=3, absent=1), 3)
    0.722
    """
    return _scored("iou_score", y_true, y_pred, formulas.class_iou, options)


@overload
def dice_score(y_true: Any, y_pred: Any, **options: Unpack[MeanOptions]) -> float: ...
@overload
def dice_score(y_true: Any, y_pred: Any, **options: Unpack[PerClassOptions]) -> np.ndarray: ...
@shows_options(Options)
def dice_score(y_true: Any, y_pred: Any, **options: Unpack[Options]) -> float | np.ndarray:
    """Dice coefficient (F1), 2 TP / (2 TP + FP + FN), of each class or its mean. Per class it is 2 IoU / (1 + IoU).

    Options, result and errors: see this module. Dice 1945.

    >>> dice_score([0, 0, 1, 1], [0, 1, 1, 1], num_classes=3, average=None).round(3)
    array([0.667, 0.8  ,   nan])
    >>> round(dice_score([0, 0, 1, 1], [0, 1, 1, 1], num_classes=3), 3)
    0.733
    """
    return _scored("dice_score", y_true, y_pred, formulas.class_dice, options)


@overload
def precision_score(y_true: Any, y_pred: Any, **options: Unpack[MeanOptions]) -> float: ...
@overload
def precision_score(y_true: Any, y_pred: Any, **options: Unpack[PerClassOptions]) -> np.ndarray: ...
@shows_options(Options)
def precision_score(y_true: Any, y_pred: Any, **options: Unpack[Options]) -> float | np.ndarray:
    """Share of what was called a class that is it, TP / (TP + FP).

    A class that the truth holds and that was never predicted scores 0, so that no mean profits from missing it.
    Options, result and errors: see this module. van Rijsbergen 1979, chapter 7.

    >>> precision_score([0, 0, 1, 2], [0, 1, 1, 1], num_classes=4, average=None).round(3)
    array([1.   , 0.333, 0.   ,   nan])
    """
    return _scored("precision_score", y_true, y_pred, formulas.class_precision, options)


@overload
def recall_score(y_true: Any, y_pred: Any, **options: Unpack[MeanOptions]) -> float: ...
@overload
def recall_score(y_true: Any, y_pred: Any, **options: Unpack[PerClassOptions]) -> np.ndarray: ...
@shows_options(Options)
def recall_score(y_true: Any, y_pred: Any, **options: Unpack[Options]) -> float | np.ndarray:
    """Share of a class that was found, TP / (TP + FN).

    A class that is only in the prediction scores 0; `mean_accuracy` leaves it out instead. Options, result and errors:
    see this module. van Rijsbergen 1979, chapter 7.

    >>> recall_score([0, 0, 1, 1], [0, 1, 1, 2], num_classes=3, average=None)
    array([0.5, 0.5, 0. ])
    """
    return _scored("recall_score", y_true, y_pred, formulas.class_recall, options)


@overload
def specificity_score(y_true: Any, y_pred: Any, **options: Unpack[MeanOptions]) -> float: ...
@overload
def specificity_score(y_true: Any, y_pred: Any, **options: Unpack[PerClassOptions]) -> np.ndarray: ...
@shows_options(Options)
def specificity_score(y_true: Any, y_pred: Any, **options: Unpack[Options]) -> float | np.ndarray:
    """Share of the pixels outside a class that were kept out of it, TN / (TN + FP).

    Undefined, besides for absent classes, where the truth has no pixel outside the class. Options, result and errors:
    see this module. Yerushalmy 1947.

    >>> specificity_score([0, 0, 1, 1], [0, 1, 1, 1], num_classes=3, average=None)
    array([1. , 0.5, nan])
    """
    return _scored("specificity_score", y_true, y_pred, formulas.class_specificity, options)


@overload
def fbeta_score(y_true: Any, y_pred: Any, *, beta: float, **options: Unpack[MeanOptions]) -> float: ...
@overload
def fbeta_score(y_true: Any, y_pred: Any, *, beta: float, **options: Unpack[PerClassOptions]) -> np.ndarray: ...
@shows_options(Options)
def fbeta_score(y_true: Any, y_pred: Any, *, beta: float, **options: Unpack[Options]) -> float | np.ndarray:
    """F-measure, (1 + beta²) TP / ((1 + beta²) TP + FP + beta² FN): recall counts `beta` times as much as precision.

    `beta` is at least 0: 0 gives precision, 1 Dice. Options, result and errors: see this module. van Rijsbergen 1979.

    >>> fbeta_score([0, 0, 1, 1], [0, 1, 1, 1], beta=2, num_classes=2, average=None).round(3)
    array([0.556, 0.909])
    """
    beta = check_weight("fbeta_score", "beta", beta)
    return _scored("fbeta_score", y_true, y_pred, partial(formulas.class_fbeta, beta=beta), options)


@overload
def tversky_index(
    y_true: Any, y_pred: Any, *, alpha: float, beta: float, **options: Unpack[MeanOptions]
) -> float: ...  # fmt: skip
@overload
def tversky_index(
    y_true: Any, y_pred: Any, *, alpha: float, beta: float, **options: Unpack[PerClassOptions]
) -> np.ndarray: ...
@shows_options(Options)
def tversky_index(
    y_true: Any, y_pred: Any, *, alpha: float, beta: float, **options: Unpack[Options]
) -> float | np.ndarray:
    """Tversky index, TP / (TP + alpha FP + beta FN), of each class or its mean.

    `alpha` weighs false alarms and `beta` misses, both at least 0: 1 and 1 give IoU, 1/2 and 1/2 Dice. Options, result
    and errors: see this module. Tversky 1977; letters as in Salehi et al. 2017, eq. 3.

    >>> tversky_index([0, 0, 1, 1], [0, 1, 1, 1], alpha=0.25, beta=0.75, num_classes=2, average=None).round(3)
    array([0.571, 0.889])
    """
    alpha, beta = check_weight("tversky_index", "alpha", alpha), check_weight("tversky_index", "beta", beta)
    return _scored(
        "tversky_index", y_true, y_pred, partial(formulas.class_tversky, alpha=alpha, beta=beta), options
    )  # fmt: skip


def check_weight(function: str, name: str, value: Any) -> float:
    """A finite number of at least 0, or an `ArgumentError`."""
    if isinstance(value, bool) or not isinstance(value, int | float | np.number) or not 0 <= value < np.inf:
        raise ArgumentError(f"{function}: {name} is {value!r}; it must be a number, at least 0")
    return float(value)


def _scored(
    function: str, y_true: Any, y_pred: Any, formula: Callable[[ClassCounts], np.ndarray], options: Any
) -> float | np.ndarray:
    require_known(function, options, Options.__annotations__)
    counting = {name: options[name] for name in Counting.__annotations__ if name in options}
    conventions = {name: value for name, value in options.items() if name not in counting}
    num_classes = check_num_classes(function, options["num_classes"])
    how = check_averaging(function, num_classes, **conventions)
    if how.by_image:
        images = image_confusion_matrices(y_true, y_pred, **counting)
    else:
        images = confusion_matrix(y_true, y_pred, **counting)[None]
    return averaged(class_counts(images), formula, how)
