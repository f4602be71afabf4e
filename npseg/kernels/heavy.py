"""A product with a matrix so large that reading it from memory takes as long as multiplying."""

from __future__ import annotations

import numpy as np

from npseg.kernels._jit import jit, prange
from npseg.kernels._vector import LANES, ROWS, WIDTH, copy_lanes, multiply

__all__ = ["ROWS", "product"]

_PIECE = 256  # rows of the matrix that are packed at a time: a panel of them fits the first-level cache
_TOGETHER = 8  # panels that are packed together: reading pieces of one line each is bound by latency


@jit(parallel=True)
def product(rows, matrix, y, filled, threads):
    """y (P, K) = rows (P, D) @ matrix (D, K), where P is small. K must be a multiple of WIDTH.

    D falls into equal parts, and filled (parts, blocks) tells which blocks of ROWS rows have more than zeros in each: a
    convolution on a small image has much padding under its kernel. What is left out counts as 0, also where the matrix
    holds NaN. The matrix is read once. Threads share its panels of
    columns; each packs pieces of some panels at a time, so that the rows meet them in its cache.
    """
    count, depth = rows.shape
    features = matrix.shape[1]
    results = y.reshape(-1)
    parts, blocks = filled.shape
    panels, length = features // WIDTH, depth // parts
    apart = _PIECE + LANES  # no power of two: such rows would compete for the same lines of a cache
    for t in prange(threads):
        begin, end = t * panels // threads, (t + 1) * panels // threads
        width = (end - begin) * WIDTH
        pitch = width + LANES
        sums, left = np.zeros(blocks * ROWS * pitch, y.dtype), np.zeros(blocks * ROWS * apart, y.dtype)
        right = np.empty(_TOGETHER * _PIECE * WIDTH, y.dtype)
        for part in range(parts):
            for first in range(part * length, (part + 1) * length, _PIECE):
                size = min(_PIECE, (part + 1) * length - first)
                for p in range(count):
                    for k in range(size):
                        left[p * apart + k] = rows[p, first + k]
                for some in range(begin, end, _TOGETHER):
                    together = min(_TOGETHER, end - some)
                    _pack(matrix, first, size, some, together, right)
                    for panel in range(together):
                        for block in range(blocks):
                            if filled[part, block]:
                                multiply(
                                    sums, block * ROWS * pitch + (some + panel - begin) * WIDTH, pitch,
                                    left, block * ROWS * apart, apart, 1,
                                    right, panel * _PIECE * WIDTH, WIDTH, 1, 0, size, True,
                                )  # fmt: skip
        for p in range(count):
            for k in range(width):
                results[p * features + begin * WIDTH + k] = sums[p * pitch + k]


@jit
def _pack(matrix, first, size, panel, together, packed):
    """Rows first .. first + size of some panels, in the order of the memory, to packed (panels, _PIECE, WIDTH)."""
    flat, features = matrix.reshape(-1), matrix.shape[1]
    for k in range(size):
        at = (first + k) * features + panel * WIDTH
        for p in range(together):
            for c in range(0, WIDTH, LANES):
                copy_lanes(packed, (p * _PIECE + k) * WIDTH + c, flat, at + p * WIDTH + c)
