"""What makes a distance one: it is the same from either side, nothing between equals, and no detour is shorter."""

from __future__ import annotations

import numpy as np

from npseg.laws import strategies
from npseg.laws.comparing import differ, exceeds
from npseg.laws.distance.names import DISTANCES, SCORES, SHARES
from npseg.laws.law import law


@law(
    26,
    "distance-symmetric",
    family="distance",
    of=SCORES,
    statement="Exchanging the two masks changes nothing.",
    symbols="d(a, b) = d(b, a)",
    source="Maximum, pooling and intersection do not depend on the order of the two sets.",
    draw=lambda: strategies.mask_pairs(),
)
def distance_symmetric(score, tolerance, a, b, spacing):
    there, back = score(a, b, spacing=spacing), score(b, a, spacing=spacing)
    if differ(there, back, tolerance):
        return f"d(a, b) is {there}, d(b, a) is {back}"


@law(
    26,
    "equal-masks-are-at-distance-0",
    family="distance",
    of=DISTANCES,
    statement="A mask that is not empty is at distance 0 from itself.",
    symbols="d(a, a) = 0",
    source="The nearest element of a boundary to one of its own is that element.",
    draw=lambda: strategies.mask_pairs(several=1),
)
def equal_masks_are_at_distance_0(score, tolerance, a, spacing):
    value = score(a, a.copy(), spacing=spacing)
    if differ(value, 0.0, tolerance):
        return f"d(a, a) is {value}"


@law(
    26,
    "equal-masks-share-all-of-their-boundary",
    family="distance",
    of=SHARES,
    statement="An object off the frame shares all of its boundary with itself.",
    symbols="s(a, a) = 1",
    source="Every element of the boundary is at distance 0, and the intersection of equal bands is their union.",
    draw=lambda: strategies.mask_pairs(several=1, margin=1),
)
def equal_masks_share_all_of_their_boundary(score, tolerance, a, spacing):
    value = score(a, a.copy(), spacing=spacing)
    if differ(value, 1.0, tolerance):
        return f"s(a, a) is {value}"


@law(
    26,
    "triangle-inequality",
    family="distance",
    of=("hausdorff",),
    statement="The Hausdorff distance of two masks is at most the sum of theirs to a third. Percentiles obey no "
    "such law.",
    symbols="d(a, c) <= d(a, b) + d(b, c)",
    source="The Hausdorff distance is a metric on compact sets; Huttenlocher et al. 1993, section 2.",
    draw=lambda: strategies.mask_pairs(several=3),
)
def triangle_inequality(score, tolerance, a, b, c, spacing):
    direct, first, second = (score(*pair, spacing=spacing) for pair in ((a, c), (a, b), (b, c)))
    if exceeds(direct, first + second, tolerance):
        return f"d(a, c) is {direct}, d(a, b) + d(b, c) is {first} + {second}"


@law(
    131,
    "boundary-score-within-bounds",
    family="distance",
    of=SCORES,
    statement="Of two objects off the frame, a distance is a finite number and not negative; a share lies in [0, 1].",
    symbols="0 <= d(a, b) < inf; 0 <= s(a, b) <= 1",
    source="Boundaries that are not empty have finitely many elements; the part counted is a part of the whole.",
    draw=lambda: strategies.mask_pairs(margin=1),
)
def boundary_score_within_bounds(score, bounds, tolerance, a, b, spacing):
    value = float(score(a, b, spacing=spacing))
    if not np.isfinite(value) or exceeds(bounds[0], value, tolerance) or exceeds(value, bounds[1], tolerance):
        return f"the score is {value}, which is no finite number within {bounds}"


@law(
    132,
    "masks-unchanged",
    family="distance",
    of=SCORES,
    statement="Masks that are views of other arrays, or Fortran-ordered, score as copies do, and none is written to.",
    symbols="d(view of a, b) = d(a, b); a, b as before",
    source="A score depends on the pixels' values only.",
    draw=lambda: strategies.mask_pairs(),
)
def masks_unchanged(score, tolerance, a, b, spacing):
    first, second = a.copy(), b.copy()
    plain = score(first, second, spacing=spacing)
    if (first != a).any() or (second != b).any():
        return "a mask is changed"
    every_other = np.repeat(b, 2, axis=-1)[..., ::2]
    other = score(np.asfortranarray(a), every_other, spacing=spacing)
    if differ(plain, other, tolerance):
        return f"the score is {plain} of copies, {other} of views"
