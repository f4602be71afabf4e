"""More operators with one fault each: transposed convolutions, pooling, resizing, rectifiers, and manners."""

from __future__ import annotations

import numpy as np

from npseg.laws.mutants.mutant import Mutant, as_mutants
from npseg.laws.mutants.operators import convolve
from npseg.laws.target import Target

__all__ = ["layer_mutants"]


def stamp(x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """Transposed convolution: every pixel stamps the kernel, of shape (kh, kw, K / groups, C)."""
    kh, kw, features, channels = weight.shape
    count, height, width, _ = x.shape
    each = channels // groups
    sides = ((side - 1) * stride + dilation * (k - 1) + 1 for side, k in ((height, kh), (width, kw)))
    y = np.zeros((count, *sides, features * groups), np.result_type(x, weight))
    for i in range(kh):
        for j in range(kw):
            rows = slice(i * dilation, i * dilation + stride * (height - 1) + 1, stride)
            columns = slice(j * dilation, j * dilation + stride * (width - 1) + 1, stride)
            for g in range(groups):
                part = slice(g * each, (g + 1) * each)
                y[:, rows, columns, g * features : (g + 1) * features] += x[..., part] @ weight[i, j, :, part].T
    y = y[:, padding : y.shape[1] - padding, padding : y.shape[2] - padding]
    return y if bias is None else y + bias


def weight_not_transposed(x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """Where channels and features are as many, they are exchanged."""
    square = weight.shape[2] == weight.shape[3]
    return stamp(x, weight.swapaxes(2, 3) if square else weight, bias, stride, padding, dilation, groups)


def stamped_kernel_turned(x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """The stamp is turned by half a turn."""
    return stamp(x, weight[::-1, ::-1], bias, stride, padding, dilation, groups)


def pixels_are_clipped(x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """Pixels are cut to [-4, 4], so that twice the image is not twice the result."""
    return convolve(np.clip(x, -4, 4), weight, bias, stride, padding, dilation, groups)


def corner_counts_twice(x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """The first result of an image is doubled."""
    y = convolve(x, weight, bias, stride, padding, dilation, groups)
    y[:, 0, 0] *= 2
    return y


def strides_exchanged(x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """The stride of the height is used for the width, and the other way round."""
    return convolve(x, weight, bias, np.broadcast_to(stride, 2)[::-1], padding, dilation, groups)


def result_is_of_doubles(x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """float32 becomes float64."""
    return convolve(x, weight, bias, stride, padding, dilation, groups).astype(np.float64)


def result_of_bfloat16(x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """The result of what is float32 is cut to bfloat16, which has eight significant bits."""
    y = convolve(x, weight, bias, stride, padding, dilation, groups)
    return (y.view(np.uint32) & 0xFFFF0000).view(np.float32) if y.dtype == np.float32 else y


def pixels_in_whole_numbers(x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """Pixels are rounded, as those of bytes are."""
    return convolve(np.round(x), weight, bias, stride, padding, dilation, groups)


def features_in_blocks_of_eight(x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """Of more than eight features those that do not fill a block of eight are left at zero."""
    y = convolve(x, weight, bias, stride, padding, dilation, groups)
    if y.shape[3] > 8:
        y[..., y.shape[3] // 8 * 8 :] = 0
    return y


def rectifies_in_place(x):
    """The argument is overwritten with the result."""
    return np.maximum(x, 0, out=x)


def leaks(x):
    """A hundredth of what is negative passes."""
    return np.where(x > 0, x, x * x.dtype.type(0.01))


def resized_by_half_a_pixel(x, size):
    """Output i reads at (i + 1/2) H / H', half a pixel too far, even at the same size."""
    for axis, length in zip((1, 2), size):
        old = x.shape[axis]
        at = np.clip((np.arange(length) + 0.5) * old / length, 0, old - 1)
        low = at.astype(int)
        part = (at - low).astype(x.dtype).reshape(-1, *[1] * (x.ndim - axis - 1))
        x = np.take(x, low, axis) * (1 - part) + np.take(x, np.minimum(low + 1, old - 1), axis) * part
    return x


def rows_beyond_sixteen_repeated(x, size):
    """From the seventeenth row on the sixteenth is repeated."""
    rows, columns = ((np.arange(new) * old // new) for new, old in zip(size, x.shape[1:3]))
    return x[:, rows[np.minimum(np.arange(size[0]), 15)]][:, :, columns]


def mean_of_one_pixel_less(x, kernel_size, stride, padding=0):
    """Windows of several pixels are divided by one pixel less than they have."""
    x = np.pad(x, ((0, 0), (padding, padding), (padding, padding), (0, 0)))
    height, width = ((side - kernel_size) // stride + 1 for side in x.shape[1:3])
    y = np.zeros((len(x), height, width, x.shape[3]), x.dtype)
    for i in range(height):
        for j in range(width):
            window = x[:, i * stride : i * stride + kernel_size, j * stride : j * stride + kernel_size]
            y[:, i, j] = window.sum(axis=(1, 2)) / max(kernel_size**2 - 1, 1)
    return y


def layer_mutants() -> list[Mutant]:
    """All of this file."""
    adjoint = Mutant(
        "adjoint-of-another-weight",
        "The transposed convolution takes another weight than the convolution that it belongs to.",
        Target("adjoint-of-another-weight", {"conv2d": convolve, "conv_transpose2d": weight_not_transposed}),
    )
    return [
        *as_mutants("conv_transpose2d", {}, weight_not_transposed, stamped_kernel_turned),
        adjoint,
        *as_mutants(
            "conv2d", {"pairs": "supported", "result-type": "as-given"}, pixels_are_clipped, corner_counts_twice,
            strides_exchanged, result_is_of_doubles, result_of_bfloat16, pixels_in_whole_numbers,
            features_in_blocks_of_eight,
        ),
        *as_mutants("relu", {}, rectifies_in_place, leaks),
        *as_mutants("resize", {"grid": "half-pixel"}, resized_by_half_a_pixel),
        *as_mutants("resize", {"grid": "nearest"}, rows_beyond_sixteen_repeated),
        *as_mutants("avg_pool2d", {}, mean_of_one_pixel_less),
    ]  # fmt: skip
