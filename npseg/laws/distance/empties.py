"""Masks without any object: one of the two is the worst that can happen, both is agreement."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import strategies as st

from npseg.laws import strategies
from npseg.laws.comparing import differ, exceeds
from npseg.laws.distance.names import DISTANCES, MEANS, SHARES
from npseg.laws.law import law


@law(
    31,
    "one-empty-is-furthest",
    family="distance",
    of=DISTANCES,
    statement="Where exactly one mask is empty, the distance is infinite, or at least the diagonal of the image: never "
    "less than objects that are there can reach. It is not undefined (a mean would leave it out), and no exception, "
    "unless the documentation says so.",
    symbols="d(a, 0) = d(0, a) >= diagonal",
    source="A missed object must never score better than one that was found, however badly.",
    draw=lambda: strategies.mask_pairs(empty="one"),
    unless={"one-empty": ("raise",)},
)
def one_empty_is_furthest(score, tolerance, a, b, spacing):
    value = float(score(a, b, spacing=spacing))
    steps = np.ones(a.ndim) if spacing is None else np.array(spacing)
    diagonal = float(np.linalg.norm((np.array(a.shape) - 1) * steps))
    if exceeds(diagonal, value, tolerance) or (value == 0 and a.size > 1):
        return f"the distance is {value}, objects in this image can be {diagonal} apart"
    if value != value:
        return f"the distance is {value}"


@law(
    31,
    "one-empty-shares-nothing",
    family="distance",
    of=SHARES,
    statement="Where exactly one mask is empty, the share of common boundary is 0. It is not undefined, and no "
    "exception, unless the documentation says so.",
    symbols="s(a, 0) = s(0, a) = 0",
    source="There is a boundary, and none of it is found.",
    draw=lambda: strategies.mask_pairs(empty="one", margin=1),
    unless={"one-empty": ("raise",)},
)
def one_empty_shares_nothing(score, tolerance, a, b, spacing):
    value = score(a, b, spacing=spacing)
    if differ(value, 0.0, tolerance):
        return f"the share is {value}"


@law(
    31,
    "both-empty-agree",
    family="distance",
    of=DISTANCES,
    statement="Two empty masks are at distance 0, or their distance is undefined (NaN); no exception, unless the "
    "documentation says so.",
    symbols="d(0, 0) in {0, nan}",
    source="They are equal; and there is no pair of elements to be apart.",
    draw=lambda: strategies.mask_pairs(empty="both"),
    unless={"both-empty": ("raise",)},
)
def both_empty_agree(score, tolerance, a, b, spacing):
    value = float(score(a, b, spacing=spacing))
    if value == value and differ(value, 0.0, tolerance):
        return f"the distance of two empty masks is {value}"


@law(
    31,
    "both-empty-share-all",
    family="distance",
    of=SHARES,
    statement="Two empty masks share all of their boundaries, or the share is undefined (NaN); no exception, unless "
    "the documentation says so.",
    symbols="s(0, 0) in {1, nan}",
    source="They are equal; and there is no boundary to be shared.",
    draw=lambda: strategies.mask_pairs(empty="both"),
    unless={"both-empty": ("raise",)},
)
def both_empty_share_all(score, tolerance, a, b, spacing):
    value = float(score(a, b, spacing=spacing))
    if value == value and differ(value, 1.0, tolerance):
        return f"the share of two empty masks is {value}"


@st.composite
def series(draw: st.DrawFn) -> dict[str, Any]:
    """Two or three cases of one number of axes, one spacing, and which of them will be missed."""
    first = draw(strategies.mask_pairs())
    cases = [first]
    for _ in range(draw(st.integers(1, 2))):
        cases.append(draw(strategies.mask_pairs(ndims=(first["a"].ndim,))))
    return {
        "truths": [case["a"] for case in cases],
        "predictions": [case["b"] for case in cases],
        "spacing": first["spacing"],
        "missed": draw(st.integers(0, len(cases) - 1)),
    }


@law(
    31,
    "missing-an-object-never-improves-the-mean",
    family="distance",
    of=MEANS,
    statement="Predicting nothing in one of several cases never makes the mean distance smaller, nor undefined.",
    symbols="mean(.., d(a_i, 0), ..) >= mean(.., d(a_i, b_i), ..)",
    source="Where one mask is empty, the distance is the worst (one-empty-is-furthest); a mean follows each term.",
    draw=series,
    unless={"one-empty": ("raise",)},
)
def missing_an_object_never_improves_the_mean(score, tolerance, truths, predictions, spacing, missed):
    found = float(score(truths, predictions, spacing=spacing))
    emptied = [np.zeros_like(b) if k == missed else b for k, b in enumerate(predictions)]
    lost = float(score(truths, emptied, spacing=spacing))
    if exceeds(found, lost, tolerance) or lost != lost:
        return f"the mean is {found}, and {lost} once case {missed} is predicted empty"
