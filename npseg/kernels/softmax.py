"""Softmax over the rows of a matrix (P, K), and its logarithm, with the largest entry taken out so that exp is safe.

Rows go in pieces that stay in the cache of a core: what a row needs is done row by row, and exp over all numbers of the
piece at once, since a loop over one short row has no room for vector instructions.
"""

from __future__ import annotations

import numpy as np

from npseg.kernels._exp import exp, log
from npseg.kernels._jit import jit, prange

__all__ = ["log_softmax", "log_softmax_backward", "softmax", "softmax_backward"]

_PIECE = 4096  # numbers


@jit(parallel=True)
def softmax(x, y):
    """y = exp(x - max) / sum exp(x - max)."""
    rows, width = x.shape
    piece = max(1, _PIECE // width)
    for b in prange((rows + piece - 1) // piece):
        _softmax(x[b * piece : (b + 1) * piece], y[b * piece : (b + 1) * piece])


@jit
def _softmax(x, y):
    _below_top(x, y)
    flat = y.reshape(-1)
    for i in range(flat.size):
        flat[i] = exp(flat[i])
    for p in range(y.shape[0]):
        total = y.dtype.type(0)
        for k in range(y.shape[1]):
            total += y[p, k]
        for k in range(y.shape[1]):
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
    """y = (x - max) - log sum exp(x - max): both differences are of near numbers, however large x is."""
    rows, width = x.shape
    piece = max(1, _PIECE // width)
    for b in prange((rows + piece - 1) // piece):
        _log_softmax(x[b * piece : (b + 1) * piece], y[b * piece : (b + 1) * piece])


@jit
def _log_softmax(x, y):
    _below_top(x, y)
    flat = y.reshape(-1)
    powers = np.empty(y.shape, y.dtype)
    flat_powers = powers.reshape(-1)
    for i in range(flat.size):
        flat_powers[i] = exp(flat[i])
    for p in range(y.shape[0]):
        total = y.dtype.type(0)
        for k in range(y.shape[1]):
            total += powers[p, k]
        total = log(total)
        for k in range(y.shape[1]):
            y[p, k] -= total


@jit(parallel=True)
def log_softmax_backward(dy, y, dx):
    """dx = dy - exp(y) sum(dy)."""
    rows, width = y.shape
    piece = max(1, _PIECE // width)
    for b in prange((rows + piece - 1) // piece):
        begin, end = b * piece, (b + 1) * piece
        _log_softmax_backward(dy[begin:end], y[begin:end], dx[begin:end])


@jit
def _log_softmax_backward(dy, y, dx):
    flat_y, flat_dx = y.reshape(-1), dx.reshape(-1)
    for i in range(flat_y.size):
        flat_dx[i] = exp(flat_y[i])
    for p in range(y.shape[0]):
        total = y.dtype.type(0)
        for k in range(y.shape[1]):
            total += dy[p, k]
        for k in range(y.shape[1]):
            dx[p, k] = dy[p, k] - dx[p, k] * total


@jit
def _below_top(x, y):
    """y = x - the largest entry of the row."""
    for p in range(x.shape[0]):
        top = x[p, 0]
        for k in range(x.shape[1]):
            top = max(top, x[p, k])
        for k in range(x.shape[1]):
            y[p, k] = x[p, k] - top
