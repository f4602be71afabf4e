"""Operators against their definitions, in loops."""

from __future__ import annotations

import math

import numpy as np

from npseg.laws import strategies
from npseg.laws.comparing import differ
from npseg.laws.law import law
from npseg.laws.operators.questions import grid_convention, padding_convention

SUPPORTED_PAIRS = {"pairs": ("supported",)}


def pair(value):
    """One number for height and width, or two."""
    return (value, value) if isinstance(value, int) else value


def taps(image, result, kernel, stride, padding, dilation):
    """Which pixel of the image (h, w) meets which of the result (i, j) under which entry of the kernel (u, v)."""
    for i, j in np.ndindex(*result):
        for u, v in np.ndindex(*kernel):
            h = i * stride[0] - padding[0] + u * dilation[0]
            w = j * stride[1] - padding[1] + v * dilation[1]
            if 0 <= h < image[0] and 0 <= w < image[1]:
                yield h, w, i, j, u, v


def dense(weight, groups):
    """The weight of one group that does what `groups` do: zeros between channels of one and features of another."""
    within, across = weight.shape[2], weight.shape[3] // groups
    whole = np.zeros((*weight.shape[:2], within * groups, across * groups))
    for g in range(groups):
        columns = slice(g * across, (g + 1) * across)
        whole[:, :, g * within : (g + 1) * within, columns] = weight[..., columns]
    return whole


def convolved(x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """y[i, j] = bias + sum over u, v of x[i stride - padding + u dilation, ...] @ weight[u, v]."""
    stride, padding, dilation = pair(stride), pair(padding), pair(dilation)
    kernel, whole = weight.shape[:2], dense(weight, groups)
    size = [
        (x.shape[1 + a] + 2 * padding[a] - dilation[a] * (kernel[a] - 1) - 1) // stride[a] + 1 for a in range(2)
    ]  # fmt: skip
    y = np.zeros((len(x), *size, whole.shape[3]))
    for h, w, i, j, u, v in taps(x.shape[1:3], size, kernel, stride, padding, dilation):
        y[:, i, j] += x[:, h, w] @ whole[u, v]
    return y if bias is None else y + bias


def stamped(x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """Every pixel of x stamps the kernel, weighted by its value; the padding is cut off."""
    stride, padding, dilation = pair(stride), pair(padding), pair(dilation)
    kernel, whole = weight.shape[:2], dense(weight, groups)
    size = [
        (x.shape[1 + a] - 1) * stride[a] - 2 * padding[a] + dilation[a] * (kernel[a] - 1) + 1 for a in range(2)
    ]  # fmt: skip
    y = np.zeros((len(x), *size, whole.shape[2]))
    for h, w, i, j, u, v in taps(size, x.shape[1:3], kernel, stride, padding, dilation):
        y[:, h, w] += x[:, i, j] @ whole[u, v].T
    return y if bias is None else y + bias


def unlike(result, expected, tolerance):
    """A sentence if a result is not what was expected: where, or that their shapes differ."""
    result = np.asarray(result, dtype=float)
    if result.shape != expected.shape:
        return f"the result has shape {result.shape}; it should have {expected.shape}"
    if differ(result, expected, tolerance):
        off = abs(result - expected) > tolerance * (1 + abs(expected))
        place = tuple(int(i) for i in np.argwhere(off | (result != result))[0])
        return f"the result at {list(place)} is {result[place]:.10g}; it should be {expected[place]:.10g}"


@law(
    100,
    "convolution-as-defined",
    family="operator",
    of=("conv2d",),
    statement="A convolution is the sum of products under its kernel, which is not flipped, at any size and setting.",
    symbols="y[i, j] = b + sum_{u, v} x[i s - p + u d, j s - p + v d] W[u, v]",
    source="Dumoulin and Visin 2016, A guide to convolution arithmetic for deep learning, sections 2 and 5.",
    draw=lambda: strategies.convolutions(bias=None),
)
def convolution_as_defined(score, tolerance, x, weight, **settings):
    return unlike(score(x, weight, **settings), convolved(x, weight, **settings), tolerance)


@law(
    101,
    "transposed-convolution-as-defined",
    family="operator",
    of=("conv_transpose2d",),
    statement="In a transposed convolution every pixel stamps the kernel, weighted by its value, onto the result.",
    symbols="y[i s - p + u d, j s - p + v d] += x[i, j] W[u, v]^T",
    source="Dumoulin and Visin 2016, section 4; Zeiler et al. 2010, Deconvolutional networks.",
    draw=lambda: strategies.convolutions(transposed=True, bias=None),
)
def transposed_convolution_as_defined(score, tolerance, x, weight, **settings):
    return unlike(score(x, weight, **settings), stamped(x, weight, **settings), tolerance)


@law(
    130,
    "convolution-in-pairs-as-defined",
    family="operator",
    of=("conv2d",),
    statement="Stride, padding and dilation may differ between height and width: each acts along its own axis.",
    symbols="y[i, j] = b + sum_{u, v} x[i s_h - p_h + u d_h, j s_w - p_w + v d_w] W[u, v]",
    source="As law 100.",
    draw=lambda: strategies.convolutions(pairs=True),
    presumes=SUPPORTED_PAIRS,
)
def convolution_in_pairs_as_defined(score, tolerance, x, weight, **settings):
    return unlike(score(x, weight, **settings), convolved(x, weight, **settings), tolerance)


def line(size, out, grid):
    """The matrix (out, size) that resizes one axis."""
    matrix = np.zeros((out, size))
    for i in range(out):
        if grid == "nearest":
            matrix[i, i * size // out] = 1.0
            continue
        if grid == "nearest-exact":
            matrix[i, (2 * i + 1) * size // (2 * out)] = 1.0
            continue
        at = (i + 0.5) * size / out - 0.5 if grid == "half-pixel" else i * (size - 1) / max(out - 1, 1)
        at = min(max(at, 0.0), size - 1.0)
        below = min(math.floor(at), max(size - 2, 0))
        matrix[i, below] += 1.0 - (at - below)
        matrix[i, min(below + 1, size - 1)] += at - below
    return matrix


@law(
    102,
    "resizing-as-defined",
    family="operator",
    of=("resize",),
    statement="Resizing interpolates between the two nearest pixels of each axis, on one of the known grids.",
    symbols="y = R_h x R_w^T, with rows of R that read at (i + 1/2) H/H' - 1/2, or i (H-1)/(H'-1), or floor(i H/H'), "
    "or floor((i + 1/2) H/H')",
    source="The documentation of PyTorch's interpolate and of OpenCV's resize; coordinates beyond the outermost pixels "
    "are theirs.",
    draw=strategies.resizings,
)
def resizing_as_defined(score, tolerance, x, size):
    grid = grid_convention(score, tolerance)
    if grid == "other":
        row = np.asarray(score(np.array([0.0, 4.0]).reshape(1, 1, 2, 1), (1, 4))).ravel()
        return (
            f"two pixels 0 and 4 made four are {row.tolist()}, which is on no known grid, or three made two are on none"
        )
    expected = np.einsum("ah,bw,nhwc->nabc", line(x.shape[1], size[0], grid), line(x.shape[2], size[1], grid), x)
    return unlike(score(x, size), expected, tolerance)


def windows(x, kernel_size, stride, padding):
    """Place (i, j) in the result and the pixels `(N, n, C)` of the image in its window."""
    size = [(side + 2 * padding - kernel_size) // stride + 1 for side in x.shape[1:3]]
    for i, j in np.ndindex(*size):
        top, left = i * stride - padding, j * stride - padding
        seen = x[:, max(top, 0) : top + kernel_size, max(left, 0) : left + kernel_size]
        yield i, j, size, seen.reshape(len(x), -1, x.shape[3])


@law(
    103,
    "maximum-pooling-as-defined",
    family="operator",
    of=("max_pool2d",),
    statement="Each result is the largest pixel of the image in its window; the padding never wins.",
    symbols="y[i, j] = max over u, v of x[i s - p + u, j s - p + v]",
    source="The definition, with padding by minus infinity.",
    draw=strategies.poolings,
)
def maximum_pooling_as_defined(score, tolerance, x, kernel_size, stride, padding):
    expected = None
    for i, j, size, seen in windows(x, kernel_size, stride, padding):
        expected = np.zeros((len(x), *size, x.shape[3])) if expected is None else expected
        expected[:, i, j] = seen.max(axis=1)
    for scale in (1.0, 1e6):
        result = score(scale * x, kernel_size=kernel_size, stride=stride, padding=padding)
        if broken := unlike(result, scale * expected, tolerance):
            return f"{broken} (the image times {scale:g})"


@law(
    104,
    "average-pooling-as-defined",
    family="operator",
    of=("avg_pool2d",),
    statement="Each result is the mean of its window, over the whole window or over the image's pixels in it.",
    symbols="y[i, j] = (1 / n) sum over u, v of x[i s - p + u, j s - p + v]",
    source="The definition.",
    draw=strategies.poolings,
)
def average_pooling_as_defined(score, tolerance, x, kernel_size, stride, padding):
    expected, whole = None, padding and padding_convention(score, tolerance) != "no"
    for i, j, size, seen in windows(x, kernel_size, stride, padding):
        expected = np.zeros((len(x), *size, x.shape[3])) if expected is None else expected
        expected[:, i, j] = seen.sum(axis=1) / (kernel_size**2 if whole else seen.shape[1])
    return unlike(score(x, kernel_size=kernel_size, stride=stride, padding=padding), expected, tolerance)


@law(
    105,
    "rectifier-as-defined",
    family="operator",
    of=("relu",),
    statement="The rectifier is the larger of its argument and zero.",
    symbols="y = max(x, 0)",
    source="The definition.",
    draw=lambda measure: strategies.arguments_of(measure),
)
def rectifier_as_defined(score, tolerance, x):
    return unlike(score(x), np.where(x > 0, x, 0.0), tolerance)


@law(
    106,
    "softmax-as-defined",
    family="operator",
    of=("softmax",),
    statement="The softmax of the classes of a pixel is positive, sums to one, and is right at +-10000 too.",
    symbols="y_c = exp(x_c - m) / sum_k exp(x_k - m), m = max x",
    source="The definition; exp(x) itself overflows from 710 on.",
    draw=lambda measure: strategies.arguments_of(measure),
)
def softmax_as_defined(score, tolerance, x):
    for scale in (1.0, 1250.0):
        grown = np.exp(scale * x - (scale * x).max(axis=-1, keepdims=True))
        if broken := unlike(score(scale * x), grown / grown.sum(axis=-1, keepdims=True), tolerance):
            return f"{broken} (the image times {scale})"
