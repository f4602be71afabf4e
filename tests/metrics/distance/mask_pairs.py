"""Pairs of binary masks for the tests of distances: blobs and noise, 2-D and 3-D, with a spacing."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from hypothesis import strategies as st

BOUNDARIES = ("inner4", "inner8", "dual")


class Pair(NamedTuple):
    """Two Boolean masks of one shape, neither of them empty, and the spacing of their pixels."""

    a: np.ndarray
    b: np.ndarray
    spacing: tuple[float, ...]


@st.composite
def mask_pairs(draw, several=2, ndims=(2, 3)):
    """A `Pair`; with `several=3` and more, that many masks and the spacing."""
    ndim = draw(st.sampled_from(ndims))
    shape = tuple(draw(st.integers(1, 8 if ndim == 2 else 5)) for _ in range(ndim))
    spacing = tuple(draw(st.sampled_from([1.0, 1.0, 0.1, 0.75, 3.0])) for _ in range(ndim))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    masks = [draw_mask(rng, shape, draw(st.sampled_from(["box", "noise", "point", "full"]))) for _ in range(several)]
    return Pair(*masks, spacing) if several == 2 else (*masks, spacing)


def draw_mask(rng, shape, kind):
    """A mask that is not empty: boxes with holes and bays, single pixels, or whatever chance gives."""
    mask = np.zeros(shape, bool)
    if kind == "box":
        corners = [sorted(rng.integers(0, n + 1, 2)) for n in shape]
        mask[tuple(slice(low, high) for low, high in corners)] = True
        mask &= rng.random(shape) < 0.9
    elif kind == "noise":
        mask = rng.random(shape) < rng.random()
    elif kind == "full":
        mask[...] = True
    mask[tuple(rng.integers(0, n) for n in shape)] = True
    return mask
