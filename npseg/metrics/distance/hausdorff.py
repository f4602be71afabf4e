"""Hausdorff distance: how far the worst part of a boundary is from the other, or the worst but some per cent."""

from __future__ import annotations

import math
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Literal, get_args

import numpy as np

from npseg.errors import ArgumentError, near_matches
from npseg.metrics.distance.surfaces import Boundary, SurfaceDistances, distances_of_classes, distances_of_masks

__all__ = [
    "HD95_VARIANTS",
    "Pooling",
    "hausdorff_distance",
    "hausdorff_distance_per_class",
    "hausdorff_of",
    "hd95",
    "hd95_per_class",
]

Pooling = Literal["max_directed", "pooled"]

HD95_VARIANTS: Mapping[str, Mapping[str, Any]] = MappingProxyType(
    {
        "monai": MappingProxyType({"boundary": "inner4", "pooling": "max_directed"}),
        "medpy": MappingProxyType({"boundary": "inner4", "pooling": "pooled"}),
        "surface-distance": MappingProxyType({"boundary": "dual", "pooling": "max_directed"}),
        "seg-metrics": MappingProxyType({"boundary": "inner8", "pooling": "pooled"}),
    }
)
"""What libraries mean by HD95, as arguments of `hausdorff_distance`."""

_ROUNDING = 1e-12  # relative: how far a sum of element sizes may fall short of a share that it reaches exactly


def hausdorff_distance(
    a: Any,
    b: Any,
    *,
    spacing: Any = None,
    percentile: float = 100.0,
    pooling: Pooling = "max_directed",
    boundary: Boundary = "inner4",
    one_empty: float = math.inf,
    both_empty: float = 0.0,
) -> float:
    """Hausdorff distance of two binary masks, `(H, W)` or `(D, H, W)`, or a percentile of it.

    Of all elements of one boundary, the largest distance to the nearest element of the other; the larger of that from
    a to b and from b to a. With `percentile` less than 100, it is that percentile of the distances and not the largest:
    taken of each direction, of which the larger counts (`pooling="max_directed"`), or of both directions in one list
    (`"pooled"`). Between two distances of an inner boundary it is interpolated linearly; on a dual boundary it is the
    least distance within which that share of the boundary's length lies.

    `spacing` and `boundary` are as for `surface_distances`; the result has the unit of the spacing. A mask that is
    empty on one side only scores `one_empty`; the diagonal of the image is another common choice, while a finite
    number that objects can exceed rewards missing them. Two empty masks agree, and score `both_empty`.

    Raises as `surface_distances` does, and `ArgumentError` for a percentile outside [0, 100].
    Huttenlocher, Klanderman and Rucklidge 1993, sections 1 and 4.

    The pixel furthest off is three columns away from the other mask. Half of the pixels of b are nearer than 1.5:

    >>> a, b = [[1, 0, 0, 0]], [[1, 0, 0, 1]]
    >>> hausdorff_distance(a, b)
    3.0
    >>> hausdorff_distance(a, b, spacing=(1, 0.5))
    1.5
    >>> hausdorff_distance(a, b, percentile=50), hausdorff_distance(a, b, percentile=50, pooling="pooled")
    (1.5, 0.0)
    >>> hausdorff_distance(a, [[0, 0, 0, 0]])
    inf
    """
    percentile = _check_options("hausdorff_distance", percentile, pooling)
    distances = distances_of_masks("hausdorff_distance", a, b, spacing, boundary)
    return hausdorff_of(distances, percentile, pooling, boundary, one_empty, both_empty)


def hausdorff_distance_per_class(
    y_true: Any,
    y_pred: Any,
    *,
    num_classes: int,
    ignore_index: int | None = None,
    spacing: Any = None,
    percentile: float = 100.0,
    pooling: Pooling = "max_directed",
    boundary: Boundary = "inner4",
    one_empty: float = math.inf,
    both_empty: float = math.nan,
) -> np.ndarray:
    """Hausdorff distance of every class of one label map, `(H, W)` or `(D, H, W)`, as float64 `(K,)`.

    As `hausdorff_distance`, whose sources it has, of the pixels of that class. A class in neither truth nor prediction
    is undefined (NaN); one on one side only is infinitely far, so that a mean over the defined classes never improves
    when an object is missed. Ignored pixels belong to no class, whatever was predicted there.

    Raises as `hausdorff_distance` does, and `ArgumentError` for labels outside `[0, num_classes)` that are not ignored.

    >>> hausdorff_distance_per_class([[0, 0, 1, 1]], [[0, 2, 1, 1]], num_classes=4)
    array([ 1.,  0., inf, nan])
    """
    name = "hausdorff_distance_per_class"
    percentile = _check_options(name, percentile, pooling)
    classes = distances_of_classes(
        name, y_true, y_pred, num_classes=num_classes, ignore_index=ignore_index, spacing=spacing, boundary=boundary
    )
    return np.array([hausdorff_of(one, percentile, pooling, boundary, one_empty, both_empty) for one in classes])


def hd95(a: Any, b: Any, *, variant: str, spacing: Any = None) -> float:
    """The 95th percentile of the Hausdorff distance as a library computes it, of two binary masks.

    There is no default, because the numbers differ by more than methods do. `HD95_VARIANTS` has the settings:

    - `"monai"`: the larger of both directions' percentiles, of the edge pixels (4 neighbours, 6 in 3-D);
    - `"medpy"`: the percentile of both directions in one list, of the same edge pixels;
    - `"surface-distance"`: the larger of both directions' percentiles, of the contour weighted by its length;
    - `"seg-metrics"`: the percentile of both directions in one list, of the edge pixels with 8 neighbours (26 in 3-D).

    Where one mask is empty the answer is always inf (the libraries say NaN, raise, say inf, and say 0), and it is 0
    where both are. Raises as `hausdorff_distance` does, and `ArgumentError` for an unknown variant. Agreement was
    tested with MONAI 1.6.1, medpy 0.5.2, surface-distance 0.1 and seg-metrics 1.2.8.

    >>> a, b = [[1, 0, 0, 0]], [[1, 0, 0, 1]]
    >>> round(hd95(a, b, variant="monai"), 3), round(hd95(a, b, variant="medpy"), 3)
    (2.85, 2.7)
    """
    return hausdorff_distance(a, b, spacing=spacing, percentile=95.0, **_settings("hd95", variant))


def hd95_per_class(
    y_true: Any,
    y_pred: Any,
    *,
    num_classes: int,
    variant: str,
    ignore_index: int | None = None,
    spacing: Any = None,
) -> np.ndarray:
    """`hd95` of every class of one label map, float64 `(K,)`, NaN and inf as in `hausdorff_distance_per_class`.

    Sources and variants: see `hd95`.

    >>> hd95_per_class([[0, 0, 1, 1]], [[0, 2, 1, 1]], num_classes=4, variant="medpy")
    array([0.9, 0. , inf, nan])
    """
    settings = _settings("hd95_per_class", variant)
    return hausdorff_distance_per_class(
        y_true, y_pred, num_classes=num_classes, ignore_index=ignore_index, spacing=spacing, percentile=95.0, **settings
    )


def _settings(function: str, variant: str) -> Mapping[str, Any]:
    if variant not in HD95_VARIANTS:
        raise ArgumentError(f"{function}: unknown variant {variant!r}{near_matches(str(variant), HD95_VARIANTS)}")
    return HD95_VARIANTS[variant]


def _check_options(function: str, percentile: float, pooling: str) -> float:
    if pooling not in get_args(Pooling):
        raise ArgumentError(
            f"{function}: pooling is {pooling!r}; it must be 'max_directed' (the larger of both directions' "
            "percentiles) or 'pooled' (the percentile of both directions in one list)"
        )
    if not 0 <= percentile <= 100:
        raise ArgumentError(f"{function}: percentile is {percentile!r}; it must be a number from 0 to 100")
    return float(percentile)


def hausdorff_of(
    distances: SurfaceDistances,
    percentile: float,
    pooling: str,
    boundary: str,
    one_empty: float = math.inf,
    both_empty: float = math.nan,
) -> float:
    """The percentile of distances that are known already; arguments as of `hausdorff_distance`."""
    a_to_b, b_to_a, a_sizes, b_sizes = distances
    if not a_to_b.size and not b_to_a.size:
        return float(both_empty)
    if not a_to_b.size or not b_to_a.size:
        return float(one_empty)
    if pooling == "pooled":
        a_to_b, a_sizes = np.concatenate([a_to_b, b_to_a]), np.concatenate([a_sizes, b_sizes])
        return _percentile(a_to_b, a_sizes, percentile, boundary)
    return max(_percentile(a_to_b, a_sizes, percentile, boundary), _percentile(b_to_a, b_sizes, percentile, boundary))


def _percentile(distances: np.ndarray, sizes: np.ndarray, percentile: float, boundary: str) -> float:
    if percentile == 100:
        return float(distances.max())
    if boundary != "dual":
        return float(np.percentile(distances, percentile))
    order = np.argsort(distances)
    reached = np.cumsum(sizes[order])
    place = np.searchsorted(reached, percentile / 100 * reached[-1] * (1 - _ROUNDING))
    return float(distances[order[place]])
