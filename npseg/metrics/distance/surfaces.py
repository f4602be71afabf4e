"""The boundaries of two binary masks, and how far each lies from the other: what the distance metrics share."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any, Literal, NamedTuple, get_args

import numpy as np

from npseg.arrays import as_numpy
from npseg.errors import ArgumentError, ShapeError
from npseg.metrics.distance.label_maps import read_label_maps
from npseg.metrics.distance.spacing import check_spacing
from npseg.metrics.distance.surface_elements import element_sizes
from npseg.metrics.overlap.confusion import as_labels

__all__ = ["Boundary", "SurfaceDistances", "surface_distances"]

Boundary = Literal["inner4", "inner8", "dual"]


class SurfaceDistances(NamedTuple):
    """Distances between two boundaries, of which Hausdorff distance, mean distance and surface Dice are summaries.

    `a_to_b` has the distance of every element of the boundary of a to the boundary of b, float64 `(n,)`, inf where b
    is empty; `a_sizes` how much of the boundary each element stands for. `b_to_a`, `b_sizes` the reverse, `(m,)`.
    """

    a_to_b: np.ndarray
    b_to_a: np.ndarray
    a_sizes: np.ndarray
    b_sizes: np.ndarray


def surface_distances(a: Any, b: Any, *, spacing: Any = None, boundary: Boundary = "inner4") -> SurfaceDistances:
    """Distances between the boundaries of two binary masks, `(H, W)` or `(D, H, W)`, Boolean or of 0 and 1.

    `spacing` is the distance of neighbours along each axis, in the order of the axes: (y, x) or (z, y, x); one number
    for all axes, or None for 1. The distances have its unit. Three boundaries are in use:

    - `"inner4"`: pixels of the object that touch one outside along an edge (in 3-D: 6 neighbours along a face), as in
      MONAI and medpy;
    - `"inner8"`: those that touch one outside along an edge or at a corner (in 3-D: 26 neighbours), as in seg-metrics;
    - `"dual"`: the contour between the pixels, in elements at the corners of pixels, each with its length (in 3-D: its
      area), as in surface-distance; see `npseg.metrics.distance.surface_elements`.

    Elements of the inner boundaries all have size 1. What lies beyond the frame is outside, so an object that
    touches the frame has a boundary there.

    Raises `ShapeError` when the shapes differ or have another number of axes, and `ArgumentError` for a mask with
    other values, an unknown boundary, or a spacing that is not positive. Nikolov et al. 2021, supplement (dual).

    >>> distances = surface_distances([[1, 1, 0, 0]], [[0, 0, 0, 1]])
    >>> distances.a_to_b, distances.b_to_a
    (array([3., 2.]), array([2.]))
    >>> surface_distances([[1, 1, 0, 0]], [[0, 0, 0, 1]], spacing=(5, 0.5)).a_to_b
    array([1.5, 1. ])
    """
    return distances_of_masks("surface_distances", a, b, spacing, boundary)


def distances_of_masks(function: str, a: Any, b: Any, spacing: Any, boundary: Boundary) -> SurfaceDistances:
    """`surface_distances` for any function that takes its arguments, whose name the errors then tell."""
    check_boundary(function, boundary)
    first, second = _as_mask(function, "a", a), _as_mask(function, "b", b)
    if first.shape != second.shape:
        raise ShapeError(f"{function}: a has shape {first.shape}, b has {second.shape}; resize one to the other")
    if first.ndim not in (2, 3):
        raise ShapeError(f"{function}: a has shape {first.shape}, expected (H, W) or (D, H, W)")
    return _distances(first, second, check_spacing(function, spacing, first.ndim), boundary)


def distances_of_classes(
    function: str,
    y_true: Any,
    y_pred: Any,
    *,
    num_classes: int,
    ignore_index: int | None,
    spacing: Any,
    boundary: Boundary,
) -> Iterator[SurfaceDistances]:
    """The distances of each class in turn, a the truth and b the prediction; ignored pixels are outside of both."""
    check_boundary(function, boundary)
    maps = read_label_maps(
        function, y_true, y_pred, num_classes=num_classes, ignore_index=ignore_index, several="(H, W) or (D, H, W)"
    )
    steps = check_spacing(function, spacing, maps.truth.ndim)
    for label in range(maps.num_classes):
        truth, prediction = ((labels == label) & maps.valid for labels in (maps.truth, maps.prediction))
        yield _distances(truth, prediction, steps, boundary)


def check_boundary(function: str, boundary: str) -> None:
    """Raise `ArgumentError` unless this is a boundary that we know."""
    if boundary not in get_args(Boundary):
        raise ArgumentError(f"{function}: boundary is {boundary!r}; it must be 'inner4', 'inner8' or 'dual'")


def inner_edge(inside: np.ndarray, outside: np.ndarray, *, diagonal: bool, frame: bool) -> np.ndarray:
    """Pixels inside that have a neighbour outside, Boolean, for Boolean arrays of any number of axes.

    With `diagonal`, pixels that meet in a corner only are neighbours as well; with `frame`, the array is
    surrounded by pixels outside.
    """
    near = outside
    for axis in range(outside.ndim):
        # Pixels that meet in a corner are one step apart along every axis: the steps are taken one after another.
        spread = _spread(near if diagonal else outside, axis, frame)
        near = spread if diagonal or axis == 0 else near | spread
    return inside & near


def distances_between(a: np.ndarray, b: np.ndarray, spacing: tuple[float, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Distances of the pixels of a to the nearest of b, and the reverse; Boolean arrays of one shape.

    Only the box around both is looked at. That is exact: a distance to the nearest pixel of b is a minimum over the
    pixels of b, all of which are in the box, and it does not depend on what else the array holds.
    """
    box = _bounding_box(a | b)
    if box is None:
        return np.empty(0), np.empty(0)
    a, b = a[box], b[box]

    from npseg.kernels import distance

    return distance.nearest(b, a, spacing), distance.nearest(a, b, spacing)


def _distances(a: np.ndarray, b: np.ndarray, spacing: tuple[float, ...], boundary: Boundary) -> SurfaceDistances:
    # The boundaries are taken within the box around both masks: beyond it everything is outside, as beyond the frame.
    box = _bounding_box(a | b)
    if box is None:
        return SurfaceDistances(*(np.empty(0) for _ in range(4)))
    a, b = a[box], b[box]
    if boundary == "dual":
        sizes = element_sizes(spacing)
        a_codes, b_codes = _neighbour_codes(a), _neighbour_codes(b)
        a_edge, b_edge = ((codes != 0) & (codes != sizes.size - 1) for codes in (a_codes, b_codes))
        a_sizes, b_sizes = sizes[a_codes[a_edge]], sizes[b_codes[b_edge]]
        return SurfaceDistances(*distances_between(a_edge, b_edge, spacing), a_sizes, b_sizes)
    a_edge, b_edge = (inner_edge(mask, ~mask, diagonal=boundary == "inner8", frame=True) for mask in (a, b))
    a_to_b, b_to_a = distances_between(a_edge, b_edge, spacing)
    return SurfaceDistances(a_to_b, b_to_a, np.ones(a_to_b.size), np.ones(b_to_a.size))


def _as_mask(function: str, name: str, mask: Any) -> np.ndarray:
    array = as_numpy(mask, name=name)
    if array.dtype == np.bool_:
        return array
    array = as_labels(function, name, mask)
    if array.size and not (array.min() >= 0 and array.max() <= 1):
        raise ArgumentError(
            f"{function}: {name} holds values from {array.min()} to {array.max()}, expected a mask of 0 and 1; "
            f"compare first, for instance {name} == {array.max()}, or score label maps with the function per class"
        )
    return array.astype(np.bool_)


def _bounding_box(mask: np.ndarray) -> tuple[slice, ...] | None:
    """The smallest box that holds every True; None if there is none."""
    box: tuple[slice, ...] = ()
    for axis in range(mask.ndim):
        others = tuple(k for k in range(mask.ndim) if k != axis)
        hit = np.flatnonzero(mask[box].any(axis=others))  # what the axes before cut off need not be read again
        if not hit.size:
            return None
        box += (slice(int(hit[0]), int(hit[-1]) + 1),)
    return box


def _spread(mask: np.ndarray, axis: int, frame: bool) -> np.ndarray:
    """Pixels that are in the mask or one step along this axis from it."""
    before, after = [(slice(None),) * axis + (cut,) for cut in (slice(None, -1), slice(1, None))]
    spread = mask.copy()
    spread[after] |= mask[before]
    spread[before] |= mask[after]
    if frame and mask.shape[axis]:
        spread[(slice(None),) * axis + ([0, -1],)] = True
    return spread


def _neighbour_codes(mask: np.ndarray) -> np.ndarray:
    """Which pixels around each corner of the pixel grid are inside: uint8, longer by one along every axis."""
    padded = np.pad(mask, 1).view(np.uint8)
    codes = np.zeros([length + 1 for length in mask.shape], np.uint8)
    for place, corner in enumerate(itertools.product((0, 1), repeat=mask.ndim)):
        codes |= padded[tuple(slice(c, c + length + 1) for c, length in zip(corner, mask.shape))] << place
    return codes
