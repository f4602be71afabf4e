"""A target of a user's own function, whatever it is: a metric, a loss or an operator."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from npseg.errors import ArgumentError
from npseg.laws.adapters import own_loss, own_operator
from npseg.laws.adapters.plain import FAMILIES, target_of
from npseg.laws.docket import check_promises
from npseg.laws.measures import MEASURES, find_measure
from npseg.laws.target import Target

__all__ = ["own_target"]

Subject = str | Callable[..., Any]


def own_target(
    subject: Subject,
    measures: Sequence[str] = (),
    *,
    gradient: Subject | None = None,
    declared: Mapping[str, str] | None = None,
) -> Target:
    """A target of a function, given itself or as `"module:name"`; `measures` says what it computes, or else its name.

    `gradient` is of a loss or operator of arrays: the function that gives its gradient, or its vector-Jacobian product.
    Raises `ArgumentError` for what cannot be made out.

    >>> import numpy as np
    >>> def relu(x):
    ...     return np.maximum(x, 0)
    >>> def hinge_loss(logits, labels):
    ...     return np.maximum(0, 1 - np.take_along_axis(logits, labels[..., None], -1)).mean()
    >>> list(own_target(relu).measures), list(own_target(hinge_loss).measures)
    (['relu'], ['loss'])
    """
    target = _own_target(subject, measures, gradient, declared)
    check_promises("laws", target)
    return target


def _own_target(
    subject: Subject, measures: Sequence[str], gradient: Subject | None, declared: Mapping[str, str] | None
) -> Target:
    names = [find_measure("laws", name).name for name in measures] or _spoken(subject)
    if len(names) == 1 and names[0] in own_loss.KINDS:
        return own_loss.loss_target(subject, gradient, measure=names[0], declared=declared)
    if len(names) == 1 and names[0] in own_operator.KINDS:
        return own_operator.operator_target(names[0], subject, gradient, declared=declared)
    if gradient is not None:
        raise ArgumentError(
            f"laws: a gradient belongs to a loss or an operator ({', '.join([*own_loss.KINDS, *own_operator.KINDS])}); "
            "name which it is as the metric, or leave the gradient out"
        )
    of_maps = all(MEASURES[name].family in FAMILIES for name in names)  # then its answer tells more than its name
    return target_of(subject, measures if of_maps else names, declared=declared)


def _spoken(subject: Subject) -> list[str]:
    """The measure, loss or operator that the function's name is or holds; none if it speaks of none."""
    name = subject.rpartition(":")[2] if isinstance(subject, str) else str(getattr(subject, "__name__", ""))
    name = name.rpartition(".")[2].lower()
    for one in MEASURES.values():
        if name in (one.name, *one.aliases):
            return [one.name]
    if any(word in name for word in ("loss", "entropy", "focal")) or {"ce", "nll", "xent"} & set(name.split("_")):
        return [own_loss.kind_named(name)]
    spellings = [
        (spelling, one.name)
        for one in MEASURES.values()
        if one.smaller_is_better or one.family in (*FAMILIES, "distance", "band", "panoptic")
        for spelling in (one.name, *one.aliases)
        if f"_{spelling}_" in f"_{name}_"
    ]
    if spellings:
        return [max(spellings, key=lambda pair: len(pair[0]))[1]]
    # A metric may speak of a softmax or rectifier that comes before it.
    operators = (kind for kind in own_operator.KINDS if kind not in ("relu", "softmax") and f"_{kind}_" in f"_{name}_")
    return [*operators][:1]
