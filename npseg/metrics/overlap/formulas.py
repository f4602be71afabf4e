"""Scores of each class, from confusion matrices `(..., K, K)`, rows the truth, or `ClassCounts`: float64 `(..., K)`.

A class in neither truth nor prediction is absent, and its score NaN. A class on one side only is a mistake, and its
score 0, even where the fraction of the textbook would divide by nothing (the precision of a class that was never
predicted): were it left out of a mean, missing the class altogether would score better than finding little of it.

No formula has an epsilon. Counts are exact; fractions are those of float64.
"""

from __future__ import annotations

import numpy as np

from npseg.metrics.overlap.class_counts import ClassCounts, class_counts

__all__ = [
    "class_accuracy",
    "class_dice",
    "class_fbeta",
    "class_iou",
    "class_precision",
    "class_recall",
    "class_specificity",
    "class_tversky",
    "mean_of_defined",
]

Counts = np.ndarray | ClassCounts


def class_tversky(counts: Counts, alpha: float, beta: float) -> np.ndarray:
    """Tversky index, TP / (TP + alpha FP + beta FN): the formula that most others are a case of.

    Tversky 1977; letters as in Salehi et al. 2017, eq. 3: `alpha` weighs false alarms, `beta` misses.

    >>> class_tversky(np.array([[1, 1, 0], [0, 2, 0], [0, 0, 0]]), 0.25, 0.75).round(3)
    array([0.571, 0.889,   nan])
    """
    tp, fp, fn, _ = parts = class_counts(counts)
    whole = tp + alpha * fp + beta * fn
    return np.where(whole > 0, ratio(tp, whole), np.where(parts.present, 0.0, np.nan))


def class_iou(counts: Counts) -> np.ndarray:
    """Intersection over union, TP / (TP + FP + FN). Everingham et al. 2010, section 4.5 (PASCAL VOC).

    >>> class_iou(np.array([[1, 1, 0], [0, 2, 0], [0, 0, 0]])).round(3)
    array([0.5  , 0.667,   nan])
    """
    return class_tversky(counts, 1, 1)


def class_dice(counts: Counts) -> np.ndarray:
    """Dice coefficient, 2 TP / (2 TP + FP + FN). Dice 1945; the same number as the F1 score.

    >>> class_dice(np.array([[1, 1, 0], [0, 2, 0], [0, 0, 0]])).round(3)
    array([0.667, 0.8  ,   nan])
    """
    return class_tversky(counts, 0.5, 0.5)


def class_fbeta(counts: Counts, beta: float) -> np.ndarray:
    """F-measure, (1 + beta²) TP / ((1 + beta²) TP + FP + beta² FN): recall counts `beta` times as much as precision.

    van Rijsbergen 1979, chapter 7.

    >>> class_fbeta(np.array([[1, 1, 0], [0, 2, 0], [0, 0, 0]]), 2.0).round(3)
    array([0.556, 0.909,   nan])
    """
    square = beta * beta
    return class_tversky(counts, 1 / (1 + square), square / (1 + square))


def class_precision(counts: Counts) -> np.ndarray:
    """Share of what was called a class that is it, TP / (TP + FP); 0 for a class that was never predicted.

    >>> class_precision(np.array([[1, 1, 0], [0, 2, 0], [1, 0, 0]])).round(3)
    array([0.5  , 0.667, 0.   ])
    """
    return class_tversky(counts, 1, 0)


def class_recall(counts: Counts) -> np.ndarray:
    """Share of a class that was found, TP / (TP + FN); 0 for a class that is only in the prediction.

    >>> class_recall(np.array([[1, 1, 1], [0, 2, 0], [0, 0, 0]])).round(3)
    array([0.333, 1.   , 0.   ])
    """
    return class_tversky(counts, 0, 1)


def class_accuracy(counts: Counts) -> np.ndarray:
    """Share of each class's true pixels that were found, TP / (TP + FN); NaN for a class that the truth does not hold.

    `class_recall` but for a class that is only in the prediction, which has no true pixels to be right about.
    Long et al. 2015, section 5.

    >>> class_accuracy(np.array([[1, 1, 0], [0, 2, 0], [0, 0, 0]]))
    array([0.5, 1. , nan])
    """
    parts = class_counts(counts)
    return ratio(parts.tp, parts.support)


def class_specificity(counts: Counts) -> np.ndarray:
    """Share of the pixels outside a class that were kept out of it, TN / (TN + FP).

    NaN for an absent class, as everywhere, and where the truth has no pixel outside the class.

    >>> class_specificity(np.array([[1, 1, 0], [0, 2, 0], [0, 0, 0]]))
    array([1. , 0.5, nan])
    """
    parts = class_counts(counts)
    return np.where(parts.present, ratio(parts.tn, parts.tn + parts.fp), np.nan)


def mean_of_defined(values: np.ndarray) -> float:
    """Mean of the values that are not NaN; NaN (without a warning) if none is.

    >>> mean_of_defined(np.array([0.5, np.nan, 1.0]))
    0.75
    """
    return float(mean_over_classes(np.ravel(values)))


def mean_over_classes(values: np.ndarray) -> np.ndarray:
    """`mean_of_defined` along the last axis, `(..., K)` -> `(...)`."""
    defined = ~np.isnan(values)
    return ratio(np.where(defined, values, 0.0).sum(axis=-1), defined.sum(axis=-1))


def ratio(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    """`part / whole`, NaN where `whole` is 0."""
    part, whole = np.asarray(part), np.asarray(whole)
    result = np.full(part.shape, np.nan)
    np.divide(part, whole, out=result, where=whole > 0)
    return result[()]
