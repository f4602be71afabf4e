"""What looks like a law of boundaries and is none: right implementations break each of these.

They are not in the register, so that no implementation is blamed for them. To see one broken:

>>> from npseg.laws import Target, examine
>>> from npseg.laws.adapters.npseg.distance import targets
>>> from npseg.laws.distance.fallacies import FALLACIES
>>> law = FALLACIES["correcting-a-pixel-never-lowers-boundary-iou"]
>>> for trial in examine(targets()[0], laws=[law], max_examples=1000).trials:
...     if trial.law is law:
...         print(trial.outcome)
fails
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
        ),
        Law(
            0,
            "hd95-obeys-the-triangle-inequality",
            "fallacy",
            "Not a law: HD95 is at most the sum of those to a third mask.",
            "HD95(a, c) <= HD95(a, b) + HD95(b, c), which is wrong",
            "A large third mask has 95 % of its boundary near to two others that are far from each other.",
            hd95_obeys_the_triangle_inequality,
            lambda: strategies.mask_pairs(several=3, ndims=(2,), spacing="none"),
            of=("hd95",),
        ),
    )
}
"""By their names; each with the reason why it is none as its source."""
