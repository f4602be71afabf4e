"""Operators on images as large as kernels work in blocks: one side beyond 8, 16, 32 or 64, the others small."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import strategies as st

from npseg.laws.law import Code, law
from npseg.laws.operators.definitions import convolved, line, stamped, unlike
from npseg.laws.operators.questions import grid_convention

LARGE = (9, 17, 33, 65)
"""One more than vectors and blocks are long, so that something is left over."""


def whole_numbers(shape: tuple[int, ...], seed: int) -> Code:
    """An array too large to print, as an expression."""
    return Code(f"np.random.default_rng({seed}).integers(-8, 8, {shape}).astype(float)")


@st.composite
def large_convolutions(draw: st.DrawFn, measure: str) -> dict[str, Any]:
    """One of batch, height, width, channels and features is large."""
    sizes = [draw(st.integers(1, 2)) for _ in range(5)]
    sizes[draw(st.integers(0, 4))] = draw(st.sampled_from(LARGE))
    count, height, width, channels, features = sizes
    side = draw(st.sampled_from((1, 3)))
    inner = (features, channels) if measure == "conv_transpose2d" else (channels, features)
    seed = draw(st.integers(0, 3))
    return {
        "x": whole_numbers((count, height, width, channels), seed),
        "weight": whole_numbers((side, side, *inner), seed + 10),
        "padding": side // 2,
        "stride": draw(st.integers(1, 2)),
    }


@law(
    149,
    "large-convolution-as-defined",
    family="operator",
    of=("conv2d", "conv_transpose2d"),
    statement="Convolutions and transposed convolutions are as defined beyond 8, 16, 32 and 64 images, rows, columns, "
    "channels and features, too.",
    symbols="as laws 100 and 101, with one of N, H, W, C, K = 9, 17, 33, 65",
    source="The definition has no size; compiled loops work in blocks, whose remainder is easily forgotten.",
    draw=lambda measure: large_convolutions(measure),
)
def large_convolution_as_defined(score, measure, tolerance, x, weight, padding, stride):
    expected = (convolved if measure == "conv2d" else stamped)(x, weight, padding=padding, stride=stride)
    return unlike(score(x, weight, padding=padding, stride=stride), expected, tolerance)


@st.composite
def large_resizings(draw: st.DrawFn) -> dict[str, Any]:
    """One of the sides, before or behind, is large, or the channels are many."""
    sizes = [draw(st.integers(1, 3)) for _ in range(5)]
    sizes[draw(st.integers(0, 4))] = draw(st.sampled_from(LARGE))
    height, width, channels, *size = sizes
    return {"x": whole_numbers((1, height, width, channels), draw(st.integers(0, 3))), "size": tuple(size)}


@law(
    150,
    "large-resizing-as-defined",
    family="operator",
    of=("resize",),
    statement="Resizing is as defined from and to more than 8, 16, 32 and 64 rows, columns and channels, too.",
    symbols="as law 102, with one of H, W, C, H', W' = 9, 17, 33, 65",
    source="As law 149.",
    draw=large_resizings,
)
def large_resizing_as_defined(score, tolerance, x, size):
    grid = grid_convention(score, tolerance)
    if grid == "other":
        return None  # law 102 says so
    rows, columns = line(x.shape[1], size[0], grid), line(x.shape[2], size[1], grid)
    return unlike(score(x, size), np.einsum("ah,bw,nhwc->nabc", rows, columns, x), tolerance)
