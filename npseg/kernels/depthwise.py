"""Depthwise convolution: each input channel has its own kernels, so there is no matrix to multiply, only sums.

x (N, H, W, C), weight (kh, kw, 1, K) with K = C * multiplier, y (N, Ho, Wo, K). Output channel k reads channel
k // multiplier. `window` as `shapes.Window`. Rows of all images are numbered in one go, n * Ho + oh.

What happens for a row stands in a function of its own: in the body of a `prange`, which Numba compiles apart, LLVM
knows too little about the arrays to make vectors of the innermost loops.
"""

from __future__ import annotations

import numpy as np

from npseg.kernels._jit import jit, prange

__all__ = ["forward", "input_gradient", "weight_gradient"]


@jit(parallel=True)
def forward(x, weight, y, window):
    """Write the depthwise convolution of x with weight into y."""
    for r in prange(y.shape[0] * y.shape[1]):
        _forward_row(x, weight, y, window, r)


@jit
def _forward_row(x, weight, y, window, r):
    kh, kw, sh, sw, top, left, dh, dw = window
    _, height, width, channels = x.shape
    _, out_height, out_width, features = y.shape
    multiplier = features // channels
    n, oh = r // out_height, r % out_height
    for ow in range(out_width):
        out, first = y[n, oh, ow], ow * sw - left
        for k in range(features):
            out[k] = 0
        three = kw == 3 and multiplier == 1 and first >= 0 and first + 2 * dw < width
        for i in range(kh):
            h = oh * sh + i * dh - top
            if h < 0 or h >= height:
                continue
            if three:  # a third of the reads and writes of `out`; nine taps at once are more than LLVM checks
                a, b, c = x[n, h, first], x[n, h, first + dw], x[n, h, first + 2 * dw]
                p, q, s = weight[i, 0, 0], weight[i, 1, 0], weight[i, 2, 0]
                for k in range(features):
                    out[k] += a[k] * p[k] + b[k] * q[k] + c[k] * s[k]
                continue
            for j in range(kw):
                w = first + j * dw
                if w >= 0 and w < width:
                    pixel, tap = x[n, h, w], weight[i, j, 0]
                    if multiplier == 1:
                        for k in range(features):
                            out[k] += pixel[k] * tap[k]
                    else:
                        for k in range(features):
                            out[k] += pixel[k // multiplier] * tap[k]


@jit(parallel=True)
def input_gradient(dy, weight, dx, window):
    """Write the gradient with respect to x into dx; every input row collects its own contributions."""
    for r in prange(dx.shape[0] * dx.shape[1]):
        _input_gradient_row(dy, weight, dx, window, r)


@jit
def _input_gradient_row(dy, weight, dx, window, r):
    kh, kw, sh, sw, top, left, dh, dw = window
    _, height, width, channels = dx.shape
    _, out_height, out_width, features = dy.shape
    multiplier = features // channels
    n, h = r // height, r % height
    for w in range(width):
        out = dx[n, h, w]
        for k in range(channels):
            out[k] = 0
        for i in range(kh):
            reach_h = h + top - i * dh
            if reach_h < 0 or reach_h % sh != 0 or reach_h // sh >= out_height:
                continue
            for j in range(kw):
                reach_w = w + left - j * dw
                if reach_w < 0 or reach_w % sw != 0 or reach_w // sw >= out_width:
                    continue
                gradient, tap = dy[n, reach_h // sh, reach_w // sw], weight[i, j, 0]
                if multiplier == 1:
                    for k in range(features):
                        out[k] += gradient[k] * tap[k]
                else:
                    for k in range(features):
                        out[k // multiplier] += gradient[k] * tap[k]


def weight_gradient(x, dy, dweight, window, threads) -> None:
    """Write the gradient with respect to weight into dweight: each thread sums its rows, then these are added."""
    parts = np.zeros((threads, *dweight.shape), x.dtype)
    _weight_gradient(x, dy, parts, window)
    np.sum(parts, axis=0, out=dweight)


@jit(parallel=True)
def _weight_gradient(x, dy, parts, window):
    threads, rows = parts.shape[0], dy.shape[0] * dy.shape[1]
    for t in prange(threads):
        for r in range(t * rows // threads, (t + 1) * rows // threads):
            _weight_gradient_row(x, dy, parts[t], window, r)


@jit
def _weight_gradient_row(x, dy, sums, window, r):
    kh, kw, sh, sw, top, left, dh, dw = window
    _, height, width, channels = x.shape
    _, out_height, out_width, features = dy.shape
    multiplier = features // channels
    n, oh = r // out_height, r % out_height
    for i in range(kh):
        h = oh * sh + i * dh - top
        if h < 0 or h >= height:
            continue
        for j in range(kw):
            total = sums[i, j, 0]
            for ow in range(out_width):
                w = ow * sw - left + j * dw
                if w < 0 or w >= width:
                    continue
                pixel, gradient = x[n, h, w], dy[n, oh, ow]
                if multiplier == 1:
                    for k in range(features):
                        total[k] += pixel[k] * gradient[k]
                else:
                    for k in range(features):
                        total[k] += pixel[k // multiplier] * gradient[k]
