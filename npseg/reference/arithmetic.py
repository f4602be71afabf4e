"""Elementwise arithmetic is NumPy's own; a gradient adds one idea to it: broadcasting has an adjoint."""

from __future__ import annotations

import numpy as np

__all__ = ["sum_to_shape"]


def sum_to_shape(gradient: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Adjoint of `np.broadcast_to`: an array used in many places gets the sum of their gradients.

    Axes that broadcasting added in front disappear; axes it stretched from 1 shrink back to 1.

    >>> sum_to_shape(np.ones((2, 3)), (3,)).tolist()
    [2.0, 2.0, 2.0]
    >>> sum_to_shape(np.ones((2, 3)), (2, 1)).tolist()
    [[3.0], [3.0]]
    """
    while gradient.ndim > len(shape):
        gradient = gradient.sum(axis=0)
    for axis, length in enumerate(shape):
        if length == 1:
            gradient = gradient.sum(axis=axis, keepdims=True)
    return gradient
