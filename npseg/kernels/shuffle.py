"""Channels to pixels and back. Deep channel c * r * r + i * r + j is pixel (i, j) of a tile, as in PyTorch."""

from __future__ import annotations

import numpy as np

from npseg.kernels._jit import jit, prange

__all__ = ["depth_to_space", "space_to_depth"]


@jit(parallel=True)
def depth_to_space(x, factor):
    """(N, H, W, C * r * r) -> (N, H * r, W * r, C)."""
    count, height, width, deep = x.shape
    channels = deep // (factor * factor)
    y = np.empty((count, height * factor, width * factor, channels), x.dtype)
    for m in prange(count * height):
        n, h = m // height, m % height
        for w in range(width):
            for i in range(factor):
                for j in range(factor):
                    for c in range(channels):
                        y[n, h * factor + i, w * factor + j, c] = x[n, h, w, (c * factor + i) * factor + j]
    return y


@jit(parallel=True)
def space_to_depth(y, factor):
    """(N, H * r, W * r, C) -> (N, H, W, C * r * r)."""
    count, tall, wide, channels = y.shape
    height, width = tall // factor, wide // factor
    x = np.empty((count, height, width, channels * factor * factor), y.dtype)
    for m in prange(count * height):
        n, h = m // height, m % height
        for w in range(width):
            for i in range(factor):
                for j in range(factor):
                    for c in range(channels):
                        x[n, h, w, (c * factor + i) * factor + j] = y[n, h * factor + i, w * factor + j, c]
    return x
