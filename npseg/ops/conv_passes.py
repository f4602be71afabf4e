"""The three passes of a convolution: forward, input gradient, weight gradient, each by the algorithm of its plan.

Weight (kh, kw, C / groups, K) is that of the convolution from C to K channels. Groups do not mix, so each is a
convolution of its own; with one channel a group nothing is left to multiply, and a plain loop is faster.
"""

from __future__ import annotations

import math

import numpy as np

from npseg import kernels
from npseg.ops import memory, workspace
from npseg.ops.alignment import LINE
from npseg.ops.conv_plan import Plan, plan
from npseg.shapes import Window

__all__ = ["affine", "can_join", "forward", "forward_with_moments", "input_gradient", "weight_gradient"]

_GRADIENT_BLOCK = 24  # tiles of which a thread adds up the weight gradient at a time; its sums are read once a block


def affine(features: int, dtype: np.dtype, scale=1.0, shift=0.0, low=-math.inf, high=math.inf) -> np.ndarray:
    """What becomes of every output v, min(max(v * scale + shift, low), high), as the kernels want it.

    (4, K'), K' being the features in whole panels; the columns past the last feature mean nothing.
    """
    table = np.zeros((4, kernels.conv.padded(features)), dtype)
    for row, value in zip(table, (scale, shift, low, high)):
        row[:features] = value
    return table


def forward(x, weight, out_size, window, groups, finish=None, kept=None, joined=None, moments=None):
    """(N, H, W, C) -> (N, *out_size, K); `finish` from `affine`, or None.

    `kept` is a dict in which the weight is found in the form of the kernels, if it was needed before. `joined` are
    images whose channels follow those of x, as if both had been concatenated; see `can_join`. `moments` is an array to
    gather them in, if it is Winograd's algorithm that serves and nothing is to finish.
    """
    if groups > 1 and weight.shape[2] > 1:
        parts = [forward(a, w, out_size, window, 1) for a, w in zip(_cut(x, groups), _cut(weight, groups))]
        return _finished(np.concatenate(parts, axis=3), finish)
    y = memory.empty((x.shape[0], *out_size, weight.shape[3]), x.dtype)
    if groups > 1:
        kernels.depthwise.forward(x, weight, y, tuple(window))
        return _finished(y, finish)
    way = plan(*y.shape[:3], *weight.shape[2:], window, x.itemsize)
    if way.algorithm == "winograd":
        _winograd(x, joined, weight, y, window, way, finish, kept, moments)
    elif way.algorithm == "columns":
        matrix, rows = weight.reshape(-1, weight.shape[3]), _columns(x, y.shape, window)
        _heavy_product(rows, matrix, y.reshape(-1, y.shape[3]), _under_image(y.shape, x.shape[1], window))
        return _finished(y, finish)
    else:
        finish = np.empty((4, 0), x.dtype) if finish is None else finish
        matrix = weight.reshape(-1, weight.shape[3])
        height, scratch = _band(out_size[1], *matrix.shape, x.dtype)
        panels = _packed(matrix) if kept is None else kept.get("panels")
        if panels is None:
            panels = kept["panels"] = _packed(matrix)
        kernels.conv.forward(x, panels, y, tuple(window), height, scratch, finish)
    return y


def forward_with_moments(x, weight, out_size, window, groups, finish=None, joined=None):
    """`forward`, and the mean and biased variance (K,) of each feature, in float64.

    Winograd's algorithm gathers them while it writes; behind others they are another sweep. Of no pixels they are NaN.
    """
    features = weight.shape[3]
    way = plan(x.shape[0], *out_size, *weight.shape[2:], window, x.itemsize)
    if groups > 1 or finish is not None or way.algorithm != "winograd":
        y = forward(x, weight, out_size, window, groups, finish, joined=joined)
        if not y.size:
            return y, np.full(features, np.nan), np.full(features, np.nan)
        return y, *kernels.norm.channel_moments(y.reshape(-1, features))
    moments = np.zeros((kernels.threads.count(), 4, kernels.conv.padded(features)))
    y = forward(x, weight, out_size, window, groups, joined=joined, moments=moments)
    return y, *kernels.norm.merged_moments(*moments[:, :, :features].transpose(1, 0, 2))


def input_gradient(dy, weight, in_shape, window, groups, bias=None):
    """(N, Ho, Wo, K) -> in_shape (N, H, W, C): the adjoint of `forward` in x, with bias (C,) added."""
    if groups > 1 and weight.shape[2] > 1:
        part = (*in_shape[:3], in_shape[3] // groups)
        parts = [input_gradient(g, w, part, window, 1) for g, w in zip(_cut(dy, groups), _cut(weight, groups))]
        return _plus(np.concatenate(parts, axis=3), bias)
    dx = memory.empty(in_shape, dy.dtype)
    if groups > 1:
        if window[2:4] == (1, 1) and weight.shape[3] == in_shape[3]:  # one output a channel
            kernel = np.ascontiguousarray(weight[::-1, ::-1])
            kernels.depthwise.forward(dy, kernel, dx, tuple(_turned(window)))
        else:
            kernels.depthwise.input_gradient(dy, weight, dx, tuple(window))
        return _plus(dx, bias)
    turned = _turned(window)
    way = plan(*in_shape[:3], weight.shape[3], weight.shape[2], turned, dy.itemsize)
    if way.algorithm == "winograd":
        kernel = memory.empty((*weight.shape[:2], weight.shape[3], weight.shape[2]), weight.dtype)
        kernels.winograd.turn(weight, kernel)
        _winograd(dy, None, kernel, dx, turned, way)
    elif plan(*dy.shape[:3], *weight.shape[2:], window, dy.itemsize).algorithm == "columns":
        matrix = weight.reshape(-1, weight.shape[3])
        cols = workspace.scratch(dy.size // dy.shape[3] * len(matrix), dy.dtype).reshape(-1, len(matrix))
        with kernels.threads.limited_blas():
            np.matmul(dy.reshape(-1, dy.shape[3]), matrix.T, out=cols)
        cols = cols.reshape(*dy.shape[:3], *weight.shape[:3])
        kernels.conv.scatter_columns(cols, dx, tuple(window), kernels.threads.count())
    else:
        matrix = weight.reshape(-1, weight.shape[3])
        if way.algorithm == "direct" and tuple(window) == (1, 1, 1, 1, 0, 0, 1, 1):  # dX = dY @ W'
            finish = np.empty((4, 0), dy.dtype) if bias is None else affine(in_shape[3], dy.dtype, shift=bias)
            height, scratch = _band(dy.shape[2], *matrix.T.shape, dy.dtype)
            panels = _packed(matrix, transposed=True)
            kernels.conv.forward(dy, panels, dx, tuple(window), height, scratch, finish)
            return dx
        height, scratch = _band(dy.shape[2], *matrix.shape, dy.dtype)
        once = _meets_once(window, dy.shape, in_shape)
        bias = np.zeros(in_shape[3], dy.dtype) if bias is None else bias
        panels = _packed(matrix, transposed=True)
        kernels.conv.input_gradient(dy, panels, dx, tuple(window), height, scratch, once, bias)
        return dx
    return _plus(dx, bias)


def weight_gradient(x, dy, weight_shape, window, groups):
    """The gradient (kh, kw, C / groups, K) of the weight."""
    if groups > 1 and weight_shape[2] > 1:
        part = (*weight_shape[:3], weight_shape[3] // groups)
        parts = [weight_gradient(a, g, part, window, 1) for a, g in zip(_cut(x, groups), _cut(dy, groups))]
        return np.concatenate(parts, axis=3)
    dweight = memory.empty(weight_shape, x.dtype)
    if groups > 1:
        kernels.depthwise.weight_gradient(x, dy, dweight, tuple(window), kernels.threads.count())
        return dweight
    way = plan(*dy.shape[:3], *weight_shape[2:], window, x.itemsize)
    if way.algorithm == "winograd":
        _winograd_weight_gradient(x, dy, dweight, window, way)
    elif way.algorithm == "columns":
        cols = _columns(x, dy.shape, window)
        with kernels.threads.limited_blas():
            np.matmul(cols.T, dy.reshape(-1, dy.shape[3]), out=dweight.reshape(-1, weight_shape[3]))
    else:
        height, scratch = _band(dy.shape[2], math.prod(weight_shape[:3]), weight_shape[3], x.dtype)
        kernels.conv.weight_gradient(x, dy, dweight, tuple(window), height, scratch)
    return dweight


def _winograd(x, joined, weight, y, window: Window, way: Plan, finish=None, kept=None, moments=None) -> None:
    where = (window.top, window.left, window.dh, window.dw, way.tile)
    grid = kernels.winograd.tile_grid(*y.shape[1:3], where)
    places, width, rows = (way.tile + 2) ** 2, kernels.winograd.WIDTH, kernels.winograd.TALL
    channels, features = weight.shape[2:]
    finish = np.empty((4, 0), x.dtype) if finish is None else finish
    joined = np.empty((0, 0, 0, 0), x.dtype) if joined is None else joined
    moments = np.empty((kernels.threads.count(), 4, 0)) if moments is None else moments
    pitch = max(channels, kernels.winograd.LANES)
    patch, products = places * max(channels, width), places * way.block * width
    threads = len(moments)
    if way.by_panels:
        tiles = -(-x.shape[0] * math.prod(grid) // rows) * rows
        size = places * (channels + 1) * width + products + patch
        v, scratch = _cut_up(x.dtype, (places * tiles * pitch,), (threads, size))
        kernels.winograd.forward_by_panels(x, joined, weight, y, where, grid, way.block, finish, moments, v, scratch)
    else:
        size = places * way.block * pitch + products + patch
        panels = kernels.conv.padded(features) // width
        form = (panels, places * (channels + 1) * width)
        if kept is None:
            u, scratch = _cut_up(x.dtype, form, (threads, size))
            kernels.winograd.transform_weights(weight, u, way.tile)
        else:
            (scratch,) = _cut_up(x.dtype, (threads, size))
            u = kept.get(way.tile)
            if u is None:
                u = memory.empty(form, x.dtype)
                kernels.winograd.transform_weights(weight, u, way.tile)
                kept[way.tile] = u
        kernels.winograd.forward_by_tiles(x, joined, u, y, where, grid, way.block, finish, moments, scratch)


def _winograd_weight_gradient(x, dy, dweight, window: Window, way: Plan) -> None:
    where = (window.top, window.left, window.dh, window.dw, way.tile)
    grid = kernels.winograd.tile_grid(*dy.shape[1:3], where)
    places, width, rows = (way.tile + 2) ** 2, kernels.winograd.WIDTH, kernels.winograd.TALL
    channels, features = dweight.shape[2:]
    panels, threads = kernels.conv.padded(features) // width, kernels.threads.count()
    patch, tall = places * max(channels, width), -(-channels // rows) * rows
    if not way.chunk:
        block = _GRADIENT_BLOCK
        size = (places + 1) * width + places * block * max(channels, kernels.winograd.LANES)
        size += panels * places * (block + 1) * width + patch
        sums, scratch = _cut_up(x.dtype, (threads, panels, places * tall * width), (threads, size))
        kernels.winograd.weight_gradient_by_tiles(x, dy, dweight, where, grid, block, sums, scratch)
        return
    slots = threads if way.chunk >= x.shape[0] * math.prod(grid) else panels
    v, d, u, scratch = _cut_up(
        x.dtype,
        (places * (way.chunk * max(channels, kernels.winograd.LANES) + width) + rows,),
        (panels * places * (way.chunk + 1) * width,),
        (slots, places * tall * width),
        (threads, patch),
    )
    kernels.winograd.weight_gradient_by_panels(x, dy, dweight, where, grid, way.chunk, v, d, u, scratch)


def _columns(x, out_shape, window):
    """All columns of x, (pixels, kh * kw * C), in a workspace."""
    shape = (*out_shape[:3], window.kh, window.kw, x.shape[3])
    cols = workspace.scratch(math.prod(shape), x.dtype).reshape(shape)
    kernels.conv.gather_columns(x, cols, tuple(window))
    return cols.reshape(math.prod(shape[:3]), math.prod(shape[3:]))


def _heavy_product(rows, matrix, y, filled):
    """y = rows @ matrix, by our own blocks where they fit: threads of a BLAS spin for 25 ms after it, beside what
    follows. `filled` as `kernels.heavy.product` wants it."""
    if matrix.shape[1] % kernels.conv.WIDTH:
        with kernels.threads.limited_blas():
            np.matmul(rows, matrix, out=y)
    else:
        kernels.heavy.product(rows, matrix, y, filled, kernels.threads.count())


def _under_image(out_shape, in_height, window):
    """(kh, blocks): in which blocks of output pixels that row of the kernel lies over the image anywhere."""
    images, height, width = out_shape[:3]
    first = np.arange(images * height * width) // width % height * window.sh - window.top
    rows = first + window.dh * np.arange(window.kh)[:, None]
    over = (rows >= 0) & (rows < in_height)
    return np.logical_or.reduceat(over, np.arange(0, first.size, kernels.heavy.ROWS), axis=1)


def _packed(matrix, transposed=False):
    """The right side of a product, as `multiply` reads it."""
    rows, features = matrix.shape[::-1] if transposed else matrix.shape
    width = kernels.conv.WIDTH
    panels = memory.empty((kernels.conv.padded(features) // width, rows, width), matrix.dtype)
    kernels.conv.pack(matrix, transposed, panels)
    return panels


def _band(out_width, depth, features, dtype):
    """Output rows that a thread works on at a time, and the scratch (threads, size) for them."""
    height, size = kernels.conv.scratch_size(out_width, depth, features, np.dtype(dtype).itemsize)
    (scratch,) = _cut_up(dtype, (kernels.threads.count(), size))
    return height, scratch


def _cut_up(dtype, *shapes):
    """Workspaces of these shapes side by side; their rows are made longer, so that each begins with a cache line."""
    line = LINE // np.dtype(dtype).itemsize
    shapes = [(*shape[:-1], -(-shape[-1] // line) * line) for shape in shapes]
    sizes = [math.prod(shape) for shape in shapes]
    flat = workspace.scratch(sum(sizes), dtype)
    starts = np.cumsum([0, *sizes])
    return [flat[start : start + size].reshape(shape) for start, size, shape in zip(starts, sizes, shapes)]


def can_join(images, channels, joined_channels, weight, out_size, window, groups, itemsize):
    """Whether `forward` takes images in two parts of that many channels: Winograd does, of whole vectors each."""
    if groups > 1 or min(channels, joined_channels) < kernels.winograd.LANES:
        return False
    return plan(images, *out_size, *weight.shape[2:], window, itemsize).algorithm == "winograd"


def _turned(window: Window) -> Window:
    """At stride 1 the input gradient is a convolution of dy with the kernel turned over, padded to the right size."""
    top, left = (window.kh - 1) * window.dh - window.top, (window.kw - 1) * window.dw - window.left
    return Window(*window[:4], top, left, *window[6:])


def _meets_once(window: Window, out_shape, in_shape) -> bool:
    """Whether every input pixel lies under exactly one tap of one output pixel: kernels side by side."""
    return (
        window[:2] == window[2:4]
        and window[4:] == (0, 0, 1, 1)
        and in_shape[1] == out_shape[1] * window.sh
        and in_shape[2] == out_shape[2] * window.sw
    )


def _finished(y, finish):
    if finish is not None:
        scale, shift, low, high = finish[:, : y.shape[3]]
        y *= scale
        y += shift
        np.clip(y, low, high, out=y)
    return y


def _plus(dx, bias):
    if bias is not None:
        dx += bias
    return dx


def _cut(array, groups):
    return [np.ascontiguousarray(part) for part in np.split(array, groups, axis=-1)]
