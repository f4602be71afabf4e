"""Boundary IoU: intersection over union of what is inside and near the contour."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import strategies as st

from npseg.laws import strategies
from npseg.laws.comparing import differ
from npseg.laws.law import law


def depths(mask):
    """How many steps each pixel is from the nearest outside, diagonal steps counted as one; 0 outside."""
    outside = np.argwhere(~np.pad(mask, 1)) - 1
    steps = np.zeros(mask.shape, int)
    for place in np.argwhere(mask):
        steps[tuple(place)] = np.abs(outside - place).max(axis=1).min()
    return steps


@st.composite
def pairs_with_width(draw: st.DrawFn) -> dict[str, Any]:
    """Two objects off the frame, and the width of a band in pixels."""
    case = draw(strategies.mask_pairs(ndims=(2,), margin=1, spacing="none"))
    return {"a": case["a"], "b": case["b"], "width": draw(st.integers(1, 4))}


@law(
    27,
    "equals-iou-of-the-bands",
    family="distance",
    of=("boundary_iou",),
    statement="Boundary IoU is the IoU of each mask's pixels that are at most the width from one outside.",
    symbols="|A_d & B_d| / |A_d | B_d|, A_d = {x in A: some y outside A with max |x_k - y_k| <= d}",
    source="Cheng et al. 2021, section 5: d erosions by a square of 3 x 3 leave the rest.",
    draw=pairs_with_width,
)
def equals_iou_of_the_bands(score, tolerance, a, b, width):
    bands = [(steps > 0) & (steps <= width) for steps in map(depths, (a, b))]
    expected = (bands[0] & bands[1]).sum() / (bands[0] | bands[1]).sum()
    value = score(a, b, width=width)
    if differ(value, expected, tolerance):
        return f"the score is {value}, the bands' intersection over union {expected}"


@law(
    34,
    "boundary-iou-of-a-wide-band-is-iou",
    family="distance",
    of=("boundary_iou",),
    statement="Where the band is as wide as both objects are deep, boundary IoU is IoU.",
    symbols="d >= max(inradius of a, inradius of b) implies BIoU_d(a, b) = IoU(a, b)",
    source="Then all of each object is in its band.",
    draw=lambda: strategies.mask_pairs(ndims=(2,), margin=1, spacing="none"),
)
def boundary_iou_of_a_wide_band_is_iou(score, tolerance, a, b, spacing):
    deepest = int(max(depths(a).max(), depths(b).max()))
    expected = (a & b).sum() / (a | b).sum()
    for width in (deepest, deepest + 1, 3 * deepest):
        value = score(a, b, width=width)
        if differ(value, expected, tolerance):
            return f"the score is {value} at width {width}, the IoU is {expected}; no pixel is deeper than {deepest}"
