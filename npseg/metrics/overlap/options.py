"""The options that scores of label maps share, for type checkers and for people, and the check that they are known."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Literal, Required, TypedDict, TypeVar

from npseg.errors import near_matches
from npseg.metrics.overlap.averages import Averages

__all__ = [
    "ClassScoreOptions",
    "Counting",
    "MatrixOptions",
    "MeanOptions",
    "Options",
    "PerClassOptions",
    "require_known",
    "shows_options",
]


F = TypeVar("F", bound=Callable[..., Any])

_DEFAULTS = {
    "ignore_index": None,
    "aggregate": "dataset",
    "average": "macro",
    "absent": "skip",
    "include": None,
    "exclude": None,
}


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


def shows_options(options: type) -> Callable[[F], F]:
    """Spell out the options of a function for `help` and `inspect.signature`, which know nothing of `Unpack`.

    >>> from npseg.metrics import pixel_accuracy
    >>> [*inspect.signature(pixel_accuracy).parameters]
    ['y_true', 'y_pred', 'num_classes', 'ignore_index', 'aggregate']
    """

    def decorate(function: F) -> F:
        signature = inspect.signature(function)
        named = [one for one in signature.parameters.values() if one.kind is not inspect.Parameter.VAR_KEYWORD]
        spelled = [
            inspect.Parameter(
                name, inspect.Parameter.KEYWORD_ONLY, default=_DEFAULTS.get(name, inspect.Parameter.empty),
                annotation=getattr(annotation, "__forward_arg__", annotation),
            )
            for name, annotation in sorted(options.__annotations__.items(), key=lambda item: _order(item[0]))
        ]  # fmt: skip
        function.__signature__ = signature.replace(parameters=named + spelled)  # type: ignore[attr-defined]
        return function

    return decorate


def _order(name: str) -> int:
    return ["num_classes", *_DEFAULTS].index(name)
