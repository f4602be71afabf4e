"""Convolution and transposed convolution.

Both are the same linear map read in two directions. A convolution with weight W takes x to y; the gradient of x is the
transposed map of dy, and a transposed convolution is that map as a layer of its own. So the three passes
(forward, input gradient, weight gradient; see `conv_passes`) serve both ops.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from npseg import kernels, shapes
from npseg.arrays import as_numpy
from npseg.autograd import Tensor, differentiable, is_grad_enabled
from npseg.errors import ArgumentError, ShapeError
from npseg.ops import conv_passes
from npseg.ops.shape import concat

__all__ = ["conv2d", "conv2d_with_moments", "conv_transpose2d"]

Size = int | Sequence[int]


def conv2d(
    x,
    weight,
    bias=None,
    *,
    stride: Size = 1,
    padding: Size | str = 0,
    dilation: Size = 1,
    groups: int = 1,
) -> Tensor:
    """2-D convolution (cross-correlation, as everywhere in deep learning).

    Args:
        x: images (N, H, W, C); or a pair (tuple) of them, whose channels follow each other as if they had been
            concatenated. Where gradients are recorded and Winograd's algorithm serves, a pair is never put together.
        weight: (kh, kw, C / groups, K).
        bias: (K,), or None.
        stride, dilation: pixels, an int or (height, width).
        padding: zeros around the image, int, pair or "same".
        groups: channels are cut into this many groups that do not mix; `groups=C` is a depthwise convolution.

    Returns (N, Ho, Wo, K) with Ho = floor((H + 2 padding - dilation (kh - 1) - 1) / stride) + 1.

    Raises `ShapeError` when shapes do not fit, `ArgumentError` for settings out of range.
    Source: Dumoulin and Visin 2016, "A guide to convolution arithmetic for deep learning".

    >>> x = np.arange(9.0).reshape(1, 3, 3, 1)
    >>> conv2d(x, np.ones((2, 2, 1, 1))).data[0, :, :, 0]     # sums of 2 x 2 neighbourhoods: 0 + 1 + 3 + 4 = 8
    array([[ 8., 12.],
           [20., 24.]])
    """
    options = {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups}
    return _conv2d(*_operands(x, weight, bias, options), **options)


def conv2d_with_moments(
    x,
    weight,
    bias=None,
    *,
    stride: Size = 1,
    padding: Size | str = 0,
    dilation: Size = 1,
    groups: int = 1,
) -> tuple[Tensor, np.ndarray, np.ndarray]:
    """`conv2d`, and the moments of each feature for a batch norm behind it; arguments and errors as there.

    Returns y (N, Ho, Wo, K), mean (K,) and biased variance (K,), both float64 and without gradient. Winograd's
    algorithm gathers them while it writes y, unless there is a bias; behind others they are a sweep of their own.

    >>> y, mean, var = conv2d_with_moments(np.array([1.0, 3.0]).reshape(1, 1, 2, 1), np.ones((1, 1, 1, 1)))
    >>> mean, var
    (array([2.]), array([1.]))
    """
    options = {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups}
    return _conv2d_with_moments(*_operands(x, weight, bias, options), **options)


@differentiable(inputs=4, lends=True, name="conv2d")
def _conv2d(x, weight, bias=None, joined=None, **options):
    return _convolved(conv_passes.forward, x, weight, bias, joined, options)


@differentiable(inputs=4, extras=2, lends=True, name="conv2d")
def _conv2d_with_moments(x, weight, bias=None, joined=None, **options):
    return _convolved(conv_passes.forward_with_moments, x, weight, bias, joined, options)


def _convolved(forward, x, weight, bias, joined, options):
    """What `forward` returns, and the pullback.

    The gradients of a pair come apart by themselves: those of each image and its part of the weight are those of a
    convolution of that image alone.
    """
    before = [x.shape] if joined is None else [x.shape, joined.shape]
    window, out_size = geometry(x.shape if joined is None else _side_by_side(*before), weight, bias, **options)
    groups = options["groups"]
    finish = None if bias is None else conv_passes.affine(weight.shape[3], x.dtype, shift=bias)
    result = forward(x, weight, out_size, window, groups, finish, joined=joined)

    def pullback(dy, wanted, x, weight, bias=None, joined=None):
        count, wanted = len(wanted), (*wanted, False, False)
        images, parts = [x], [weight]
        if joined is not None:
            images, parts = [x, joined], [np.ascontiguousarray(p) for p in np.split(weight, [x.shape[3]], axis=2)]
        dimages = [
            conv_passes.input_gradient(dy, part, shape, window, groups) if want else None
            for part, shape, want in zip(parts, before, (wanted[0], wanted[3]))
        ]
        dweight = dbias = None
        if wanted[1]:
            dparts = [conv_passes.weight_gradient(a, dy, p.shape, window, groups) for a, p in zip(images, parts)]
            dweight = dparts[0] if joined is None else np.concatenate(dparts, axis=2)
        if wanted[2]:
            dbias = kernels.norm.channel_sums(dy.reshape(-1, dy.shape[3]))
        return (dimages[0], dweight, dbias, *dimages[1:])[:count]

    return result, pullback


def _operands(x, weight, bias, options):
    """The tensors of a convolution: image, weight, bias, and an image that stays apart from the first, if any."""
    joined = None
    if isinstance(x, tuple) and len(x) == 2 and all(getattr(part, "ndim", 0) == 4 for part in x):
        if is_grad_enabled() and _stay_apart(*x, weight, bias, options):
            x, joined = x
        else:
            x = concat(x, axis=-1)
    operands = [x, weight, bias, joined]
    while operands[2:] and operands[-1] is None:
        operands.pop()
    return operands


def _stay_apart(first, second, weight, bias, options):
    """Whether `_convolved` takes these as a pair; if not, images that do not fit find their words elsewhere."""
    tensors = all(isinstance(part, Tensor) for part in (first, second, weight))
    if not tensors or len({first.dtype, second.dtype, weight.dtype}) > 1:
        return False
    if first.shape[:3] != second.shape[:3] or weight.ndim != 4:
        return False
    bias = None if bias is None else as_numpy(bias)
    window, out_size = geometry(_side_by_side(first.shape, second.shape), weight.data, bias, **options)
    sizes = (first.shape[0], first.shape[3], second.shape[3])
    return conv_passes.can_join(*sizes, weight, out_size, window, options["groups"], weight.dtype.itemsize)


def _side_by_side(first, second):
    """Shape of two images that follow each other in their channels."""
    return (*first[:3], first[3] + second[3])


@differentiable(inputs=3, lends=True)
def conv_transpose2d(
    x,
    weight,
    bias=None,
    *,
    stride: Size = 1,
    padding: Size = 0,
    output_padding: Size = 0,
    dilation: Size = 1,
    groups: int = 1,
):
    """Transposed convolution: every input pixel stamps the kernel, weighted by its value, onto the output.

    Args:
        x: (N, H, W, C).
        weight: (kh, kw, K / groups, C), the weight of the convolution whose transpose this is.
        bias: (K,), or None.
        stride: pixels between stamps.
        padding: pixels cut off each side of the output.
        output_padding: pixels added to its far side, less than the stride or the dilation.

    Returns (N, Ho, Wo, K) with Ho = (H - 1) stride - 2 padding + dilation (kh - 1) + output_padding + 1.

    Raises `ShapeError` when shapes do not fit, `ArgumentError` for settings out of range.
    Source: Zeiler et al. 2010; Dumoulin and Visin 2016, section 4.

    >>> x = np.array([1.0, 2.0]).reshape(1, 1, 2, 1)
    >>> conv_transpose2d(x, np.ones((1, 3, 1, 1)), stride=2).data[0, 0, :, 0]   # the stamps overlap in the middle
    array([1., 1., 3., 2., 2.])
    """
    _require_groups("conv_transpose2d", groups)
    _check_operands("conv_transpose2d", x.shape, weight, bias, lambda w: w.shape[2] * groups)
    kh, kw, per_group, channels = weight.shape
    if channels != x.shape[3] or channels % groups:
        raise ShapeError(
            f"conv_transpose2d: weight of shape {weight.shape} (kh, kw, K / groups, C) takes {channels} channels in "
            f"{groups} groups, image has {x.shape[3]} (NHWC shape {x.shape}); fix in_channels or groups="
        )
    sh, sw = shapes.pair("conv_transpose2d", "stride", stride, least=1)
    dh, dw = shapes.pair("conv_transpose2d", "dilation", dilation, least=1)
    ph, pw = shapes.pair("conv_transpose2d", "padding", padding)
    eh, ew = shapes.pair("conv_transpose2d", "output_padding", output_padding)
    if eh >= max(sh, dh) or ew >= max(sw, dw):
        raise ArgumentError(
            f"conv_transpose2d: output_padding={(eh, ew)} must be smaller than the stride {(sh, sw)} or the dilation "
            f"{(dh, dw)}"
        )
    out_height = shapes.conv_transpose_output_size(x.shape[1], kh, sh, ph, eh, dh)
    out_width = shapes.conv_transpose_output_size(x.shape[2], kw, sw, pw, ew, dw)
    if min(out_height, out_width) < 1:
        raise ShapeError(
            f"conv_transpose2d: padding={(ph, pw)} cuts off the whole output of an image of NHWC shape {x.shape}; "
            "use less padding"
        )
    window = shapes.Window(kh, kw, sh, sw, ph, pw, dh, dw)
    out_shape = (x.shape[0], out_height, out_width, per_group * groups)

    y = conv_passes.input_gradient(x, weight, out_shape, window, groups, bias)

    in_size = x.shape[1:3]

    def pullback(dy, wanted, x, weight, bias=None):
        return (
            conv_passes.forward(dy, weight, in_size, window, groups) if wanted[0] else None,
            conv_passes.weight_gradient(dy, x, weight.shape, window, groups) if wanted[1] else None,
            kernels.norm.channel_sums(dy.reshape(-1, dy.shape[3])) if len(wanted) > 2 and wanted[2] else None,
        )[: len(wanted)]

    return y, pullback


def geometry(shape, weight, bias=None, *, stride=1, padding=0, dilation=1, groups=1):
    """How the kernel of a `conv2d` of images (N, H, W, C) of that shape walks, and the size (Ho, Wo) of its result.

    Raises what `conv2d` raises.
    """
    _check_operands("conv2d", shape, weight, bias, lambda w: w.shape[3])
    kh, kw, per_group, features = weight.shape
    _require_groups("conv2d", groups)
    if per_group * groups != shape[3] or features % groups:
        raise ShapeError(
            f"conv2d: weight has {per_group} input channels, image has {shape[3]} (NHWC shape {shape}) and "
            f"groups={groups}, {features} output channels; pass groups= or fix in_channels"
        )
    sh, sw = shapes.pair("conv2d", "stride", stride, least=1)
    dh, dw = shapes.pair("conv2d", "dilation", dilation, least=1)
    vertical, horizontal = shapes.resolve_padding("conv2d", padding, (kh, kw), (sh, sw), (dh, dw))
    window = shapes.Window(kh, kw, sh, sw, vertical[0], horizontal[0], dh, dw)
    out_height = shapes.conv_output_size(shape[1], kh, sh, *vertical, dh)
    out_width = shapes.conv_output_size(shape[2], kw, sw, *horizontal, dw)
    if min(out_height, out_width) < 1:
        raise ShapeError(
            f"conv2d: a {kh} x {kw} kernel with dilation {(dh, dw)} does not fit the image of NHWC shape {shape} "
            f"with padding {padding}; use a larger image, more padding or a smaller kernel"
        )
    return window, (out_height, out_width)


def _require_groups(function, groups):
    if not isinstance(groups, (int, np.integer)) or groups < 1:
        raise ShapeError(f"{function}: groups={groups!r}; expected an integer of at least 1")


def _check_operands(function, shape, weight, bias, features):
    shapes.require_ndim(function, "x", shape, "NHWC")
    if weight.ndim != 4 or min(weight.shape) < 1:
        raise ShapeError(f"{function}: weight has shape {weight.shape}; expected 4 axes, none of them empty")
    if bias is not None and bias.shape != (features(weight),):
        raise ShapeError(f"{function}: bias has shape {bias.shape}; expected ({features(weight)},), one per feature")
