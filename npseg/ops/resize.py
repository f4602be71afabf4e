"""Resizing images by interpolation."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from npseg import kernels, shapes
from npseg.autograd import differentiable
from npseg.errors import ArgumentError
from npseg.ops import memory

__all__ = ["resize"]


@differentiable
def resize(x, size: int | Sequence[int], *, mode: str = "bilinear", align_corners: bool = False):
    """Resize images to any size.

    Args:
        x: (N, H, W, C).
        size: (height, width) of the result.
        mode: "bilinear" or "nearest".
        align_corners: bilinear only. False: pixels are areas, output centre i + 1/2 maps to (i + 1/2) H / Ho. True:
            pixels are points and the corner points coincide, i maps to i (H - 1) / (Ho - 1).

    Returns (N, *size, C). Shrinking does not average: as everywhere in segmentation, it samples. "nearest" takes pixel
    floor(i H / Ho), as PyTorch's mode of that name.

    >>> x = np.array([0.0, 4.0]).reshape(1, 1, 2, 1)
    >>> resize(x, (1, 4)).data.ravel()
    array([0., 1., 3., 4.])
    >>> resize(x, (1, 3), align_corners=True).data.ravel()
    array([0., 2., 4.])
    """
    shapes.require_ndim("resize", "x", x.shape, "NHWC")
    height, width = shapes.pair("resize", "size", size, least=1)
    if min(x.shape[1:3]) < 1:
        raise ArgumentError(f"resize: an image of NHWC shape {x.shape} has no pixels")
    y = memory.empty((x.shape[0], height, width, x.shape[3]), x.dtype)
    if mode == "nearest":
        if align_corners:
            raise ArgumentError("resize: align_corners=True is for mode='bilinear'; leave it out for 'nearest'")
        return _nearest(x, y)
    if mode != "bilinear":
        raise ArgumentError(f"resize: mode={mode!r}; expected 'bilinear' or 'nearest'")
    rows = _lines(x.shape[1], height, align_corners, x.dtype)
    cols = _lines(x.shape[2], width, align_corners, x.dtype)
    kernels.resize.interpolate(x, *rows, *cols, y)
    shape = x.shape

    def pullback(dy, wanted):
        dx = memory.empty(shape, dy.dtype)
        source = np.arange(shape[1])
        begin, end = np.searchsorted(rows[1], source, "left"), np.searchsorted(rows[0], source, "right")
        kernels.resize.interpolate_adjoint(dy, *rows, begin, end, *cols, dx)
        return (dx,)

    return y, pullback


def _nearest(x, y):
    rows = np.arange(y.shape[1]) * x.shape[1] // y.shape[1]
    cols = np.arange(y.shape[2]) * x.shape[2] // y.shape[2]
    kernels.resize.nearest(x, rows, cols, y)
    shape = x.shape

    def pullback(dy, wanted):
        dx = memory.zeros(shape, dy.dtype)
        kernels.resize.nearest_adjoint(dy, rows, cols, dx)
        return (dx,)

    return y, pullback


def _lines(size: int, out: int, align_corners: bool, dtype: np.dtype) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """For each output line: the two source lines and the weight of the second."""
    i = np.arange(out)
    if align_corners:
        at = i * ((size - 1) / (out - 1) if out > 1 else 0.0)
    else:
        at = np.maximum((i + 0.5) * (size / out) - 0.5, 0.0)
    first = np.minimum(at.astype(np.int64), size - 1)
    second = np.minimum(first + 1, size - 1)
    return first, second, (at - first).astype(dtype)
