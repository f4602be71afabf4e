"""Shares of boundaries that lie within a tolerance."""

from __future__ import annotations

import itertools

from npseg.laws import strategies
from npseg.laws.comparing import differ, exceeds
from npseg.laws.distance.point_sets import point_distances
from npseg.laws.law import law

LADDER = (0, 0.5, 1, 1.5, 2, 3, 5, 10, 1000)


@law(
    32,
    "nondecreasing-in-the-tolerance",
    family="distance",
    of=("surface_dice", "boundary_f1"),
    statement="A larger tolerance never lowers the share; a very large one makes it 1.",
    symbols="r <= q implies s_r(a, b) <= s_q(a, b); s_r(a, b) = 1 for r >= the diagonal",
    source="What is within the smaller tolerance is within the larger one.",
    draw=lambda: strategies.mask_pairs(margin=1),
)
def nondecreasing_in_the_tolerance(score, tolerance, a, b, spacing):
    scores = [float(score(a, b, spacing=spacing, tolerance_distance=r)) for r in LADDER]
    for (r, lower), (q, higher) in itertools.pairwise(zip(LADDER, scores)):
        if exceeds(lower, higher, tolerance):
            return f"the share is {lower} at tolerance {r}, {higher} at {q}"
    if differ(scores[-1], 1.0, tolerance):
        return f"the share is {scores[-1]} at tolerance {LADDER[-1]}, which is larger than the image"


@law(
    32,
    "all-within-the-hausdorff-distance",
    family="distance",
    of=("surface_dice", "boundary_f1"),
    statement="The share is 1 from the Hausdorff distance (of the same boundary) on, and less than 1 below it.",
    symbols="s_r(a, b) = 1 if and only if r >= HD(a, b)",
    source="The Hausdorff distance is the distance of the element that is furthest off.",
    draw=lambda: strategies.mask_pairs(margin=1),
)
def all_within_the_hausdorff_distance(score, conventions, tolerance, a, b, spacing):
    boundary = conventions.get("boundary", "inner4")
    there, back, _, _ = point_distances(a, b, boundary, "outside", spacing)
    furthest = max(there.max(), back.max())
    above = score(a, b, spacing=spacing, tolerance_distance=float(furthest * (1 + 1e-3)))
    if differ(above, 1.0, tolerance):
        return f"the share is {above} at a tolerance just above the Hausdorff distance, {furthest}"
    below = score(a, b, spacing=spacing, tolerance_distance=float(furthest * (1 - 1e-3)))
    if furthest > 0 and not below < 1:
        return f"the share is {below} at a tolerance just below the Hausdorff distance, {furthest}"
