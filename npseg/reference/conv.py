"""Convolution, its two adjoints, and the transposed convolution: one sum, read in four directions.

A convolution joins each output pixel to the input pixels under its kernel. `taps` lists these joints; each of
the four functions below walks the same list and differs only in which of the three arrays it fills in:

    conv2d                  y[i, j] += x[h, w] @ weight[u, v]
    conv2d_input_gradient   dx[h, w] += dy[i, j] @ weight[u, v].T
    conv2d_weight_gradient  dweight[u, v] += x[h, w].T @ dy[i, j]
    conv_transpose2d        is conv2d_input_gradient, with the image in the place of dy

Dumoulin and Visin 2016, "A guide to convolution arithmetic for deep learning", sections 2 and 4.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

__all__ = [
    "conv2d",
    "conv2d_input_gradient",
    "conv2d_weight_gradient",
    "conv2d_with_moments",
    "conv_transpose2d",
    "conv_transpose2d_input_gradient",
    "conv_transpose2d_weight_gradient",
    "dense_weight",
    "group_weight",
    "taps",
]

Pair = int | tuple[int, int]
Pixel = tuple[int, int]


def conv2d(
    x: np.ndarray,
    weight: np.ndarray,
    bias: np.ndarray | None = None,
    *,
    stride: Pair = 1,
    padding: Pair | str = 0,
    dilation: Pair = 1,
    groups: int = 1,
) -> np.ndarray:
    """Cross-correlation of an image with a kernel.

    x (N, H, W, C_in), weight (kh, kw, C_in / groups, C_out), bias (C_out,) -> (N, H_out, W_out, C_out), with
    H_out = floor((H + 2 * padding - dilation * (kh - 1) - 1) / stride) + 1.

    The kernel [-1, 1] takes differences of neighbours:

    >>> x = np.array([1.0, 4.0, 9.0, 16.0]).reshape(1, 1, 4, 1)
    >>> weight = np.array([-1.0, 1.0]).reshape(1, 2, 1, 1)
    >>> conv2d(x, weight).ravel().tolist()
    [3.0, 5.0, 7.0]
    """
    n, height, width, _ = x.shape
    kernel_size, c_out = weight.shape[:2], weight.shape[-1]
    (top, bottom), (left, right) = _margins(padding, kernel_size, dilation)
    out_size = (
        _output_size(height + top + bottom, kernel_size[0], _pair(stride)[0], _pair(dilation)[0]),
        _output_size(width + left + right, kernel_size[1], _pair(stride)[1], _pair(dilation)[1]),
    )
    dense = dense_weight(weight, groups)
    y = np.zeros((n, *out_size, c_out), np.result_type(x, weight))
    for (i, j), (h, w), (u, v) in taps(out_size, (height, width), kernel_size, stride, (top, left), dilation):
        y[:, i, j] += x[:, h, w] @ dense[u, v]
    return y if bias is None else y + bias


def conv2d_with_moments(
    x: np.ndarray, weight: np.ndarray, bias: np.ndarray | None = None, **options: Any
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The convolution, and mean and biased variance (K,) of each feature."""
    y = conv2d(x, weight, bias, **options)
    return y, y.mean(axis=(0, 1, 2)), y.var(axis=(0, 1, 2))


def conv2d_input_gradient(
    dy: np.ndarray,
    weight: np.ndarray,
    image_size: tuple[int, int],
    *,
    stride: Pair = 1,
    padding: Pair | str = 0,
    dilation: Pair = 1,
    groups: int = 1,
) -> np.ndarray:
    """Adjoint of `conv2d` in its image: each output's gradient, spread back over the pixels it was made of.

    dy (N, H_out, W_out, C_out), weight as in `conv2d`, image_size (H, W) -> (N, H, W, C_in).

    >>> dy = np.array([1.0, 10.0]).reshape(1, 1, 2, 1)
    >>> weight = np.array([-1.0, 1.0]).reshape(1, 2, 1, 1)
    >>> conv2d_input_gradient(dy, weight, (1, 3)).ravel().tolist()
    [-1.0, -9.0, 10.0]
    """
    kernel_size = weight.shape[:2]
    (top, _), (left, _) = _margins(padding, kernel_size, dilation)
    dense = dense_weight(weight, groups)
    dx = np.zeros((dy.shape[0], *image_size, dense.shape[2]), np.result_type(dy, weight))
    for (i, j), (h, w), (u, v) in taps(dy.shape[1:3], image_size, kernel_size, stride, (top, left), dilation):
        dx[:, h, w] += dy[:, i, j] @ dense[u, v].T
    return dx


def conv2d_weight_gradient(
    x: np.ndarray,
    dy: np.ndarray,
    kernel_size: tuple[int, int],
    *,
    stride: Pair = 1,
    padding: Pair | str = 0,
    dilation: Pair = 1,
    groups: int = 1,
) -> np.ndarray:
    """Adjoint of `conv2d` in its kernel: the correlation of the image with the output's gradient.

    x (N, H, W, C_in), dy (N, H_out, W_out, C_out) -> (kh, kw, C_in / groups, C_out). The bias's gradient is
    the sum of dy over all axes but the last.

    >>> x = np.array([1.0, 2.0, 3.0]).reshape(1, 1, 3, 1)
    >>> dy = np.array([1.0, 10.0]).reshape(1, 1, 2, 1)
    >>> conv2d_weight_gradient(x, dy, (1, 2)).ravel().tolist()
    [21.0, 32.0]
    """
    (top, _), (left, _) = _margins(padding, kernel_size, dilation)
    dense = np.zeros((*kernel_size, x.shape[-1], dy.shape[-1]), np.result_type(x, dy))
    joints = taps(dy.shape[1:3], x.shape[1:3], kernel_size, stride, (top, left), dilation)
    for (i, j), (h, w), (u, v) in joints:
        dense[u, v] += x[:, h, w].T @ dy[:, i, j]
    return group_weight(dense, groups)


def conv_transpose2d(
    x: np.ndarray,
    weight: np.ndarray,
    bias: np.ndarray | None = None,
    *,
    stride: Pair = 1,
    padding: Pair = 0,
    output_padding: Pair = 0,
    dilation: Pair = 1,
    groups: int = 1,
) -> np.ndarray:
    """Transposed convolution: every input pixel stamps its multiple of the kernel onto the output.

    x (N, H, W, C_in), weight (kh, kw, C_out / groups, C_in) -> (N, H_out, W_out, C_out), with H_out = (H - 1)
    * stride - 2 * padding + dilation * (kh - 1) + 1 + output_padding. It is the adjoint of a convolution with
    this very weight; `output_padding` picks one of the image sizes that convolution maps to H. Zeiler et al.
    2010; Long et al. 2015, section 3.3.

    >>> x = np.array([1.0, 10.0]).reshape(1, 1, 2, 1)
    >>> weight = np.array([1.0, 2.0, 3.0]).reshape(1, 3, 1, 1)
    >>> conv_transpose2d(x, weight, stride=(1, 2)).ravel().tolist()
    [1.0, 2.0, 13.0, 20.0, 30.0]
    """
    size = tuple(
        (length - 1) * s - 2 * p + d * (k - 1) + 1 + extra
        for length, s, p, d, k, extra in zip(
            x.shape[1:3], _pair(stride), _pair(padding), _pair(dilation), weight.shape, _pair(output_padding)
        )
    )
    y = conv2d_input_gradient(
        x, weight, (size[0], size[1]), stride=stride, padding=padding, dilation=dilation, groups=groups
    )
    return y if bias is None else y + bias


def conv_transpose2d_input_gradient(
    dy: np.ndarray,
    weight: np.ndarray,
    image_size: tuple[int, int],
    *,
    stride: Pair = 1,
    padding: Pair = 0,
    dilation: Pair = 1,
    groups: int = 1,
) -> np.ndarray:
    """Adjoint of `conv_transpose2d` in its image: the convolution it was the adjoint of.

    dy (N, H_out, W_out, C_out), weight (kh, kw, C_out / groups, C_in), image_size (H, W) -> (N, H, W, C_in). The
    convolution is cut to the image's size: an `output_padding` of the stride or more makes room for further pixels.

    >>> dy = np.array([1.0, 0.0, 100.0]).reshape(1, 1, 3, 1)
    >>> weight = np.array([1.0, 2.0, 3.0]).reshape(1, 3, 1, 1)
    >>> conv_transpose2d_input_gradient(dy, weight, (1, 1)).ravel().tolist()
    [301.0]
    """
    dx = conv2d(dy, weight, stride=stride, padding=padding, dilation=dilation, groups=groups)
    return dx[:, : image_size[0], : image_size[1]]


def conv_transpose2d_weight_gradient(
    x: np.ndarray,
    dy: np.ndarray,
    kernel_size: tuple[int, int],
    *,
    stride: Pair = 1,
    padding: Pair = 0,
    dilation: Pair = 1,
    groups: int = 1,
) -> np.ndarray:
    """Adjoint of `conv_transpose2d` in its kernel: a convolution's, with image and gradient changing places.

    x (N, H, W, C_in), dy (N, H_out, W_out, C_out) -> (kh, kw, C_out / groups, C_in).

    >>> x = np.array([1.0, 10.0]).reshape(1, 1, 2, 1)
    >>> dy = np.array([1.0, 2.0, 3.0]).reshape(1, 1, 3, 1)
    >>> conv_transpose2d_weight_gradient(x, dy, (1, 2)).ravel().tolist()
    [21.0, 32.0]
    """
    return conv2d_weight_gradient(dy, x, kernel_size, stride=stride, padding=padding, dilation=dilation, groups=groups)


def taps(
    out_size: tuple[int, int],
    image_size: tuple[int, int],
    kernel_size: tuple[int, int],
    stride: Pair,
    padding: Pair,
    dilation: Pair,
) -> Iterator[tuple[Pixel, Pixel, Pixel]]:
    """Every joint of a convolution: (output pixel, image pixel, place in the kernel).

    `padding` is the margin at the top and left. Joints with the padding itself are left out: there the image is zero.

    >>> for joint in taps((1, 2), (1, 3), (1, 2), stride=1, padding=0, dilation=1):
    ...     print(joint)
    ((0, 0), (0, 0), (0, 0))
    ((0, 0), (0, 1), (0, 1))
    ((0, 1), (0, 1), (0, 0))
    ((0, 1), (0, 2), (0, 1))
    """
    (sh, sw), (top, left), (dh, dw) = _pair(stride), _pair(padding), _pair(dilation)
    for i, j in np.ndindex(*out_size):
        for u, v in np.ndindex(*kernel_size):
            h = i * sh + u * dh - top
            w = j * sw + v * dw - left
            if 0 <= h < image_size[0] and 0 <= w < image_size[1]:
                yield (i, j), (h, w), (u, v)


def dense_weight(weight: np.ndarray, groups: int) -> np.ndarray:
    """The ungrouped kernel that does the same: (kh, kw, C_in / groups, C_out) -> (kh, kw, C_in, C_out).

    Group g maps its own slice of input channels to its own slice of output channels, so the matrix at each
    place of the kernel has `groups` blocks on its diagonal and zeros elsewhere.

    >>> dense_weight(np.array([[[[1.0, 2.0]]]]), groups=2)[0, 0].tolist()
    [[1.0, 0.0], [0.0, 2.0]]
    """
    kh, kw, c_in, c_out = weight.shape[0], weight.shape[1], weight.shape[2] * groups, weight.shape[3]
    dense = np.zeros((kh, kw, c_in, c_out), weight.dtype)
    for rows, columns in _blocks(c_in, c_out, groups):
        dense[:, :, rows, columns] = weight[:, :, :, columns]
    return dense


def group_weight(dense: np.ndarray, groups: int) -> np.ndarray:
    """The blocks on the diagonal: (kh, kw, C_in, C_out) -> (kh, kw, C_in / groups, C_out).

    The adjoint of `dense_weight`.

    >>> group_weight(np.array([[[[1.0, 5.0], [6.0, 2.0]]]]), groups=2)[0, 0].tolist()
    [[1.0, 2.0]]
    """
    kh, kw, c_in, c_out = dense.shape
    weight = np.zeros((kh, kw, c_in // groups, c_out), dense.dtype)
    for rows, columns in _blocks(c_in, c_out, groups):
        weight[:, :, :, columns] = dense[:, :, rows, columns]
    return weight


def _blocks(c_in: int, c_out: int, groups: int) -> Iterator[tuple[slice, slice]]:
    rows, columns = c_in // groups, c_out // groups
    for g in range(groups):
        yield slice(g * rows, (g + 1) * rows), slice(g * columns, (g + 1) * columns)


def _margins(
    padding: Pair | str, kernel_size: tuple[int, int], dilation: Pair
) -> tuple[tuple[int, int], tuple[int, int]]:
    """((top, bottom), (left, right)). "same" adds what the kernel takes away, the odd pixel last."""
    if isinstance(padding, str):  # "same"
        height, width = (d * (k - 1) for d, k in zip(_pair(dilation), kernel_size))
        return (height // 2, height - height // 2), (width // 2, width - width // 2)
    ph, pw = _pair(padding)
    return (ph, ph), (pw, pw)


def _output_size(padded: int, kernel: int, stride: int, dilation: int) -> int:
    return (padded - dilation * (kernel - 1) - 1) // stride + 1


def _pair(value: Pair) -> tuple[int, int]:
    if isinstance(value, int):
        return value, value
    a, b = value
    return int(a), int(b)
