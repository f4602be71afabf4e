"""Matrix products."""

from __future__ import annotations

import numpy as np

from npseg import kernels
from npseg.autograd import differentiable
from npseg.errors import ShapeError
from npseg.ops.broadcast import sum_to_shape

__all__ = ["linear", "matmul"]


@differentiable(inputs=3)
def linear(x, weight, bias=None):
    """x @ weight + bias on the last axis.

    Args:
        x: (..., I). weight: (I, O). bias: (O,) or None.

    >>> linear([[1.0, 2.0]], [[1.0], [10.0]], [0.5]).data
    array([[21.5]], dtype=float32)
    """
    if weight.ndim != 2 or not x.ndim or x.shape[-1] != weight.shape[0]:
        raise ShapeError(
            f"linear: x of shape {x.shape} cannot meet weight of shape {weight.shape} (in, out); the last axis of x "
            "must have as many entries as weight has rows"
        )
    if bias is not None and bias.shape != weight.shape[1:]:
        raise ShapeError(f"linear: bias has shape {bias.shape}; expected ({weight.shape[1]},)")
    rows = x.reshape(-1, x.shape[-1])
    y = _product(rows, weight)
    if bias is not None:
        y += bias

    def pullback(dy, wanted):
        gradient = dy.reshape(-1, weight.shape[1])
        return (
            _product(gradient, weight.T).reshape(x.shape) if wanted[0] else None,
            _product(rows.T, gradient) if wanted[1] else None,
            kernels.norm.channel_sums(gradient) if len(wanted) > 2 and wanted[2] else None,
        )[: len(wanted)]

    return y.reshape(*x.shape[:-1], weight.shape[1]), pullback


@differentiable(inputs=2, strided=True)
def matmul(a, b):
    """Matrix product of the last two axes; the axes before them broadcast.

    Args:
        a: (..., M, K). b: (..., K, N). Returns (..., M, N).

    >>> matmul([[1.0, 2.0]], [[3.0], [4.0]]).data
    array([[11.]], dtype=float32)
    """
    if a.ndim < 2 or b.ndim < 2 or a.shape[-1] != b.shape[-2]:
        raise ShapeError(
            f"matmul: shapes {a.shape} and {b.shape}; expected (..., M, K) and (..., K, N) with the same K; reshape "
            "vectors to matrices"
        )
    try:
        y = _product(a, b)
    except ValueError:
        raise ShapeError(f"matmul: the leading axes of shapes {a.shape} and {b.shape} do not broadcast") from None

    def pullback(dy, wanted):
        return (
            sum_to_shape(_product(dy, np.swapaxes(b, -1, -2)), a.shape) if wanted[0] else None,
            sum_to_shape(_product(np.swapaxes(a, -1, -2), dy), b.shape) if wanted[1] else None,
        )

    return y, pullback


def _product(a, b):
    with kernels.threads.limited_blas():
        return a @ b
