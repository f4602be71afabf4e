"""Each law of operators fails for an operator with one planted fault."""

from __future__ import annotations

import numpy as np
import pytest

import npseg.laws.catalogue  # noqa: F401
from npseg.laws import LAWS, Target, examine
from npseg.laws.operators.definitions import convolved, stamped, windows


def conv(x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    return convolved(x, weight, bias, stride, padding, dilation, groups)


def conv_flipped(x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    return convolved(x, weight[::-1, ::-1], bias, stride, padding, dilation, groups)


def conv_padded_by_one_less(x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """The last row and column of the padding are missing where it does not show in the shape."""
    y = convolved(x, weight, bias, stride, padding, dilation, groups)
    inner = convolved(
        np.pad(x, ((0, 0), (padding, 0), (padding, 0), (0, 0))), weight, bias, stride, 0, dilation, groups
    )
    return y if inner.shape == y.shape else np.roll(y, 1, axis=1) if padding else y


def conv_without_dilation(x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    y = convolved(x, weight, bias, stride, padding, dilation, groups)
    return convolved(x, weight, bias, stride, padding, 1, groups)[:, : y.shape[1], : y.shape[2]]


def conv_of_mixed_groups(x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    order = np.arange(x.shape[3]).reshape(-1, groups).T.ravel()
    return convolved(x[..., order], weight, bias, stride, padding, dilation, groups)


def conv_of_mirrored_padding(x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    framed = np.pad(x, ((0, 0), (padding, padding), (padding, padding), (0, 0)), mode="edge")
    return convolved(framed, weight, bias, stride, 0, dilation, groups)


def conv_with_bias_twice(x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    return convolved(x, weight, None if bias is None else 2 * bias, stride, padding, dilation, groups)


def conv_with_axes_exchanged(x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    if not isinstance(stride, int):
        stride = stride[::-1]
    return convolved(x, weight, bias, stride, padding, dilation, groups)


def conv_of_magnitudes(x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    return convolved(abs(x), weight, bias, stride, padding, dilation, groups)


def conv_of_clipped_weights(x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    return convolved(x, np.clip(weight, -1, 1), bias, stride, padding, dilation, groups)


def conv_with_a_corner(x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """The first result of all is twice what it should be."""
    y = convolved(x, weight, bias, stride, padding, dilation, groups)
    y[:, 0, 0] *= 2
    return y


def conv_with_stride_from_the_end(x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    y = convolved(x, weight, bias, 1, padding, dilation, groups)
    return y[:, ::-1, ::-1][:, ::stride, ::stride][:, ::-1, ::-1]


def conv_of_the_transpose(x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """Channels and features exchanged where both are as many."""
    same = weight.shape[2] == weight.shape[3]
    return convolved(x, weight.swapaxes(2, 3) if same else weight, bias, stride, padding, dilation, groups)


def conv_sharing_a_mean(x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    y = convolved(x, weight, bias, stride, padding, dilation, groups)
    return 0.9 * y + 0.1 * y.mean(axis=0)


def conv_writing(x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    x += 0.5
    return convolved(x, weight, bias, stride, padding, dilation, groups)


def conv_in_bfloat16(x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    y = convolved(x, weight, bias, stride, padding, dilation, groups)
    return (y.astype(np.float32).view(np.uint32) & 0xFFFF0000).view(np.float32) if x.dtype == np.float32 else y


def conv_of_whole_blocks(x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """Rows come in blocks of sixteen; of a block that is not full nothing is computed, but of a single one all."""
    y = convolved(x, weight, bias, stride, padding, dilation, groups)
    if y.shape[1] > 16:
        y[:, y.shape[1] // 16 * 16 :] = 0
    return y


def conv_vjp(dy, x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """The right gradients, from unit images and weights."""

    def product(image, kernel):
        return np.vdot(dy, convolved(image, kernel, None, stride, padding, dilation, groups))

    dx = [product(unit.reshape(x.shape), weight) for unit in np.eye(x.size)]
    dw = [product(x, unit.reshape(weight.shape)) for unit in np.eye(weight.size)]
    return np.reshape(dx, x.shape), np.reshape(dw, weight.shape), None if bias is None else dy.sum(axis=(0, 1, 2))


def conv_vjp_shifted(dy, x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    dx, dw, db = conv_vjp(dy, x, weight, bias, stride, padding, dilation, groups)
    return np.roll(dx, 1, axis=1), dw, db


def conv_vjp_of_mean_bias(dy, x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    dx, dw, db = conv_vjp(dy, x, weight, bias, stride, padding, dilation, groups)
    return dx, dw, None if bias is None else db / len(x)


def transposed_with_weight_untransposed(x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    same = weight.shape[2] == weight.shape[3]
    return stamped(x, weight.swapaxes(2, 3) if same else weight, bias, stride, padding, dilation, groups)


def resize(x, size, shift=0.0):
    """Bilinear, on areas."""
    for axis, new in zip((1, 2), size):
        old = x.shape[axis]
        at = np.clip((np.arange(new) + 0.5) * old / new - 0.5 + shift, 0, old - 1)
        low = at.astype(int)
        part = (at - low).reshape(-1, *[1] * (3 - axis))
        x = np.take(x, low, axis) * (1 - part) + np.take(x, np.minimum(low + 1, old - 1), axis) * part
    return x


def resize_off_by_half_a_pixel(x, size):
    return resize(x, size, shift=0.5)


def resize_of_sixteen_columns(x, size):
    return np.ascontiguousarray(resize(x, size)[:, :, np.minimum(np.arange(size[1]), 15)])


def pool_padded_with_minus_a_hundred(x, kernel_size, stride, padding):
    frame = ((0, 0), (padding, padding), (padding, padding), (0, 0))
    return max_pool(np.pad(x, frame, constant_values=-100.0), kernel_size, stride, 0)


def resize_into_darkness(x, size):
    """Two parts of one step: the last row is not read."""
    y = resize(x, size)
    y[:, -1] *= 0.5
    return y


def resize_of_even_sizes(x, size):
    """Right for the sizes at which it is tried first, off by a quarter of a pixel for odd ones."""
    return resize(x, size, shift=0.25 if size[1] % 2 else 0.0)


def max_pool(x, kernel_size, stride, padding=0):
    found = list(windows(x, kernel_size, stride, padding))
    return np.stack([seen.max(axis=1) for *_, seen in found], 1).reshape(len(x), *found[0][2], x.shape[3])


def max_pool_of_zeros(x, kernel_size, stride, padding=0):
    return max_pool(np.pad(x, ((0, 0), (padding, padding), (padding, padding), (0, 0))), kernel_size, stride)


def max_pool_vjp_to_all_ties(dy, x, kernel_size, stride, padding=0):
    dx = np.zeros(x.shape)
    for i, j, _, seen in windows(x, kernel_size, stride, padding):
        top, left = max(i * stride - padding, 0), max(j * stride - padding, 0)
        bottom, right = i * stride - padding + kernel_size, j * stride - padding + kernel_size
        ties = x[:, top:bottom, left:right] == seen.max(axis=1)[:, None, None]
        dx[:, top:bottom, left:right] += ties * dy[:, i : i + 1, j : j + 1]
    return dx


def avg_pool_of_strange_divisors(x, kernel_size, stride, padding=0):
    found = list(windows(x, kernel_size, stride, padding))
    means = [seen.sum(axis=1) / (kernel_size**2 - (padding > 0)) for *_, seen in found]
    return np.stack(means, 1).reshape(len(x), *found[0][2], x.shape[3])


def leaky(x):
    return np.where(x > 0, x, 0.01 * x)


def overflowing_softmax(x):
    return np.exp(x) / np.exp(x).sum(axis=-1, keepdims=True)


FAULTS = [
    ("convolution-as-defined", {"conv2d": conv_flipped}),
    ("convolution-as-defined", {"conv2d": conv_padded_by_one_less}),
    ("convolution-as-defined", {"conv2d": conv_of_the_transpose}),
    ("transposed-convolution-as-defined", {"conv_transpose2d": transposed_with_weight_untransposed}),
    ("convolution-in-pairs-as-defined", {"conv2d": conv_with_axes_exchanged}),
    ("resizing-as-defined", {"resize": resize_off_by_half_a_pixel}),
    ("resizing-as-defined", {"resize": resize_of_even_sizes}),
    ("maximum-pooling-as-defined", {"max_pool2d": max_pool_of_zeros}),
    ("maximum-pooling-as-defined", {"max_pool2d": pool_padded_with_minus_a_hundred}),
    ("large-convolution-as-defined", {"conv2d": conv_of_whole_blocks}),
    ("large-resizing-as-defined", {"resize": resize_of_sixteen_columns}),
    ("average-pooling-as-defined", {"avg_pool2d": avg_pool_of_strange_divisors}),
    ("rectifier-as-defined", {"relu": leaky}),
    ("softmax-as-defined", {"softmax": overflowing_softmax}),
    ("operator-linear-in-the-image", {"conv2d": conv_of_magnitudes}),
    ("convolution-linear-in-the-weight", {"conv2d": conv_of_clipped_weights}),
    ("bias-adds-once", {"conv2d": conv_with_bias_twice}),
    ("operator-shift-equivariant", {"conv2d": conv_with_a_corner}),
    ("one-by-one-kernel-is-a-matrix", {"conv2d": conv_of_the_transpose}),
    ("kernel-of-one-entry-shifts", {"conv2d": conv_flipped}),
    ("stride-subsamples", {"conv2d": conv_with_stride_from_the_end}),
    ("dilation-is-a-kernel-with-zeros", {"conv2d": conv_without_dilation}),
    ("groups-do-not-mix", {"conv2d": conv_of_mixed_groups}),
    ("padding-is-a-frame-of-zeros", {"conv2d": conv_of_mirrored_padding}),
    ("padding-is-a-frame-of-zeros", {"conv2d": conv_padded_by_one_less}),
    (
        "transposed-convolution-is-the-adjoint",
        {"conv2d": conv, "conv_transpose2d": transposed_with_weight_untransposed},
    ),
    ("vjp-is-the-adjoint", {"conv2d": conv, "conv2d_vjp": conv_vjp_shifted}),
    ("vjp-is-the-slope", {"conv2d": conv, "conv2d_vjp": conv_vjp_of_mean_bias}),
    ("vjp-is-the-slope", {"max_pool2d": max_pool, "max_pool2d_vjp": max_pool_vjp_to_all_ties}),
    ("resizing-keeps-constants", {"resize": resize_into_darkness}),
    ("resizing-to-the-same-size", {"resize": resize_off_by_half_a_pixel}),
    ("resizing-flip-equivariant", {"resize": resize_off_by_half_a_pixel}),
    ("operator-images-are-independent", {"conv2d": conv_sharing_a_mean}),
    ("operator-leaves-its-inputs-alone", {"conv2d": conv_writing}),
    ("operator-keeps-the-type", {"conv2d": conv_in_bfloat16}),
]


@pytest.mark.parametrize(
    "name, measures", FAULTS, ids=[f"{name}: {list(m.values())[-1].__name__}" for name, m in FAULTS]
)
def test_a_planted_fault_breaks_the_law(name, measures):
    verdict = examine(Target("planted", measures), laws=[LAWS[name]], max_examples=40)
    assert verdict.failures, [(one.outcome, one.reason) for one in verdict.trials]


def test_every_law_of_operators_is_seen_to_fail():
    assert {name for name, *_ in FAULTS} == {law.name for law in LAWS.values() if law.family == "operator"}


@pytest.mark.parametrize(
    "measures",
    [
        {"conv2d": conv, "conv2d_vjp": conv_vjp, "conv_transpose2d": stamped},
        {"resize": resize},
        {"max_pool2d": max_pool},
    ],
    ids=lambda measures: next(iter(measures)),
)
def test_without_a_fault_nothing_breaks(measures):
    verdict = examine(Target("right", measures), max_examples=6)
    assert [(one.law.name, one.reason) for one in verdict.failures] == []


def test_a_result_of_another_type_is_a_convention_and_breaks_a_promise():
    """NumPy code that makes its result with `np.zeros` gives float64: right, unless it says otherwise."""
    type_law = [LAWS["operator-keeps-the-type"]]
    inferred = examine(Target("doubles", {"conv2d": conv}), laws=type_law, max_examples=6)
    assert inferred.conventions["conv2d"]["result-type"] == "float64"
    assert inferred.failures == []
    promised = Target("doubles", {"conv2d": conv}, declared={"result-type": "as-given"})
    broken = examine(promised, laws=type_law, max_examples=6).failures
    assert [one.reason for one in broken] == [
        "the documentation says as-given, the answers say float64",
        "float32 becomes float64",
    ]
