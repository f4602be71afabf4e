"""Scores of every image and class, kept image by image, for what cannot be pooled."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from npseg.errors import ArgumentError
from npseg.metrics.overlap.image_counts import ImageId, check_ids

__all__ = ["ImageRows", "exact_mean", "plain"]


class ImageRows:
    """Of each image a value under each name for each class: NaN where undefined, infinite where one side has nothing.

    >>> rows = ImageRows(("far",), num_classes=2)
    >>> rows.append({"far": np.array([1.5, np.nan])}, "a.png")
    >>> rows.append({"far": np.array([2.5, np.inf])}, None)
    >>> rows.values("far").tolist(), rows.ids
    ([[1.5, nan], [2.5, inf]], ['a.png', None])
    """

    def __init__(self, names: Sequence[str], num_classes: int) -> None:
        self.names, self.num_classes = tuple(names), num_classes
        self.ids: list[ImageId | None] = []
        self._rows: list[np.ndarray] = []

    def append(self, row: Mapping[str, np.ndarray], image_id: ImageId | None) -> None:
        """One more image: under each name `(K,)`."""
        self._rows.append(np.stack([row[name] for name in self.names]))
        self.ids.append(image_id)

    def extend(self, other: ImageRows) -> None:
        """The images of another after these."""
        self._rows += other._rows
        self.ids += other.ids

    def require_new(self, function: str, ids: Iterable[ImageId | None]) -> None:
        """Raise `ArgumentError` if one of the ids is here already, or comes twice."""
        known = {one for one in self.ids if one is not None}
        for one in ids:
            if one is None:
                continue
            if one in known:
                raise ArgumentError(f"{function}: image {one!r} was counted before; count every image once")
            known.add(one)

    def copy(self) -> ImageRows:
        """The images so far; later ones do not show in it."""
        other = ImageRows(self.names, self.num_classes)
        other.extend(self)
        return other

    def values(self, name: str) -> np.ndarray:
        """What stands under a name, `(N, K)`."""
        column = self.names.index(name)
        return np.array([row[column] for row in self._rows]).reshape(len(self._rows), self.num_classes)

    def state(self) -> dict[str, Any]:
        """Plain lists, which JSON can hold: None for NaN, "inf" for infinity."""
        return {
            "values": {name: [[plain(one) for one in row] for row in self.values(name)] for name in self.names},
            "ids": list(self.ids),
        }

    @classmethod
    def from_state(
        cls, function: str, names: Sequence[str], num_classes: int, state: Any, *, most: float = math.inf
    ) -> ImageRows:
        """The images of `state`, whose values are at most `most`; raises `ArgumentError` for a damaged one."""
        rows = cls(names, num_classes)
        try:
            columns = {name: [[_number(one, most) for one in row] for row in state["values"][name]] for name in names}
            ids = [None if one is None else check_ids(function, "ids", one, None)[0] for one in state["ids"]]
        except (KeyError, TypeError, ValueError) as error:
            raise ArgumentError(f"{function}: the images cannot be read; the state is damaged") from error
        for name in names:
            if len(columns[name]) != len(ids) or any(len(row) != num_classes for row in columns[name]):
                raise ArgumentError(
                    f"{function}: {name} is not of {len(ids)} images and {num_classes} classes; the state is damaged"
                )
        rows.require_new(function, ids)
        for index, image_id in enumerate(ids):
            rows.append({name: np.array(columns[name][index]) for name in names}, image_id)
        return rows


def exact_mean(values: Iterable[float]) -> float:
    """The mean of what is defined, the same in any order; NaN of nothing.

    >>> exact_mean([0.1, float("nan"), 0.3])
    0.2
    """
    defined = [float(value) for value in values if not math.isnan(value)]
    return math.fsum(defined) / len(defined) if defined else math.nan


def plain(value: float) -> float | str | None:
    """A number as JSON can hold it: None for NaN, "inf" for infinity."""
    if math.isnan(value):
        return None
    return "inf" if math.isinf(value) else float(value)


def _number(value: Any, most: float) -> float:
    if value is None:
        return math.nan
    number = math.inf if value == "inf" else value
    if isinstance(number, bool) or not isinstance(number, int | float) or not 0 <= number <= most:
        raise ValueError(value)
    return float(number)
