"""Units: distances are in that of the spacing."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from npseg.laws import strategies
from npseg.laws.comparing import differ
from npseg.laws.distance.names import DISTANCES
from npseg.laws.law import law

FACTORS = (0.5, 2.0, 3.0, 8.0)


@st.composite
def scaled_pairs(draw: st.DrawFn) -> dict[str, Any]:
    """Masks with a spacing and the number of times that it is taken."""
    return {**draw(strategies.mask_pairs(spacing="given")), "factor": draw(st.sampled_from(FACTORS))}


@law(
    29,
    "scales-with-spacing",
    family="distance",
    of=DISTANCES,
    statement="A spacing k times as large makes the distance k times as large.",
    symbols="d(a, b; k s) = k d(a, b; s)",
    source="Every distance between two places is multiplied by k.",
    draw=scaled_pairs,
    presumes={"spacing": ("supported",)},
)
def scales_with_spacing(score, tolerance, a, b, spacing, factor):
    plain = score(a, b, spacing=spacing)
    scaled = score(a, b, spacing=tuple(factor * step for step in spacing))
    if differ(scaled, factor * plain, tolerance):
        return f"the score is {plain} at spacing {spacing}, {scaled} at {factor} times that"


@law(
    29,
    "share-does-not-depend-on-the-unit",
    family="distance",
    of=("surface_dice", "boundary_f1"),
    statement="A spacing and a tolerance k times as large leave the share as it is.",
    symbols="s(a, b; k spacing, k r) = s(a, b; spacing, r)",
    source="Distance and tolerance are both multiplied by k.",
    draw=scaled_pairs,
    presumes={"spacing": ("supported",)},
)
def share_does_not_depend_on_the_unit(score, tolerance, a, b, spacing, factor):
    plain = score(a, b, spacing=spacing, tolerance_distance=1.3)
    scaled = score(a, b, spacing=tuple(factor * step for step in spacing), tolerance_distance=1.3 * factor)
    if differ(scaled, plain, tolerance):
        return f"the score is {plain}, in another unit {scaled}"


@law(
    29,
    "spacing-left-out-is-1",
    family="distance",
    of=(*DISTANCES, "surface_dice"),
    statement="Leaving the spacing out is a spacing of 1 along every axis.",
    symbols="d(a, b) = d(a, b; 1)",
    source="Distances are in pixels unless said otherwise.",
    draw=lambda: strategies.mask_pairs(spacing="none"),
    presumes={"spacing": ("supported",)},
)
def spacing_left_out_is_1(score, tolerance, a, b, spacing):
    plain, ones = score(a, b, spacing=None), score(a, b, spacing=(1.0,) * a.ndim)
    if differ(plain, ones, tolerance):
        return f"the score is {plain}, at spacing 1 {ones}"
