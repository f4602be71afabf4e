"""What looks like a law of boundaries and is none: right implementations break each of these.

They are not in the register, so that no implementation is blamed for them. To see one broken:

>>> from npseg.laws import Target, examine
>>> from npseg.laws.adapters.npseg.distance import targets
>>> from npseg.laws.distance.fallacies import FALLACIES
>>> law = FALLACIES["correcting-a-pixel-never-lowers-boundary-iou"]
>>> print(examine(targets()[0], laws=[law], max_examples=100).failures[0].reason)
the score is 0.125, and 0.1111111111111111 once pixel [2, 2] is right
"""

from __future__ import annotations

import numpy as np

from npseg.laws import strategies
from npseg.laws.comparing import differ, exceeds
from npseg.laws.law import Law

__all__ = ["FALLACIES"]


def correcting_a_pixel_never_lowers_boundary_iou(score, tolerance, a, b, spacing):
    before = score(a, b)
    for place in np.argwhere(a != b):
        corrected = b.copy()
        corrected[tuple(place)] = a[tuple(place)]
        if not corrected.any():
            continue
        after = score(a, corrected)
        if exceeds(before, after, tolerance):
            return f"the score is {before}, and {after} once pixel {place.tolist()} is right"


def only_equal_masks_are_at_distance_0(score, tolerance, a, b, spacing):
    value = score(a, b, spacing=spacing)
    if (a != b).any() and not differ(value, 0.0, tolerance):
        return f"the score is {value}, and the masks differ"


def hd95_obeys_the_triangle_inequality(score, tolerance, a, b, c, spacing):
    direct, first, second = (score(*pair, spacing=spacing) for pair in ((a, c), (a, b), (b, c)))
    if exceeds(direct, first + second, tolerance):
        return f"d(a, c) is {direct}, d(a, b) + d(b, c) is {first} + {second}"


SQUARE, RING = np.ones((3, 3), bool), np.ones((3, 3), bool)
RING[1, 1] = False
CORNER = np.zeros((5, 5), bool)
CORNER[1, 1] = True

FALLACIES: dict[str, Law] = {
    one.name: one
    for one in (
        Law(
            0,
            "correcting-a-pixel-never-lowers-boundary-iou",
            "fallacy",
            "Not a law: making a wrong pixel right never lowers boundary IoU.",
            "b_i := a_i implies BIoU(a, b') >= BIoU(a, b), which is wrong",
            "A corrected pixel moves the contour of the prediction, and with it what counts as its band; pixels that "
            "were right and in both bands leave one of them.",
            correcting_a_pixel_never_lowers_boundary_iou,
            lambda: strategies.mask_pairs(ndims=(2,), margin=1, spacing="none", sides=(3, 7)),
            of=("boundary_iou",),
            always=({"a": np.pad(SQUARE, 1), "b": CORNER, "spacing": None},),
        ),
        Law(
            0,
            "only-equal-masks-are-at-distance-0",
            "fallacy",
            "Not a law: masks at Hausdorff distance 0 are equal.",
            "d(a, b) = 0 implies a = b, which is wrong",
            "The inner boundary of a ring of 3 x 3 is that of the full square: its hole does not count.",
            only_equal_masks_are_at_distance_0,
            lambda: strategies.mask_pairs(ndims=(2,), spacing="none", sides=(3, 7)),
            of=("hausdorff",),
            always=({"a": SQUARE, "b": RING, "spacing": None},),
        ),
        Law(
            0,
            "hd95-obeys-the-triangle-inequality",
            "fallacy",
            "Not a law: HD95 is at most the sum of those to a third mask.",
            "HD95(a, c) <= HD95(a, b) + HD95(b, c), which is wrong",
            "The 5 % left out need not be the same pixels: what is far off may be left out on the detour only.",
            hd95_obeys_the_triangle_inequality,
            lambda: strategies.mask_pairs(several=3, ndims=(2,), spacing="none"),
            of=("hd95",),
            always=(
                {
                    "a": np.array([[False, False, True]]),
                    "b": np.array([[False, True, True]]),
                    "c": np.array([[True, True, True]]),
                    "spacing": None,
                },
            ),
        ),
    )
}
"""By their names; each with the reason why it is none as its source."""
