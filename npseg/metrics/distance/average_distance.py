"""Mean distances between two boundaries: from one to the other, and symmetric (ASSD)."""

from __future__ import annotations

import math
from typing import Any, Literal, get_args

import numpy as np

from npseg.errors import ArgumentError
from npseg.metrics.distance.surfaces import Boundary, SurfaceDistances, distances_of_classes, distances_of_masks

__all__ = [
    "average_symmetric_surface_distance",
    "average_symmetric_surface_distance_per_class",
    "mean_surface_distance",
    "symmetric_mean",
]

Pooling = Literal["pooled", "mean_directed"]


def mean_surface_distance(
    a: Any,
    b: Any,
    *,
    spacing: Any = None,
    boundary: Boundary = "inner4",
    one_empty: float = math.inf,
    both_empty: float = 0.0,
) -> float:
    """Mean distance from the boundary of a to that of b, for binary masks `(H, W)` or `(D, H, W)`; not symmetric.

    The mean over the elements of the boundary of a, weighted by their sizes, of the distance to the nearest element of
    the boundary of b. `spacing`, `boundary` and the errors are as for `surface_distances`, `one_empty` and `both_empty`
    as for `hausdorff_distance`. Heimann et al. 2009, section II-C.

    >>> a, b = [[1, 0, 0, 0]], [[1, 0, 0, 1]]
    >>> mean_surface_distance(a, b), mean_surface_distance(b, a)
    (0.0, 1.5)
    """
    distances = distances_of_masks("mean_surface_distance", a, b, spacing, boundary)
    empty = _empty(distances, one_empty, both_empty)
    return _mean(distances.a_to_b, distances.a_sizes) if empty is None else empty


def average_symmetric_surface_distance(
    a: Any,
    b: Any,
    *,
    spacing: Any = None,
    pooling: Pooling = "pooled",
    boundary: Boundary = "inner4",
    one_empty: float = math.inf,
    both_empty: float = 0.0,
) -> float:
    """Average symmetric surface distance (ASSD) of two binary masks, `(H, W)` or `(D, H, W)`.

    With `pooling="pooled"`, the mean over the elements of both boundaries, weighted by their sizes, of the distance to
    the other boundary (Heimann et al. 2009, section II-C; MONAI; medpy 0.5). With `"mean_directed"`, the mean of
    `mean_surface_distance` in both directions, whatever the sizes of the boundaries (medpy until 0.4).

    `spacing`, `boundary` and the errors are as for `surface_distances`, `one_empty` and `both_empty` as for
    `hausdorff_distance`.

    The only pixel of a is on b; of the two of b one is there and one three columns away:

    >>> a, b = [[1, 0, 0, 0]], [[1, 0, 0, 1]]
    >>> average_symmetric_surface_distance(a, b)
    1.0
    >>> average_symmetric_surface_distance(a, b, pooling="mean_directed")
    0.75
    """
    _check_pooling("average_symmetric_surface_distance", pooling)
    distances = distances_of_masks("average_symmetric_surface_distance", a, b, spacing, boundary)
    return symmetric_mean(distances, pooling, one_empty, both_empty)


def average_symmetric_surface_distance_per_class(
    y_true: Any,
    y_pred: Any,
    *,
    num_classes: int,
    ignore_index: int | None = None,
    spacing: Any = None,
    pooling: Pooling = "pooled",
    boundary: Boundary = "inner4",
    one_empty: float = math.inf,
    both_empty: float = math.nan,
) -> np.ndarray:
    """ASSD of every class of one label map, `(H, W)` or `(D, H, W)`, as float64 `(K,)`.

    As `average_symmetric_surface_distance`, whose sources it has. NaN for a class on neither side, inf for one on one
    side only, ignored pixels as in `hausdorff_distance_per_class`, with its errors.

    >>> average_symmetric_surface_distance_per_class([[0, 0, 1, 1]], [[0, 2, 1, 1]], num_classes=4).round(3)
    array([0.333, 0.   ,   inf,   nan])
    """
    name = "average_symmetric_surface_distance_per_class"
    _check_pooling(name, pooling)
    classes = distances_of_classes(
        name, y_true, y_pred, num_classes=num_classes, ignore_index=ignore_index, spacing=spacing, boundary=boundary
    )
    return np.array([symmetric_mean(one, pooling, one_empty, both_empty) for one in classes])


def _check_pooling(function: str, pooling: str) -> None:
    if pooling not in get_args(Pooling):
        raise ArgumentError(
            f"{function}: pooling is {pooling!r}; it must be 'pooled' (the mean over both boundaries together) "
            "or 'mean_directed' (the mean of both directions' means)"
        )


def symmetric_mean(
    distances: SurfaceDistances,
    pooling: str = "pooled",
    one_empty: float = math.inf,
    both_empty: float = math.nan,
) -> float:
    """The mean of distances that are known already; arguments as of `average_symmetric_surface_distance`."""
    empty = _empty(distances, one_empty, both_empty)
    if empty is not None:
        return empty
    a_to_b, b_to_a, a_sizes, b_sizes = distances
    if pooling == "mean_directed":
        return (_mean(a_to_b, a_sizes) + _mean(b_to_a, b_sizes)) / 2
    return float((a_to_b @ a_sizes + b_to_a @ b_sizes) / (a_sizes.sum() + b_sizes.sum()))


def _mean(distances: np.ndarray, sizes: np.ndarray) -> float:
    return float(distances @ sizes / sizes.sum())


def _empty(distances: SurfaceDistances, one_empty: float, both_empty: float) -> float | None:
    """What counts where a boundary has no element; None where both have."""
    sides = (distances.a_to_b.size > 0) + (distances.b_to_a.size > 0)
    return None if sides == 2 else float(one_empty if sides else both_empty)
