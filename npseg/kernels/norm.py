"""Normalisation: statistics, scaling, and their backward passes.

Sums over many pixels are taken over blocks of fixed size and the blocks added in float64, so that they are exact enough
in float32 and do not depend on the number of threads. (Those that a convolution gathers do, in their last bits.)
"""

from __future__ import annotations

import numpy as np

from npseg.kernels._jit import jit, prange

__all__ = [
    "affine", "affine_backward", "affine_sums", "channel_moments", "channel_sums", "group_backward", "group_normalise",
    "group_statistics", "merged_moments",
]  # fmt: skip

_BLOCK = 512  # rows a block


def channel_sums(x: np.ndarray) -> np.ndarray:
    """Sum of each channel of x (P, C), as (C,)."""
    return _sums(x, _BLOCK).sum(axis=0).astype(x.dtype)


def channel_moments(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean and biased variance of each channel of x (P, C), in float64.

    One sweep: each block of rows sums x itself for the mean, and for the variance its differences from the first row,
    which are of the size of the deviation, and their squares. Blocks are put together as in Chan, Golub and LeVeque
    1983, eq. 2.1.
    """
    totals, sums, squares = _moments(x, _BLOCK)
    rows = len(x)
    counts = np.full(len(totals), _BLOCK, np.float64)
    counts[-1] = rows - _BLOCK * (len(totals) - 1)
    mean = totals.sum(axis=0) / rows
    apart = x[::_BLOCK] - mean + sums / counts[:, None]  # means of the blocks less the mean of all
    within = (squares - sums**2 / counts[:, None]).sum(axis=0)
    return mean, np.maximum(within + counts @ apart**2, 0) / rows


def merged_moments(
    pivot: np.ndarray, sums: np.ndarray, squares: np.ndarray, counts: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Mean and biased variance (C,) of all from those of parts, by Chan, Golub and LeVeque 1983, eq. 2.1.

    Arguments, float64 (parts, C): a value of each part, the sums of the differences from it, those of their squares,
    and how many there are. A part may be empty.
    """
    apart = sums / np.maximum(counts, 1)
    total, means = counts.sum(axis=0), pivot + apart
    mean = (counts * means).sum(axis=0) / total
    within = (squares - sums * apart).sum(axis=0)
    return mean, np.maximum(within + (counts * (means - mean) ** 2).sum(axis=0), 0) / total


def affine_sums(
    dy: np.ndarray, x: np.ndarray, centre: np.ndarray, scale: np.ndarray, shift: np.ndarray, low: float
) -> tuple[np.ndarray, np.ndarray]:
    """Sums of g and of g * (x - centre) over the rows, (C,) each; g is dy where x * scale + shift > low, else 0."""
    sums = _affine_sums(dy, x, centre, scale, shift, x.dtype.type(low), _BLOCK).sum(axis=0).astype(x.dtype)
    return sums[0], sums[1]


@jit(parallel=True)
def _sums(x, block):
    rows, channels = x.shape
    blocks = (rows + block - 1) // block
    out = np.zeros((blocks, channels), np.float64)
    for b in prange(blocks):
        total = np.zeros(channels, x.dtype)
        for p in range(b * block, min((b + 1) * block, rows)):
            for c in range(channels):
                total[c] += x[p, c]
        for c in range(channels):
            out[b, c] = total[c]
    return out


@jit(parallel=True)
def _moments(x, block):
    """Per block, in float64: sums of x, of x - pivot and of (x - pivot)^2, the pivot being the block's first row."""
    rows, channels = x.shape
    blocks = (rows + block - 1) // block
    out = np.empty((3, blocks, channels), np.float64)
    for b in prange(blocks):
        total, apart, square = np.zeros(channels, x.dtype), np.zeros(channels, x.dtype), np.zeros(channels, x.dtype)
        pivot = x[b * block]
        for p in range(b * block, min((b + 1) * block, rows)):
            for c in range(channels):
                v = x[p, c]
                d = v - pivot[c]
                total[c] += v
                apart[c] += d
                square[c] += d * d
        for c in range(channels):
            out[0, b, c], out[1, b, c], out[2, b, c] = total[c], apart[c], square[c]
    return out


@jit(parallel=True)
def _affine_sums(dy, x, centre, scale, shift, low, block):
    rows, channels = x.shape
    blocks = (rows + block - 1) // block
    out = np.zeros((blocks, 2, channels), np.float64)
    for b in prange(blocks):
        plain, aligned = np.zeros(channels, x.dtype), np.zeros(channels, x.dtype)
        for p in range(b * block, min((b + 1) * block, rows)):
            for c in range(channels):
                v, gradient = x[p, c], dy[p, c]
                gradient = gradient if v * scale[c] + shift[c] > low else gradient * 0
                plain[c] += gradient
                aligned[c] += gradient * (v - centre[c])
        for c in range(channels):
            out[b, 0, c] = plain[c]
            out[b, 1, c] = aligned[c]
    return out


@jit(parallel=True)
def affine(x, scale, shift, low, y):
    """y = max(x * scale + shift, low), channel by channel; x, y (P, C). A NaN stays NaN."""
    rows, channels = x.shape
    for p in prange(rows):
        for c in range(channels):
            v = x[p, c] * scale[c] + shift[c]
            y[p, c] = low if v < low else v


@jit(parallel=True)
def affine_backward(dy, x, centre, scale, shift, low, a, b, d, dx):
    """dx = a * g + b * (x - centre) + d, channel by channel, with g as in `affine_sums`; dy, x, dx (P, C)."""
    rows, channels = x.shape
    for p in prange(rows):
        for c in range(channels):
            v, gradient = x[p, c], dy[p, c]
            gradient = gradient if v * scale[c] + shift[c] > low else gradient * 0
            dx[p, c] = a[c] * gradient + b[c] * (v - centre[c]) + d[c]


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
