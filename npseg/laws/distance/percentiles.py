"""Percentiles of the Hausdorff distance, its mean, and how they lie to each other."""

from __future__ import annotations

import itertools

from npseg.laws import strategies
from npseg.laws.comparing import differ, exceeds
from npseg.laws.distance.point_sets import point_distances
from npseg.laws.law import law

LADDER = (0, 1, 10, 50, 90, 95, 99.9, 100)


@law(
    30,
    "percentile-nondecreasing",
    family="distance",
    of=("hausdorff_percentile",),
    statement="A higher percentile is no smaller distance.",
    symbols="p <= q implies d_p(a, b) <= d_q(a, b)",
    source="Percentiles of one list, and the larger of two of them, are sorted as their ranks are.",
    draw=lambda: strategies.mask_pairs(),
)
def percentile_nondecreasing(score, tolerance, a, b, spacing):
    scores = [float(score(a, b, spacing=spacing, percentile=p)) for p in LADDER]
    for (p, lower), (q, higher) in itertools.pairwise(zip(LADDER, scores)):
        if exceeds(lower, higher, tolerance):
            return f"percentile {p} is {lower}, percentile {q} is {higher}"


@law(
    30,
    "percentile-0-is-the-minimum",
    family="distance",
    of=("hausdorff_percentile",),
    statement="Percentile 0 is the smallest distance between the boundaries.",
    symbols="d_0(a, b) = min |x - y|",
    source="The nearest two elements are each other's nearest, so that both directions have the same minimum.",
    draw=lambda: strategies.mask_pairs(),
)
def percentile_0_is_the_minimum(score, conventions, tolerance, a, b, spacing):
    boundary, frame = conventions.get("boundary", "inner4"), conventions.get("frame", "outside")
    there, _, _, back_sizes = point_distances(a, b, boundary, frame, spacing)
    if not len(there) or not len(back_sizes):
        return None
    value = score(a, b, spacing=spacing, percentile=0)
    if differ(value, there.min(), tolerance):
        return f"percentile 0 is {value}, the smallest distance {there.min()}"


@law(
    30,
    "percentile-100-is-the-maximum",
    family="distance",
    needs=("hausdorff_percentile", "hausdorff"),
    statement="Percentile 100 is the Hausdorff distance.",
    symbols="d_100(a, b) = d(a, b)",
    source="By the definition of either.",
    draw=lambda: strategies.mask_pairs(),
)
def percentile_100_is_the_maximum(hausdorff_percentile, hausdorff, tolerance, a, b, spacing):
    whole, most = hausdorff(a, b, spacing=spacing), hausdorff_percentile(a, b, spacing=spacing, percentile=100)
    if differ(whole, most, tolerance):
        return f"percentile 100 is {most}, the Hausdorff distance {whole}"


@law(
    30,
    "hd95-is-percentile-95",
    family="distance",
    needs=("hausdorff_percentile", "hd95"),
    statement="HD95 is percentile 95.",
    symbols="HD95(a, b) = d_95(a, b)",
    source="By its name.",
    draw=lambda: strategies.mask_pairs(),
)
def hd95_is_percentile_95(hausdorff_percentile, hd95, tolerance, a, b, spacing):
    named, asked = hd95(a, b, spacing=spacing), hausdorff_percentile(a, b, spacing=spacing, percentile=95.0)
    if differ(named, asked, tolerance):
        return f"HD95 is {named}, percentile 95 is {asked}"


@law(
    135,
    "hd95-at-most-hausdorff",
    family="distance",
    needs=("hd95", "hausdorff"),
    statement="HD95 is at most the Hausdorff distance.",
    symbols="HD95(a, b) <= HD(a, b)",
    source="No percentile of a list is above its maximum; with one boundary for both.",
    draw=lambda: strategies.mask_pairs(),
)
def hd95_at_most_hausdorff(hd95, hausdorff, tolerance, a, b, spacing):
    robust, most = hd95(a, b, spacing=spacing), hausdorff(a, b, spacing=spacing)
    if exceeds(robust, most, tolerance):
        return f"HD95 is {robust}, the Hausdorff distance {most}"


@law(
    135,
    "average-at-most-hausdorff",
    family="distance",
    needs=("average_symmetric_surface_distance", "hausdorff"),
    statement="The average symmetric surface distance is at most the Hausdorff distance.",
    symbols="ASSD(a, b) <= HD(a, b)",
    source="No mean of a list is above its maximum; with one boundary for both.",
    draw=lambda: strategies.mask_pairs(),
)
def average_at_most_hausdorff(average_symmetric_surface_distance, hausdorff, tolerance, a, b, spacing):
    mean, most = average_symmetric_surface_distance(a, b, spacing=spacing), hausdorff(a, b, spacing=spacing)
    if exceeds(mean, most, tolerance):
        return f"the average distance is {mean}, the Hausdorff distance {most}"
