"""Scores of whole confusion matrices, `(..., K, K)` -> float64 `(...)`, rows the truth; undefined is NaN.

Those that are made of sums over classes take `ClassCounts` `(..., K)` as well.
"""

from __future__ import annotations

import numpy as np

from npseg.metrics.overlap.class_counts import class_counts
from npseg.metrics.overlap.formulas import Counts, class_accuracy, class_iou, mean_over_classes, ratio

__all__ = [
    "cohen_kappa",
    "frequency_weighted_iou",
    "generalized_dice",
    "matthews_corrcoef",
    "mean_accuracy",
    "pixel_accuracy",
]

_SQUARE_FITS = 1 << 31  # the square of a sum below it fits int64


def pixel_accuracy(counts: np.ndarray) -> np.ndarray:
    """Share of all valid pixels with the right label; NaN if there are none. Long et al. 2015, section 5.

    >>> pixel_accuracy(np.array([[[1, 1], [0, 2]], [[0, 0], [0, 0]]]))
    array([0.75,  nan])
    """
    return ratio(np.trace(counts, axis1=-2, axis2=-1), counts.sum(axis=(-2, -1)))


def mean_accuracy(counts: Counts) -> np.ndarray:
    """Mean over the classes of the truth of the share of their pixels that were found. Long et al. 2015, section 5.

    >>> mean_accuracy(np.array([[1, 1, 0], [0, 2, 0], [0, 0, 0]]))
    np.float64(0.75)
    """
    return mean_over_classes(class_accuracy(counts))


def frequency_weighted_iou(counts: Counts) -> np.ndarray:
    """IoU weighted with each class's share of the true pixels. Long et al. 2015, section 5.

    Half of the pixels have IoU 1/2, half 2/3:

    >>> frequency_weighted_iou(np.array([[1, 1], [0, 2]])).round(4)
    np.float64(0.5833)
    """
    parts = class_counts(counts)
    truth = parts.support
    # A class without true pixels has weight nothing, so it does not matter that its IoU may be undefined.
    weighted = ratio((np.nan_to_num(class_iou(parts)) * truth).sum(axis=-1), truth.sum(axis=-1))
    return _zero_where_only_predicted(weighted, parts.present)


def generalized_dice(counts: Counts) -> np.ndarray:
    """Generalised Dice of hard labels: 2 Σ w TP / Σ w (2 TP + FP + FN) over the classes, w = 1 / (true pixels)².

    A class without true pixels would weigh infinitely much, and is left out; where it was predicted, pixels of other
    classes were missed, which counts. Sudre et al. 2017, section 2; Crum et al. 2006.

    A class of one pixel weighs 16 times as much as one of four:

    >>> generalized_dice(np.array([[4, 0], [1, 0]])).round(4)
    np.float64(0.32)
    """
    parts = class_counts(counts)
    truth = parts.support.astype(np.float64)
    weight = np.zeros(truth.shape)
    np.divide(1, truth * truth, out=weight, where=truth > 0)
    whole = (weight * (truth + (parts.tp + parts.fp))).sum(axis=-1)
    return _zero_where_only_predicted(ratio((weight * (2.0 * parts.tp)).sum(axis=-1), whole), parts.present)


def cohen_kappa(counts: np.ndarray) -> np.ndarray:
    """Agreement beyond chance: (accuracy - expected) / (1 - expected), with the sums of rows and columns kept.

    NaN without pixels, and where all pixels are of one class on both sides: chance alone agrees then. Cohen 1960.

    >>> cohen_kappa(np.array([[20, 5], [10, 15]])).round(3)
    np.float64(0.4)
    """
    hits, truth, predicted, total = _exact_sums(counts)
    chance = (truth * predicted).sum(axis=-1)
    result = ratio(_as_floats(total * hits - chance), _as_floats(total * total - chance))
    return result.reshape(counts.shape[:-2])[()]


def matthews_corrcoef(counts: np.ndarray) -> np.ndarray:
    """Correlation of truth and prediction over all classes, R_K of Gorodkin 2004, eq. 8; of two, Matthews 1975.

    NaN exactly where `cohen_kappa` is. Where just one side holds a single class nothing correlates: 0.

    >>> matthews_corrcoef(np.array([[20, 5], [10, 15]])).round(3)
    np.float64(0.408)
    """
    hits, truth, predicted, total = _exact_sums(counts)
    chance, square = (truth * predicted).sum(axis=-1), total * total
    of_truth, of_prediction = (_as_floats(square - (side * side).sum(axis=-1)) for side in (truth, predicted))
    # The root of the product, not the product of roots: of two equal numbers it is exact, so that perfect is 1.
    result = ratio(_as_floats(total * hits - chance), np.sqrt(of_truth * of_prediction))
    of_constants = np.where(_as_floats(square - chance) > 0, 0.0, np.nan)
    result = np.where(np.isnan(result), of_constants, np.clip(result, -1, 1))
    return result.reshape(counts.shape[:-2])[()]


def _exact_sums(counts: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Hits `(B,)`, true and predicted pixels of each class `(B, K)`, all pixels `(B,)`; products of two are exact.

    int64 where they fit, Python's integers where they do not.
    """
    flat = counts.reshape(-1, *counts.shape[-2:])  # an array of one axis at least stays one of objects
    sums = np.trace(flat, axis1=-2, axis2=-1), flat.sum(axis=-1), flat.sum(axis=-2), flat.sum(axis=(-2, -1))
    kind = np.int64 if np.max(sums[-1], initial=0) < _SQUARE_FITS else object
    hits, truth, predicted, total = (part.astype(kind) for part in sums)
    return hits, truth, predicted, total


def _as_floats(numbers: np.ndarray) -> np.ndarray:
    return numbers.astype(np.float64)


def _zero_where_only_predicted(values: np.ndarray, present: np.ndarray) -> np.ndarray:
    """Classes that are in the prediction and none in the truth: a mistake, hence 0 rather than undefined."""
    return np.where(np.isnan(values) & present.any(axis=-1), 0.0, values)[()]
