"""What a score of boundaries does not depend on: order and direction of axes, and where in the image objects lie."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import strategies as st

from npseg.laws import strategies
from npseg.laws.comparing import differ
from npseg.laws.distance.names import SCORES
from npseg.laws.law import law


@law(
    28,
    "axes-swapped",
    family="distance",
    of=SCORES,
    statement="Reversing the order of the axes, and of the spacing with them, changes nothing.",
    symbols="d(a^T, b^T; s reversed) = d(a, b; s)",
    source="Places of pixels keep their distances.",
    draw=lambda: strategies.mask_pairs(),
)
def axes_swapped(score, tolerance, a, b, spacing):
    turned = None if spacing is None else spacing[::-1]
    plain = score(a, b, spacing=spacing)
    swapped = score(np.ascontiguousarray(a.T), np.ascontiguousarray(b.T), spacing=turned)
    if differ(plain, swapped, tolerance):
        return f"the score is {plain}, of the transposed masks {swapped}"


@law(
    28,
    "flipped",
    family="distance",
    of=SCORES,
    statement="Flipping both masks along an axis changes nothing.",
    symbols="d(flip a, flip b) = d(a, b)",
    source="Places of pixels keep their distances.",
    draw=lambda: strategies.mask_pairs(),
)
def flipped(score, tolerance, a, b, spacing):
    plain = score(a, b, spacing=spacing)
    for axis in range(a.ndim):
        turned = score(np.flip(a, axis).copy(), np.flip(b, axis).copy(), spacing=spacing)
        if differ(plain, turned, tolerance):
            return f"the score is {plain}, flipped along axis {axis} {turned}"


@st.composite
def padded_pairs(draw: st.DrawFn, margin: int) -> dict[str, Any]:
    """Masks with the width of the background to come around them, which is large now and then."""
    case = draw(strategies.mask_pairs(margin=margin))
    case["width"] = draw(st.sampled_from([1, 2, 3, 40, 100] if case["a"].ndim == 2 else [1, 2, 3]))
    return case


SQUARES = {
    "a": np.pad(np.ones((5, 5), bool), ((1, 2), (1, 1))),
    "b": np.pad(np.ones((5, 5), bool), ((2, 1), (1, 1))),
    "spacing": None,
    "width": 100,
}
"""Objects with an inside, in an image that becomes thirty times as large."""


@law(
    33,
    "background-padding",
    family="distance",
    of=SCORES,
    statement="More background around objects that are off the frame changes nothing.",
    symbols="d(pad a, pad b) = d(a, b)",
    source="The boundaries are the same, and so are the places of their elements but for a shift.",
    draw=lambda: padded_pairs(margin=1),
    always=(SQUARES,),
)
def background_padding(score, tolerance, a, b, spacing, width):
    plain = score(a, b, spacing=spacing)
    padded = score(np.pad(a, width), np.pad(b, width), spacing=spacing)
    if differ(plain, padded, tolerance):
        return f"the score is {plain}, with {width} pixels of background around {padded}"


@law(
    33,
    "frame-padding",
    family="distance",
    of=SCORES,
    statement="Background around objects that touch the frame changes nothing, where beyond the frame is outside.",
    symbols="d(pad a, pad b) = d(a, b)",
    source="Background of one's own is what is presumed there anyway.",
    draw=lambda: padded_pairs(margin=0),
    presumes={"frame": ("outside",)},
)
def frame_padding(score, tolerance, a, b, spacing, width):
    return background_padding(score, tolerance, a, b, spacing, width)


@st.composite
def moved_pairs(draw: st.DrawFn) -> dict[str, Any]:
    """Masks with room for a step of that many pixels along each axis."""
    case = draw(strategies.mask_pairs(margin=1))
    return {**case, "steps": [draw(st.integers(0, 3)) for _ in range(case["a"].ndim)]}


@law(
    133,
    "both-moved",
    family="distance",
    of=SCORES,
    statement="Moving both objects alike changes nothing while they stay off the frame.",
    symbols="d(a + v, b + v) = d(a, b)",
    source="Differences of places stay the same.",
    draw=moved_pairs,
)
def both_moved(score, tolerance, a, b, spacing, steps):
    before, after = [(step, 0) for step in steps], [(0, step) for step in steps]
    here = score(np.pad(a, after), np.pad(b, after), spacing=spacing)
    moved = score(np.pad(a, before), np.pad(b, before), spacing=spacing)
    if differ(here, moved, tolerance):
        return f"the score is {here}, moved by {steps} pixels {moved}"


@law(
    134,
    "moved-copy",
    family="distance",
    of=("hausdorff", "hausdorff_percentile", "hd95", "average_symmetric_surface_distance"),
    statement="An object is at most as far from a copy of it as the copy was moved.",
    symbols="d(a, a + v) <= |v|",
    source="Each element of the boundary has its own image at that distance.",
    draw=moved_pairs,
)
def moved_copy(score, tolerance, a, b, spacing, steps):
    length = float(np.linalg.norm(np.multiply(steps, 1.0 if spacing is None else spacing)))
    original, copy = np.pad(a, [(0, step) for step in steps]), np.pad(a, [(step, 0) for step in steps])
    value = score(original, copy, spacing=spacing)
    if not value <= length * (1 + tolerance) + tolerance:
        return f"the score is {value}, the copy was moved by {length}"
