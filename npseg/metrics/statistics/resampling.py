"""Resampling units: images, or groups of images that belong together (the slices of a patient).

A resample is a row of integer weights, one for each unit, and its confusion matrix the weighted sum of the units'. All
sums are exact, and made in pieces of bounded memory; the random numbers do not depend on the size of the pieces.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from npseg.errors import ArgumentError, ShapeError
from npseg.metrics.statistics.unit_counts import UnitCounts
from npseg.randomness import Purpose, generator

__all__ = [
    "WeightedSums",
    "check_number",
    "check_seed",
    "evaluate",
    "pieces",
    "resampled",
    "unit_of_each_image",
]

PIECE_BYTES = 32 << 20
_DENSE_BYTES = 64 << 20
_DENSE_PACE = 32
_EXACT_FLOAT = 1 << 53  # integers below it are exact in float64, whose products are much faster
_EXACT_INT = 1 << 63


def check_number(function: str, name: str, value: Any) -> int:
    """A number of resamples, at least 1."""
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < 1:
        raise ArgumentError(f"{function}: {name} is {value!r}; it must be an integer, at least 1")
    return int(value)


def check_seed(function: str, seed: Any) -> int:
    """A seed as a plain integer of at least 0."""
    if isinstance(seed, bool) or not isinstance(seed, int | np.integer) or seed < 0:
        raise ArgumentError(f"{function}: seed is {seed!r}; it must be an integer, at least 0")
    return int(seed)


def unit_of_each_image(function: str, images: int, groups: Sequence[Any] | np.ndarray | None) -> np.ndarray:
    """Number of the unit of each image, `(N,)`, counted in order of appearance. At least two units are needed."""
    if groups is None:
        if images < 2:
            raise ArgumentError(
                f"{function}: {images} image{'s' if images != 1 else ''} given; how a score varies from image to image "
                "takes at least 2"
            )
        return np.arange(images)
    if isinstance(groups, np.ndarray) and groups.ndim != 1:
        raise ArgumentError(
            f"{function}: groups has shape {groups.shape}; expected ({images},), one group for each image"
        )
    labels = groups.tolist() if isinstance(groups, np.ndarray) else groups
    if isinstance(labels, str) or not isinstance(labels, Sequence) or len(labels) != images:
        number = f"has {len(labels)} entries" if isinstance(labels, Sequence) else f"is {type(labels).__name__}"
        raise ArgumentError(f"{function}: groups {number} for {images} images; pass one group for each image, in order")
    numbers: dict[Any, int] = {}
    for position, label in enumerate(labels):
        if label is None or label != label:
            raise ArgumentError(f"{function}: groups[{position}] is {label!r}; every image needs a group")
        numbers.setdefault(label, len(numbers))
    if len(numbers) < 2:
        named = f"the only group is {labels[0]!r}" if labels else "there is no image"
        raise ArgumentError(
            f"{function}: {named}; whole groups are resampled, so there must be at least 2 (without groups= "
            "it is images)"
        )
    return np.array([numbers[label] for label in labels])


class WeightedSums:
    """Sums of the matrices of n units with integer weights, many at once: `(B, n)` -> `(B, K, K)` int64, exact.

    `largest` is what no cell of a sum can exceed in absolute value.

    >>> units = UnitCounts.of("example", "counts", [[[1, 0], [0, 2]], [[10, 0], [0, 20]]])
    >>> WeightedSums(units, largest=40)(np.array([[1, 1], [2, 0]])).tolist()
    [[[11, 0], [0, 22]], [[2, 0], [0, 4]]]
    """

    def __init__(self, units: UnitCounts, largest: int) -> None:
        if largest >= _EXACT_INT:
            raise ArgumentError(f"resampling: sums of counts can reach {largest}, which is beyond 63 bits")
        self._classes = units.classes
        # Most pairs of classes are never confused: their columns are left out of the product.
        self._used = np.unique(units.table.indices)
        self._table = units.table[:, self._used]
        # A dense product makes some thirty times as many steps a second. Of a few dozen classes it is the faster one.
        cells = self._table.shape[0] * self._used.size
        if 8 * cells <= _DENSE_BYTES and cells <= _DENSE_PACE * self._table.nnz:
            self._table = self._table.toarray().astype(np.float64 if largest < _EXACT_FLOAT else np.int64)

    def __call__(self, weights: np.ndarray) -> np.ndarray:
        from npseg.kernels import threads

        sums = np.zeros((len(weights), self._classes * self._classes), np.int64)
        with threads.limited_blas():
            sums[:, self._used] = weights.astype(self._table.dtype) @ self._table
        return sums.reshape(-1, self._classes, self._classes)


def resampled(
    units: int, classes: int, resamples: int, seed: int, statistic: Callable[[np.ndarray], np.ndarray]
) -> np.ndarray:
    """`statistic` of every bootstrap resample: of weights `(B, units)`, how often each was drawn, to `(B, ...)`.

    A resample draws as many units as there are, with replacement. Efron and Tibshirani 1993, section 6.2.
    """
    stream = generator(seed, Purpose.RESAMPLE)
    return np.concatenate(
        [statistic(_times_drawn(stream, size, units)) for size in pieces(resamples, units, classes)]
    )  # fmt: skip


def pieces(total: int, units: int, classes: int) -> Iterator[int]:
    """Sizes of pieces that sum to `total`, such that a piece of resamples takes about `PIECE_BYTES`."""
    # Of 8 bytes each: draws and weights for every unit; sums of two models, and what a score makes of them.
    size = max(1, PIECE_BYTES // (8 * (3 * units + 6 * classes * classes)))
    for begin in range(0, total, size):
        yield min(size, total - begin)


def evaluate(caller: str, function: Callable[[np.ndarray], Any], counts: np.ndarray, *last: int) -> np.ndarray:
    """Scores of counts `(B, K, K)` by a function that may be the caller's own: float64 `(B, *last)`, checked."""
    values = np.asarray(function(counts), np.float64)
    expected = (len(counts), *last)
    if values.shape != expected:
        raise ShapeError(
            f"{caller}: the score returned shape {values.shape} for counts of shape {counts.shape}, expected "
            f"{expected}; sum over the last two axes only"
        )
    return values


def _times_drawn(stream: np.random.Generator, size: int, units: int) -> np.ndarray:
    drawn = stream.integers(0, units, (size, units))
    drawn += units * np.arange(size)[:, None]
    return np.bincount(drawn.ravel(), minlength=size * units).reshape(size, units)
