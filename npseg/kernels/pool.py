"""Pooling over windows given as starts and ends on each axis, so that plain and adaptive pooling share their loops.

x (N, H, W, C), y (N, Ho, Wo, C); h0, h1 (Ho,) and w0, w1 (Wo,) are the windows of `shapes.pool_windows`.
"""

from __future__ import annotations

import numpy as np

from npseg.kernels._jit import jit, prange

__all__ = ["average", "average_backward", "gather", "image_places", "maximum", "maximum_backward", "scatter"]


@jit
def _largest_of_four(a, b, c, d, best, place):
    """The four pixels of a 2 x 2 window at once: each is read once, and nothing but the result is written."""
    for k in range(best.size):
        v, here = a[k], np.uint8(0)
        more = (b[k] > v) | ((b[k] != b[k]) & (v == v))
        v, here = (b[k] if more else v), (np.uint8(1) if more else here)
        more = (c[k] > v) | ((c[k] != c[k]) & (v == v))
        v, here = (c[k] if more else v), (np.uint8(2) if more else here)
        more = (d[k] > v) | ((d[k] != d[k]) & (v == v))
        best[k] = d[k] if more else v
        place[k] = np.uint8(3) if more else here


@jit
def _larger(pixel, here, best, place):
    """One more pixel of a window, without branches, so that it becomes vectors."""
    for k in range(best.size):
        more = (pixel[k] > best[k]) | ((pixel[k] != pixel[k]) & (best[k] == best[k]))
        best[k] = pixel[k] if more else best[k]
        place[k] = here if more else place[k]


@jit(parallel=True)
def maximum(x, h0, h1, w0, w1, y, places):
    """Largest value of each window into y, and which of the window's pixels it is, row by row, into places.

    The first of equals counts; a NaN counts as largest.
    """
    count = x.shape[0]
    _, out_height, out_width, _ = y.shape
    for r in prange(count * out_height):
        n, oh = r // out_height, r % out_height
        for ow in range(out_width):
            h, w = h0[oh], w0[ow]
            best, place = y[n, oh, ow], places[n, oh, ow]
            if h1[oh] - h == 2 and w1[ow] - w == 2:
                _largest_of_four(x[n, h, w], x[n, h, w + 1], x[n, h + 1, w], x[n, h + 1, w + 1], best, place)
                continue
            wide = w1[ow] - w
            best[:] = x[n, h, w]
            place[:] = 0
            for here in range(1, (h1[oh] - h) * wide):
                _larger(x[n, h + here // wide, w + here % wide], here, best, place)


@jit(parallel=True)
def maximum_backward(dy, places, h0, h1, w0, w1, dx, disjoint):
    """Give each gradient to the pixel of its window that was largest. One image a thread where windows may overlap.

    With `disjoint` (every pixel lies in at most one window) rows of windows are independent, and dx need not be zero
    at the start except outside of all windows.
    """
    count, out_height, out_width, channels = dy.shape
    parts = out_height if disjoint else 1
    rows = out_height // parts
    for r in prange(count * parts):
        n, first = r // parts, r % parts * rows
        for oh in range(first, first + rows):
            for ow in range(out_width):
                gradient, place = dy[n, oh, ow], places[n, oh, ow]
                here = 0
                for h in range(h0[oh], h1[oh]):
                    for w in range(w0[ow], w1[ow]):
                        pixel = dx[n, h, w]
                        if disjoint:
                            for c in range(channels):
                                pixel[c] = gradient[c] if place[c] == here else gradient[c] * 0
                        else:
                            for c in range(channels):
                                pixel[c] += gradient[c] if place[c] == here else gradient[c] * 0
                        here += 1


@jit(parallel=True)
def image_places(places, h0, w0, w1, width, indices):
    """Places in windows to places in the image, h * W + w, into indices (N, Ho, Wo, C)."""
    count, out_height, out_width, channels = places.shape
    for r in prange(count * out_height):
        n, oh = r // out_height, r % out_height
        for ow in range(out_width):
            wide = w1[ow] - w0[ow]
            for c in range(channels):
                here = np.int64(places[n, oh, ow, c])
                indices[n, oh, ow, c] = (h0[oh] + here // wide) * width + w0[ow] + here % wide


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
