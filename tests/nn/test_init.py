from __future__ import annotations

import numpy as np
import pytest

from npseg import nn, ops
from npseg.autograd import Tensor
from npseg.errors import ArgumentError, ShapeError
from npseg.nn import init


class Pair(nn.Module):
    """Two layers of one shape, made in either order, perhaps with a stranger between."""

    def __init__(self, seed=0, swap=False, stranger=False):
        with init.by_name(self, seed):
            if swap:
                self.b = nn.Linear(8, 8)
            if stranger:
                self.c = nn.Conv2d(4, 4, 3)
            self.a = nn.Linear(8, 8)
            if not swap:
                self.b = nn.Linear(8, 8)


def test_values_depend_on_name_and_seed_and_on_nothing_else():
    first = Pair()
    for other in (Pair(swap=True), Pair(stranger=True)):
        np.testing.assert_array_equal(first.a.weight.data, other.a.weight.data)
        np.testing.assert_array_equal(first.b.weight.data, other.b.weight.data)
    assert not np.array_equal(first.a.weight.data, first.b.weight.data)
    assert not np.array_equal(first.a.weight.data, Pair(seed=1).a.weight.data)


def test_the_outermost_model_names_the_parameters():
    class Outer(nn.Module):
        def __init__(self, seed):
            with init.by_name(self, seed):
                self.inner = Pair(seed=99)

    np.testing.assert_array_equal(
        Outer(3).inner.a.weight.data, _filled(init.Key(3, "inner.a").generator("weight"), (8, 8))
    )


def _filled(rng, shape):
    tensor = Tensor(np.zeros(shape, np.float32))
    init.xavier_uniform_(tensor, *shape, rng)
    return tensor.data


def test_a_layer_made_alone_is_ready():
    assert nn.Conv2d(2, 3, 3).weight.data.std() > 0
    np.testing.assert_array_equal(nn.Linear(3, 2).weight.data, nn.Linear(3, 2).weight.data)


def test_a_constructor_that_fails_leaves_no_trace():
    with pytest.raises(ArgumentError), init.by_name(nn.Module(), 0):
        nn.Linear(0, 1)
    assert nn.Linear(3, 2).weight.data.any()


@pytest.mark.parametrize(
    "fill, deviation",
    [
        (lambda t, r: init.kaiming_normal_(t, 50, r), np.sqrt(2 / 50)),
        (lambda t, r: init.kaiming_normal_(t, 50, r, gain=1.0), np.sqrt(1 / 50)),
        (lambda t, r: init.kaiming_uniform_(t, 50, r), np.sqrt(2 / 50)),
        (lambda t, r: init.xavier_normal_(t, 50, 30, r), np.sqrt(2 / 80)),
        (lambda t, r: init.xavier_uniform_(t, 50, 30, r), np.sqrt(2 / 80)),
    ],
)
def test_spread_is_the_papers(fill, deviation):
    tensor = Tensor(np.zeros((100, 100), np.float32))
    fill(tensor, np.random.default_rng(0))
    assert tensor.version > 0
    assert abs(tensor.data.std() / deviation - 1) < 0.03
    assert abs(tensor.data.mean()) < 0.03 * deviation


def test_uniform_has_bounds():
    tensor = Tensor(np.zeros(10000, np.float32))
    init.kaiming_uniform_(tensor, 6, np.random.default_rng(0), gain=1.0)
    assert 0.68 < np.abs(tensor.data).max() <= np.sqrt(3 / 6)


def test_a_fan_of_nothing_is_worded():
    with pytest.raises(ArgumentError, match="kaiming_normal_: the fan is 0"):
        init.kaiming_normal_(Tensor(np.zeros(3)), 0, np.random.default_rng(0))


@pytest.mark.parametrize("factor", [2, 8])
def test_bilinear_kernel_interpolates(factor):
    layer = nn.ConvTranspose2d(
        2, 2, 2 * factor, stride=factor, padding=factor // 2, bias=False, nonlinearity="bilinear"
    )
    x = np.random.default_rng(0).standard_normal((1, 5, 6, 2)).astype(np.float32)
    ours = layer(x).data
    resized = ops.resize(x, (5 * factor, 6 * factor), mode="bilinear").data
    # At the border resize repeats the last pixel, and the convolution meets zeros.
    inner = np.s_[:, factor:-factor, factor:-factor]
    np.testing.assert_allclose(ours[inner], resized[inner], atol=1e-6)


def test_bilinear_odd_kernel_and_wrong_channels():
    weight = Tensor(np.zeros((3, 3, 1, 1)))
    init.bilinear_(weight)
    np.testing.assert_allclose(weight.data[:, 1, 0, 0], [0.5, 1, 0.5])
    with pytest.raises(ShapeError, match="from 3 to 2 channels"):
        init.bilinear_(Tensor(np.zeros((4, 4, 2, 3))))


def test_transposed_convolution_keeps_the_variance():
    layer = nn.ConvTranspose2d(64, 64, 2, stride=2)
    x = np.random.default_rng(0).standard_normal((1, 8, 8, 64)).astype(np.float32)
    assert 0.8 < layer(x).data.var() < 1.25


def test_any_memory_and_type_gets_the_same_values():
    draws = []
    for tensor in (
        Tensor(np.zeros((4, 6), np.float32)),
        Tensor(np.zeros((4, 6))),
        Tensor(np.zeros((6, 4), np.float32).T),
    ):
        init.kaiming_normal_(tensor, 2, np.random.default_rng(0))
        draws.append(tensor.data)
    np.testing.assert_allclose(draws[1], draws[0], rtol=1e-6)
    np.testing.assert_array_equal(draws[2], draws[0])


def test_norms_start_as_identity_and_can_be_reset():
    class Norms(nn.Module):
        def __init__(self):
            with init.by_name(self, 0):
                self.norms = nn.ModuleList([nn.BatchNorm2d(4), nn.LayerNorm(4), nn.GroupNorm(2, 4)])

    norms = Norms()
    for parameter in norms.parameters():
        parameter.data[...] = 7
    init.initialise(norms, 0)
    for name, parameter in norms.named_parameters():
        np.testing.assert_array_equal(parameter.data, 1 if name.endswith("weight") else 0)
