"""Pixel shuffle: channels become pixels, without arithmetic."""

from __future__ import annotations

import numpy as np

from npseg import kernels, shapes
from npseg.autograd import differentiable
from npseg.errors import ArgumentError

__all__ = ["pixel_shuffle", "pixel_unshuffle"]


@differentiable
def pixel_shuffle(x, factor: int):
    """Depth to space: (N, H, W, C * r * r) -> (N, H * r, W * r, C), channels ordered c * r * r + i * r + j.

    Source: Shi et al. 2016, eq. 4.

    >>> pixel_shuffle(np.arange(4.0).reshape(1, 1, 1, 4), 2).data[0, :, :, 0]
    array([[0., 1.],
           [2., 3.]])
    """
    shapes.require_ndim("pixel_shuffle", "x", x.shape, "NHWC")
    _require_factor("pixel_shuffle", factor)
    shapes.require_divisible("pixel_shuffle", x.shape[3], factor * factor)
    y = kernels.shuffle.depth_to_space(x, factor)

    def pullback(dy, wanted):
        return (kernels.shuffle.space_to_depth(dy, factor),)

    return y, pullback


@differentiable
def pixel_unshuffle(x, factor: int):
    """Space to depth, the inverse of `pixel_shuffle`: (N, H * r, W * r, C) -> (N, H, W, C * r * r).

    >>> pixel_unshuffle(np.arange(4.0).reshape(1, 2, 2, 1), 2).data.ravel()
    array([0., 1., 2., 3.])
    """
    shapes.require_ndim("pixel_unshuffle", "x", x.shape, "NHWC")
    _require_factor("pixel_unshuffle", factor)
    shapes.require_divisible("pixel_unshuffle", x.shape[1], factor, "rows")
    shapes.require_divisible("pixel_unshuffle", x.shape[2], factor, "columns")
    y = kernels.shuffle.space_to_depth(x, factor)

    def pullback(dy, wanted):
        return (kernels.shuffle.depth_to_space(dy, factor),)

    return y, pullback


def _require_factor(function, factor):
    if not isinstance(factor, (int, np.integer)) or factor < 1:
        raise ArgumentError(f"{function}: factor={factor!r}; expected an integer of at least 1")
