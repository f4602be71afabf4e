"""Undo broadcasting: the adjoint of repeating an array is summing over the repeats."""

from __future__ import annotations

import numpy as np

from npseg.errors import ShapeError

__all__ = ["require_broadcast", "sum_to_shape"]


def sum_to_shape(gradient: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Sum `gradient` over the axes along which an array of `shape` was repeated.

    >>> sum_to_shape(np.ones((2, 3)), (3,))
    array([2., 2., 2.])
    """
    if gradient.shape == shape:
        return gradient
    added = gradient.ndim - len(shape)
    axes = tuple(range(added)) + tuple(
        added + i for i, n in enumerate(shape) if n == 1 and gradient.shape[added + i] != 1
    )
    return gradient.sum(axis=axes, keepdims=True).reshape(shape)


def require_broadcast(function: str, a: np.ndarray, b: np.ndarray) -> None:
    """Raise `ShapeError` unless the two arrays broadcast together."""
    try:
        np.broadcast_shapes(a.shape, b.shape)
    except ValueError:
        raise ShapeError(
            f"{function}: shapes {a.shape} and {b.shape} do not broadcast; axes are matched from the last one, and "
            "must be equal or 1"
        ) from None
