"""Weighted sums of losses, with every part by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, NamedTuple

from npseg import ops
from npseg.autograd import Tensor
from npseg.errors import ArgumentError
from npseg.losses.cross_entropy import cross_entropy
from npseg.losses.dice import soft_dice
from npseg.losses.focal import focal
from npseg.losses.fused import fuse

__all__ = ["Sum", "Term", "build"]

Loss = Callable[[Tensor, Any], Tensor]


class Term(NamedTuple):
    """One summand: `weight * loss(logits, labels)`."""

    weight: float
    loss: Loss


class Sum:
    """The weighted sum of named losses of a model's output.

    The output is the logits, or the dict of a model with auxiliary heads: then the sum over `out` plus
    `aux_weight` times the sum over `aux` (one tensor, or a list whose sums are added). Two or three of the losses of
    this package over one `ignore_index` run as one op (see `losses.fused`); the value is the same but for rounding.

    >>> import numpy as np
    >>> criterion = Sum({"ce": Term(1.0, cross_entropy), "dice": Term(0.5, soft_dice)})
    >>> total, parts = criterion.evaluate(Tensor([[0.0, 0.0], [0.0, 0.0]]), np.array([0, 1]))
    >>> {name: round(value, 3) for name, value in parts.items()}
    {'ce': 0.693, 'dice': 0.333}
    >>> round(total.item(), 3)
    0.86
    """

    def __init__(self, terms: Mapping[str, Term | tuple[float, Loss]], aux_weight: float = 0.4):
        self.terms = {name: Term(*term) for name, term in terms.items() if term[0] != 0}
        self.aux_weight = aux_weight
        if not self.terms:
            raise ArgumentError("losses.Sum: every weight is zero, so there is nothing to learn; give one a weight > 0")
        negative = {name: term.weight for name, term in self.terms.items() if not term.weight > 0}
        if negative or not aux_weight >= 0:
            raise ArgumentError(f"losses.Sum: weights must not be negative, got {negative or {'aux': aux_weight}}")

    def __call__(self, output: Tensor | Mapping[str, Any], labels: Any) -> Tensor:
        """The total, a scalar tensor."""
        return self.evaluate(output, labels)[0]

    def evaluate(self, output: Tensor | Mapping[str, Any], labels: Any) -> tuple[Tensor, dict[str, float]]:
        """The total, and the unweighted value of each part by name (and `aux`, the weighted extra, when there is)."""
        if not isinstance(output, Mapping):
            return self._add_up(output, labels)
        total, parts = self._add_up(output["out"], labels)
        heads = output.get("aux")
        if heads is not None and self.aux_weight:
            for head in heads if isinstance(heads, (list, tuple)) else [heads]:
                extra = ops.multiply(self._add_up(head, labels)[0], self.aux_weight)
                parts["aux"] = parts.get("aux", 0.0) + extra.item()
                total = ops.add(total, extra)
        return total, parts

    def _add_up(self, logits: Tensor, labels: Any) -> tuple[Tensor, dict[str, float]]:
        fused = fuse(self.terms.values())
        if fused is not None:
            total, parts = fused(logits, labels)
            return total, dict(zip(self.terms, parts))
        values = {name: term.loss(logits, labels) for name, term in self.terms.items()}
        weighted = [ops.multiply(value, self.terms[name].weight) for name, value in values.items()]
        total = weighted[0]
        for value in weighted[1:]:
            total = ops.add(total, value)
        return total, {name: value.item() for name, value in values.items()}


def build(
    *,
    cross_entropy: float = 1.0,
    dice: float = 0.0,
    focal: float = 0.0,
    focal_gamma: float = 2.0,
    label_smoothing: float = 0.0,
    class_weights: Any = None,
    ignore_index: int | None = 255,
    aux_weight: float = 0.4,
) -> Sum:
    """The `Sum` that a configuration describes: the first three numbers are weights, 0 leaves a loss out.

    `class_weights` (K,) or None goes to cross-entropy and, as alpha, to focal.
    """
    terms = {
        "cross_entropy": Term(cross_entropy, _cross_entropy(class_weights, ignore_index, label_smoothing)),
        "dice": Term(dice, partial(soft_dice, ignore_index=ignore_index)),
        "focal": Term(focal, _focal(focal_gamma, class_weights, ignore_index)),
    }
    return Sum(terms, aux_weight=aux_weight)


def _cross_entropy(weight: Any, ignore_index: int | None, label_smoothing: float) -> Loss:
    return partial(cross_entropy, weight=weight, ignore_index=ignore_index, label_smoothing=label_smoothing)


def _focal(gamma: float, alpha: Any, ignore_index: int | None) -> Loss:
    return partial(focal, gamma=gamma, alpha=alpha, ignore_index=ignore_index)
