"""Scores by name, of counts that are there already."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import numpy as np

from npseg.errors import ArgumentError, near_matches
from npseg.metrics.overlap import formulas, matrix_formulas
from npseg.metrics.overlap.averages import Averages, averaged, check_averaging
from npseg.metrics.overlap.class_counts import ClassCounts
from npseg.metrics.overlap.matrix_scores import matrix_score
from npseg.metrics.overlap.options import ClassScoreOptions, Counting, MatrixOptions, require_known
from npseg.metrics.overlap.scores import check_weight

__all__ = ["CLASS_SCORES", "MATRIX_SCORES", "class_formula", "matrix_formula", "score_of_counts"]

ClassFormula = Callable[[ClassCounts], np.ndarray]

CLASS_SCORES: Mapping[str, Callable[..., np.ndarray]] = {
    "iou": formulas.class_iou,
    "dice": formulas.class_dice,
    "precision": formulas.class_precision,
    "recall": formulas.class_recall,
    "specificity": formulas.class_specificity,
    "fbeta": formulas.class_fbeta,
    "tversky": formulas.class_tversky,
}
_WEIGHTS = {"fbeta": ("beta",), "tversky": ("alpha", "beta")}

MATRIX_SCORES: Mapping[str, tuple[Callable[[Any], Any], type]] = {
    "pixel_accuracy": (matrix_formulas.pixel_accuracy, MatrixOptions),
    "mean_accuracy": (matrix_formulas.mean_accuracy, ClassScoreOptions),
    "frequency_weighted_iou": (matrix_formulas.frequency_weighted_iou, ClassScoreOptions),
    "generalized_dice": (matrix_formulas.generalized_dice, ClassScoreOptions),
    "cohen_kappa": (matrix_formulas.cohen_kappa, MatrixOptions),
    "matthews_corrcoef": (matrix_formulas.matthews_corrcoef, MatrixOptions),
}


def class_formula(
    function: str, name: str, *, alpha: float | None = None, beta: float | None = None
) -> ClassFormula | None:
    """The formula of a score of classes with its weights; None if it is one of whole matrices.

    Raises `ArgumentError` for an unknown name, and for weights that are missing or not wanted.

    >>> class_formula("f", "fbeta", beta=1)(ClassCounts(*np.array([[1], [1], [0], [0]]))).round(3)
    array([0.667])
    """
    known = [*CLASS_SCORES, *MATRIX_SCORES]
    if not isinstance(name, str) or name not in known:
        raise ArgumentError(f"{function}: unknown score {name!r}{near_matches(str(name), known)}")
    wanted = _WEIGHTS.get(name, ())
    for weight, value in (("alpha", alpha), ("beta", beta)):
        if (value is not None) != (weight in wanted):
            raise ArgumentError(
                f"{function}: {weight} is {value!r} for {name!r}; it belongs to "
                + " and ".join(repr(one) for one, its in _WEIGHTS.items() if weight in its)
            )
    if name in MATRIX_SCORES:
        return None
    weights = {"alpha": alpha, "beta": beta}
    return partial(CLASS_SCORES[name], **{one: check_weight(function, one, weights[one]) for one in wanted})


def matrix_formula(function: str, name: str, options: Mapping[str, Any]) -> tuple[Callable[[Any], Any], bool]:
    """The formula of a score of whole matrices, and whether it is made of classes, if the options are right for it."""
    formula, allowed = MATRIX_SCORES[name]
    names = [one for one in allowed.__annotations__ if one not in Counting.__annotations__]
    unfit = [one for one in options if one not in names and one in Averages.__annotations__]
    if unfit:
        raise ArgumentError(
            f"{function}: {name!r} has no {' and no '.join(unfit)}; it is one number of all classes (its options are "
            f"{', '.join(names)})"
        )
    require_known(function, options, names)
    return formula, allowed is ClassScoreOptions


def score_of_counts(
    function: str,
    counts: ClassCounts,
    name: str,
    *,
    alpha: float | None = None,
    beta: float | None = None,
    options: Mapping[str, Any],
) -> float | np.ndarray:
    """A score by name of counts of images and classes, `(N, K)`, or an `ArgumentError` for one of whole matrices."""
    formula = class_formula(function, name, alpha=alpha, beta=beta)
    if formula is not None:
        require_known(function, options, Averages.__annotations__)
        return averaged(counts, formula, check_averaging(function, counts.tp.shape[-1], **options))
    whole, of_classes = matrix_formula(function, name, options)
    if not of_classes:
        raise ArgumentError(f"{function}: {name!r} is a score of confusion matrices, which {function} has none of")
    return matrix_score(function, counts, whole, **options)
