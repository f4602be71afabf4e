"""Two models' counts of the same images, brought into one order, or an error that says why they are not the same."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from npseg.errors import ArgumentError, ShapeError
from npseg.metrics.overlap.image_counts import ImageCounts
from npseg.metrics.statistics.unit_counts import UnitCounts

__all__ = ["Pair", "read_pair"]

_NAMED = 5  # ids that a message lists


@dataclass(frozen=True)
class Pair:
    """Counts of two models, image by image, and the names of the K classes."""

    a: UnitCounts
    b: UnitCounts
    class_names: tuple[str, ...]


def read_pair(
    a: Any, b: Any, ids_a: Sequence[Any] | None, ids_b: Sequence[Any] | None, class_names: Sequence[str] | None
) -> Pair:
    """The two sides of `compare`, checked and matched."""
    counts_a, counts_b = _counts("a", a), _counts("b", b)
    if counts_a.classes != counts_b.classes:
        raise ShapeError(
            f"compare: a has {counts_a.classes} classes, b has {counts_b.classes}; count both with one num_classes="
        )
    order = _match(_ids("ids_a", ids_a, a, len(counts_a)), _ids("ids_b", ids_b, b, len(counts_b)))
    if len(counts_a) != len(counts_b):
        raise ShapeError(
            f"compare: a has {len(counts_a)} images, b has {len(counts_b)}; a paired comparison needs both models' "
            "counts of the same images"
        )
    if order is not None:
        counts_b = counts_b.ordered(order)
    other = np.flatnonzero((counts_a.truth() != counts_b.truth()).any(axis=1))
    if other.size:
        known = _ids("ids_a", ids_a, a, len(counts_a))
        name = repr(known[other[0]]) if known is not None else str(other[0])
        raise ArgumentError(
            f"compare: the truth of image {name} is not the same in a and b ({other.size} such "
            f"image{'s' if other.size > 1 else ''}); give the same images in the same order, counted with one "
            "ignore_index="
        )
    return Pair(counts_a, counts_b, _names(class_names, a, b, counts_a.classes))


def _counts(name: str, model: Any) -> UnitCounts:
    kept = getattr(model, "images", None)
    if isinstance(kept, ImageCounts):
        return UnitCounts.of("compare", name, kept)
    return UnitCounts.of("compare", name, getattr(model, "image_confusions", model))


def _ids(name: str, given: Sequence[Any] | None, model: Any, images: int) -> list[Any] | None:
    found = given if given is not None else getattr(model, "image_ids", None)
    if found is None:
        return None
    ids = list(found)
    if len(ids) != images:
        raise ShapeError(f"compare: {name} has {len(ids)} entries for {images} images; pass one id for each image")
    twice = sorted({str(one) for one in ids if ids.count(one) > 1}) if len(set(ids)) < len(ids) else []
    if twice:
        raise ArgumentError(
            f"compare: {name} holds {_listed(twice)} more than once; every image needs an id of its own"
        )
    return ids


def _match(ids_a: list[Any] | None, ids_b: list[Any] | None) -> np.ndarray | None:
    """Where the images of a are in b, `(N,)`; None to go by position."""
    if ids_a is None or ids_b is None:
        return None
    place = {one: position for position, one in enumerate(ids_b)}
    known = set(ids_a)
    only = [("a", [one for one in ids_a if one not in place]), ("b", [one for one in ids_b if one not in known])]
    differing = [f"only in {name}: {_listed(missing)}" for name, missing in only if missing]
    if differing:
        raise ArgumentError(
            f"compare: a and b are not of the same images; {'; '.join(differing)}; "
            "compare the images that both models saw"
        )
    return np.array([place[one] for one in ids_a], np.intp)


def _names(given: Sequence[str] | None, a: Any, b: Any, classes: int) -> tuple[str, ...]:
    found = [[*model.class_names] for model in (a, b) if getattr(model, "class_names", None) is not None]
    if given is None and len(found) == 2 and found[0] != found[1]:
        raise ArgumentError(
            f"compare: the classes of a are {', '.join(found[0])}, those of b {', '.join(found[1])}; "
            "compare models of the same classes, in the same order"
        )
    names = given if given is not None else next(iter(found), None)
    if names is None:
        return tuple(f"class {label}" for label in range(classes))
    if isinstance(names, str) or len(names) != classes:
        raise ArgumentError(
            f"compare: class_names has {len(names)} names for {classes} classes; pass one for each class"
        )
    return tuple(map(str, names))


def _listed(ids: Sequence[Any]) -> str:
    more = f" and {len(ids) - _NAMED} more" if len(ids) > _NAMED else ""
    return ", ".join(map(str, ids[:_NAMED])) + more
