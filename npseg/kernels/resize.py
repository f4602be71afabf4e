"""Interpolation on a grid: two source lines and a weight for every output line, rows and columns alike.

x (N, H, W, C), y (N, Ho, Wo, C). For an output row, `row0` and `row1` are the source rows and `row_t` the weight of the
second; columns likewise. Rows are mixed first, since whole rows are long vectors, columns after that: a line stays in
the cache in between. Nearest-neighbour sampling has kernels of its own.
"""

from __future__ import annotations

import numpy as np

from npseg.kernels._jit import jit, prange

__all__ = ["interpolate", "interpolate_adjoint", "nearest", "nearest_adjoint"]


@jit(parallel=True)
def interpolate(x, row0, row1, row_t, col0, col1, col_t, y):
    """Bilinear samples of x into y."""
    count, out_height, _, channels = y.shape
    for r in prange(count * out_height):
        n, oh = r // out_height, r % out_height
        line = np.empty((x.shape[2], channels), x.dtype)
        _mix(x[n, row0[oh]].reshape(-1), x[n, row1[oh]].reshape(-1), row_t[oh], line.reshape(-1))
        _sample(line, col0, col1, col_t, y[n, oh])


@jit
def _mix(upper, lower, t, line):
    rest = 1 - t
    for i in range(line.size):
        line[i] = upper[i] * rest + lower[i] * t


@jit
def _sample(line, col0, col1, col_t, out):
    for ow in range(out.shape[0]):
        a, b, pixel, t = line[col0[ow]], line[col1[ow]], out[ow], col_t[ow]
        rest = 1 - t
        for c in range(pixel.size):
            pixel[c] = a[c] * rest + b[c] * t


@jit(parallel=True)
def interpolate_adjoint(dy, row0, row1, row_t, begin, end, col0, col1, col_t, dx):
    """The adjoint, dy (N, Ho, Wo, C) onto dx (N, H, W, C): every source row collects from the output rows that use it.

    These are begin[h] .. end[h] for source row h. An output row is read once for each of its two source rows.
    """
    count, height, _, channels = dx.shape
    for r in prange(count * height):
        n, h = r // height, r % height
        line = np.zeros((dy.shape[2], channels), dy.dtype)
        for oh in range(begin[h], end[h]):
            weight = (1 - row_t[oh]) * (row0[oh] == h) + row_t[oh] * (row1[oh] == h)
            _add_scaled(dy[n, oh].reshape(-1), line.dtype.type(weight), line.reshape(-1))
        _spread(line, col0, col1, col_t, dx[n, h])


@jit
def _add_scaled(values, factor, sums):
    for i in range(sums.size):
        sums[i] += values[i] * factor


@jit
def _spread(line, col0, col1, col_t, out):
    out[:] = 0
    for ow in range(line.shape[0]):
        a, b, pixel, t = out[col0[ow]], out[col1[ow]], line[ow], col_t[ow]
        _add_scaled(pixel, 1 - t, a)
        _add_scaled(pixel, t, b)


@jit(parallel=True)
def nearest(x, rows, cols, y):
    """y[n, i, j] = x[n, rows[i], cols[j]]."""
    count, out_height, out_width, channels = y.shape
    for r in prange(count * out_height):
        n, oh = r // out_height, r % out_height
        for ow in range(out_width):
            for c in range(channels):
                y[n, oh, ow, c] = x[n, rows[oh], cols[ow], c]


@jit(parallel=True)
def nearest_adjoint(dy, rows, cols, dx):
    """dx[n, rows[i], cols[j]] += dy[n, i, j]; dx is zero at the start. One image a thread."""
    count, out_height, out_width, channels = dy.shape
    for n in prange(count):
        for oh in range(out_height):
            for ow in range(out_width):
                for c in range(channels):
                    dx[n, rows[oh], cols[ow], c] += dy[n, oh, ow, c]
