"""Scores of boundaries against all pairs of points."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import strategies as st

from npseg.laws import strategies
from npseg.laws.comparing import differ
from npseg.laws.distance.point_sets import percentile_of, point_distances
from npseg.laws.law import law

PERCENTILES = (0.0, 3.7, 31.3, 62.9, 95.0, 100.0)
TOLERANCES = (0.0, 0.3, 1.0, 1.2, 2.2, 3.7)

EUCLID = "By the definition, with every distance between two elements computed; the boundary is the convention's."


@st.composite
def pairs_with(draw: st.DrawFn, name: str, values: tuple[float, ...]) -> dict[str, Any]:
    """A pair of masks with one more number, as the argument of that name."""
    return {**draw(strategies.mask_pairs()), name: draw(st.sampled_from(values))}


@law(
    27,
    "equals-point-set-distance",
    family="distance",
    of=("hausdorff",),
    statement="The Hausdorff distance is the largest distance from an element of one boundary to the other boundary.",
    symbols="max(max_x min_y |x - y|, max_y min_x |x - y|)",
    source=EUCLID + " Huttenlocher, Klanderman and Rucklidge 1993, section 1.",
    draw=lambda: strategies.mask_pairs(),
)
def equals_point_set_distance(score, conventions, tolerance, a, b, spacing):
    boundary, frame = conventions.get("boundary", "inner4"), conventions.get("frame", "outside")
    there, back, _, _ = point_distances(a, b, boundary, frame, spacing)
    if not len(there) or not len(back):
        return None
    value, expected = score(a, b, spacing=spacing), max(there.max(), back.max())
    if differ(value, expected, tolerance):
        return f"the score is {value}, the distance of the point sets ({boundary}) is {expected}"


@st.composite
def blocks_with_and_without_a_hole(draw: st.DrawFn) -> dict[str, Any]:
    """A block, and the same with a hole: the outer boundaries agree, and every boundary of one lies in the other."""
    sides = [draw(st.integers(3, 7)) for _ in range(2)]
    block = np.pad(np.ones(sides, bool), 1)
    ring = block.copy()
    starts = [draw(st.integers(2, side - 1)) for side in sides]
    ends = [draw(st.integers(start + 1, side)) for start, side in zip(starts, sides)]
    ring[tuple(map(slice, starts, ends))] = False
    pair = draw(st.permutations([block, ring]))
    return {"a": pair[0], "b": pair[1], "spacing": draw(strategies.spacings(2))}


@law(
    146,
    "a-hole-has-a-boundary",
    family="distance",
    of=("hausdorff",),
    statement="The Hausdorff distance of a block to the same block with a hole is that of the point sets; it is not 0, "
    "though no boundary of one is outside of the other.",
    symbols="max(max_x min_y |x - y|, max_y min_x |x - y|) > 0",
    source=EUCLID + " From a boundary to a region the distance would be 0.",
    draw=blocks_with_and_without_a_hole,
)
def a_hole_has_a_boundary(score, conventions, tolerance, a, b, spacing):
    return equals_point_set_distance(score, conventions, tolerance, a, b, spacing)


def percentiles_of_point_sets(a, b, spacing, percentile, conventions):
    """The answers that are right: two where a contour's length reaches the share exactly, and rounding decides."""
    boundary, frame = conventions.get("boundary", "inner4"), conventions.get("frame", "outside")
    there, back, there_sizes, back_sizes = point_distances(a, b, boundary, frame, spacing)
    if not len(there) or not len(back) or np.isnan(there_sizes).any():
        return []
    sets = [(there, there_sizes), (back, back_sizes)]
    if conventions.get("pooling") == "pooled":
        sets = [(np.concatenate([there, back]), np.concatenate([there_sizes, back_sizes]))]
    near = [min(max(percentile + shift, 0), 100) for shift in (-1e-7, 0, 1e-7)]
    return [max(percentile_of(*one, share, boundary) for one in sets) for share in near]


@law(
    27,
    "equals-percentile-of-point-sets",
    family="distance",
    of=("hausdorff_percentile",),
    statement="A percentile of the Hausdorff distance is one of the elements' distances, pooled or the larger of both.",
    symbols="max(P_p of min_y |x - y|, P_p of min_x |x - y|), or P_p of both together",
    source=EUCLID,
    draw=lambda: pairs_with("percentile", PERCENTILES),
)
def equals_percentile_of_point_sets(score, conventions, tolerance, a, b, spacing, percentile):
    expected = percentiles_of_point_sets(a, b, spacing, percentile, conventions)
    value = score(a, b, spacing=spacing, percentile=percentile)
    if expected and all(differ(value, one, tolerance) for one in expected):
        return f"the score is {value}, percentile {percentile} of the distances is {expected[1]}"


@law(
    27,
    "equals-95th-percentile-of-point-sets",
    family="distance",
    of=("hd95",),
    statement="HD95 is the 95th percentile of the elements' distances, pooled or the larger of both directions.",
    symbols="max(P_95 of min_y |x - y|, P_95 of min_x |x - y|), or P_95 of both together",
    source=EUCLID,
    draw=lambda: strategies.mask_pairs(),
)
def equals_95th_percentile_of_point_sets(score, conventions, tolerance, a, b, spacing):
    expected = percentiles_of_point_sets(a, b, spacing, 95.0, conventions)
    value = score(a, b, spacing=spacing)
    if expected and all(differ(value, one, tolerance) for one in expected):
        return f"the score is {value}, the 95th percentile of the distances is {expected[1]}"


@law(
    27,
    "equals-mean-of-point-sets",
    family="distance",
    of=("average_symmetric_surface_distance",),
    statement="The average symmetric surface distance is the mean of the elements' distances, weighted by their sizes.",
    symbols="(sum_x min_y |x - y| + sum_y min_x |x - y|) / (n_x + n_y), or the mean of both means",
    source=EUCLID + " Heimann et al. 2009, section II-C.",
    draw=lambda: strategies.mask_pairs(),
)
def equals_mean_of_point_sets(score, conventions, tolerance, a, b, spacing):
    boundary, frame = conventions.get("boundary", "inner4"), conventions.get("frame", "outside")
    there, back, there_sizes, back_sizes = point_distances(a, b, boundary, frame, spacing)
    if not len(there) or not len(back) or np.isnan(there_sizes).any():
        return None
    expected = np.average(np.append(there, back), weights=np.append(there_sizes, back_sizes))
    if conventions.get("pooling") == "mean-directed":
        expected = (np.average(there, weights=there_sizes) + np.average(back, weights=back_sizes)) / 2
    value = score(a, b, spacing=spacing)
    if differ(value, expected, tolerance):
        return f"the score is {value}, the mean of the distances is {expected}"


@law(
    27,
    "equals-share-of-point-sets",
    family="distance",
    of=("surface_dice",),
    statement="Surface Dice is the size of both boundaries' elements at most the tolerance off, over that of all.",
    symbols="(|{x: min_y |x - y| <= r}| + |{y: min_x |x - y| <= r}|) / (|X| + |Y|)",
    source=EUCLID + " Nikolov et al. 2021, section Surface DSC.",
    draw=lambda: pairs_with("tolerance_distance", TOLERANCES),
)
def equals_share_of_point_sets(score, conventions, tolerance, a, b, spacing, tolerance_distance):
    boundary, frame = conventions.get("boundary", "inner4"), conventions.get("frame", "outside")
    there, back, there_sizes, back_sizes = point_distances(a, b, boundary, frame, spacing)
    distances, sizes = np.append(there, back), np.append(there_sizes, back_sizes)
    if not len(there) or not len(back) or np.isnan(sizes).any():
        return None
    # A distance that is the tolerance but for rounding may fall on either side.
    shares = [sizes[distances <= tolerance_distance + shift].sum() / sizes.sum() for shift in (1e-9, -1e-9)]
    value = score(a, b, spacing=spacing, tolerance_distance=tolerance_distance)
    if tolerance_distance == 0:
        shares = shares[:1]
    if all(differ(value, share, tolerance) for share in shares):
        return f"the score is {value}, the share of the boundaries within {tolerance_distance} is {shares[0]}"


@law(
    27,
    "equals-f1-of-point-sets",
    family="distance",
    of=("boundary_f1",),
    statement="Boundary F1 is the harmonic mean of both boundaries' shares of elements at most the tolerance off.",
    symbols="2 P R / (P + R), P = share of y with min_x |x - y| <= r, R = share of x with min_y |x - y| <= r",
    source=EUCLID + " Csurka, Larlus and Perronnin 2013.",
    draw=lambda: pairs_with("tolerance_distance", TOLERANCES),
)
def equals_f1_of_point_sets(score, conventions, tolerance, a, b, spacing, tolerance_distance):
    boundary, frame = conventions.get("boundary", "inner4"), conventions.get("frame", "outside")
    there, back, _, _ = point_distances(a, b, boundary, frame, spacing)
    if not len(there) or not len(back):
        return None
    recall, precision = (there <= tolerance_distance + 1e-9).mean(), (back <= tolerance_distance + 1e-9).mean()
    expected = 2 * precision * recall / (precision + recall) if precision + recall > 0 else 0.0
    value = score(a, b, spacing=spacing, tolerance_distance=tolerance_distance)
    if differ(value, expected, tolerance):
        return f"the score is {value}, precision {precision} and recall {recall} make {expected}"
