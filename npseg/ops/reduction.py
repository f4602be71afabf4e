"""Reductions over some or all axes. `axis` is None, an int or a tuple of ints; `keepdims` leaves axes of length one."""

from __future__ import annotations

import math

import numpy as np

from npseg.autograd import differentiable
from npseg.errors import ArgumentError, ShapeError

__all__ = ["max", "mean", "min", "sum", "var"]

Axis = int | tuple[int, ...] | None


@differentiable(strided=True)
def sum(x, axis: Axis = None, keepdims: bool = False):
    """Sum over `axis`.

    >>> sum([[1.0, 2.0], [3.0, 4.0]], axis=0).data
    array([4., 6.], dtype=float32)
    """
    axes = _axes("sum", x, axis)

    def pullback(dy, wanted):
        return (_spread(dy, x.shape, axes, keepdims).copy(),)

    return x.sum(axis=axes, keepdims=keepdims), pullback


@differentiable(strided=True)
def mean(x, axis: Axis = None, keepdims: bool = False):
    """Mean over `axis`.

    >>> mean([[1.0, 2.0], [3.0, 4.0]]).item()
    2.5
    """
    axes = _axes("mean", x, axis)
    count = _count("mean", x, axes)

    def pullback(dy, wanted):
        return (_spread(dy, x.shape, axes, keepdims) / x.dtype.type(count),)

    return x.mean(axis=axes, keepdims=keepdims), pullback


@differentiable(strided=True)
def var(x, axis: Axis = None, keepdims: bool = False):
    """Biased variance, mean of (x - mean)^2, over `axis`.

    >>> var([1.0, 3.0]).item()
    1.0
    """
    axes = _axes("var", x, axis)
    count = _count("var", x, axes)
    centred = x - x.mean(axis=axes, keepdims=True)

    def pullback(dy, wanted):
        return (_spread(dy, x.shape, axes, keepdims) * centred * x.dtype.type(2 / count),)

    return (centred * centred).mean(axis=axes, keepdims=keepdims), pullback


@differentiable(strided=True)
def max(x, axis: Axis = None, keepdims: bool = False):
    """Largest value over `axis`; values that share the maximum share its gradient.

    >>> max([[1.0, 5.0], [7.0, 2.0]], axis=1).data
    array([5., 7.], dtype=float32)
    """
    return _extreme("max", np.max, x, axis, keepdims)


@differentiable(strided=True)
def min(x, axis: Axis = None, keepdims: bool = False):
    """Smallest value over `axis`; values that share the minimum share its gradient.

    >>> min([[1.0, 5.0], [7.0, 2.0]], axis=1).data
    array([1., 2.], dtype=float32)
    """
    return _extreme("min", np.min, x, axis, keepdims)


def _extreme(function, reduce, x, axis, keepdims):
    axes = _axes(function, x, axis)
    _count(function, x, axes)
    best = reduce(x, axis=axes, keepdims=True)

    def pullback(dy, wanted):
        hits = x == best
        share = hits / hits.sum(axis=axes, keepdims=True).astype(x.dtype)
        return (_spread(dy, x.shape, axes, keepdims) * share,)

    return (best if keepdims else best.squeeze(axes)), pullback


def _axes(function, x, axis) -> tuple[int, ...]:
    axes = axis if isinstance(axis, (tuple, list)) else tuple(range(x.ndim)) if axis is None else (axis,)
    for a in axes:
        if not isinstance(a, (int, np.integer)) or not -x.ndim <= a < x.ndim:
            raise ArgumentError(f"{function}: axis={axis!r} is out of range for shape {x.shape}")
    unique = tuple(int(a) % x.ndim for a in axes)
    if len(set(unique)) < len(unique):
        raise ArgumentError(f"{function}: axis={axis!r} names an axis of shape {x.shape} twice")
    return unique


def _count(function, x, axes) -> int:
    count = math.prod(x.shape[a] for a in axes)
    if not count:
        raise ShapeError(f"{function}: no entries to reduce over axes {axes} of shape {x.shape}")
    return count


def _spread(dy, shape, axes, keepdims):
    """Repeat the gradient of a reduction over the axes that were reduced."""
    return np.broadcast_to(dy if keepdims else np.expand_dims(dy, axes), shape)
