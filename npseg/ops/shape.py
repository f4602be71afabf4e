"""Moving values without changing them: reshape, transpose, slices, concatenation, padding, cropping."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from npseg import kernels, shapes
from npseg.autograd import Tensor, differentiable
from npseg.errors import ArgumentError, ShapeError
from npseg.ops import memory

__all__ = ["concat", "crop", "getitem", "pad", "reshape", "transpose"]


@differentiable(strided=True)
def reshape(x, shape: int | Sequence[int]):
    """The same values in another shape; one entry may be -1.

    >>> reshape([1.0, 2.0, 3.0, 4.0], (2, -1)).data
    array([[1., 2.],
           [3., 4.]], dtype=float32)
    """
    target = (shape,) if isinstance(shape, (int, np.integer)) else tuple(shape)
    known = math.prod(n for n in target if n != -1)
    if target.count(-1) > 1 or (known != x.size if -1 not in target else not known or x.size % known):
        raise ShapeError(f"reshape: {x.size} values of shape {x.shape} cannot take the shape {target}")
    before = x.shape
    return x.reshape(target), lambda dy, wanted: (dy.reshape(before),)


@differentiable(strided=True)
def transpose(x, axes: Sequence[int] | None = None):
    """Permute the axes; reverse them when `axes` is None.

    >>> transpose([[1.0, 2.0]]).data
    array([[1.],
           [2.]], dtype=float32)
    """
    order = tuple(reversed(range(x.ndim))) if axes is None else tuple(axes)
    if sorted(a % max(x.ndim, 1) for a in order) != list(range(x.ndim)):
        raise ArgumentError(f"transpose: axes={order} is not a permutation of the {x.ndim} axes of shape {x.shape}")
    back = tuple(np.argsort([a % x.ndim for a in order]).astype(int))
    return x.transpose(order), lambda dy, wanted: (dy.transpose(back),)


@differentiable(strided=True)
def getitem(x, index: Any):
    """x[index]: slices, integers, ellipsis, None, integer and boolean arrays, as in NumPy.

    >>> getitem([[1.0, 2.0], [3.0, 4.0]], (slice(None), 0)).data
    array([1., 3.], dtype=float32)
    """
    try:
        y = x[index]
    except IndexError as error:
        raise ArgumentError(f"getitem: {error} (tensor of shape {x.shape}, index {index!r})") from None
    parts = index if isinstance(index, tuple) else (index,)
    distinct = all(
        isinstance(i, (int, np.integer, slice)) or i is None or i is Ellipsis or np.asarray(i).dtype.kind == "b"
        for i in parts
    )
    shape, dtype = x.shape, x.dtype

    def pullback(dy, wanted):
        dx = memory.zeros(shape, dtype)
        if distinct:
            dx[index] = dy
        else:  # an array of integers may name a place twice
            np.add.at(dx, index, dy)
        return (dx,)

    return y, pullback


def concat(tensors: Sequence[Any], axis: int = -1):
    """Join tensors along one axis; all other axes must agree.

    >>> concat([[[1.0]], [[2.0, 3.0]]]).data
    array([[1., 2., 3.]], dtype=float32)
    """
    tensors = (
        list(tensors) if not isinstance(tensors, (Tensor, np.ndarray)) else [tensors[i] for i in range(len(tensors))]
    )
    if not tensors:
        raise ArgumentError("concat: no tensors given; expected at least one")
    return _concat(*tensors, axis=axis)


@differentiable(inputs=None, strided=True, remakes=True, name="concat")
def _concat(*arrays, axis):
    first = arrays[0]
    if not -first.ndim <= axis < first.ndim:
        raise ArgumentError(f"concat: axis={axis} is out of range for shape {first.shape}")
    axis %= first.ndim
    for a in arrays[1:]:
        if a.ndim != first.ndim or a.shape[:axis] + a.shape[axis + 1 :] != first.shape[:axis] + first.shape[axis + 1 :]:
            raise ShapeError(
                f"concat: shapes {[b.shape for b in arrays]} must agree on every axis but {axis}; pad or crop first"
            )
    shape = (*first.shape[:axis], sum(a.shape[axis] for a in arrays), *first.shape[axis + 1 :])
    # Seen as matrices with everything from the axis on in their columns: a copy of some columns, there and back.
    inner = math.prod(first.shape[axis + 1 :])
    widths = [a.shape[axis] * inner for a in arrays]
    starts = [sum(widths[:i]) for i in range(len(widths))]
    before = [a.shape for a in arrays]
    rows = math.prod(first.shape[:axis])

    dtype = first.dtype

    def make(*arrays):
        y = memory.empty(shape, dtype)
        for a, width, start in zip(arrays, widths, starts):
            kernels.shape.copy_columns(
                np.ascontiguousarray(a).reshape(rows, width), 0, y.reshape(rows, sum(widths)), start, width
            )
        return y

    def pullback(dy, wanted):
        whole, parts = dy.reshape(rows, sum(widths)), []
        for part_shape, width, start, want in zip(before, widths, starts, wanted):
            part = memory.empty(part_shape, dy.dtype) if want else None
            if part is not None:
                kernels.shape.copy_columns(whole, start, part.reshape(rows, width), 0, width)
            parts.append(part)
        return tuple(parts)

    return make(*arrays), pullback, make


@differentiable(strided=True)
def pad(x, widths: Sequence[Sequence[int]], value: float = 0.0):
    """Add a frame of constant pixels: widths ((top, bottom), (left, right)) around images (N, H, W, C).

    >>> pad(np.ones((1, 1, 1, 1)), ((0, 0), (1, 2)), value=5.0).data.ravel()
    array([5., 1., 5., 5.])
    """
    shapes.require_ndim("pad", "x", x.shape, "NHWC")
    if len(widths) != 2:
        raise ArgumentError(f"pad: widths={widths!r}; expected ((top, bottom), (left, right))")
    (top, bottom), (left, right) = (shapes.pair("pad", "widths", w) for w in widths)
    count, height, width, channels = x.shape
    y = np.full((count, top + height + bottom, left + width + right, channels), value, x.dtype)
    inside = (slice(None), slice(top, top + height), slice(left, left + width))
    y[inside] = x
    return y, lambda dy, wanted: (dy[inside].copy(),)


@differentiable(strided=True)
def crop(x, top: int, left: int, height: int, width: int):
    """Cut the rectangle of `height` x `width` pixels at (top, left) out of images (N, H, W, C).

    >>> crop(np.arange(9.0).reshape(1, 3, 3, 1), 1, 1, 2, 2).data[0, :, :, 0]
    array([[4., 5.],
           [7., 8.]])
    """
    shapes.require_ndim("crop", "x", x.shape, "NHWC")
    if min(top, left) < 0 or min(height, width) < 1 or top + height > x.shape[1] or left + width > x.shape[2]:
        raise ArgumentError(
            f"crop: {height} x {width} pixels at ({top}, {left}) do not lie inside images of NHWC shape {x.shape}"
        )
    inside = (slice(None), slice(top, top + height), slice(left, left + width))
    shape, dtype = x.shape, x.dtype

    def pullback(dy, wanted):
        dx = memory.zeros(shape, dtype)
        dx[inside] = dy
        return (dx,)

    return x[inside].copy(), pullback
