"""`conv2d_with_moments`: mean and variance of the result, gathered as it is written."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest
from op_case import assert_close

from npseg import Tensor, config, kernels, nn, ops
from npseg.errors import ShapeError
from npseg.ops import conv_passes
from npseg.ops.conv_plan import Plan

RELATIVE = {np.float32: 1e-5, np.float64: 1e-12}
WIDE = 32  # channels of each image of a pair: whole vectors on every processor


def drawn(*shape, dtype=np.float64, mean=0.0):
    return (np.random.default_rng(shape).normal(size=shape) + mean).astype(dtype)


def check(x, weight, **options):
    """The moments are those of the result, which is that of `conv2d`."""
    y, mean, var = ops.conv2d_with_moments(x, weight, **options)
    np.testing.assert_array_equal(y.data, ops.conv2d(x, weight, **options).data)
    exact = y.data.astype(np.float64)
    deviation, relative = exact.std(axis=(0, 1, 2)), RELATIVE[y.dtype.type]
    assert (np.abs(mean - exact.mean(axis=(0, 1, 2))) <= relative * deviation).all()
    np.testing.assert_allclose(var, deviation**2, rtol=relative)


def winograd(tile, by_panels):
    return Plan("winograd", tile, by_panels, block=kernels.winograd.TALL)


@pytest.fixture
def no_sweep(monkeypatch):
    """Whoever takes the moments in a sweep of its own fails."""
    monkeypatch.setattr(kernels.norm, "channel_moments", None)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("tile", [2, 4])
@pytest.mark.parametrize("by_panels", [False, True])
@pytest.mark.parametrize("shape", [(1, 3, 5), (2, 8, 8), (3, 13, 18)])  # tiles over the border, one block and several
@pytest.mark.parametrize("features", [5, 16, 70])  # less than a panel, half of one, several
@pytest.mark.parametrize("dilation", [1, 2])
def test_winograd_gathers_what_it_writes(dtype, tile, by_panels, shape, features, dilation, monkeypatch, no_sweep):
    monkeypatch.setattr(conv_passes, "plan", lambda *arguments: winograd(tile, by_panels))
    x, weight = drawn(*shape, 19, dtype=dtype, mean=3.0), drawn(3, 3, 19, features, dtype=dtype)
    check(x, weight, padding=dilation, dilation=dilation)


@pytest.mark.parametrize("count", [1, 2, 3, 7, 40])
@pytest.mark.parametrize("dilation", [1, 3, 4])  # of interleaved grids, some have tiles with no pixel
@pytest.mark.parametrize("by_panels", [False, True])
def test_any_number_of_threads_gathers_the_same(count, dilation, by_panels, monkeypatch, no_sweep):
    monkeypatch.setattr(conv_passes, "plan", lambda *arguments: winograd(4, by_panels))
    monkeypatch.setattr(kernels.threads, "count", lambda: count)
    monkeypatch.setattr(conv_passes.memory, "empty", lambda shape, dtype: np.full(shape, np.nan, dtype))
    check(drawn(2, 9, 17, 20), drawn(3, 3, 20, 40), padding=dilation, dilation=dilation)


def test_a_mean_far_from_zero_costs_no_digits(no_sweep):
    """Deviations of a ten-thousandth of the mean: squares in float32 would have none left."""
    x, weight = np.full((2, 24, 24, 16), 100.0, np.float32), np.zeros((3, 3, 16, 16), np.float32)
    weight[1, 1] = np.eye(16)
    x += 0.01 * drawn(*x.shape, dtype=np.float32)
    with config.use(conv_algorithm="winograd4"):
        check(x, weight)


def test_an_outlier_at_the_first_pixel_costs_no_more_than_in_a_sweep():
    """It is the pivot of the first block only."""
    x, weight = drawn(1, 160, 160, 16, dtype=np.float32), np.zeros((3, 3, 16, 16), np.float32)
    weight[1, 1] = np.eye(16)
    x[0, 1, 1] = 1e4
    with config.use(conv_algorithm="winograd4"):
        y, _, var = ops.conv2d_with_moments(x, weight)
    rows = y.data.reshape(-1, 16)
    exact, swept = rows.astype(np.float64).var(axis=0), kernels.norm.channel_moments(rows)[1]
    assert np.abs(var / exact - 1).max() <= 2 * np.abs(swept / exact - 1).max()


@pytest.mark.parametrize(
    "options", [{}, {"stride": 2}, {"groups": 4}, {"bias": drawn(8)}, {"padding": 1, "bias": drawn(8)}], ids=str
)
def test_other_convolutions_have_moments_too(options):
    check(drawn(2, 6, 7, 4), drawn(3, 3, 4 // options.get("groups", 1), 8), **options)


def test_a_pair_of_images_has_moments(no_sweep):
    pair = Tensor(drawn(2, 9, 11, WIDE), requires_grad=True), Tensor(drawn(1, 2, 9, 11, WIDE)[0], requires_grad=True)
    check(pair, Tensor(drawn(3, 3, 2 * WIDE, 5)), padding=1)


def test_no_images_have_none():
    y, mean, var = ops.conv2d_with_moments(drawn(0, 9, 9, 4), drawn(3, 3, 4, 2))
    assert y.shape == (0, 7, 7, 2)
    assert np.isnan([mean, var]).all()


@pytest.mark.parametrize("norm", [ops.batch_norm, ops.batch_norm_relu])
def test_a_norm_with_given_moments_is_the_norm(norm):
    y, mean, var = ops.conv2d_with_moments(drawn(2, 9, 11, 16), drawn(3, 3, 16, 20), padding=1)
    scale, shift = drawn(20, mean=2.0), drawn(20)
    given, plain = [], []
    for found, moments in ((given, (mean, var)), (plain, None)):
        leaves = [Tensor(a, requires_grad=True) for a in (y.data, scale, shift)]
        value, *statistics = norm(*leaves, moments=moments)
        (value * value * value).sum().backward()
        found += [value.data, *statistics, *(leaf.grad for leaf in leaves)]
    for name, got, want in zip(["value", "mean", "var", "x", "weight", "bias"], given, plain):
        assert_close(got, want, 1e-9, name)


def test_moments_of_other_channels_are_refused():
    with pytest.raises(ShapeError, match=r"batch_norm: mean has shape \(3,\), x has 4 channels"):
        ops.batch_norm(drawn(2, 4), np.ones(4), np.zeros(4), moments=([0.0] * 3, np.ones(4)))


def layers(relu, bias=False):
    modules = nn.Sequential(
        nn.Conv2d(3, 20, 3, padding=1, bias=bias),
        nn.BatchNorm2d(20),
        *([nn.ReLU()] if relu else []),
        nn.Conv2d(20, 8, 3, padding=1, bias=bias),
        nn.BatchNorm2d(8),
    )
    nn.init.by_name(modules, 3)
    return modules


@pytest.mark.parametrize("relu", [False, True])
@pytest.mark.parametrize("bias", [False, True])
def test_layers_gather_unless_fusion_is_off(relu, bias, monkeypatch):
    calls = []
    for name in ("conv2d", "conv2d_with_moments"):
        op = getattr(ops, name)
        monkeypatch.setattr(ops, name, partial(lambda op, name, *a, **o: calls.append(name) or op(*a, **o), op, name))
    x, found = drawn(2, 9, 11, 3, dtype=np.float32), []
    for fusion in (True, False):
        net = layers(relu, bias)
        with config.use(fusion=fusion):
            y = net(Tensor(x))
            (y * y * y).sum().backward()
        found.append([y.data, net[1].running_mean, net[1].running_var, *(p.grad for p in net.parameters())])
    assert calls == ["conv2d_with_moments"] * 2 + ["conv2d"] * 2
    largest = max(np.abs(array).max() for array in found[1])
    for number, (got, want) in enumerate(zip(*found)):
        assert np.abs(got - want).max() <= 1e-5 * max(largest, 1), number


def test_layers_in_evaluation_and_those_of_others_convolve_as_ever(monkeypatch):
    class Mine(nn.Conv2d):
        def forward(self, x):
            return super().forward(x) + 1.0

    monkeypatch.setattr(ops, "conv2d_with_moments", None)
    x = drawn(2, 9, 11, 3, dtype=np.float32)
    layers(relu=True).eval()(Tensor(x))
    mine = nn.Sequential(Mine(3, 4, 3, bias=False), nn.BatchNorm2d(4))
    mine(Tensor(x))
    other = layers(relu=True)
    for module in other:
        module.forward = partial(type(module).forward, module)
    other(Tensor(x))
    np.testing.assert_allclose(mine[1].running_mean, 0.1 * mine[0](Tensor(x)).data.mean(axis=(0, 1, 2)), rtol=1e-4)
