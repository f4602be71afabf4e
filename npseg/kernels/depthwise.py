"""Depthwise convolution: each input channel has its own kernels, so there is no matrix to multiply, only sums.

x (N, H, W, C), weight (kh, kw, 1, K) with K = C * multiplier, y (N, Ho, Wo, K). Output channel k reads channel
k // multiplier. `window` as `shapes.Window`. Rows of all images are numbered in one go, n * Ho + oh.

Where a channel has one output and channels come in whole vectors, a 3 x 3 kernel that lies inside the image goes along
a row with its nine taps in registers (`tap_sums`). Everything else goes pixel by pixel.

What happens for a row stands in a function of its own: in the body of a `prange`, which Numba compiles apart, LLVM
knows too little about the arrays to make vectors of the innermost loops.
"""

from __future__ import annotations

import numpy as np

from npseg.kernels._jit import jit, prange
from npseg.kernels._vector import LANES, tap_gradients, tap_sums

__all__ = ["forward", "input_gradient", "weight_gradient"]

# Pixels that one vector of channels goes along before the next has its turn: their lines stay in the nearest cache.
_RUN = 16


@jit(parallel=True)
def forward(x, weight, y, window):
    """Write the depthwise convolution of x with weight into y."""
    for r in prange(y.shape[0] * y.shape[1]):
        _forward_row(x, weight, y, window, r)


@jit
def _forward_row(x, weight, y, window, r):
    sh, sw, top, left, dh, dw = window[2:]
    _, height, width, channels = x.shape
    _, out_height, out_width, features = y.shape
    n, oh = r // out_height, r % out_height
    first, last = _inside(window, oh, height, width, out_width, channels, features)
    for ow in range(first):
        _forward_pixel(x[n], weight, window, oh, ow, y[n, oh, ow])
    source, target, taps = x.reshape(-1), y.reshape(-1), weight.reshape(-1)
    for begin in range(first, last, _RUN):
        tap_sums(
            target, (r * out_width + begin) * channels,
            source, ((n * height + oh * sh - top) * width + begin * sw - left) * channels,
            dh * width * channels, dw * channels, sw * channels,
            taps, channels, min(_RUN, last - begin),
        )  # fmt: skip
    for ow in range(last, out_width):
        _forward_pixel(x[n], weight, window, oh, ow, y[n, oh, ow])


@jit
def _inside(window, oh, height, width, out_width, channels, features):
    """The output columns of a row that `tap_sums` can do: first .. last, or 0 .. 0."""
    kh, kw, sh, sw, top, left, dh, dw = window
    h = oh * sh - top
    if kh != 3 or kw != 3 or features != channels or channels % LANES != 0 or h < 0 or h + 2 * dh >= height:
        return 0, 0
    first = max(0, (left + sw - 1) // sw)  # left is negative where padding is wider than the kernel, and it is turned
    last = min(out_width, (width - 1 - 2 * dw + left) // sw + 1)
    return (first, last) if last > first else (0, 0)


@jit
def _forward_pixel(image, weight, window, oh, ow, out):
    kh, kw, sh, sw, top, left, dh, dw = window
    height, width, channels = image.shape
    multiplier = out.size // channels
    for k in range(out.size):
        out[k] = 0
    for i in range(kh):
        h = oh * sh + i * dh - top
        if h < 0 or h >= height:
            continue
        for j in range(kw):
            w = ow * sw - left + j * dw
            if w >= 0 and w < width:
                pixel, tap = image[h, w], weight[i, j, 0]
                if multiplier == 1:
                    for k in range(out.size):
                        out[k] += pixel[k] * tap[k]
                else:
                    for k in range(out.size):
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
    sh, sw, top, left, dh, dw = window[2:]
    _, height, width, channels = x.shape
    _, out_height, out_width, features = dy.shape
    n, oh = r // out_height, r % out_height
    first, last = _inside(window, oh, height, width, out_width, channels, features)
    for ow in range(first):
        _weight_gradient_pixel(x[n], dy[n, oh, ow], sums, window, oh, ow)
    source, gradient, totals = x.reshape(-1), dy.reshape(-1), sums.reshape(-1)
    for begin in range(first, last, _RUN):
        tap_gradients(
            totals,
            source, ((n * height + oh * sh - top) * width + begin * sw - left) * channels,
            dh * width * channels, dw * channels, sw * channels,
            gradient, (r * out_width + begin) * channels, channels, min(_RUN, last - begin),
        )  # fmt: skip
    for ow in range(last, out_width):
        _weight_gradient_pixel(x[n], dy[n, oh, ow], sums, window, oh, ow)


@jit
def _weight_gradient_pixel(image, gradient, sums, window, oh, ow):
    kh, kw, sh, sw, top, left, dh, dw = window
    height, width, channels = image.shape
    multiplier = gradient.size // channels
    for i in range(kh):
        h = oh * sh + i * dh - top
        if h < 0 or h >= height:
            continue
        for j in range(kw):
            w = ow * sw - left + j * dw
            if w >= 0 and w < width:
                pixel, total = image[h, w], sums[i, j, 0]
                if multiplier == 1:
                    for k in range(gradient.size):
                        total[k] += pixel[k] * gradient[k]
                else:
                    for k in range(gradient.size):
                        total[k] += pixel[k // multiplier] * gradient[k]
