"""Matrix products: every number of the result is a row times a column."""

from __future__ import annotations

import numpy as np

__all__ = ["linear", "linear_input_gradient", "linear_weight_gradient", "matmul"]


def matmul(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """(..., n, k) times (..., k, m) -> (..., n, m); leading axes broadcast.

    >>> matmul(np.array([[1.0, 2.0]]), np.array([[3.0], [4.0]])).tolist()
    [[11.0]]
    """
    leading = np.broadcast_shapes(a.shape[:-2], b.shape[:-2])
    a = np.broadcast_to(a, (*leading, *a.shape[-2:]))
    b = np.broadcast_to(b, (*leading, *b.shape[-2:]))
    y = np.zeros((*leading, a.shape[-2], b.shape[-1]), np.result_type(a, b))
    for i in range(a.shape[-2]):
        for j in range(b.shape[-1]):
            y[..., i, j] = (a[..., i, :] * b[..., :, j]).sum(axis=-1)
    return y


def linear(x: np.ndarray, weight: np.ndarray, bias: np.ndarray | None = None) -> np.ndarray:
    """x (..., C_in), weight (C_in, C_out), bias (C_out,) -> (..., C_out).

    >>> linear(np.array([1.0, 2.0]), np.array([[3.0], [4.0]]), np.array([100.0])).tolist()
    [111.0]
    """
    y = np.zeros((*x.shape[:-1], weight.shape[1]), np.result_type(x, weight))
    for k in range(weight.shape[0]):
        y += x[..., k, None] * weight[k]
    return y if bias is None else y + bias


def linear_input_gradient(dy: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Adjoint of `linear` in x: dy times the weight's transpose.

    >>> linear_input_gradient(np.array([2.0]), np.array([[3.0], [4.0]])).tolist()
    [6.0, 8.0]
    """
    return linear(dy, weight.T)


def linear_weight_gradient(x: np.ndarray, dy: np.ndarray) -> np.ndarray:
    """Adjoint of `linear` in the weight: the sum over all rows of the outer products of x and dy.

    >>> linear_weight_gradient(np.array([[1.0, 2.0], [10.0, 20.0]]), np.array([[1.0], [1.0]])).tolist()
    [[11.0], [22.0]]
    """
    gradient = np.zeros((x.shape[-1], dy.shape[-1]), np.result_type(x, dy))
    for row in np.ndindex(*x.shape[:-1]):
        gradient += np.outer(x[row], dy[row])
    return gradient
