"""Whether a function scores the foreground alone: that of two masks, or label maps without their class 0.

Both are seen by their answers. Laws speak of classes that are all alike; so a function of masks is asked about each
class in turn, and to one that leaves class 0 out each label is given as the next one.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

__all__ = ["FOREGROUND_NOTE", "MASKS_NOTE", "leaves_background_out", "scores_masks"]

MASKS_NOTE = "it scores two masks, and was asked about each class in turn"
FOREGROUND_NOTE = (
    "it leaves class 0 out of its mean; labels were given to it as the next ones, so that what laws call class 0 is "
    "its class 1"
)
_NEAR = 1e-4  # what is added against division by zero is less

_SHARES: dict[str, Callable[[float, float, float], float]] = {
    "iou": lambda tp, fp, fn: tp / (tp + fp + fn),
    "dice": lambda tp, fp, fn: 2 * tp / (2 * tp + fp + fn),
    "precision": lambda tp, fp, fn: tp / (tp + fp),
    "recall": lambda tp, fp, fn: tp / (tp + fn),
}
"""Scores of a class from its hits, false alarms and misses."""


def scores_masks(measure: str, run: Callable[..., Any]) -> bool:
    """Whether `run`, which asks about one class after another, answers with the score of each."""
    if measure not in _SHARES:
        return False
    y_true, y_pred = _maps(2)
    answer = _answer(run, y_true, y_pred, 2)
    return answer is not None and any(
        answer.shape == expected.shape and np.allclose(answer, expected, atol=_NEAR)
        for expected in _scores(measure, y_true, y_pred, 2)
    )


def leaves_background_out(measure: str, run: Callable[..., Any]) -> bool:
    """Whether the answer to label maps of three classes is the mean of the last two."""
    if measure not in _SHARES:
        return False
    y_true, y_pred = _maps(3)
    answer = _answer(run, y_true, y_pred, 3)
    if answer is None or answer.shape:
        return False
    each = _scores(measure, y_true, y_pred, 3)
    without, whole = ([scores[first:].mean() for scores in each] for first in (1, 0))
    return any(abs(answer - one) < _NEAR for one in without) and all(abs(answer - one) > _NEAR for one in whole)


def _maps(classes: int) -> tuple[np.ndarray, np.ndarray]:
    """Two images; each class is in both, found in part, and has another score in each."""
    place = np.arange(40).reshape(2, 4, 5)
    y_true = np.where(place % 20 < (11, 14)[classes - 2], place % classes, 0)
    return y_true, np.where((place % 7 == 1) | (place == 38), (y_true + 1) % classes, y_true)


def _scores(measure: str, y_true: np.ndarray, y_pred: np.ndarray, classes: int) -> list[np.ndarray]:
    """Of each class, over all images, and the mean over images."""
    share = _SHARES[measure]

    def each(t: np.ndarray, p: np.ndarray) -> np.ndarray:
        sides = [(t == label, p == label) for label in range(classes)]
        return np.array([share((a & b).sum(), (b & ~a).sum(), (a & ~b).sum()) for a, b in sides])

    return [each(y_true, y_pred), np.mean([each(t, p) for t, p in zip(y_true, y_pred)], axis=0)]


def _answer(run: Callable[..., Any], *arguments: Any) -> np.ndarray | None:
    """What a function answers, None if it does not."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return np.asarray(run(*arguments), float)
    except (Exception, SystemExit):  # whatever a user's function raises, it does not take these
        return None
