"""Convolution and transposed convolution: strides, paddings, dilations, groups, and sizes at the edge."""

from __future__ import annotations

from typing import Any

import numpy as np
from op_case import OpCase, nchw, nhwc, normal

from npseg.reference import conv as reference


def _gradients(inputs: tuple, dy: np.ndarray, options: dict) -> tuple:
    x, weight, *bias = inputs
    dx = reference.conv2d_input_gradient(dy, weight, x.shape[1:3], **options)
    dweight = reference.conv2d_weight_gradient(x, dy, weight.shape[:2], **options)
    return (dx, dweight, *[dy.sum(axis=(0, 1, 2)) for _ in bias])


def _transposed_gradients(inputs: tuple, dy: np.ndarray, options: dict) -> tuple:
    x, weight, *bias = inputs
    options = {k: v for k, v in options.items() if k != "output_padding"}
    dx = reference.conv_transpose2d_input_gradient(dy, weight, x.shape[1:3], **options)
    dweight = reference.conv_transpose2d_weight_gradient(x, dy, weight.shape[:2], **options)
    return (dx, dweight, *[dy.sum(axis=(0, 1, 2)) for _ in bias])


def _torch(torch: Any, inputs: tuple, options: dict) -> Any:
    x, weight, *bias = inputs
    return nhwc(torch.nn.functional.conv2d(nchw(x), weight.permute(3, 2, 0, 1), *bias, **options))


def _torch_transposed(torch: Any, inputs: tuple, options: dict) -> Any:
    x, weight, *bias = inputs
    function = torch.nn.functional.conv_transpose2d
    return nhwc(function(nchw(x), weight.permute(3, 2, 0, 1), *bias, **options))


def _conv(label: str, image: tuple, weight: tuple, bias: bool = False, op: str = "conv2d", **options: Any) -> OpCase:
    shapes = [image, weight, *([weight[3:]] if bias else [])]
    return OpCase(
        op=op,
        label=label,
        draw=lambda rng: tuple(normal(rng, *shape) for shape in shapes),
        reference=getattr(reference, op),
        options=options,
        gradients=_gradients,
        linear=(0, 1),
        batched=(0,),
        torch=_torch,
    )


def _transposed(label: str, image: tuple, weight: tuple, bias: bool = False, **options: Any) -> OpCase:
    features = weight[2] * options.get("groups", 1)
    shapes = [image, weight, *([(features,)] if bias else [])]
    return OpCase(
        op="conv_transpose2d",
        label=label,
        draw=lambda rng: tuple(normal(rng, *shape) for shape in shapes),
        reference=reference.conv_transpose2d,
        options=options,
        gradients=_transposed_gradients,
        linear=(0, 1),
        batched=(0,),
        torch=_torch_transposed,
    )


CASES = [
    _conv("plain", (2, 6, 5, 3), (3, 3, 3, 4)),
    _conv("bias-padding", (2, 6, 5, 3), (3, 3, 3, 4), bias=True, padding=1),
    _conv("same-even-kernel", (1, 5, 6, 2), (2, 4, 2, 3), padding="same"),
    _conv("same-dilated", (1, 6, 6, 2), (3, 3, 2, 2), padding="same", dilation=2),
    _conv("stride2", (2, 7, 6, 2), (3, 3, 2, 3), stride=2, padding=1),
    _conv("stride-pair", (1, 7, 8, 2), (2, 3, 2, 3), bias=True, stride=(3, 2), padding=(0, 1)),
    _conv("asymmetric-kernel", (1, 6, 7, 2), (1, 4, 2, 3), padding=(0, 2)),
    _conv("tall-kernel", (1, 7, 4, 2), (5, 1, 2, 3), padding=(2, 0)),
    _conv("dilation", (1, 8, 9, 2), (3, 2, 2, 3), dilation=(2, 3), padding=1),
    _conv("dilation-stride", (1, 9, 9, 2), (3, 3, 2, 2), dilation=2, stride=2, padding=2),
    _conv("groups", (2, 5, 5, 6), (3, 3, 2, 9), bias=True, groups=3, padding=1),
    _conv("groups-stride", (1, 6, 6, 4), (3, 3, 2, 2), groups=2, stride=2),
    _conv("depthwise", (2, 6, 5, 4), (3, 3, 1, 4), bias=True, groups=4, padding=1),
    _conv("depthwise-vectors", (2, 6, 5, 16), (3, 3, 1, 16), bias=True, groups=16, padding=1),
    _conv(
        "depthwise-vectors-stride-dilation", (1, 9, 40, 32), (3, 3, 1, 32), groups=32, stride=2, dilation=2, padding=2
    ),
    _conv("depthwise-vectors-padding-over-kernel", (1, 4, 5, 16), (3, 3, 1, 16), groups=16, padding=4),
    _conv("depthwise-stride-dilation", (1, 9, 8, 3), (3, 3, 1, 3), groups=3, stride=2, dilation=2, padding=2),
    _conv("depthwise-multiplier", (2, 5, 5, 3), (3, 3, 1, 6), groups=3, padding=1),
    _conv("depthwise-multiplier-stride", (1, 6, 7, 2), (2, 3, 1, 6), bias=True, groups=2, stride=(2, 1)),
    _conv("pointwise", (2, 4, 5, 3), (1, 1, 3, 5), bias=True),
    _conv("pointwise-stride", (1, 5, 6, 3), (1, 1, 3, 2), stride=2),
    _conv("pointwise-padded", (1, 3, 4, 2), (1, 1, 2, 2), bias=True, padding=1),
    _conv("pointwise-groups", (1, 4, 4, 4), (1, 1, 2, 6), groups=2),
    _conv("kernel-larger-than-image", (2, 2, 3, 2), (5, 5, 2, 3), padding=2),
    _conv("kernel-is-image", (2, 3, 4, 2), (3, 4, 2, 3)),
    _conv("stride-over-kernel", (1, 9, 8, 2), (2, 1, 2, 3), stride=(3, 4)),
    _conv("side-by-side-columns-left", (1, 4, 5, 2), (2, 2, 2, 3), stride=2),
    _conv("side-by-side-rows-left", (1, 5, 4, 2), (2, 2, 2, 3), stride=2),
    # Wide enough for whole blocks of sums: read and written in place, by whole blocks and by narrow ones.
    _conv("side-by-side-wide", (2, 10, 28, 5), (2, 2, 5, 70), bias=True, stride=2),
    _conv("side-by-side-narrow", (2, 10, 28, 5), (2, 2, 5, 3), stride=2),
    _conv("side-by-side-three", (1, 9, 45, 2), (3, 3, 2, 33), stride=3),
    _conv("pointwise-single-feature", (2, 5, 13, 4), (1, 1, 4, 1), bias=True),
    _conv("pointwise-wide", (2, 3, 15, 40), (1, 1, 40, 70)),
    _conv("vectors-gathered", (1, 7, 29, 7), (3, 3, 7, 3), stride=2, padding=1),
    _conv("less-than-a-vector-gathered", (2, 7, 29, 3), (3, 3, 3, 3), stride=2, padding=2),
    _conv("large-product", (1, 5, 7, 30), (3, 3, 30, 64), padding=1),
    # Blocks of pixels under which some rows of the kernel lie over nothing but padding.
    _conv("large-product-padded", (2, 4, 13, 6), (5, 5, 6, 64), padding=2),
    _conv("large-product-strided", (1, 7, 40, 4), (7, 3, 4, 64), stride=2, dilation=2, padding=(6, 2)),
    _conv("padding-over-kernel", (1, 3, 3, 2), (2, 2, 2, 2), padding=3),
    _conv("winograd", (2, 9, 11, 16), (3, 3, 16, 20), op="conv2d_with_moments", padding=1),
    _conv("bias-stride", (1, 6, 7, 3), (2, 3, 3, 4), op="conv2d_with_moments", bias=True, stride=2),
    _conv("one-channel", (1, 6, 6, 1), (3, 3, 1, 1), padding=1),
    _conv("many-rows", (1, 40, 12, 2), (3, 3, 2, 2), padding=1),
    _conv("many-pixels", (1, 27, 40, 1), (1, 2, 1, 2), bias=True),
    _transposed("plain", (2, 4, 5, 3), (3, 3, 4, 3)),
    _transposed("double", (2, 3, 4, 4), (2, 2, 3, 4), bias=True, stride=2),
    _transposed("double-wide", (2, 3, 14, 5), (2, 2, 32, 5), bias=True, stride=2),
    _transposed("double-of-half-panels", (2, 3, 14, 20), (2, 2, 8, 20), bias=True, stride=2),
    _transposed("bilinear-like", (1, 4, 3, 2), (4, 4, 2, 2), stride=2, padding=1),
    _transposed("output-padding", (1, 4, 4, 2), (3, 3, 3, 2), bias=True, stride=2, padding=1, output_padding=1),
    _transposed("pairs", (1, 3, 4, 2), (2, 3, 3, 2), stride=(3, 2), padding=(0, 1), output_padding=(2, 1)),
    _transposed("output-padding-by-dilation", (1, 3, 3, 2), (2, 2, 2, 2), dilation=3, output_padding=(2, 1)),
    _transposed("dilation", (1, 4, 5, 2), (3, 2, 3, 2), stride=2, dilation=2, padding=1),
    _transposed("groups", (2, 3, 3, 6), (3, 3, 2, 6), bias=True, groups=3, stride=2, padding=1),
    _transposed("depthwise", (1, 4, 4, 3), (4, 4, 1, 3), groups=3, stride=2, padding=1),
    _transposed("depthwise-vectors-padding-over-kernel", (1, 9, 9, 16), (3, 3, 1, 16), groups=16, padding=4),
    _transposed("depthwise-multiplier", (1, 3, 4, 2), (3, 3, 2, 2), groups=2, stride=2),
    _transposed("depthwise-reduced", (1, 3, 4, 4), (3, 3, 1, 4), groups=2, stride=2),
    _transposed("pointwise", (1, 3, 4, 3), (1, 1, 2, 3), bias=True),
    _transposed("pointwise-stride", (1, 3, 4, 3), (1, 1, 2, 3), stride=2),
    _transposed("stride-over-kernel", (1, 3, 3, 2), (2, 2, 2, 2), stride=3),
    _transposed("padding-over-kernel", (1, 5, 5, 2), (2, 2, 2, 2), padding=2),
    _transposed("many-rows", (1, 20, 8, 2), (3, 3, 2, 2), stride=2, padding=1, output_padding=1),
]
