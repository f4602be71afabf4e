"""Scores of a confusion matrix, rows the truth. Whatever divides by nothing is NaN, and no mean counts it."""

from __future__ import annotations

import numpy as np

__all__ = [
    "class_accuracy",
    "class_dice",
    "class_iou",
    "mean_of_defined",
    "overall_accuracy",
]


def class_iou(matrix: np.ndarray) -> np.ndarray:
    """Intersection over union of each class, TP / (TP + FP + FN), as float64 `(K,)`.

    NaN for a class in neither truth nor prediction. Everingham et al. 2010, section 4.5 (PASCAL VOC).

    >>> class_iou(np.array([[1, 1, 0], [0, 2, 0], [0, 0, 0]])).round(3)
    array([0.5  , 0.667,   nan])
    """
    hits = np.diagonal(matrix)
    return _ratio(hits, matrix.sum(axis=1) + matrix.sum(axis=0) - hits)


def class_dice(matrix: np.ndarray) -> np.ndarray:
    """Dice coefficient of each class, 2 TP / (2 TP + FP + FN), as float64 `(K,)`.

    NaN for a class in neither truth nor prediction. Dice 1945; the same number as the F1 score.

    >>> class_dice(np.array([[1, 1, 0], [0, 2, 0], [0, 0, 0]])).round(3)
    array([0.667, 0.8  ,   nan])
    """
    return _ratio(2 * np.diagonal(matrix), matrix.sum(axis=1) + matrix.sum(axis=0))


def class_accuracy(matrix: np.ndarray) -> np.ndarray:
    """Share of each class's true pixels that were found (recall), TP / (TP + FN), as float64 `(K,)`.

    NaN for a class that the truth does not hold. Long et al. 2015, section 5.

    >>> class_accuracy(np.array([[1, 1, 0], [0, 2, 0], [0, 0, 0]]))
    array([0.5, 1. , nan])
    """
    return _ratio(np.diagonal(matrix), matrix.sum(axis=1))


def overall_accuracy(matrix: np.ndarray) -> float:
    """Share of all valid pixels with the right label; NaN if there are none. Long et al. 2015, section 5.

    >>> overall_accuracy(np.array([[1, 1], [0, 2]]))
    0.75
    """
    return float(_ratio(np.trace(matrix), matrix.sum()))


def mean_of_defined(values: np.ndarray) -> float:
    """Mean of the values that are not NaN; NaN (without a warning) if none is.

    >>> mean_of_defined(np.array([0.5, np.nan, 1.0]))
    0.75
    """
    defined = values[~np.isnan(values)]
    return float(defined.mean()) if defined.size else float("nan")


def _ratio(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    result = np.full(np.shape(part), np.nan)
    np.divide(part, whole, out=result, where=np.asarray(whole) > 0)
    return result
