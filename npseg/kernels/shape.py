"""Moving values: columns of one matrix into columns of another."""

from __future__ import annotations

from npseg.kernels._jit import jit, prange

__all__ = ["copy_columns"]


@jit(parallel=True)
def copy_columns(x, x_first, y, y_first, count):
    """y[:, y_first + k] = x[:, x_first + k] for k < count; x (P, K), y (P, L)."""
    for p in prange(x.shape[0]):
        for k in range(count):
            y[p, y_first + k] = x[p, x_first + k]
