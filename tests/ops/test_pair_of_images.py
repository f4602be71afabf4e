"""`conv2d` of a pair of images: as if their channels had been concatenated, without doing it."""

from __future__ import annotations

import numpy as np
import pytest
from op_case import assert_close

from npseg import Tensor, config, nn, no_grad, ops
from npseg.autograd import observe
from npseg.errors import ShapeError
from npseg.ops import conv, conv_plan

WIDE = 32  # channels of each image: whole vectors on every processor


def images(rng, channels, count=2, height=9, width=11, dtype=np.float64):
    return Tensor(rng.normal(size=(count, height, width, channels)).astype(dtype), requires_grad=True)


def setting(second=WIDE, features=5, dtype=np.float64):
    rng = np.random.default_rng([second, features])
    first, other = images(rng, WIDE, dtype=dtype), images(rng, second, dtype=dtype)
    weight = Tensor(rng.normal(size=(3, 3, WIDE + second, features)).astype(dtype), requires_grad=True)
    bias = Tensor(rng.normal(size=features).astype(dtype), requires_grad=True)
    return first, other, weight, bias


def results(y, leaves):
    (y * y).sum().backward()
    found = [y.data, *[leaf.grad for leaf in leaves]]
    for leaf in leaves:
        leaf.grad = None
    return found


@pytest.mark.parametrize(
    "options",
    [{}, {"padding": 1}, {"padding": "same", "dilation": 2}, {"stride": 2}, {"padding": 1, "groups": 2}],
    ids=str,
)
@pytest.mark.parametrize("second", [WIDE, 2 * WIDE, 3])
@pytest.mark.parametrize("features", [4, 20])
@pytest.mark.parametrize("with_bias", [True, False])
def test_is_the_convolution_of_both_concatenated(options, second, features, with_bias):
    first, other, weight, bias = setting(second, features)
    if "groups" in options:
        if (WIDE + second) % 2:
            pytest.skip("channels do not fall into two groups")
        weight = Tensor(weight.data[:, :, : (WIDE + second) // 2], requires_grad=True)
    leaves = [first, other, weight, *([bias] if with_bias else [])]
    rest = [weight, bias if with_bias else None]
    expected = results(ops.conv2d(ops.concat([first, other]), *rest, **options), leaves)
    for name, got, want in zip(
        ["value", "first", "second", "weight", "bias"],
        results(ops.conv2d((first, other), *rest, **options), leaves),
        expected,
    ):
        assert_close(got, want, 1e-10, name)


def test_they_are_not_put_together_where_winograd_serves(monkeypatch):
    first, other, weight, bias = setting()
    window, _ = conv.geometry((2, 9, 11, 2 * WIDE), weight.data, padding=1)
    assert conv_plan.plan(2, 9, 11, 2 * WIDE, 5, window, 8).algorithm == "winograd"

    def never(*arguments, **options):
        raise AssertionError("concatenated")

    monkeypatch.setattr(conv, "concat", never)
    ops.conv2d((first, other), weight, bias, padding=1).sum().backward()
    assert first.grad is not None
    with pytest.raises(AssertionError, match="concatenated"):
        ops.conv2d((first, other), weight, bias, padding=1, stride=2)


@pytest.mark.parametrize("algorithm", ["direct", "winograd2", "winograd4"])
def test_any_algorithm_does(algorithm):
    first, other, weight, bias = setting(features=20)
    leaves = [first, other, weight, bias]
    expected = results(ops.conv2d(ops.concat([first, other]), weight, bias, padding=1), leaves)
    with config.use(conv_algorithm=algorithm):
        for got, want in zip(results(ops.conv2d((first, other), weight, bias, padding=1), leaves), expected):
            assert_close(got, want, 1e-9, algorithm)


def test_only_gradients_that_are_wanted_are_made():
    first, other, weight, _ = setting()
    fixed = Tensor(other.data)
    ops.conv2d((first, fixed), Tensor(weight.data), padding=1).sum().backward()
    assert fixed.grad is None
    assert first.grad.shape == first.shape


def test_without_gradients_the_numbers_are_the_same():
    first, other, weight, bias = setting()
    want = ops.conv2d((first, other), weight, bias, padding=1).data
    with no_grad():
        assert_close(ops.conv2d((first, other), weight, bias, padding=1).data, want, 1e-10, "value")


def test_a_layer_takes_a_pair():
    layer = nn.Conv2d(2 * WIDE, 4, 3, padding=1)
    first, other, *_ = setting(dtype=np.float32)
    assert layer((first, other)).shape == (2, 9, 11, 4)
    with pytest.raises(ShapeError, match=r"64 channels together, got shapes \(2, 9, 11, 32\), \(2, 9, 11, 3\)"):
        layer((first, images(np.random.default_rng(0), 3, dtype=np.float32)))


def test_images_of_different_sizes_are_refused():
    first, _, weight, _ = setting()
    other = images(np.random.default_rng(0), WIDE, height=8)
    with pytest.raises(ShapeError, match="must agree on every axis"):
        ops.conv2d((first, other), weight, padding=1)


def test_a_weight_that_does_not_fit_is_refused():
    first, other, weight, _ = setting()
    with pytest.raises(ShapeError, match="weight has 40 input channels, image has 64"):
        ops.conv2d((first, other), Tensor(weight.data[:, :, :40]), padding=1)


def test_arrays_make_a_pair_too():
    first, other, weight, bias = setting()
    want = ops.conv2d((first, other), weight, bias, padding=1).data
    assert_close(ops.conv2d((first.data, other.data), weight, bias, padding=1).data, want, 1e-10, "value")


def test_a_weight_of_no_axes_is_refused():
    first, other, *_ = setting()
    with pytest.raises(ShapeError, match="weight has shape"):
        ops.conv2d((first, other), Tensor(np.float64(1.0)), padding=1)


def test_the_same_image_twice():
    first, _, weight, _ = setting()
    expected = results(ops.conv2d(ops.concat([first, first]), weight, padding=1), [first, weight])
    for got, want in zip(results(ops.conv2d((first, first), weight, padding=1), [first, weight]), expected):
        assert_close(got, want, 1e-10, "twice")


def test_who_observes_finds_the_weight_second():
    first, other, weight, bias = setting()
    seen = []
    with observe(lambda name, inputs, output, options: seen.append((name, inputs[1].shape))):
        ops.conv2d((first, other), weight, bias, padding=1)
    assert seen == [("conv2d", weight.shape)]
