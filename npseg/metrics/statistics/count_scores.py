"""Scores of data sets by name, of many confusion matrices at once, `(..., K, K)` -> `(...)`.

Resampling needs thousands of them. The formulas are those of `npseg.metrics.overlap`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from npseg.errors import ArgumentError, near_matches
from npseg.metrics.overlap import formulas, matrix_formulas
from npseg.metrics.overlap.formulas import mean_over_classes

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


def _mean(per_class: Function) -> Function:
    return lambda counts: mean_over_classes(per_class(counts))


SCORES = {
    "miou": CountScore("mean IoU", _mean(formulas.class_iou), formulas.class_iou, "IoU"),
    "mean_dice": CountScore("mean Dice", _mean(formulas.class_dice), formulas.class_dice, "Dice"),
    "mean_accuracy": CountScore("mean accuracy", matrix_formulas.mean_accuracy, formulas.class_accuracy, "accuracy"),
    "pixel_accuracy": CountScore("pixel accuracy", matrix_formulas.pixel_accuracy),
    "frequency_weighted_iou": CountScore("frequency-weighted IoU", matrix_formulas.frequency_weighted_iou),
    "generalized_dice": CountScore("generalised Dice", matrix_formulas.generalized_dice),
    "cohen_kappa": CountScore("Cohen's kappa", matrix_formulas.cohen_kappa),
    "matthews_corrcoef": CountScore("Matthews correlation", matrix_formulas.matthews_corrcoef),
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
