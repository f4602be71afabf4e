"""Images of odd sizes and the ways in which kernels walk over them, as arguments of operators."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from hypothesis import strategies as st

from npseg.laws.strategies.filling import filling

__all__ = ["OPERATORS", "arguments_of", "convolutions", "images", "poolings", "resizings"]


@st.composite
def images(
    draw: st.DrawFn,
    *,
    count: tuple[int, int] = (1, 2),
    sides: tuple[int, int] = (1, 7),
    channels: tuple[int, int] = (1, 3),
    shape: tuple[int, ...] | None = None,
) -> np.ndarray:
    """Images `(N, H, W, C)`, float64, in [-8, 8), of whole numbers or of quarters.

    Sums and products of them are exact; ties are frequent among whole numbers, and quarters show what is rounded to
    them. `shape`, if given, may be that of anything else, a weight or a bias.
    """
    if shape is None:
        shape = tuple(draw(st.integers(*bounds)) for bounds in (count, sides, sides, channels))
    parts = draw(st.sampled_from((1, 4)))
    drawn = draw(filling(shape)).astype(np.float64) % (16 * parts)
    return (drawn - 16 * parts * (drawn >= 8 * parts)) / parts


@st.composite
def convolutions(
    draw: st.DrawFn,
    *,
    transposed: bool = False,
    square: bool = False,
    bias: bool | None = False,
    groups: tuple[int, ...] = (1, 2),
    kernels: tuple[int, int] = (1, 3),
    strides: tuple[int, int] = (1, 4),
    paddings: tuple[int, int] = (0, 2),
    dilations: tuple[int, int] = (1, 3),
    exact: bool = False,
    pairs: bool = False,
) -> dict[str, Any]:
    """Arguments of a convolution whose kernel fits its image: `{"x", "weight", "stride", "padding", "dilation",
    "groups"}`, with `bias` "bias" (None: sometimes).

    Images down to one pixel, strides beyond the kernel, padding beyond what the kernel reaches. `transposed`: of a
    transposed convolution. `square`: as many channels as features, so that both take the same weight. `exact`: strides
    that end at the image's edge. `pairs`: stride, padding and dilation differ between height and width.
    """
    parts = draw(st.sampled_from(groups))
    per_group = draw(st.integers(1, 2))
    features_per_group = per_group if square else draw(st.integers(1, 2))
    kernel = [draw(st.integers(*kernels)) for _ in range(2)]
    stride, padding, dilation = (
        [draw(st.integers(*bounds)) for _ in range(2 if pairs else 1)] * (1 if pairs else 2)
        for bounds in (strides, paddings, dilations)
    )
    sides = []
    for axis in range(2):
        reach = dilation[axis] * (kernel[axis] - 1) + 1
        if transposed:
            # What comes out, before the padding is cut off, is (side - 1) stride + reach.
            least = max(1, math.ceil((1 + 2 * padding[axis] - reach) / stride[axis]) + 1)
            sides.append(least + draw(st.integers(0, 3)))
            continue
        least = max(1, reach - 2 * padding[axis])
        room = draw(st.integers(0, 5))
        if exact:
            room += -(least + room + 2 * padding[axis] - reach) % stride[axis]
        sides.append(least + room)
    count = draw(st.integers(1, 2))
    channels, features = per_group * parts, features_per_group * parts
    shape = (*kernel, features_per_group, channels) if transposed else (*kernel, per_group, features)
    case = {
        "x": draw(images(shape=(count, *sides, channels))),
        "weight": draw(images(shape=shape)),
        "stride": tuple(stride) if pairs else stride[0],
        "padding": tuple(padding) if pairs else padding[0],
        "dilation": tuple(dilation) if pairs else dilation[0],
        "groups": parts,
    }
    if draw(st.booleans()) if bias is None else bias:
        case["bias"] = draw(images(shape=(features,)))
    return case


@st.composite
def resizings(draw: st.DrawFn, *, sides: tuple[int, int] = (1, 6)) -> dict[str, Any]:
    """Arguments of a resizing, `{"x", "size"}`: larger, smaller, the same, to or from one pixel."""
    return {"x": draw(images(sides=sides)), "size": (draw(st.integers(*sides)), draw(st.integers(*sides)))}


@st.composite
def poolings(
    draw: st.DrawFn, *, strides: tuple[int, int] = (1, 4), paddings: tuple[int, int] = (0, 1)
) -> dict[str, Any]:
    """Arguments of a pooling, `{"x", "kernel_size", "stride", "padding"}`: windows apart, overlapping, with gaps."""
    kernel = draw(st.integers(1, 3))
    padding = min(draw(st.integers(*paddings)), kernel // 2)
    least = max(1, kernel - 2 * padding)
    return {
        "x": draw(images(sides=(least, least + 5))),
        "kernel_size": kernel,
        "stride": draw(st.integers(*strides)),
        "padding": padding,
    }


OPERATORS = ("conv2d", "conv_transpose2d", "resize", "max_pool2d", "avg_pool2d", "relu", "softmax")
"""The operators that laws speak of."""


def arguments_of(operator: str, **limits: Any) -> st.SearchStrategy[dict[str, Any]]:
    """Arguments of the operator of that name, `x` first; `limits` are those of its kind."""
    if operator in ("conv2d", "conv_transpose2d"):
        return convolutions(transposed=operator == "conv_transpose2d", **limits)
    if operator == "resize":
        return resizings(**limits)
    if operator in ("max_pool2d", "avg_pool2d"):
        return poolings(**limits)
    return st.fixed_dictionaries({"x": images(sides=(1, 4))})
