"""Pooling: a window of pixels becomes one."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from npseg import kernels, shapes
from npseg.arrays import as_numpy
from npseg.autograd import differentiable
from npseg.errors import ArgumentError, DTypeError, ShapeError
from npseg.ops import memory

__all__ = [
    "adaptive_avg_pool2d", "adaptive_max_pool2d", "avg_pool2d", "max_pool2d", "max_unpool2d",
]  # fmt: skip

Size = int | Sequence[int]


def max_pool2d(
    x,
    kernel_size: Size,
    stride: Size | None = None,
    padding: Size = 0,
    *,
    ceil_mode: bool = False,
    return_indices: bool = False,
):
    """Largest value of each window.

    Args:
        x: (N, H, W, C).
        kernel_size, stride, padding: pixels, an int or (height, width); stride defaults to the kernel size. Padding
            counts as minus infinity and is at most half the kernel.
        ceil_mode: keep windows that hang over the far edge.
        return_indices: also return where each maximum was, int64 (N, Ho, Wo, C), as h * W + w in the image, for
            `max_unpool2d`.

    Returns (N, Ho, Wo, C). The gradient goes to the first maximum of a window.

    >>> max_pool2d(np.arange(16.0).reshape(1, 4, 4, 1), 2).data[0, :, :, 0]
    array([[ 5.,  7.],
           [13., 15.]])
    """
    windows = _plain("max_pool2d", kernel_size, stride, padding, ceil_mode)
    y, places = _max_pool(x, windows, name="max_pool2d")
    if not return_indices:
        return y
    height, width = as_numpy(x, name="x").shape[1:3]
    h0, _, _, w0, w1, _ = windows(height, width)
    indices = np.empty(places.shape, np.int64)
    kernels.pool.image_places(places, h0, w0, w1, width, indices)
    return y, indices


def avg_pool2d(
    x,
    kernel_size: Size,
    stride: Size | None = None,
    padding: Size = 0,
    *,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
):
    """Mean of each window; `count_include_pad` says whether the zeros of the padding count. Arguments as `max_pool2d`.

    >>> avg_pool2d(np.arange(16.0).reshape(1, 4, 4, 1), 2).data[0, :, :, 0]
    array([[ 2.5,  4.5],
           [10.5, 12.5]])
    """
    windows = _plain("avg_pool2d", kernel_size, stride, padding, ceil_mode)
    return _avg_pool(x, windows, count_include_pad, name="avg_pool2d")


def adaptive_avg_pool2d(x, output_size: Size):
    """Mean over a grid of windows of the wanted size: window i runs from floor(i H / Ho) to ceil((i + 1) H / Ho).

    x (N, H, W, C) -> (N, *output_size, C).

    >>> adaptive_avg_pool2d(np.arange(4.0).reshape(1, 2, 2, 1), 1).item()
    1.5
    """
    return _avg_pool(x, _adaptive("adaptive_avg_pool2d", output_size), True, name="adaptive_avg_pool2d")


def adaptive_max_pool2d(x, output_size: Size):
    """Maximum over the windows of `adaptive_avg_pool2d`. x (N, H, W, C) -> (N, *output_size, C).

    >>> adaptive_max_pool2d(np.arange(4.0).reshape(1, 2, 2, 1), 1).item()
    3.0
    """
    return _max_pool(x, _adaptive("adaptive_max_pool2d", output_size), name="adaptive_max_pool2d")[0]


@differentiable
def max_unpool2d(x, indices, output_size: Size):
    """Put each value back where its maximum was and zeros elsewhere: the unpooling of SegNet.

    Args:
        x, indices: (N, H, W, C), indices as returned by `max_pool2d(..., return_indices=True)`. Within an image and
            channel they must differ, as they do when windows do not overlap.
        output_size: (height, width) of the image that was pooled.

    Returns (N, *output_size, C). Source: Badrinarayanan et al. 2017, section 3.

    >>> y, places = max_pool2d(np.arange(4.0).reshape(1, 2, 2, 1), 2, return_indices=True)
    >>> max_unpool2d(y, places, (2, 2)).data[0, :, :, 0]
    array([[0., 0.],
           [0., 3.]])
    """
    shapes.require_ndim("max_unpool2d", "x", x.shape, "NHWC")
    indices = as_numpy(indices, name="indices")
    height, width = shapes.pair("max_unpool2d", "output_size", output_size, least=1)
    if indices.dtype.kind not in "iu":
        raise DTypeError(
            f"max_unpool2d: indices have type {indices.dtype}; expected integers, as max_pool2d returns them"
        )
    if indices.shape != x.shape:
        raise ShapeError(f"max_unpool2d: indices have shape {indices.shape}; expected that of x, {x.shape}")
    if indices.size and (indices.min() < 0 or indices.max() >= height * width):
        raise ArgumentError(
            f"max_unpool2d: indices reach from {indices.min()} to {indices.max()}; an output of {height} x {width} has "
            f"places 0 to {height * width - 1}; pass the size of the image that was pooled"
        )
    count, h, w, channels = x.shape
    places = np.ascontiguousarray(indices, np.int32).reshape(count, h * w, channels)
    y = np.zeros((count, height, width, channels), x.dtype)
    kernels.pool.scatter(_places(x), places, _places(y))

    def pullback(dy, wanted):
        dx = memory.empty(x.shape, x.dtype)
        kernels.pool.gather(_places(dy), places, _places(dx))
        return (dx,)

    return y, pullback


@differentiable(extras=1, name="max_pool2d")
def _max_pool(x, windows, *, name):
    h0, h1, _, w0, w1, _ = _windows(name, x, windows)
    y = memory.empty((x.shape[0], len(h0), len(w0), x.shape[3]), x.dtype)
    largest = int((h1 - h0).max() * (w1 - w0).max())
    places = memory.empty(y.shape, np.uint8 if largest <= 256 else np.int32)
    kernels.pool.maximum(x, h0, h1, w0, w1, y, places)
    shape = x.shape
    disjoint = bool((h0[1:] >= h1[:-1]).all() and (w0[1:] >= w1[:-1]).all())
    everywhere = disjoint and (h1 - h0).sum() == shape[1] and (w1 - w0).sum() == shape[2]

    def pullback(dy, wanted):
        dx = memory.empty(shape, dy.dtype)
        if not everywhere:
            dx[...] = 0
        kernels.pool.maximum_backward(dy, places, h0, h1, w0, w1, dx, disjoint)
        return (dx,)

    return (y, places), pullback


@differentiable(name="avg_pool2d")
def _avg_pool(x, windows, count_include_pad, *, name):
    h0, h1, hn, w0, w1, wn = _windows(name, x, windows)
    if not count_include_pad:
        hn, wn = h1 - h0, w1 - w0
    divisor = np.multiply.outer(hn, wn).astype(x.dtype)
    y = memory.empty((x.shape[0], len(h0), len(w0), x.shape[3]), x.dtype)
    kernels.pool.average(x, h0, h1, w0, w1, divisor, y)
    shape = x.shape

    def pullback(dy, wanted):
        dx = memory.zeros(shape, dy.dtype)
        kernels.pool.average_backward(dy, h0, h1, w0, w1, divisor, dx)
        return (dx,)

    return y, pullback


def _plain(function, kernel_size, stride, padding, ceil_mode):
    """The rule that lays windows of a fixed size over an axis."""
    kernel = shapes.pair(function, "kernel_size", kernel_size, least=1)
    step = kernel if stride is None else shapes.pair(function, "stride", stride, least=1)
    pad = shapes.pair(function, "padding", padding)
    if pad[0] > kernel[0] // 2 or pad[1] > kernel[1] // 2:
        raise ArgumentError(
            f"{function}: padding={pad} is more than half of kernel_size={kernel}; some windows would see no pixel"
        )

    def rule(height, width):
        return (
            *shapes.pool_windows(height, kernel[0], step[0], pad[0], ceil_mode),
            *shapes.pool_windows(width, kernel[1], step[1], pad[1], ceil_mode),
        )

    return rule


def _adaptive(function, output_size):
    """The rule that cuts an axis into a given number of windows."""
    out = shapes.pair(function, "output_size", output_size, least=1)
    return lambda height, width: (
        *shapes.adaptive_windows(height, out[0]),
        *shapes.adaptive_windows(width, out[1]),
    )


def _windows(function, x, rule):
    shapes.require_ndim(function, "x", x.shape, "NHWC")
    if min(x.shape[1:3]) < 1:
        raise ShapeError(f"{function}: an image of NHWC shape {x.shape} has no pixels")
    windows = rule(x.shape[1], x.shape[2])
    if not len(windows[0]) or not len(windows[3]):
        raise ShapeError(
            f"{function}: the window is larger than the image of NHWC shape {x.shape}; use a smaller kernel_size, "
            "padding or ceil_mode"
        )
    return windows


def _places(x: np.ndarray) -> np.ndarray:
    count, height, width, channels = x.shape
    return x.reshape(count, height * width, channels)
