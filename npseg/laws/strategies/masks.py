"""Pairs of binary masks as objects are: blobs, thin lines, holes, single pixels, whole frames, or nothing at all."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

__all__ = ["mask_pairs", "masks", "masks_like", "spacings"]

Empty = Literal["neither", "one", "both", "any"]

_STEPS = (1.0, 2.0, 0.5, 0.75, 3.0)  # exact in float32


@st.composite
def masks(draw: st.DrawFn, shape: tuple[int, ...], *, margin: int = 0) -> np.ndarray:
    """A Boolean mask of that shape, `(H, W)` or `(D, H, W)`, with at least one pixel inside.

    A single pixel, a line of one pixel's width, one or two boxes over each other, a box with a hole, noise, or
    everything. At least `margin` pixels from the frame.
    """
    inner = tuple(n - 2 * margin for n in shape)
    kind = draw(st.sampled_from(["pixel", "line", "boxes", "hole", "noise", "full"]))
    mask = np.zeros(inner, bool)
    if kind == "noise":
        mask = draw(hnp.arrays(bool, inner, elements=st.booleans()))
    elif kind == "full":
        mask[...] = True
    elif kind == "line":
        start, axis = _place(draw, inner), draw(st.integers(0, len(inner) - 1))
        mask[tuple(slice(s, None) if k == axis else s for k, s in enumerate(start))] = True
    elif kind == "boxes":
        for _ in range(draw(st.integers(1, 2))):
            mask[_box(draw, inner)] = True
    elif kind == "hole":
        # A box of three pixels at least, where there is room, and one pixel missing that is not at its rim.
        starts = [draw(st.integers(0, max(n - 3, 0))) for n in inner]
        ends = [draw(st.integers(min(start + 3, n), n)) for start, n in zip(starts, inner)]
        mask[tuple(map(slice, starts, ends))] = True
        rims = [1 if end - start >= 3 else 0 for start, end in zip(starts, ends)]
        mask[tuple(draw(st.integers(s + rim, e - 1 - rim)) for s, e, rim in zip(starts, ends, rims))] = False
    if not mask.any():
        mask[_place(draw, inner)] = True
    return np.pad(mask, margin)


@st.composite
def masks_like(draw: st.DrawFn, mask: np.ndarray, *, margin: int = 0) -> np.ndarray:
    """A mask to be compared with another: equal to it, shifted, with a pixel changed, or having nothing to do with
    it."""
    kind = draw(st.sampled_from(["other", "changed", "shifted", "equal"]))
    if kind == "other":
        return draw(masks(mask.shape, margin=margin))
    inner = tuple(slice(margin, n - margin) for n in mask.shape)
    like = mask.copy()
    if kind == "changed":
        place = tuple(margin + k for k in _place(draw, like[inner].shape))
        like[place] = ~like[place]
    elif kind == "shifted":
        axis = draw(st.integers(0, mask.ndim - 1))
        like[inner] = np.roll(mask[inner], draw(st.integers(1, 2)), axis)
    return like if like.any() else mask.copy()


@st.composite
def spacings(draw: st.DrawFn, ndim: int, *, none: bool = True) -> tuple[float, ...] | None:
    """The distance of neighbours along each axis, mostly not the same for all; None, where allowed, means 1."""
    if none and draw(st.booleans()):
        return None
    return tuple(draw(st.sampled_from(_STEPS)) for _ in range(ndim))


@st.composite
def mask_pairs(
    draw: st.DrawFn,
    *,
    ndims: tuple[int, ...] = (2, 3),
    sides: tuple[int, int] = (1, 7),
    margin: int = 0,
    empty: Empty = "neither",
    spacing: Literal["any", "given", "none"] = "any",
    several: int = 2,
) -> dict[str, Any]:
    """Two masks of one shape with the spacing of their pixels, as `{"a", "b", "spacing"}`.

    H and W are within `sides` and differ more often than not; volumes are at most 4 along an axis. Objects are at least
    `margin` pixels from the frame. `empty` says which of the two hold nothing. The spacing is None, or a number for
    each axis; `"given"` and `"none"` ask for one of these. With `several=3` there is a mask `c` as well.
    """
    ndim = draw(st.sampled_from(ndims))
    low, high = sides
    if ndim == 3:
        low, high = min(low, 4), min(high, 4)
    shape = tuple(draw(st.integers(low, high)) + 2 * margin for _ in range(ndim))
    first = draw(masks(shape, margin=margin))
    case: dict[str, Any] = {"a": first}
    for name in "bc"[: several - 1]:
        case[name] = draw(masks_like(first, margin=margin))
    kind = draw(st.sampled_from(["neither", "one", "both"])) if empty == "any" else empty
    if kind == "one":
        case[draw(st.sampled_from("ba"))] = np.zeros(shape, bool)
    elif kind == "both":
        case["a"], case["b"] = np.zeros(shape, bool), np.zeros(shape, bool)
    case["spacing"] = None if spacing == "none" else draw(spacings(ndim, none=spacing == "any"))
    return case


def _place(draw: st.DrawFn, shape: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(draw(st.integers(0, n - 1)) for n in shape)


def _box(draw: st.DrawFn, shape: tuple[int, ...]) -> tuple[slice, ...]:
    return tuple(slice(start, start + draw(st.integers(1, n))) for start, n in zip(_place(draw, shape), shape))
