"""Scores of many confusion matrices at once, `(..., K, K)` -> `(...)`: resampling needs thousands of them.

Rows are the truth. Whatever divides by nothing is NaN, and no mean counts it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from npseg.errors import ArgumentError, near_matches

__all__ = ["SCORES", "CountScore", "find_class_score", "find_score"]

Function = Callable[[np.ndarray], Any]


@dataclass(frozen=True)
class CountScore:
    """A score by name: `function` of counts `(..., K, K)` to `(...)`, and the one per class, `(..., K)`, that it
    is the mean of, if it is."""

    title: str
    function: Function
    per_class: Function | None = None
    class_title: str = ""


def iou(counts: np.ndarray) -> np.ndarray:
    """Intersection over union of each class, `(..., K)`. Everingham et al. 2010, section 4.5.

    >>> iou(np.array([[[1, 1], [0, 2]], [[4, 0], [0, 0]]])).round(3)
    array([[0.5  , 0.667],
           [1.   ,   nan]])
    """
    hits, truth, predicted = _margins(counts)
    return _ratio(hits, truth + predicted - hits)


def dice(counts: np.ndarray) -> np.ndarray:
    """Dice coefficient of each class, `(..., K)`. Dice 1945.

    >>> dice(np.array([[1, 1], [0, 2]])).round(3)
    array([0.667, 0.8  ])
    """
    hits, truth, predicted = _margins(counts)
    return _ratio(2 * hits, truth + predicted)


def class_accuracy(counts: np.ndarray) -> np.ndarray:
    """Share of each class's true pixels that were found (recall), `(..., K)`. Long et al. 2015, section 5.

    >>> class_accuracy(np.array([[1, 1], [0, 2]]))
    array([0.5, 1. ])
    """
    hits, truth, _ = _margins(counts)
    return _ratio(hits, truth)


def pixel_accuracy(counts: np.ndarray) -> np.ndarray:
    """Share of all pixels with the right label, `(...)`. Long et al. 2015, section 5.

    >>> pixel_accuracy(np.array([[[1, 1], [0, 2]], [[0, 0], [0, 0]]]))
    array([0.75,  nan])
    """
    hits, truth, _ = _margins(counts)
    return _ratio(hits.sum(axis=-1), truth.sum(axis=-1))


def frequency_weighted_iou(counts: np.ndarray) -> np.ndarray:
    """IoU weighted with each class's share of the true pixels, `(...)`. Long et al. 2015, section 5.

    Half of the pixels have IoU 1/2, half 2/3:

    >>> frequency_weighted_iou(np.array([[1, 1], [0, 2]])).round(4)
    np.float64(0.5833)
    """
    _, truth, _ = _margins(counts)
    # A class without true pixels has weight nothing, so it does not matter that its IoU may be undefined.
    return _ratio((np.nan_to_num(iou(counts)) * truth).sum(axis=-1), truth.sum(axis=-1))


def _mean(per_class: Function) -> Function:
    def mean_of_defined(counts: np.ndarray) -> np.ndarray:
        values = per_class(counts)
        defined = ~np.isnan(values)
        return _ratio(np.where(defined, values, 0.0).sum(axis=-1), defined.sum(axis=-1))

    return mean_of_defined


SCORES = {
    "miou": CountScore("mean IoU", _mean(iou), iou, "IoU"),
    "mean_dice": CountScore("mean Dice", _mean(dice), dice, "Dice"),
    "mean_accuracy": CountScore("mean accuracy", _mean(class_accuracy), class_accuracy, "accuracy"),
    "pixel_accuracy": CountScore("pixel accuracy", pixel_accuracy),
    "frequency_weighted_iou": CountScore("frequency-weighted IoU", frequency_weighted_iou),
}


def find_score(caller: str, score: str | Function) -> CountScore:
    """The score of that name, or the caller's own function. Raises `ArgumentError` for anything else."""
    if isinstance(score, str):
        if score not in SCORES:
            raise ArgumentError(f"{caller}: unknown score {score!r}{near_matches(score, SCORES)}, or pass a function")
        return SCORES[score]
    if not callable(score):
        raise ArgumentError(
            f"{caller}: score is {score!r}; it must be a name ({', '.join(SCORES)}) or a function of counts "
            "(..., K, K) to (...)"
        )
    return CountScore(getattr(score, "__name__", type(score).__name__), score)


def find_class_score(caller: str, score: CountScore, per_class: bool | Function) -> Function | None:
    """The score of each class, `(..., K)`, that goes with a score; None if none is asked for."""
    if callable(per_class):
        return per_class
    if not per_class:
        return None
    if score.per_class is None:
        means = ", ".join(name for name, one in SCORES.items() if one.per_class is not None)
        raise ArgumentError(
            f"{caller}: the score {score.title!r} is no mean over classes; with per_class=True use one of {means}, or "
            "pass per_class= a function of counts (..., K, K) to (..., K)"
        )
    return score.per_class


def _margins(counts: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Hits, true pixels and predicted pixels of each class, `(..., K)`."""
    return np.diagonal(counts, axis1=-2, axis2=-1), counts.sum(axis=-1), counts.sum(axis=-2)


def _ratio(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    part, whole = np.asarray(part), np.asarray(whole)
    result = np.full(part.shape, np.nan)
    np.divide(part, whole, out=result, where=whole > 0)
    return result[()]
