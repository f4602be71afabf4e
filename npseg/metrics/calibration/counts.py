"""Probabilities sorted into bins: what every measure of calibration is computed from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from npseg.arrays import as_numpy
from npseg.errors import ArgumentError, DTypeError, ShapeError
from npseg.metrics.overlap.confusion import as_labels, valid_pixels

__all__ = [
    "CalibrationCounts",
    "bin_numbers",
    "check_bins",
    "count_bins",
    "equal_mass_edges",
    "equal_width_edges",
    "valid_pieces",
]

RANGE_TOLERANCE = 1e-6  # what rounding of resized or averaged float32 probabilities may add to 1
SUM_TOLERANCE = 1e-3  # what rounding of a softmax in half precision may do to a sum
_PIECE = 1 << 13  # pixels looked at together: their probabilities stay in the cache


@dataclass
class CalibrationCounts:
    """Sums over valid pixels, in M equal bins of [0, 1]: rows 0 to K - 1 are the classes, row K is the top label.

    `counts` and `hits` are int64 `(K + 1, M)`, `confidence` (sums of probabilities) is float64 `(K + 1, M)`.
    """

    counts: np.ndarray
    hits: np.ndarray
    confidence: np.ndarray
    squared_error: float = 0.0
    log_loss: float = 0.0

    @classmethod
    def empty(cls, num_classes: int, bins: int) -> CalibrationCounts:
        """Nothing counted yet."""
        shape = num_classes + 1, bins
        return cls(np.zeros(shape, np.int64), np.zeros(shape, np.int64), np.zeros(shape))

    def copy(self) -> CalibrationCounts:
        """The same counts, which later additions do not change."""
        arrays = self.counts.copy(), self.hits.copy(), self.confidence.copy()
        return CalibrationCounts(*arrays, self.squared_error, self.log_loss)

    def add(self, other: CalibrationCounts) -> None:
        """Add other counts of the same classes and bins."""
        self.counts += other.counts
        self.hits += other.hits
        self.confidence += other.confidence
        self.squared_error += other.squared_error
        self.log_loss += other.log_loss

    @property
    def num_pixels(self) -> int:
        """Number of pixels counted."""
        return int(self.counts[-1].sum())


def check_bins(function: str, bins: int) -> int:
    """The number of bins as a plain int, or an `ArgumentError`."""
    if isinstance(bins, bool) or not isinstance(bins, int | np.integer) or bins < 1:
        raise ArgumentError(f"{function}: bins is {bins!r}; it must be an integer, at least 1 (15 is common)")
    return int(bins)


def equal_width_edges(bins: int) -> np.ndarray:
    """Edges m / M of M bins of one width, float64 `(M + 1,)`. Guo et al. 2017, section 2."""
    return np.arange(bins + 1) / bins


def equal_mass_edges(values: np.ndarray, bins: int) -> np.ndarray:
    """Edges that split values of [0, 1] into M bins of equally many, float64 `(M + 1,)`.

    Inner edge m is the value at rank ceil(m P / M) of the P values. Equal values share a bin, so the bins do not depend
    on the order of pixels, and some may be empty. Nixon et al. 2019.

    >>> equal_mass_edges(np.array([0.9, 0.2, 0.4, 0.3]), 2)
    array([0. , 0.3, 1. ])
    """
    if values.size == 0:
        return equal_width_edges(bins)
    ordered = np.sort(values)
    last = -(-np.arange(1, bins) * ordered.size // bins) - 1
    return np.concatenate(([0.0], ordered[last], [1.0]))


def bin_numbers(values: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """The bin of each value: bin m is (edge m, edge m + 1], the first one with its left edge.

    >>> bin_numbers(np.array([0.0, 0.5, 0.6]), equal_width_edges(2))
    array([0, 0, 1])
    """
    return np.searchsorted(edges[1:-1], values, side="left")


def valid_pieces(
    function: str, y_true: Any, probabilities: Any, ignore_index: int | None, num_classes: int | None = None
) -> tuple[int, Iterator[tuple[np.ndarray, np.ndarray]]]:
    """The number of classes, and piece by piece the labels `(P,)` int64 and probabilities `(P, K)` of valid pixels.

    Shapes and types are checked now, values as the pieces are taken. Ignored pixels are not looked at.
    """
    labels = as_labels(function, "y_true", y_true)
    values = as_numpy(probabilities, name="probabilities")
    if values.dtype.kind not in "fiub":
        raise DTypeError(f"{function}: probabilities has type {values.dtype}, expected floating-point numbers")
    if values.ndim != labels.ndim + 1 or values.shape[:-1] != labels.shape or values.shape[-1] == 0:
        raise ShapeError(
            f"{function}: y_true has shape {labels.shape}, probabilities has {values.shape}, expected one probability "
            f"per class on a last axis: (..., K); {_shape_hint(labels.shape, values.shape)}"
        )
    if num_classes is not None and values.shape[-1] != num_classes:
        raise ShapeError(
            f"{function}: probabilities has shape {values.shape}, expected {num_classes} classes on the last axis"
        )
    return values.shape[-1], _pieces(function, labels.ravel(), values.reshape(-1, values.shape[-1]), ignore_index)


def count_bins(
    function: str,
    y_true: Any,
    probabilities: Any,
    *,
    bins: int,
    ignore_index: int | None,
    num_classes: int | None = None,
) -> CalibrationCounts:
    """Sort the probabilities of all classes, and those of the top label, into bins of one width."""
    num_classes, pieces = valid_pieces(function, y_true, probabilities, ignore_index, num_classes)
    total = CalibrationCounts.empty(num_classes, bins)
    edges = equal_width_edges(bins)
    rows = np.arange(num_classes + 1) * bins
    for labels, chances in pieces:
        pixels = np.arange(labels.size)
        top = chances.argmax(axis=1)
        truth = chances[pixels, labels]
        values = np.column_stack((chances, chances[pixels, top]))
        cells = bin_numbers(values, edges) + rows
        right = top == labels
        hit_cells = np.concatenate((cells[pixels, labels], cells[right, -1]))
        size = total.counts.size
        errors = chances.copy()
        errors[pixels, labels] -= 1
        with np.errstate(divide="ignore"):  # -ln 0 is infinite, and is meant to be
            losses = -np.log(truth)
        total.add(
            CalibrationCounts(
                np.bincount(cells.ravel(), minlength=size).reshape(total.counts.shape),
                np.bincount(hit_cells, minlength=size).reshape(total.counts.shape),
                np.bincount(cells.ravel(), values.ravel(), size).reshape(total.counts.shape),
                float(np.square(errors).sum()),
                float(losses.sum()),
            )
        )
    return total


def _pieces(
    function: str, labels: np.ndarray, values: np.ndarray, ignore_index: int | None
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    for begin in range(0, labels.size, _PIECE):
        part = labels[begin : begin + _PIECE]
        valid = valid_pixels(part, ignore_index)
        kept = part[valid]
        chances = values[begin : begin + _PIECE][valid].astype(np.float64)
        _check_values(function, kept, chances, ignore_index)
        yield kept.astype(np.int64), np.clip(chances, 0, 1)


def _check_values(function: str, labels: np.ndarray, chances: np.ndarray, ignore_index: int | None) -> None:
    num_classes = chances.shape[1]
    outside = labels[(labels < 0) | (labels >= num_classes)]
    if outside.size:
        ignored = "no value is ignored" if ignore_index is None else f"{ignore_index} is ignored"
        raise ArgumentError(
            f"{function}: y_true holds {outside[0]}; probabilities has {num_classes} classes on its last axis, "
            f"so labels are 0 to {num_classes - 1}, and {ignored}; check ignore_index="
        )
    strange = chances[~((chances >= -RANGE_TOLERANCE) & (chances <= 1 + RANGE_TOLERANCE))]
    if strange.size:
        hint = "the model overflowed" if np.isnan(strange[0]) else "apply softmax to logits first"
        raise ArgumentError(
            f"{function}: probabilities holds {strange[0]:.6g}, expected numbers from 0 to 1 (give or take "
            f"{RANGE_TOLERANCE:g}); {hint}"
        )
    sums = chances.sum(axis=1)
    wrong = sums[np.abs(sums - 1) > SUM_TOLERANCE]
    if wrong.size:
        hint = (
            "for the probability p of a single foreground class pass np.stack([1 - p, p], axis=-1)"
            if num_classes == 1
            else "for independent classes (sigmoid) score each class by itself, as np.stack([1 - p, p], axis=-1)"
        )
        raise ArgumentError(
            f"{function}: the probabilities of a pixel add up to {wrong[0]:.6g}, expected 1 (give or take "
            f"{SUM_TOLERANCE:g}); {hint}"
        )


def _shape_hint(labels: tuple[int, ...], values: tuple[int, ...]) -> str:
    if values == labels:
        return "for the probability p of a single foreground class pass np.stack([1 - p, p], axis=-1)"
    if len(values) == len(labels) + 1:
        for axis in (0, 1):
            if values[:axis] + values[axis + 1 :] == labels:
                return f"classes are on axis {axis}: pass np.moveaxis(probabilities, {axis}, -1)"
    return "resize the probabilities to the size of the mask"
