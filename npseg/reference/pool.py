"""Pooling: one number for each window of an image.

All poolings share one question, where the windows lie, answered by `windows` and `adaptive_windows`; what is
done with the pixels inside is one line.
"""

from __future__ import annotations

import numpy as np

__all__ = [
    "adaptive_avg_pool2d",
    "adaptive_avg_pool2d_input_gradient",
    "adaptive_max_pool2d",
    "adaptive_windows",
    "avg_pool2d",
    "avg_pool2d_input_gradient",
    "max_pool2d",
    "max_unpool2d",
    "max_unpool2d_input_gradient",
    "windows",
]

Pair = int | tuple[int, int]
Window = tuple[int, int]


def windows(size: int, kernel: int, stride: int, padding: int, ceil_mode: bool = False) -> list[Window]:
    """(start, stop) of each window along one axis, in image pixels; the padding lies outside [0, size).

    Windows that fit: floor((size + 2 * padding - kernel) / stride) + 1. `ceil_mode` keeps one more where
    pixels are left over, unless it would start beyond the image and its left padding (PyTorch's rule).

    >>> windows(5, kernel=2, stride=2, padding=0)
    [(0, 2), (2, 4)]
    >>> windows(5, kernel=2, stride=2, padding=0, ceil_mode=True)
    [(0, 2), (2, 4), (4, 6)]
    """
    span = size + 2 * padding - kernel
    count = (-(-span // stride) if ceil_mode else span // stride) + 1
    starts = [i * stride - padding for i in range(count)]
    if ceil_mode and starts[-1] >= size:
        starts.pop()
    return [(start, start + kernel) for start in starts]


def adaptive_windows(size: int, out_size: int) -> list[Window]:
    """(start, stop) of windows that cover an axis: floor(i * in / out) to ceil((i + 1) * in / out).

    >>> adaptive_windows(5, 3)
    [(0, 2), (1, 4), (3, 5)]
    """
    return [(i * size // out_size, -(-(i + 1) * size // out_size)) for i in range(out_size)]


def max_pool2d(
    x: np.ndarray,
    kernel_size: Pair,
    stride: Pair | None = None,
    padding: Pair = 0,
    *,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> np.ndarray | tuple[np.ndarray, np.ndarray]:
    """The largest pixel of each window, channel by channel; padding never wins.

    x (N, H, W, C) -> (N, H_out, W_out, C), and with `return_indices` where each came from, as h * W + w (the first
    of equals). Its gradient goes back to that pixel alone, which is `max_unpool2d` where windows do not overlap.

    >>> x = np.array([1.0, 3.0, 2.0, 5.0]).reshape(1, 1, 4, 1)
    >>> y, indices = max_pool2d(x, (1, 2), return_indices=True)
    >>> y.ravel().tolist(), indices.ravel().tolist()
    ([3.0, 5.0], [1, 3])
    """
    rows, columns = _window_lists(x.shape, kernel_size, stride, padding, ceil_mode)
    y, indices = _max_of(x, rows, columns)
    return (y, indices) if return_indices else y


def adaptive_max_pool2d(x: np.ndarray, output_size: Pair) -> np.ndarray:
    """The largest pixel of each window of a cover of the image: (N, H, W, C) -> (N, *output_size, C).

    >>> adaptive_max_pool2d(np.array([1.0, 5.0, 2.0]).reshape(1, 1, 3, 1), (1, 2)).ravel().tolist()
    [5.0, 5.0]
    """
    height, width = _pair(output_size)
    return _max_of(x, adaptive_windows(x.shape[1], height), adaptive_windows(x.shape[2], width))[0]


def avg_pool2d(
    x: np.ndarray,
    kernel_size: Pair,
    stride: Pair | None = None,
    padding: Pair = 0,
    *,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
) -> np.ndarray:
    """The mean of each window: (N, H, W, C) -> (N, H_out, W_out, C).

    `count_include_pad` counts the padding's zeros as pixels, but never what `ceil_mode` hangs over beyond them.

    >>> x = np.array([2.0, 4.0, 6.0]).reshape(1, 1, 3, 1)
    >>> avg_pool2d(x, (1, 2), padding=(0, 1)).ravel().tolist()
    [1.0, 5.0]
    >>> avg_pool2d(x, (1, 2), padding=(0, 1), count_include_pad=False).ravel().tolist()
    [2.0, 5.0]
    """
    y = [
        x[:, top:bottom, left:right].sum(axis=(1, 2)) / count
        for top, bottom, left, right, count in _counted(
            x.shape, kernel_size, stride, padding, ceil_mode, count_include_pad
        )
    ]
    rows, columns = _window_lists(x.shape, kernel_size, stride, padding, ceil_mode)
    return np.stack(y, axis=1).reshape(x.shape[0], len(rows), len(columns), x.shape[3])


def avg_pool2d_input_gradient(
    dy: np.ndarray,
    image_size: tuple[int, int],
    kernel_size: Pair,
    stride: Pair | None = None,
    padding: Pair = 0,
    *,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
) -> np.ndarray:
    """Adjoint of `avg_pool2d`: each window's gradient, in equal shares to its pixels.

    >>> dy = np.array([2.0, 6.0]).reshape(1, 1, 2, 1)
    >>> avg_pool2d_input_gradient(dy, (1, 3), (1, 2), stride=1).ravel().tolist()
    [1.0, 4.0, 3.0]
    """
    n, _, _, channels = dy.shape
    dx = np.zeros((n, *image_size, channels), dy.dtype)
    shares = dy.reshape(n, -1, channels)
    places = _counted(dx.shape, kernel_size, stride, padding, ceil_mode, count_include_pad)
    for k, (top, bottom, left, right, count) in enumerate(places):
        dx[:, top:bottom, left:right] += shares[:, k, None, None] / count
    return dx


def adaptive_avg_pool2d(x: np.ndarray, output_size: Pair) -> np.ndarray:
    """The mean of each window of a cover of the image: (N, H, W, C) -> (N, *output_size, C).

    >>> adaptive_avg_pool2d(np.array([1.0, 5.0, 3.0]).reshape(1, 1, 3, 1), (1, 2)).ravel().tolist()
    [3.0, 4.0]
    """
    height, width = _pair(output_size)
    y = np.zeros((x.shape[0], height, width, x.shape[3]), x.dtype)
    for i, (top, bottom) in enumerate(adaptive_windows(x.shape[1], height)):
        for j, (left, right) in enumerate(adaptive_windows(x.shape[2], width)):
            y[:, i, j] = x[:, top:bottom, left:right].mean(axis=(1, 2))
    return y


def adaptive_avg_pool2d_input_gradient(dy: np.ndarray, image_size: tuple[int, int]) -> np.ndarray:
    """Adjoint of `adaptive_avg_pool2d`.

    >>> dy = np.array([2.0, 6.0]).reshape(1, 1, 2, 1)
    >>> adaptive_avg_pool2d_input_gradient(dy, (1, 3)).ravel().tolist()
    [1.0, 4.0, 3.0]
    """
    dx = np.zeros((dy.shape[0], *image_size, dy.shape[3]), dy.dtype)
    for i, (top, bottom) in enumerate(adaptive_windows(image_size[0], dy.shape[1])):
        for j, (left, right) in enumerate(adaptive_windows(image_size[1], dy.shape[2])):
            dx[:, top:bottom, left:right] += dy[:, i : i + 1, j : j + 1] / ((bottom - top) * (right - left))
    return dx


def max_unpool2d(x: np.ndarray, indices: np.ndarray, output_size: tuple[int, int]) -> np.ndarray:
    """Put each pixel back where `max_pool2d` found it; zero elsewhere. (N, h, w, C) -> (N, *output_size, C).

    `indices` (N, h, w, C) hold row * W + column in the output plane. Zeiler and Fergus 2014, section 2.1;
    Badrinarayanan et al. 2017 (SegNet).

    >>> x, indices = np.array([3.0, 5.0]).reshape(1, 1, 2, 1), np.array([1, 3]).reshape(1, 1, 2, 1)
    >>> max_unpool2d(x, indices, (1, 4)).ravel().tolist()
    [0.0, 3.0, 0.0, 5.0]
    """
    height, width = output_size
    y = np.zeros((x.shape[0], height, width, x.shape[3]), x.dtype)
    for n, i, j, c in np.ndindex(*x.shape):
        h, w = divmod(int(indices[n, i, j, c]), width)
        y[n, h, w, c] = x[n, i, j, c]
    return y


def max_unpool2d_input_gradient(dy: np.ndarray, indices: np.ndarray) -> np.ndarray:
    """Adjoint of `max_unpool2d`, where no index comes twice: fetch each gradient from where the pixel went.

    >>> dy, indices = np.arange(4.0).reshape(1, 1, 4, 1), np.array([1, 3]).reshape(1, 1, 2, 1)
    >>> max_unpool2d_input_gradient(dy, indices).ravel().tolist()
    [1.0, 3.0]
    """
    dx = np.zeros(indices.shape, dy.dtype)
    for n, i, j, c in np.ndindex(*indices.shape):
        h, w = divmod(int(indices[n, i, j, c]), dy.shape[2])
        dx[n, i, j, c] = dy[n, h, w, c]
    return dx


def _max_of(x: np.ndarray, rows: list[Window], columns: list[Window]) -> tuple[np.ndarray, np.ndarray]:
    n, height, width, channels = x.shape
    y = np.zeros((n, len(rows), len(columns), channels), x.dtype)
    indices = np.zeros(y.shape, np.int64)
    for i, (top, bottom) in enumerate(rows):
        for j, (left, right) in enumerate(columns):
            top, bottom, left, right = max(top, 0), min(bottom, height), max(left, 0), min(right, width)
            pixels = x[:, top:bottom, left:right].reshape(n, -1, channels)
            y[:, i, j] = pixels.max(axis=1)
            h, w = np.divmod(pixels.argmax(axis=1), right - left)
            indices[:, i, j] = (top + h) * width + left + w
    return y, indices


def _window_lists(
    shape: tuple[int, ...], kernel_size: Pair, stride: Pair | None, padding: Pair, ceil_mode: bool
) -> tuple[list[Window], list[Window]]:
    (kh, kw), (ph, pw) = _pair(kernel_size), _pair(padding)
    sh, sw = _pair(kernel_size if stride is None else stride)
    return windows(shape[1], kh, sh, ph, ceil_mode), windows(shape[2], kw, sw, pw, ceil_mode)


def _counted(
    shape: tuple[int, ...],
    kernel_size: Pair,
    stride: Pair | None,
    padding: Pair,
    ceil_mode: bool,
    count_include_pad: bool,
) -> list[tuple[int, int, int, int, int]]:
    """(top, bottom, left, right, count) of each window: its pixels in the image, and what to divide by."""
    height, width = shape[1:3]
    ph, pw = _pair(padding)
    rows, columns = _window_lists(shape, kernel_size, stride, padding, ceil_mode)
    found = []
    for top, bottom in rows:
        for left, right in columns:
            padded = (min(bottom, height + ph) - top) * (min(right, width + pw) - left)
            top_in, bottom_in = max(top, 0), min(bottom, height)
            left_in, right_in = max(left, 0), min(right, width)
            inside = (bottom_in - top_in) * (right_in - left_in)
            found.append((top_in, bottom_in, left_in, right_in, padded if count_include_pad else inside))
    return found


def _pair(value: Pair) -> tuple[int, int]:
    if isinstance(value, int):
        return value, value
    a, b = value
    return int(a), int(b)
