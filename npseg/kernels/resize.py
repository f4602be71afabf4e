"""Interpolation on a grid: two source lines and a weight for every output line, rows and columns alike.

x (N, H, W, C), y (N, Ho, Wo, C). For an output row, `row0` and `row1` are the source rows and `row_t` the weight of the
second; columns likewise. Nearest-neighbour sampling has kernels of its own.
"""

from __future__ import annotations

from npseg.kernels._jit import jit, prange

__all__ = ["columns_adjoint", "interpolate", "nearest", "nearest_adjoint", "rows_adjoint"]

STRIP = 16  # source columns that one thread of rows_adjoint owns


@jit(parallel=True)
def interpolate(x, row0, row1, row_t, col0, col1, col_t, y):
    """Bilinear samples of x into y."""
    out_height = y.shape[1]
    for r in prange(y.shape[0] * out_height):
        n, oh = r // out_height, r % out_height
        _interpolate_row(x[n, row0[oh]], x[n, row1[oh]], row_t[oh], col0, col1, col_t, y[n, oh])


@jit
def _interpolate_row(upper, lower, t, col0, col1, col_t, out):
    for ow in range(out.shape[0]):
        a, b, pixel = col0[ow], col1[ow], out[ow]
        s = col_t[ow]
        w00, w01, w10, w11 = (1 - t) * (1 - s), (1 - t) * s, t * (1 - s), t * s
        p, q, u, v = upper[a], upper[b], lower[a], lower[b]
        for c in range(pixel.size):
            pixel[c] = p[c] * w00 + q[c] * w01 + u[c] * w10 + v[c] * w11


@jit(parallel=True)
def columns_adjoint(dy, col0, col1, col_t, half):
    """First half of the adjoint: dy (N, Ho, Wo, C) onto the source columns, half (N, Ho, W, C), zero at the start."""
    out_height = dy.shape[1]
    for r in prange(dy.shape[0] * out_height):
        n, oh = r // out_height, r % out_height
        _columns_adjoint_row(dy[n, oh], col0, col1, col_t, half[n, oh])


@jit
def _columns_adjoint_row(row, col0, col1, col_t, half):
    for ow in range(row.shape[0]):
        s, gradient = col_t[ow], row[ow]
        _add_scaled(half[col0[ow]], gradient, 1 - s)
        _add_scaled(half[col1[ow]], gradient, s)


@jit(parallel=True)
def rows_adjoint(half, row0, row1, row_t, dx):
    """Second half: half (N, Ho, W, C) onto the source rows, dx (N, H, W, C), zero at first. A thread owns a strip."""
    width = half.shape[2]
    strips = (width + STRIP - 1) // STRIP
    for k in prange(half.shape[0] * strips):
        n, first = k // strips, k % strips * STRIP
        _rows_adjoint_strip(half[n], row0, row1, row_t, dx[n], first, min(first + STRIP, width))


@jit
def _rows_adjoint_strip(half, row0, row1, row_t, dx, first, last):
    for oh in range(half.shape[0]):
        t, row = row_t[oh], half[oh, first:last].reshape(-1)
        _add_scaled(dx[row0[oh], first:last].reshape(-1), row, 1 - t)
        _add_scaled(dx[row1[oh], first:last].reshape(-1), row, t)


@jit
def _add_scaled(out, values, factor):
    for c in range(out.size):
        out[c] += values[c] * factor


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
