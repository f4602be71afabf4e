"""Normalisation: statistics, scaling, and their backward passes.

Sums over many pixels are taken over blocks of fixed size and the blocks added in float64, so that they are exact enough
in float32 and do not depend on the number of threads.
"""

from __future__ import annotations

import numpy as np

from npseg.kernels._jit import jit, prange

__all__ = [
    "batch_backward",
    "channel_products",
    "channel_squares",
    "channel_sums",
    "group_backward",
    "group_normalise",
    "group_statistics",
    "scale_shift",
]

_BLOCK = 512  # rows a block


def channel_sums(x: np.ndarray) -> np.ndarray:
    """Sum of each channel of x (P, C), as (C,)."""
    return _sums(x, x, np.zeros(x.shape[1], x.dtype), 0, _BLOCK).sum(axis=0).astype(x.dtype)


def channel_squares(x: np.ndarray, centre: np.ndarray) -> np.ndarray:
    """Sum of (x - centre)^2 over the rows of x (P, C), as (C,)."""
    return _sums(x, x, centre, 1, _BLOCK).sum(axis=0).astype(x.dtype)


def channel_products(dy: np.ndarray, x: np.ndarray, centre: np.ndarray) -> np.ndarray:
    """Sum of dy * (x - centre) over the rows, as (C,)."""
    return _sums(dy, x, centre, 2, _BLOCK).sum(axis=0).astype(x.dtype)


@jit(parallel=True)
def _sums(a, x, centre, kind, block):
    """Per block of rows: sum of a (kind 0), of (x - centre)^2 (kind 1), or of a * (x - centre) (kind 2)."""
    rows, channels = x.shape
    blocks = (rows + block - 1) // block
    out = np.zeros((blocks, channels), np.float64)
    for b in prange(blocks):
        total = np.zeros(channels, x.dtype)
        for p in range(b * block, min((b + 1) * block, rows)):
            if kind == 0:
                for c in range(channels):
                    total[c] += a[p, c]
            elif kind == 1:
                for c in range(channels):
                    d = x[p, c] - centre[c]
                    total[c] += d * d
            else:
                for c in range(channels):
                    total[c] += a[p, c] * (x[p, c] - centre[c])
        for c in range(channels):
            out[b, c] = total[c]
    return out


@jit(parallel=True)
def scale_shift(x, scale, shift, y):
    """y = x * scale + shift, channel by channel; x, y (P, C)."""
    rows, channels = x.shape
    for p in prange(rows):
        for c in range(channels):
            y[p, c] = x[p, c] * scale[c] + shift[c]


@jit(parallel=True)
def batch_backward(dy, x, mean, a, b, d, dx):
    """dx = a * dy + b * (x - mean) + d, channel by channel; dy, x, dx (P, C)."""
    rows, channels = x.shape
    for p in prange(rows):
        for c in range(channels):
            dx[p, c] = a[c] * dy[p, c] + b[c] * (x[p, c] - mean[c]) + d[c]


@jit(parallel=True)
def group_statistics(x, mean, rstd, eps):
    """Mean and 1 / sqrt(variance + eps) of each group; x (N, S, G, D), mean and rstd (N, G)."""
    count, positions, groups, depth = x.shape
    size = positions * depth
    for m in prange(count * groups):
        n, g = m // groups, m % groups
        total = 0.0
        for s in range(positions):
            for d in range(depth):
                total += x[n, s, g, d]
        centre = total / size
        squares = 0.0
        for s in range(positions):
            for d in range(depth):
                squares += (x[n, s, g, d] - centre) ** 2
        mean[n, g] = centre
        rstd[n, g] = 1.0 / np.sqrt(squares / size + eps)


@jit(parallel=True)
def group_normalise(x, mean, rstd, weight, bias, y):
    """y = (x - mean) * rstd * weight + bias; x, y (N, S, G, D), weight and bias (G, D)."""
    count, positions, groups, depth = x.shape
    for m in prange(count * positions):
        n, s = m // positions, m % positions
        for g in range(groups):
            centre, scale = mean[n, g], rstd[n, g]
            for d in range(depth):
                y[n, s, g, d] = (x[n, s, g, d] - centre) * scale * weight[g, d] + bias[g, d]


@jit(parallel=True)
def group_backward(dy, x, mean, rstd, weight, dx):
    """Write the gradient of x into dx: rstd (g - mean(g) - xhat mean(g xhat)) with g = dy * weight."""
    count, positions, groups, depth = x.shape
    size = positions * depth
    for m in prange(count * groups):
        n, g = m // groups, m % groups
        centre, scale = mean[n, g], rstd[n, g]
        total, aligned = 0.0, 0.0
        for s in range(positions):
            for d in range(depth):
                gradient = dy[n, s, g, d] * weight[g, d]
                total += gradient
                aligned += gradient * (x[n, s, g, d] - centre) * scale
        total /= size
        aligned /= size
        for s in range(positions):
            for d in range(depth):
                gradient = dy[n, s, g, d] * weight[g, d]
                dx[n, s, g, d] = scale * (gradient - total - (x[n, s, g, d] - centre) * scale * aligned)
