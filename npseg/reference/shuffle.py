"""Pixel shuffle: channels become pixels, and back. Nothing is computed; every number moves to a new place.

Shi et al. 2016, "Real-Time Single Image and Video Super-Resolution Using an Efficient Sub-Pixel CNN", eq. 4,
with the channel order of PyTorch: c * r * r + i * r + j.
"""

from __future__ import annotations

import numpy as np

__all__ = ["pixel_shuffle", "pixel_unshuffle"]


def pixel_shuffle(x: np.ndarray, factor: int) -> np.ndarray:
    """Depth to space: (N, H, W, C * r * r) -> (N, H * r, W * r, C). Adjoint and inverse: `pixel_unshuffle`.

    >>> pixel_shuffle(np.arange(4.0).reshape(1, 1, 1, 4), 2)[0, :, :, 0].tolist()
    [[0.0, 1.0], [2.0, 3.0]]
    """
    r = factor
    n, height, width, depth = x.shape
    y = np.zeros((n, height * r, width * r, depth // (r * r)), x.dtype)
    for c in range(y.shape[3]):
        for i in range(r):
            for j in range(r):
                y[:, i::r, j::r, c] = x[:, :, :, c * r * r + i * r + j]
    return y


def pixel_unshuffle(x: np.ndarray, factor: int) -> np.ndarray:
    """Space to depth: (N, H * r, W * r, C) -> (N, H, W, C * r * r). Adjoint and inverse: `pixel_shuffle`.

    >>> pixel_unshuffle(np.array([[0.0, 1.0], [2.0, 3.0]]).reshape(1, 2, 2, 1), 2).ravel().tolist()
    [0.0, 1.0, 2.0, 3.0]
    """
    r = factor
    n, height, width, channels = x.shape
    y = np.zeros((n, height // r, width // r, channels * r * r), x.dtype)
    for c in range(channels):
        for i in range(r):
            for j in range(r):
                y[:, :, :, c * r * r + i * r + j] = x[:, i::r, j::r, c]
    return y
