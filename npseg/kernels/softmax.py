"""Softmax over the rows of a matrix (P, K), and its logarithm, with the largest entry taken out so that exp is safe."""

from __future__ import annotations

import math

import numpy as np

from npseg.kernels._jit import jit, prange

__all__ = ["log_softmax", "log_softmax_backward", "softmax", "softmax_backward"]


@jit(parallel=True)
def softmax(x, y):
    """y = exp(x - max) / sum exp(x - max)."""
    rows, width = x.shape
    for p in prange(rows):
        top = x[p, 0]
        for k in range(width):
            top = max(top, x[p, k])
        total = x.dtype.type(0)
        for k in range(width):
            y[p, k] = math.exp(x[p, k] - top)
            total += y[p, k]
        for k in range(width):
            y[p, k] /= total


@jit(parallel=True)
def softmax_backward(dy, y, dx):
    """dx = y (dy - <dy, y>)."""
    rows, width = y.shape
    for p in prange(rows):
        inner = y.dtype.type(0)
        for k in range(width):
            inner += dy[p, k] * y[p, k]
        for k in range(width):
            dx[p, k] = y[p, k] * (dy[p, k] - inner)


@jit(parallel=True)
def log_softmax(x, y):
    """y = x - max - log sum exp(x - max)."""
    rows, width = x.shape
    for p in prange(rows):
        top = x[p, 0]
        for k in range(width):
            top = max(top, x[p, k])
        total = 0.0
        for k in range(width):
            total += math.exp(x[p, k] - top)
        shift = np.float64(top) + math.log(total)
        for k in range(width):
            y[p, k] = np.float64(x[p, k]) - shift  # in float64: both may be large, the difference is not


@jit(parallel=True)
def log_softmax_backward(dy, y, dx):
    """dx = dy - exp(y) sum(dy)."""
    rows, width = y.shape
    for p in prange(rows):
        total = y.dtype.type(0)
        for k in range(width):
            total += dy[p, k]
        for k in range(width):
            dx[p, k] = dy[p, k] - math.exp(y[p, k]) * total
