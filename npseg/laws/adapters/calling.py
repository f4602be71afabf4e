"""What a function's arguments mean, read from their names."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from npseg.errors import ArgumentError
from npseg.laws.loading import load_callable

__all__ = ["Signature", "Where", "resolve", "signature_of"]

TRUTHS = (
    "y_true", "ytrue", "true", "truth", "target", "targets", "gt", "gts", "ground_truth", "groundtruth", "reference",
    "references", "label", "label_true", "label_trues", "mask_true", "true_mask", "gt_mask", "mask", "masks", "actual",
    "gold", "annotation", "annotations", "y", "t",
)  # fmt: skip
PREDICTIONS = (
    "y_pred", "ypred", "pred", "preds", "prediction", "predictions", "predicted", "pred_label", "label_pred",
    "label_preds", "mask_pred", "pred_mask", "y_hat", "yhat", "output", "outputs", "input", "result", "results", "p",
)  # fmt: skip
CLASSES = ("num_classes", "n_classes", "num_class", "n_class", "nclass", "nb_classes", "num_labels", "n_labels", "K")
IGNORED = ("ignore_index", "ignore", "ignore_label", "ignore_value", "ignore_class", "void", "void_label")
LISTED = ("labels", "classes", "class_ids")


@dataclass(frozen=True)
class Where:
    """Where a function comes from."""

    module: str
    name: str
    importable: bool
    """Whether `from module import name` gives it; otherwise its text is printed."""

    @property
    def title(self) -> str:
        """As the user writes it."""
        return f"{self.module}:{self.name}"


@dataclass(frozen=True)
class Signature:
    """Names of the arguments that are passed, by what they mean; None where there is no such argument."""

    truth: str
    prediction: str
    truth_first: bool
    by_position: bool
    """Whether the two maps must be passed without their names."""
    classes: str | None
    listed: str | None
    """The argument that takes all classes as a list."""
    ignored: str | None
    ignored_by_default: int | None = None
    """What it ignores if nothing is said."""
    open_ended: bool = False
    """Whether it takes arguments by any name, so that it may know those of the standard form too."""


def resolve(subject: str | Callable[..., Any]) -> tuple[Callable[..., Any], Where]:
    """The function and where it comes from. Raises `ArgumentError`."""
    if not isinstance(subject, str):
        if not callable(subject):
            raise ArgumentError(f"laws: a function or 'module:name' was expected, not {type(subject).__name__}")
        module, name = getattr(subject, "__module__", ""), getattr(subject, "__qualname__", "")
        found = getattr(sys.modules.get(module), name or " ", None) is subject and module != "__main__"
        if not found and not inspect.isclass(subject) and not getattr(subject, "__name__", "").isidentifier():
            raise ArgumentError(
                f"laws: {subject!r} has no name under which a counterexample could call it; define a function with def"
            )
        return _bound(subject, Where(module, name, found))
    function = load_callable("laws", subject)
    module, _, name = subject.partition(":")
    return _bound(function, Where(module, name, True))


def _bound(function: Callable[..., Any], where: Where) -> tuple[Callable[..., Any], Where]:
    """Refuse a method that is given without its object."""
    first = next(iter(inspect.signature(function).parameters), "") if inspect.isfunction(function) else ""
    if first == "self" and "." in where.name:
        raise ArgumentError(
            f"laws: {where.title} is a method without its object; point at the method of an instance, or at a function"
        )
    return function, where


def signature_of(function: Callable[..., Any], where: Where, wrapper: str) -> Signature:
    """Read the meaning of a function's arguments from their names. Raises `ArgumentError` with the text `wrapper`."""
    if inspect.isclass(function):
        raise ArgumentError(f"laws: {where.title} is a class, and what its methods mean is unknown; {wrapper}")
    try:
        parameters = list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError) as error:
        raise ArgumentError(f"laws: {where.title} does not tell its arguments ({error}); {wrapper}") from error
    named = [one for one in parameters if one.kind not in (one.VAR_POSITIONAL, one.VAR_KEYWORD)]
    names = [one.name for one in named]
    spelled = {name.lower(): name for name in reversed(names)}

    def first(spellings: tuple[str, ...], besides: tuple[str | None, ...] = ()) -> str | None:
        return next((spelled[s] for s in spellings if s in spelled and spelled[s] not in besides), None)

    prediction = first(PREDICTIONS)
    truth = first(TRUTHS, (prediction,))
    listed = first(LISTED)
    if truth is None and listed == spelled.get("labels"):
        truth, listed = listed, None
    if truth is None or prediction is None:
        raise ArgumentError(
            f"laws: {where.title}({', '.join(names)}): cannot tell which argument is the truth and which the "
            "prediction; call them y_true and y_pred. Of a loss or an operator say which it is (--metric ce, conv2d, "
            f"resize, ...). Or {wrapper}"
        )
    classes, ignored = first(tuple(map(str.lower, CLASSES))), first(IGNORED)
    understood = {truth, prediction, classes, listed, ignored}
    unknown = [one.name for one in named if one.default is one.empty and one.name not in understood]
    if unknown:
        raise ArgumentError(
            f"laws: {where.title} needs {' and '.join(unknown)}, and what that means is unknown; give it a default "
            f"value, or {wrapper}"
        )
    by_position = any(one.kind is one.POSITIONAL_ONLY for one in named if one.name in (truth, prediction))
    if by_position and {truth, prediction} != set(names[:2]):
        raise ArgumentError(f"laws: {where.title}({', '.join(names)}): the two maps must come first; {wrapper}")
    default = next((one.default for one in named if one.name == ignored), None)
    return Signature(
        truth, prediction, names.index(truth) < names.index(prediction), by_position, classes, listed, ignored,
        int(default) if isinstance(default, int | np.integer) and not isinstance(default, bool) else None,
        any(one.kind is one.VAR_KEYWORD for one in parameters),
    )  # fmt: skip
