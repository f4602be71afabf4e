"""Geometry on integers: output sizes, paddings and pooling windows. Nothing here touches an array's values."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from npseg.errors import ArgumentError, ShapeError

__all__ = [
    "Window",
    "adaptive_windows",
    "conv_output_size",
    "conv_transpose_output_size",
    "pair",
    "pool_windows",
    "require_divisible",
    "require_ndim",
    "resolve_padding",
]


class Window(NamedTuple):
    """How a convolution kernel walks over an image, in pixels: kernel, stride, padding before, dilation; (h, w)."""

    kh: int
    kw: int
    sh: int
    sw: int
    top: int
    left: int
    dh: int
    dw: int


def pair(function: str, argument: str, value: int | Sequence[int], *, least: int = 0) -> tuple[int, int]:
    """An int or a pair of ints as (height, width).

    >>> pair("conv2d", "stride", 2), pair("conv2d", "stride", (1, 2))
    ((2, 2), (1, 2))
    """
    values = (value, value) if isinstance(value, (int, np.integer)) else value
    if isinstance(values, (str, bytes)) or not isinstance(values, (tuple, list, np.ndarray)) or len(values) != 2:
        raise ArgumentError(f"{function}: {argument}={value!r}; expected an integer or a pair (height, width)")
    if not all(isinstance(v, (int, np.integer)) for v in values) or min(values) < least:
        raise ArgumentError(f"{function}: {argument}={value!r}; expected integers of at least {least}")
    return int(values[0]), int(values[1])


def require_ndim(function: str, argument: str, shape: tuple[int, ...], layout: str) -> None:
    """Raise `ShapeError` unless `shape` has as many axes as `layout` names, for instance "NHWC"."""
    if len(shape) != len(layout):
        raise ShapeError(
            f"{function}: {argument} has shape {shape}; expected {len(layout)} axes ({', '.join(layout)})"
            + ("; add the batch axis with x[None]" if len(shape) == len(layout) - 1 else "")
        )


def require_divisible(function: str, size: int, factor: int, what: str = "channels") -> None:
    """Raise `ShapeError` unless `factor` divides `size`."""
    if size % factor:
        raise ShapeError(f"{function}: {size} {what} cannot be divided by {factor}; choose a multiple of {factor}")


def resolve_padding(
    function: str,
    padding: int | Sequence[int] | str,
    kernel: tuple[int, int],
    stride: tuple[int, int],
    dilation: tuple[int, int],
) -> tuple[tuple[int, int], tuple[int, int]]:
    """Padding as ((top, bottom), (left, right)); "same" keeps the size at stride 1, the odd pixel going after.

    >>> resolve_padding("conv2d", "same", (3, 4), (1, 1), (1, 1))
    ((1, 1), (1, 2))
    """
    if isinstance(padding, str):
        if padding != "same":
            raise ArgumentError(f"{function}: padding={padding!r}; expected an integer, a pair, or 'same'")
        if stride != (1, 1):
            raise ArgumentError(f"{function}: padding='same' needs stride 1, got stride {stride}; give numbers instead")
        total = [d * (k - 1) for k, d in zip(kernel, dilation)]
        return (total[0] // 2, total[0] - total[0] // 2), (total[1] // 2, total[1] - total[1] // 2)
    ph, pw = pair(function, "padding", padding)
    return (ph, ph), (pw, pw)


def conv_output_size(size: int, kernel: int, stride: int, before: int, after: int, dilation: int) -> int:
    """floor((size + before + after - dilation (kernel - 1) - 1) / stride) + 1; zero or less when nothing fits.

    >>> conv_output_size(5, 3, 2, 1, 1, 1)
    3
    """
    return (size + before + after - dilation * (kernel - 1) - 1) // stride + 1


def conv_transpose_output_size(
    size: int, kernel: int, stride: int, padding: int, output_padding: int, dilation: int
) -> int:
    """(size - 1) stride - 2 padding + dilation (kernel - 1) + output_padding + 1.

    >>> conv_transpose_output_size(3, 2, 2, 0, 0, 1)
    6
    """
    return (size - 1) * stride - 2 * padding + dilation * (kernel - 1) + output_padding + 1


def pool_windows(
    size: int, kernel: int, stride: int, padding: int, ceil_mode: bool
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Where each pooling window starts and ends on one axis, cut to the image, and how long it is with its padding.

    In ceil mode a window may hang over the far edge if it starts inside the image or its near padding (PyTorch's rule).

    >>> start, end, length = pool_windows(5, 2, 2, 0, ceil_mode=True)
    >>> start.tolist(), end.tolist(), length.tolist()
    ([0, 2, 4], [2, 4, 5], [2, 2, 1])
    """
    span = size + 2 * padding - kernel
    count = (-(-span // stride) if ceil_mode else span // stride) + 1
    if ceil_mode and (count - 1) * stride >= size + padding:
        count -= 1
    first = np.arange(max(count, 0)) * stride - padding
    last = np.minimum(first + kernel, size + padding)
    return np.maximum(first, 0), np.minimum(last, size), last - first


def adaptive_windows(size: int, out: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Windows of adaptive pooling: [floor(i size / out), ceil((i + 1) size / out)), and their lengths.

    >>> start, end, length = adaptive_windows(5, 2)
    >>> start.tolist(), end.tolist()
    ([0, 2], [3, 5])
    """
    i = np.arange(out)
    start, end = i * size // out, -(-(i + 1) * size // out)
    return start, end, end - start
