"""The options that scores of label maps share, for type checkers and for people, and the check that they are known."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Literal, Required, TypedDict

from npseg.errors import near_matches
from npseg.metrics.overlap.averages import Averages

__all__ = ["ClassScoreOptions", "Counting", "MatrixOptions", "MeanOptions", "Options", "PerClassOptions"]


class Counting(TypedDict, total=False):
    """Which pixels count, and how many classes there are."""

    num_classes: Required[int]
    ignore_index: int | None


class Options(Counting, Averages, total=False):
    """All options of a score of classes; the conventions are explained in `npseg.metrics.overlap.averages`."""


class MeanOptions(Options, total=False):
    """Those that give one number."""

    average: Literal["macro", "micro", "weighted"]  # type: ignore[misc]


class PerClassOptions(Options, total=False):
    """Those that give one number for each class."""

    average: Required[None]  # type: ignore[misc]


class MatrixOptions(Counting, total=False):
    """Options of a score of whole confusion matrices."""

    aggregate: Literal["dataset", "image"]


class ClassScoreOptions(Counting, total=False):
    """Options of a score that is made of all classes in a way of its own."""

    aggregate: Literal["dataset", "image"]
    include: Any
    exclude: Any


def require_known(function: str, given: Mapping[str, Any], known: Iterable[str]) -> None:
    """Raise `TypeError`, as Python does for keyword arguments, unless all options are known and `num_classes` is there.

    >>> require_known("iou_score", {"num_clases": 2}, ["num_classes", "average"])
    Traceback (most recent call last):
    TypeError: iou_score: unknown option 'num_clases'; did you mean 'num_classes'?
    """
    known = list(known)
    for name in given:
        if name not in known:
            raise TypeError(f"{function}: unknown option {name!r}{near_matches(name, known)}")
    if "num_classes" in known and "num_classes" not in given:
        raise TypeError(f"{function}: num_classes is missing; say how many classes there are")
