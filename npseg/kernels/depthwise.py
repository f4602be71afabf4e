"""Depthwise convolution: each input channel has its own kernels, so there is no matrix to multiply, only sums.

x (N, H, W, C), weight (kh, kw, 1, K) with K = C * multiplier, y (N, Ho, Wo, K). Output channel k reads channel
k // multiplier. `window` as `shapes.Window`.
"""

from __future__ import annotations

from npseg.kernels._jit import jit, prange

__all__ = ["forward", "input_gradient", "weight_gradient"]


@jit(parallel=True)
def forward(x, weight, y, window):
    """Write the depthwise convolution of x with weight into y."""
    kh, kw, sh, sw, top, left, dh, dw = window
    _, height, width, channels = x.shape
    count, out_height, out_width, features = y.shape
    multiplier = features // channels
    for r in prange(count * out_height):
        n, oh = r // out_height, r % out_height
        for ow in range(out_width):
            out = y[n, oh, ow]
            out[:] = 0
            for i in range(kh):
                h = oh * sh + i * dh - top
                if h < 0 or h >= height:
                    continue
                for j in range(kw):
                    w = ow * sw + j * dw - left
                    if w < 0 or w >= width:
                        continue
                    pixel = x[n, h, w]
                    tap = weight[i, j, 0]
                    if multiplier == 1:
                        for k in range(features):
                            out[k] += pixel[k] * tap[k]
                    else:
                        for k in range(features):
                            out[k] += pixel[k // multiplier] * tap[k]


@jit(parallel=True)
def input_gradient(dy, weight, dx, window):
    """Write the gradient with respect to x into dx; every input row collects its own contributions."""
    kh, kw, sh, sw, top, left, dh, dw = window
    count, height, width, channels = dx.shape
    _, out_height, out_width, features = dy.shape
    multiplier = features // channels
    for m in prange(count * height):
        n, h = m // height, m % height
        for w in range(width):
            out = dx[n, h, w]
            out[:] = 0
            for i in range(kh):
                reach_h = h + top - i * dh
                if reach_h < 0 or reach_h % sh != 0 or reach_h // sh >= out_height:
                    continue
                for j in range(kw):
                    reach_w = w + left - j * dw
                    if reach_w < 0 or reach_w % sw != 0 or reach_w // sw >= out_width:
                        continue
                    gradient = dy[n, reach_h // sh, reach_w // sw]
                    tap = weight[i, j, 0]
                    if multiplier == 1:
                        for k in range(features):
                            out[k] += gradient[k] * tap[k]
                    else:
                        for k in range(features):
                            out[k // multiplier] += gradient[k] * tap[k]


@jit(parallel=True)
def weight_gradient(x, dy, dweight, window):
    """Write the gradient with respect to weight into dweight; one thread sums one tap over all pixels."""
    kh, kw, sh, sw, top, left, dh, dw = window
    _, height, width, channels = x.shape
    count, out_height, out_width, features = dy.shape
    multiplier = features // channels
    for tap_index in prange(kh * kw):
        i, j = tap_index // kw, tap_index % kw
        tap = dweight[i, j, 0]
        tap[:] = 0
        for n in range(count):
            for oh in range(out_height):
                h = oh * sh + i * dh - top
                if h < 0 or h >= height:
                    continue
                for ow in range(out_width):
                    w = ow * sw + j * dw - left
                    if w < 0 or w >= width:
                        continue
                    pixel = x[n, h, w]
                    gradient = dy[n, oh, ow]
                    if multiplier == 1:
                        for k in range(features):
                            tap[k] += pixel[k] * gradient[k]
                    else:
                        for k in range(features):
                            tap[k] += pixel[k // multiplier] * gradient[k]
