"""Layers hand their arguments to the ops, and refuse what cannot work."""

from __future__ import annotations

import numpy as np
import pytest

from npseg import nn, ops
from npseg.autograd import Tensor
from npseg.errors import ArgumentError, ShapeError


def image(channels=4, size=(6, 7)):
    return Tensor(np.random.default_rng(1).standard_normal((2, *size, channels)).astype(np.float32))


CASES = {
    "conv": (
        nn.Conv2d(4, 6, (3, 1), stride=2, padding=(1, 0), dilation=(2, 1), groups=2),
        lambda m, x: ops.conv2d(x, m.weight, m.bias, stride=2, padding=(1, 0), dilation=(2, 1), groups=2),
        "Conv2d(4, 6, kernel_size=(3, 1), stride=2, padding=(1, 0), dilation=(2, 1), groups=2)",
    ),
    "conv_transpose": (
        nn.ConvTranspose2d(4, 2, 3, stride=2, padding=1, output_padding=1, groups=2, bias=False),
        lambda m, x: ops.conv_transpose2d(x, m.weight, stride=2, padding=1, output_padding=1, groups=2),
        "ConvTranspose2d(4, 2, kernel_size=3, stride=2, padding=1, output_padding=1, groups=2, bias=False)",
    ),
    "linear": (
        nn.Linear(4, 3, bias=False),
        lambda m, x: ops.linear(x, m.weight),
        "Linear(4, 3, bias=False)",
    ),
    "layer_norm": (
        nn.LayerNorm(4, eps=1e-3),
        lambda m, x: ops.layer_norm(x, m.weight, m.bias, eps=1e-3),
        "LayerNorm(4, eps=0.001)",
    ),
    "group_norm": (
        nn.GroupNorm(2, 4),
        lambda m, x: ops.group_norm(x, 2, m.weight, m.bias),
        "GroupNorm(2, 4)",
    ),
    "max_pool": (
        nn.MaxPool2d(3, 2, 1, ceil_mode=True),
        lambda m, x: ops.max_pool2d(x, 3, 2, 1, ceil_mode=True),
        "MaxPool2d(3, stride=2, padding=1, ceil_mode=True)",
    ),
    "avg_pool": (
        nn.AvgPool2d(3, 2, 1, count_include_pad=False),
        lambda m, x: ops.avg_pool2d(x, 3, 2, 1, count_include_pad=False),
        "AvgPool2d(3, stride=2, padding=1, count_include_pad=False)",
    ),
    "adaptive": (
        nn.AdaptiveAvgPool2d((2, 3)),
        lambda m, x: ops.adaptive_avg_pool2d(x, (2, 3)),
        "AdaptiveAvgPool2d((2, 3))",
    ),
    "upsample": (
        nn.Upsample(scale_factor=2, mode="bilinear", align_corners=True),
        lambda m, x: ops.resize(x, (12, 14), mode="bilinear", align_corners=True),
        "Upsample(scale_factor=2, mode='bilinear', align_corners=True)",
    ),
    "upsample_to_size": (
        nn.Upsample(size=(5, 9)),
        lambda m, x: ops.resize(x, (5, 9), mode="nearest"),
        "Upsample(size=(5, 9), mode='nearest')",
    ),
    "pixel_shuffle": (nn.PixelShuffle(2), lambda m, x: ops.pixel_shuffle(x, 2), "PixelShuffle(2)"),
    "identity": (nn.Identity(), lambda m, x: x, "Identity()"),
    "relu": (nn.ReLU(), lambda m, x: ops.relu(x), "ReLU()"),
    "relu6": (nn.ReLU6(), lambda m, x: ops.relu6(x), "ReLU6()"),
    "leaky_relu": (nn.LeakyReLU(0.2), lambda m, x: ops.leaky_relu(x, 0.2), "LeakyReLU(0.2)"),
    "gelu": (nn.GELU(), lambda m, x: ops.gelu(x), "GELU()"),
    "silu": (nn.SiLU(), lambda m, x: ops.silu(x), "SiLU()"),
    "sigmoid": (nn.Sigmoid(), lambda m, x: ops.sigmoid(x), "Sigmoid()"),
    "hard_sigmoid": (nn.Hardsigmoid(), lambda m, x: ops.hard_sigmoid(x), "Hardsigmoid()"),
    "hard_swish": (nn.Hardswish(), lambda m, x: ops.hard_swish(x), "Hardswish()"),
    "tanh": (nn.Tanh(), lambda m, x: ops.tanh(x), "Tanh()"),
    "softmax": (nn.Softmax(axis=1), lambda m, x: ops.softmax(x, 1), "Softmax(axis=1)"),
}


@pytest.mark.parametrize("case", CASES)
def test_layer_is_its_op(case):
    layer, op, text = CASES[case]
    x = image()
    np.testing.assert_array_equal(layer(x).data, op(layer, x).data)
    assert repr(layer) == text


def test_batch_norm_moves_its_averages_with_the_unbiased_variance():
    layer, x = nn.BatchNorm2d(4, momentum=0.2), image()
    flat = x.data.reshape(-1, 4).astype(np.float64)
    y = layer(x).data.reshape(-1, 4)
    np.testing.assert_allclose(y.mean(0), 0, atol=1e-5)
    np.testing.assert_allclose(y.var(0), 1, atol=1e-3)
    np.testing.assert_allclose(layer.running_mean, 0.2 * flat.mean(0), rtol=1e-5)
    np.testing.assert_allclose(layer.running_var, 0.8 + 0.2 * flat.var(0, ddof=1), rtol=1e-5)
    assert layer.num_batches_tracked == 1
    assert layer.running_var.dtype == np.float32
    layer.eval()
    expected = (flat - layer.running_mean) / np.sqrt(layer.running_var + 1e-5)
    np.testing.assert_allclose(layer(x).data.reshape(-1, 4), expected, rtol=1e-4, atol=1e-5)
    assert layer.num_batches_tracked == 1
    assert repr(nn.BatchNorm2d(4, eps=1e-3)) == "BatchNorm2d(4, eps=0.001)"


def test_batch_norm_needs_two_values():
    one = Tensor(np.ones((1, 1, 1, 4), np.float32))
    with pytest.raises(ShapeError, match="no variance"):
        nn.BatchNorm2d(4)(one)
    assert nn.BatchNorm2d(4).eval()(one).shape == (1, 1, 1, 4)


@pytest.mark.parametrize("layer", [nn.Conv2d(3, 2, 1), nn.ConvTranspose2d(3, 2, 1), nn.BatchNorm2d(3)])
def test_wrong_channels_are_worded(layer):
    with pytest.raises(ShapeError, match=r"expected .*\(N, H, W, 3\).* got .*\(2, 6, 7, 4\)"):
        layer(image())


@pytest.mark.parametrize(
    "make, message",
    [
        (lambda: nn.Conv2d(3, 4, 3, groups=2), "multiples of groups=2"),
        (lambda: nn.Conv2d(0, 4, 3), "in_channels=0"),
        (lambda: nn.Conv2d(2, 4, 3, nonlinearity="selu"), "'selu'; expected one of relu, linear, zero"),
        (lambda: nn.ConvTranspose2d(2, 3, 4, nonlinearity="bilinear"), "keeps the number of channels"),
        (lambda: nn.Linear(0, 3), "in_features=0"),
        (lambda: nn.BatchNorm2d(0), "num_features=0"),
        (lambda: nn.GroupNorm(3, 4), "not a multiple of num_groups=3"),
        (lambda: nn.Upsample(), "exactly one"),
        (lambda: nn.Upsample(size=(2, 2), scale_factor=2), "exactly one"),
        (lambda: nn.Dropout(1.0), "p=1.0"),
    ],
)
def test_impossible_layers_are_worded(make, message):
    with pytest.raises(ArgumentError, match=message):
        make()
