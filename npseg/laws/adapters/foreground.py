"""Whether a function scores the foreground alone: that of two masks, or label maps without their class 0.

Both are seen by their answers. Laws speak of classes that are all alike; so a function of masks is asked about each
class in turn, and to one that leaves class 0 out each label is given as the next one.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

__all__ = [
    "FOREGROUND_NOTE",
    "MASKS_NOTE",
    "MAYBE_MASKS_NOTE",
    "SCORES_OF_MASKS",
    "leaves_background_out",
    "scores_masks",
    "speaks_of_classes",
    "speaks_of_masks",
    "takes_labels",
]

MASKS_NOTE = "it scores two masks, and was asked about each class in turn; what it does with other labels was not asked"
MAYBE_MASKS_NOTE = (
    "it was given label maps of several classes; if it scores two masks, say so by its name or --metric, as binary_dice"
)
FOREGROUND_NOTE = (
    "it leaves class 0 out of its mean; labels were given to it as the next ones, so that what laws call class 0 is "
    "its class 1"
)
_NEAR = 2e-3  # what is added against division by zero is less, of maps as large as those here

_SHARES: dict[str, Callable[[float, float, float], float]] = {
    "iou": lambda tp, fp, fn: tp / (tp + fp + fn),
    "dice": lambda tp, fp, fn: 2 * tp / (2 * tp + fp + fn),
    "precision": lambda tp, fp, fn: tp / (tp + fp),
    "recall": lambda tp, fp, fn: tp / (tp + fn),
}
"""Scores of a class from its hits, false alarms and misses."""

SCORES_OF_MASKS = tuple(_SHARES)


def speaks_of_masks(names: Sequence[str]) -> bool:
    """Whether the name of a function, of an argument or of a metric says that it is of masks."""
    return any(word in name.lower() for name in names for word in ("mask", "binary"))


def speaks_of_classes(name: str) -> bool:
    """Whether the name of a function says that it puts several classes together.

    >>> speaks_of_classes("mIoU"), speaks_of_classes("mean_dice"), speaks_of_classes("dice_coef")
    (True, True, False)
    """
    return bool(re.search(r"mean|avg|average|macro|micro|class|^m_?(iou|dice|dsc)", name.lower()))


def scores_masks(measure: str, run: Callable[..., Any]) -> bool:
    """Whether `run`, which asks about one class after another, answers with the score of each."""
    y_true, y_pred = _maps(2)
    answer = _answer(run, y_true, y_pred, 2)
    return answer is not None and any(
        answer.shape == expected.shape and np.allclose(answer, expected, rtol=0, atol=_NEAR)
        for expected in _scores(measure, y_true, y_pred, 2)
    )


def takes_labels(run: Callable[..., Any]) -> bool:
    """Whether label maps of three classes are something else to a function than masks of all that is not 0.

    A function of masks that takes them for numbers exceeds 1, or has no answer.
    """
    y_true, y_pred = _maps(3)
    answer = _answer(run, y_true, y_pred, 3)
    if answer is None or answer.size != 1 or not -_NEAR <= float(answer.ravel()[0]) <= 1 + _NEAR:
        return False
    of_any = _answer(run, (y_true > 0).astype(y_true.dtype), (y_pred > 0).astype(y_true.dtype), 2)
    return of_any is None or abs(float(answer.ravel()[0]) - float(of_any.ravel()[0])) > _NEAR


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
    place = np.arange(4000).reshape(2, 40, 50)
    y_true = np.where(place % 20 < 11, place % classes, 0)
    wrong = (place % 7 == 1) | ((place > 3000) & (place % 3 == 0))
    return y_true, np.where(wrong, (y_true + 1) % classes, y_true)


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
