"""Which sums of losses are one op: cross-entropy, soft Dice and focal loss share the softmax of every pixel."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any, NamedTuple

from npseg import ops
from npseg.autograd import Tensor
from npseg.losses.cross_entropy import cross_entropy
from npseg.losses.dice import soft_dice
from npseg.losses.focal import focal

__all__ = ["FusedSum", "fuse"]

# Of each loss: its factor's name in `ops.pixel_losses`, the place of its value behind the sum, and its own options.
_KNOWN: tuple[tuple[Any, str, int, frozenset[str]], ...] = (
    (cross_entropy, "cross_entropy", 0, frozenset({"weight", "label_smoothing"})),
    (soft_dice, "dice", 1, frozenset({"smooth", "squared"})),
    (focal, "focal", 2, frozenset({"gamma", "alpha"})),
)


class FusedSum(NamedTuple):
    """A sum of losses as one call: keyword arguments of `ops.pixel_losses`, and where each summand's value stands."""

    options: dict[str, Any]
    places: list[int]

    def __call__(self, logits: Tensor, labels: Any) -> tuple[Tensor, list[float]]:
        """The sum, and the value of each summand without its factor."""
        total, *values = ops.pixel_losses(logits, labels, **self.options)
        return total, [float(values[place]) for place in self.places]


def fuse(summands: Iterable[tuple[float, Callable[..., Any]]]) -> FusedSum | None:
    """The op for a sum of `factor * loss(logits, labels)`, or None when it has to be added up loss by loss.

    It takes two or three different ones of `cross_entropy`, `soft_dice` and `focal`, plain or with keyword arguments
    fixed by `functools.partial`, that ignore the same label.

    >>> fuse([(1.0, cross_entropy), (0.5, partial(soft_dice, smooth=0.0))]).options
    {'cross_entropy': 1.0, 'dice': 0.5, 'smooth': 0.0, 'focal': 0.0, 'ignore_index': 255}
    >>> fuse([(1.0, cross_entropy), (0.5, lambda logits, labels: logits.sum())]) is None
    True
    """
    options: dict[str, Any] = {}
    places: list[int] = []
    ignored: set[int | None] = set()
    for factor, loss in summands:
        fixed = dict(loss.keywords) if isinstance(loss, partial) and not loss.args else {}
        plain = loss.func if isinstance(loss, partial) and not loss.args else loss
        known = [entry for entry in _KNOWN if entry[0] is plain]
        if not known:
            return None
        _, name, place, own = known[0]
        ignored.add(fixed.pop("ignore_index", 255))
        if place in places or not own.issuperset(fixed):
            return None
        places.append(place)
        options |= {name: factor} | fixed
    if len(places) < 2 or len(ignored) != 1:
        return None
    absent = {name: 0.0 for _, name, place, _ in _KNOWN if place not in places}
    return FusedSum(options | absent | {"ignore_index": ignored.pop()}, places)
