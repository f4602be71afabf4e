"""Pooling over windows given as starts and ends on each axis, so that plain and adaptive pooling share their loops.

x (N, H, W, C), y (N, Ho, Wo, C); h0, h1 (Ho,) and w0, w1 (Wo,) are the windows of `shapes.pool_windows`.
"""

from __future__ import annotations

from npseg.kernels._jit import jit, prange

__all__ = ["average", "average_backward", "gather", "maximum", "scatter", "scatter_add"]


@jit(parallel=True)
def maximum(x, h0, h1, w0, w1, y, indices):
    """Largest value of each window into y and its place h * W + w into indices; a NaN counts as largest."""
    count, _, width, channels = x.shape
    _, out_height, out_width, _ = y.shape
    for r in prange(count * out_height):
        n, oh = r // out_height, r % out_height
        for ow in range(out_width):
            best, place = y[n, oh, ow], indices[n, oh, ow]
            for c in range(channels):
                best[c] = x[n, h0[oh], w0[ow], c]
                place[c] = h0[oh] * width + w0[ow]
            for h in range(h0[oh], h1[oh]):
                for w in range(w0[ow], w1[ow]):
                    here = h * width + w
                    pixel = x[n, h, w]
                    for c in range(channels):
                        if pixel[c] > best[c] or (pixel[c] != pixel[c] and best[c] == best[c]):
                            best[c] = pixel[c]
                            place[c] = here


@jit(parallel=True)
def average(x, h0, h1, w0, w1, divisor, y):
    """Sum of each window over divisor (Ho, Wo) into y."""
    count, _, _, channels = x.shape
    _, out_height, out_width, _ = y.shape
    for r in prange(count * out_height):
        n, oh = r // out_height, r % out_height
        for ow in range(out_width):
            total = y[n, oh, ow]
            total[:] = 0
            for h in range(h0[oh], h1[oh]):
                for w in range(w0[ow], w1[ow]):
                    pixel = x[n, h, w]
                    for c in range(channels):
                        total[c] += pixel[c]
            for c in range(channels):
                total[c] /= divisor[oh, ow]


@jit(parallel=True)
def average_backward(dy, h0, h1, w0, w1, divisor, dx):
    """Spread each gradient over its window, into dx (zero at the start). Windows may overlap: one image a thread."""
    count, out_height, out_width, channels = dy.shape
    for n in prange(count):
        for oh in range(out_height):
            for ow in range(out_width):
                gradient = dy[n, oh, ow]
                for h in range(h0[oh], h1[oh]):
                    for w in range(w0[ow], w1[ow]):
                        pixel = dx[n, h, w]
                        for c in range(channels):
                            pixel[c] += gradient[c] / divisor[oh, ow]


@jit(parallel=True)
def gather(x, indices, y):
    """y[n, p, c] = x[n, indices[n, p, c], c]; x (N, H * W, C), y and indices (N, P, C)."""
    count, places, channels = y.shape
    for n in prange(count):
        for p in range(places):
            for c in range(channels):
                y[n, p, c] = x[n, indices[n, p, c], c]


@jit(parallel=True)
def scatter(x, indices, y):
    """y[n, indices[n, p, c], c] = x[n, p, c]; shapes as for gather, with x and y exchanged."""
    count, places, channels = x.shape
    for n in prange(count):
        for p in range(places):
            for c in range(channels):
                y[n, indices[n, p, c], c] = x[n, p, c]


@jit(parallel=True)
def scatter_add(x, indices, y):
    """y[n, indices[n, p, c], c] += x[n, p, c]: the adjoint of gather."""
    count, places, channels = x.shape
    for n in prange(count):
        for p in range(places):
            for c in range(channels):
                y[n, indices[n, p, c], c] += x[n, p, c]
