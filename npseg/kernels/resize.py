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
    count, out_height, out_width, channels = y.shape
    for r in prange(count * out_height):
        n, oh = r // out_height, r % out_height
        upper, lower = x[n, row0[oh]], x[n, row1[oh]]
        t = row_t[oh]
        for ow in range(out_width):
            a, b = col0[ow], col1[ow]
            s = col_t[ow]
            w00, w01, w10, w11 = (1 - t) * (1 - s), (1 - t) * s, t * (1 - s), t * s
            for c in range(channels):
                y[n, oh, ow, c] = upper[a, c] * w00 + upper[b, c] * w01 + lower[a, c] * w10 + lower[b, c] * w11


@jit(parallel=True)
def columns_adjoint(dy, col0, col1, col_t, half):
    """First half of the adjoint: dy (N, Ho, Wo, C) onto the source columns, half (N, Ho, W, C), zero at the start."""
    count, out_height, out_width, channels = dy.shape
    for r in prange(count * out_height):
        n, oh = r // out_height, r % out_height
        for ow in range(out_width):
            a, b = col0[ow], col1[ow]
            s = col_t[ow]
            for c in range(channels):
                half[n, oh, a, c] += dy[n, oh, ow, c] * (1 - s)
            for c in range(channels):
                half[n, oh, b, c] += dy[n, oh, ow, c] * s


@jit(parallel=True)
def rows_adjoint(half, row0, row1, row_t, dx):
    """Second half: half (N, Ho, W, C) onto the source rows, dx (N, H, W, C), zero at first. A thread owns a strip."""
    count, out_height, width, channels = half.shape
    strips = (width + STRIP - 1) // STRIP
    for k in prange(count * strips):
        n, strip = k // strips, k % strips
        first, last = strip * STRIP, min((strip + 1) * STRIP, width)
        for oh in range(out_height):
            a, b = row0[oh], row1[oh]
            t = row_t[oh]
            for w in range(first, last):
                for c in range(channels):
                    dx[n, a, w, c] += half[n, oh, w, c] * (1 - t)
                for c in range(channels):
                    dx[n, b, w, c] += half[n, oh, w, c] * t


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
