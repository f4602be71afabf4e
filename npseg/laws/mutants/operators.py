"""Convolution, resizing and pooling with one fault each. Images are (N, H, W, C); what is right stands first."""

from __future__ import annotations

import numpy as np

from npseg.laws.mutants.mutant import Mutant, as_mutants
from npseg.laws.target import Target

__all__ = ["operator_mutants"]


def convolve(x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """Cross-correlation, tap by tap."""
    (sy, sx), (py, px), (dy, dx) = (np.broadcast_to(value, 2) for value in (stride, padding, dilation))
    kh, kw, inputs, outputs = weight.shape
    x = np.pad(x, ((0, 0), (py, py), (px, px), (0, 0)))
    height = (x.shape[1] - dy * (kh - 1) - 1) // sy + 1
    width = (x.shape[2] - dx * (kw - 1) - 1) // sx + 1
    y = np.zeros((x.shape[0], height, width, outputs), np.result_type(x, weight))
    each = outputs // groups
    for i in range(kh):
        for j in range(kw):
            part = x[:, i * dy : i * dy + sy * (height - 1) + 1 : sy, j * dx : j * dx + sx * (width - 1) + 1 : sx]
            for g in range(groups):
                y[..., g * each : (g + 1) * each] += (
                    part[..., g * inputs : (g + 1) * inputs] @ weight[i, j, :, g * each : (g + 1) * each]
                )
    return y if bias is None else y + bias


def kernel_turned(x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """The kernel is turned by half a turn, as in mathematics but not in networks."""
    return convolve(x, weight[::-1, ::-1], bias, stride, padding, dilation, groups)


def dilation_ignored(x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """Taps are neighbours whatever the dilation; the result is cut to its size."""
    wide = convolve(x, weight, bias, 1, padding, 1, groups)
    right = convolve(x, weight, bias, stride, padding, dilation, groups)
    (sy, sx) = np.broadcast_to(stride, 2)
    return np.ascontiguousarray(wide[:, ::sy, ::sx][:, : right.shape[1], : right.shape[2]])


def bias_added_twice(x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """The bias is added twice."""
    return convolve(x, weight, None if bias is None else 2 * bias, stride, padding, dilation, groups)


def padded_with_the_edge(x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """The frame is padded with its own pixels and not with zeros."""
    py, px = np.broadcast_to(padding, 2)
    x = np.pad(x, ((0, 0), (py, py), (px, px), (0, 0)), mode="edge")
    return convolve(x, weight, bias, stride, 0, dilation, groups)


def stride_begins_late(x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """With a stride the first pixel kept is the last of the stride, where there is one."""
    sy, sx = np.broadcast_to(stride, 2)
    dense = convolve(x, weight, bias, 1, padding, dilation, groups)
    right = dense[:, ::sy, ::sx]
    late = dense[:, sy - 1 :: sy, sx - 1 :: sx]
    return late if late.shape == right.shape else np.ascontiguousarray(right)


def groups_interleaved(x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """Groups take every g-th channel and not channels in a row."""
    if groups == 1:
        return convolve(x, weight, bias, stride, padding, dilation)
    order = np.arange(x.shape[3]).reshape(-1, groups).T.ravel()
    return convolve(x[..., order], weight, bias, stride, padding, dilation, groups)


def images_leak(x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """Each image gets a little of the mean of the batch."""
    y = convolve(x, weight, bias, stride, padding, dilation, groups)
    return y + 0.01 * (y.mean(axis=0, keepdims=True) - y)


def largest_weight_only(x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """Weights are cut to [-1, 1], so that twice the weight is not twice the result."""
    return convolve(x, np.clip(weight, -1, 1), bias, stride, padding, dilation, groups)


def vjp_without_padding(dy, x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """The gradient of the image is shifted by one column."""
    dx = _numeric_adjoint(dy, x, weight, stride, padding, dilation, groups)
    return np.roll(dx, 1, axis=2), None, None


def vjp_of_nothing(dy, x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """Of no argument is there a gradient."""
    return None, None, None


def _numeric_adjoint(dy, x, weight, stride, padding, dilation, groups):
    """The right gradient of the image, one pixel after another, which is slow and sure."""
    dx = np.zeros(x.shape)
    for place in np.ndindex(x.shape):
        unit = np.zeros(x.shape)
        unit[place] = 1
        dx[place] = (convolve(unit, weight, None, stride, padding, dilation, groups) * dy).sum()
    return dx


def resize_from_the_corner(x, size):
    """Output i reads at i H / H': half a pixel is forgotten."""
    for axis, length in zip((1, 2), size):
        old = x.shape[axis]
        at = np.minimum(np.arange(length) * old / length, old - 1)
        low = at.astype(int)
        part = (at - low).reshape(-1, *[1] * (x.ndim - axis - 1))
        x = np.take(x, low, axis) * (1 - part) + np.take(x, np.minimum(low + 1, old - 1), axis) * part
    return x


def resize_loses_brightness(x, size):
    """Beyond the last pixel there is darkness."""
    for axis, length in zip((1, 2), size):
        old = x.shape[axis]
        at = (np.arange(length) + 0.5) * old / length - 0.5
        low = np.floor(at).astype(int)
        part = (at - low).reshape(-1, *[1] * (x.ndim - axis - 1))
        around = np.pad(x, [(1, 1) if one == axis else (0, 0) for one in range(x.ndim)])
        x = np.take(around, low + 1, axis) * (1 - part) + np.take(around, low + 2, axis) * part
    return x


def pool_of_zeros(x, kernel_size, stride, padding=0):
    """Max pooling pads with zeros, which are larger than what is negative."""
    (kh, kw), (sy, sx), (py, px) = (np.broadcast_to(value, 2) for value in (kernel_size, stride, padding))
    x = np.pad(x, ((0, 0), (py, py), (px, px), (0, 0)))
    height, width = (x.shape[1] - kh) // sy + 1, (x.shape[2] - kw) // sx + 1
    windows = [
        x[:, i : i + sy * (height - 1) + 1 : sy, j : j + sx * (width - 1) + 1 : sx]
        for i in range(kh)
        for j in range(kw)
    ]
    return np.maximum(np.max(windows, axis=0), 0)


def softmax_over_images(x):
    """Probabilities sum to one over the columns and not over the classes."""
    exponentials = np.exp(x - x.max(axis=2, keepdims=True))
    return exponentials / exponentials.sum(axis=2, keepdims=True)


def operator_mutants() -> list[Mutant]:
    """All of this file."""
    convolutions = as_mutants(
        "conv2d", {}, kernel_turned, dilation_ignored, bias_added_twice, padded_with_the_edge, stride_begins_late,
        groups_interleaved, images_leak, largest_weight_only,
    )  # fmt: skip
    backward = Mutant(
        "vjp-without-padding",
        "The gradient of the image is shifted by one column.",
        Target("vjp-without-padding", {"conv2d": convolve, "conv2d_vjp": vjp_without_padding}),
    )
    nothing = Mutant(
        "vjp-gives-nothing",
        "Of no argument is there a gradient.",
        Target("vjp-gives-nothing", {"conv2d": convolve, "conv2d_vjp": vjp_of_nothing}),
    )
    return [
        *convolutions,
        backward,
        nothing,
        *as_mutants("resize", {"grid": "half-pixel"}, resize_from_the_corner, resize_loses_brightness),
        *as_mutants("max_pool2d", {}, pool_of_zeros),
        *as_mutants("softmax", {}, softmax_over_images),
    ]
