"""Reductions: many numbers to one. NumPy computes them; here is how their gradients go back."""

from __future__ import annotations

import numpy as np

__all__ = ["max_gradient", "mean_gradient", "sum_gradient", "var", "var_gradient"]

Axis = int | tuple[int, ...] | None


def sum_gradient(x: np.ndarray, dy: np.ndarray, axis: Axis = None) -> np.ndarray:
    """Every summand gets the whole gradient of its sum. `dy` has the shape of the sum without kept axes.

    >>> sum_gradient(np.zeros((2, 2)), np.array([1.0, 5.0]), axis=1).tolist()
    [[1.0, 1.0], [5.0, 5.0]]
    """
    return _stretch(dy, x.shape, axis).copy()


def mean_gradient(x: np.ndarray, dy: np.ndarray, axis: Axis = None) -> np.ndarray:
    """Every number gets an equal share of the gradient of its mean.

    >>> mean_gradient(np.zeros((2, 2)), np.array([1.0, 5.0]), axis=1).tolist()
    [[0.5, 0.5], [2.5, 2.5]]
    """
    return _stretch(dy, x.shape, axis) * dy.size / x.size


def max_gradient(x: np.ndarray, dy: np.ndarray, axis: Axis = None) -> np.ndarray:
    """The largest gets the gradient; equals share it. The gradient of a minimum is `max_gradient(-x, dy)`.

    >>> max_gradient(np.array([[1.0, 3.0], [2.0, 2.0]]), np.array([1.0, 5.0]), axis=1).tolist()
    [[0.0, 1.0], [2.5, 2.5]]
    """
    winners = x == x.max(axis=axis, keepdims=True)
    return winners * _stretch(dy, x.shape, axis) / winners.sum(axis=axis, keepdims=True)


def var(x: np.ndarray, axis: Axis = None, keepdims: bool = False) -> np.ndarray:
    """The biased variance: the mean of the squared distance from the mean.

    >>> float(var(np.array([1.0, 3.0, 5.0, 7.0])))
    5.0
    """
    return ((x - x.mean(axis=axis, keepdims=True)) ** 2).mean(axis=axis, keepdims=keepdims)


def var_gradient(x: np.ndarray, dy: np.ndarray, axis: Axis = None) -> np.ndarray:
    """2 * (x - mean) / count. The mean moves too, but the deviations sum to zero: that adds nothing.

    >>> var_gradient(np.array([1.0, 3.0]), np.array(1.0)).tolist()
    [-1.0, 1.0]
    """
    return 2 * (x - x.mean(axis=axis, keepdims=True)) * mean_gradient(x, dy, axis)


def _stretch(dy: np.ndarray, shape: tuple[int, ...], axis: Axis) -> np.ndarray:
    """`dy` with the reduced axes put back, then stretched to `shape`."""
    dy = np.asarray(dy)
    axes = range(len(shape)) if axis is None else np.atleast_1d(axis) % len(shape)
    return np.broadcast_to(np.expand_dims(dy, tuple(int(a) for a in axes)), shape)
