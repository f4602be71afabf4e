"""Resizing images."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

from npseg.laws import strategies
from npseg.laws.law import law
from npseg.laws.operators.definitions import unlike
from npseg.laws.operators.questions import grid_convention


@st.composite
def of_one_colour(draw):
    """An image of which every pixel is the same, and a size."""
    case = draw(strategies.resizings())
    case["x"] = np.broadcast_to(case["x"][:, :1, :1], case["x"].shape).copy()
    return case


@law(
    120,
    "resizing-keeps-constants",
    family="operator",
    of=("resize",),
    statement="An image of one colour keeps it at any size.",
    symbols="x = c => R x = c",
    source="The weights of every result sum to one.",
    draw=of_one_colour,
)
def resizing_keeps_constants(score, tolerance, x, size):
    return unlike(score(x, size), np.broadcast_to(x[:, :1, :1], (len(x), *size, x.shape[3])), tolerance)


@law(
    121,
    "resizing-to-the-same-size",
    family="operator",
    of=("resize",),
    statement="An image resized to its own size is itself.",
    symbols="H' = H, W' = W => R x = x",
    source="On each of the grids of law 102 result i then reads at i.",
    draw=strategies.resizings,
)
def resizing_to_the_same_size(score, tolerance, x, size):
    return unlike(score(x, x.shape[1:3]), x, tolerance)


@law(
    122,
    "resizing-flip-equivariant",
    family="operator",
    of=("resize",),
    statement="A mirrored image becomes the mirrored result.",
    symbols="R(F x) = F (R x)",
    source="(i + 1/2) H/H' - 1/2 and i (H-1)/(H'-1) turn into themselves under i -> H'-1-i; floor(i H/H') does not. On "
    "the grid of corners one pixel is the first pixel, which has no mirror: axes made one pixel are left out there.",
    draw=strategies.resizings,
    presumes={"grid": ("half-pixel", "align-corners")},
)
def resizing_flip_equivariant(score, tolerance, x, size):
    grid = grid_convention(score, tolerance)
    for axis in (1, 2):
        if grid == "align-corners" and size[axis - 1] == 1:
            continue
        plain = np.flip(np.asarray(score(x, size), float), axis)
        if broken := unlike(score(np.flip(x, axis).copy(), size), plain, tolerance):
            return f"mirrored along axis {axis}: {broken}"
