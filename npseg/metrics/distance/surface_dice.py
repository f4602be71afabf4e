"""Surface Dice (normalised surface distance, NSD): which share of the boundaries lies within a tolerance."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from npseg.errors import ArgumentError
from npseg.metrics.distance.surfaces import Boundary, SurfaceDistances, distances_of_classes, distances_of_masks
from npseg.metrics.overlap.confusion import check_num_classes

__all__ = ["check_finite_tolerance", "check_tolerance", "share_within", "surface_dice", "surface_dice_per_class"]

# Relative. Three pixels of 0.1 mm are 0.30000000000000004 mm apart, which is within a tolerance of 0.3 mm.
_ROUNDING = 1e-12


def surface_dice(
    a: Any,
    b: Any,
    *,
    tolerance: float,
    spacing: Any = None,
    boundary: Boundary = "dual",
    one_empty: float = 0.0,
    both_empty: float = math.nan,
) -> float:
    """Surface Dice at a tolerance (NSD) of two binary masks, `(H, W)` or `(D, H, W)`.

    The size of both boundaries' parts that are at most `tolerance` from the other boundary, over the size of both
    boundaries. `tolerance` has the unit of `spacing`; distances that exceed it by rounding only (one part in 10**12)
    are within it. The score is symmetric, never falls as the tolerance grows, and is 1 from the Hausdorff distance
    (with the same boundary) on.

    Boundaries are measured as in the paper by default, `"dual"`; with `"inner4"` edge pixels are counted, as MONAI does
    unless told otherwise. `boundary`, `spacing` and the errors are as for `surface_distances`. Two empty masks have no
    boundary, and no score (NaN) unless `both_empty` names one. A negative tolerance raises `ArgumentError`.

    Nikolov et al. 2021, section "Surface DSC" (first as arXiv 1809.04430, 2018).

    Two bars of two pixels, shifted by one: half of the edge pixels coincide, and none is further than 1 off.

    >>> a, b = [[1, 1, 0, 0]], [[0, 1, 1, 0]]
    >>> surface_dice(a, b, tolerance=0, boundary="inner4"), surface_dice(a, b, tolerance=1, boundary="inner4")
    (0.5, 1.0)

    Of the contour, the upper line of each has three elements, half a diagonal, a length of 1 and half a diagonal, and
    so has the lower; two of three coincide with elements of the other, (0.707 + 1) / (0.707 + 1 + 0.707):

    >>> round(surface_dice(a, b, tolerance=0), 4), surface_dice(a, b, tolerance=1)
    (0.7071, 1.0)
    """
    check_tolerance("surface_dice", tolerance)
    distances = distances_of_masks("surface_dice", a, b, spacing, boundary)
    return share_within(distances, tolerance, one_empty, both_empty)


def surface_dice_per_class(
    y_true: Any,
    y_pred: Any,
    *,
    num_classes: int,
    tolerance: float | Sequence[float],
    ignore_index: int | None = None,
    spacing: Any = None,
    boundary: Boundary = "dual",
    one_empty: float = 0.0,
    both_empty: float = math.nan,
) -> np.ndarray:
    """Surface Dice of every class of one label map, `(H, W)` or `(D, H, W)`, as float64 `(K,)`.

    As `surface_dice`, whose sources it has. `tolerance` is one for all classes or one each, as organs have theirs. NaN
    for a class on neither side, 0 for one on one side only. Ignored pixels belong to no class, whatever was predicted
    there. Raises as `surface_dice` does, and `ArgumentError` for labels outside `[0, num_classes)` that are no ignored
    ones.

    >>> truth, prediction = [[0, 0, 1, 1]], [[0, 2, 1, 1]]
    >>> surface_dice_per_class(truth, prediction, num_classes=4, tolerance=[0, 0, 9, 9], boundary="inner4").round(3)
    array([0.667, 1.   , 0.   ,   nan])
    """
    name = "surface_dice_per_class"
    num_classes = check_num_classes(name, num_classes)
    tolerances = np.asarray(tolerance, np.float64)
    if tolerances.shape not in ((), (num_classes,)):
        raise ArgumentError(
            f"{name}: tolerance has shape {tolerances.shape}; pass one number, or one for each of {num_classes} classes"
        )
    for one in tolerances.ravel():
        check_tolerance(name, float(one))
    classes = distances_of_classes(
        name, y_true, y_pred, num_classes=num_classes, ignore_index=ignore_index, spacing=spacing, boundary=boundary
    )
    each = zip(classes, np.broadcast_to(tolerances, num_classes).tolist())
    return np.array([share_within(distances, one, one_empty, both_empty) for distances, one in each])


def check_tolerance(function: str, tolerance: Any) -> float:
    """A distance of at least 0, or an `ArgumentError`."""
    number = isinstance(tolerance, int | float | np.number) and not isinstance(tolerance, bool)
    if not (number and tolerance >= 0):
        raise ArgumentError(f"{function}: tolerance is {tolerance!r}; it is a distance, at least 0")
    return float(tolerance)


def check_finite_tolerance(function: str, tolerance: Any) -> float:
    """The same, less than infinity, which JSON cannot hold."""
    if check_tolerance(function, tolerance) == math.inf:
        raise ArgumentError(f"{function}: tolerance is infinite; it is a distance that some boundaries exceed")
    return float(tolerance)


def share_within(
    distances: SurfaceDistances, tolerance: float, one_empty: float = 0.0, both_empty: float = math.nan
) -> float:
    """The share of surfaces whose distances are known already; arguments as of `surface_dice`."""
    a_to_b, b_to_a, a_sizes, b_sizes = distances
    if not a_to_b.size and not b_to_a.size:
        return float(both_empty)
    if not a_to_b.size or not b_to_a.size:
        return float(one_empty)
    most = tolerance * (1 + _ROUNDING)
    within = a_sizes[a_to_b <= most].sum() + b_sizes[b_to_a <= most].sum()
    return float(within / (a_sizes.sum() + b_sizes.sum()))
