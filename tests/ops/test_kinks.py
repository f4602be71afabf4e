"""Conventions at kinks, where a function has no slope, and for values that tie. Ours are PyTorch's."""

from __future__ import annotations

import numpy as np
import pytest

from npseg import Tensor, ops

NAN = float("nan")


def slopes(op, *inputs, **options):
    leaves = [Tensor(np.array(x, dtype=float), requires_grad=True) for x in inputs]
    y = op(*leaves, **options)
    y.backward(np.ones(y.shape))
    return [leaf.grad.ravel().tolist() for leaf in leaves]


UNARY = [
    ("relu", [-1.0, 0.0, 1.0], [0.0, 0.0, 1.0], "relu"),
    ("relu6", [0.0, 3.0, 6.0], [0.0, 1.0, 0.0], "relu6"),
    ("leaky_relu", [-1.0, 0.0, 1.0], [0.01, 0.01, 1.0], "leaky_relu"),
    ("hard_sigmoid", [-3.0, 0.0, 3.0], [0.0, 1 / 6, 0.0], "hardsigmoid"),
    ("hard_swish", [-3.0, 0.0, 3.0], [0.0, 0.5, 1.0], "hardswish"),
    ("abs", [-1.0, 0.0, 1.0], [-1.0, 0.0, 1.0], None),
]


@pytest.mark.parametrize("op, x, expected, peer", UNARY, ids=[row[0] for row in UNARY])
def test_slope_at_a_kink(op, x, expected, peer):
    assert slopes(getattr(ops, op), x) == [pytest.approx(expected)]


@pytest.mark.torch
@pytest.mark.parametrize("op, x, expected, peer", UNARY, ids=[row[0] for row in UNARY])
def test_slope_at_a_kink_is_pytorchs(op, x, expected, peer):
    torch = pytest.importorskip("torch")
    t = torch.tensor(x, dtype=torch.float64, requires_grad=True)
    (getattr(torch.nn.functional, peer) if peer else getattr(torch, op))(t).sum().backward()
    assert t.grad.tolist() == pytest.approx(expected, abs=1e-7)


def test_equals_share_a_maximum():
    assert slopes(ops.maximum, [1.0, 2.0, 3.0], [1.0, 3.0, 2.0]) == [[0.5, 0.0, 1.0], [0.5, 1.0, 0.0]]
    assert slopes(ops.minimum, [1.0, 2.0, 3.0], [1.0, 3.0, 2.0]) == [[0.5, 1.0, 0.0], [0.5, 0.0, 1.0]]
    assert slopes(ops.max, [2.0, 1.0, 2.0]) == [[0.5, 0.0, 0.5]]
    assert slopes(ops.min, [1.0, 1.0, 2.0]) == [[0.5, 0.5, 0.0]]


def test_first_of_equals_wins_a_pool():
    x = np.array([[7.0, 7.0], [7.0, 7.0]]).reshape(1, 2, 2, 1)
    _, indices = ops.max_pool2d(x, 2, return_indices=True)
    assert indices.ravel().tolist() == [0]
    assert slopes(ops.max_pool2d, x, kernel_size=2) == [[1.0, 0.0, 0.0, 0.0]]


@pytest.mark.torch
def test_first_of_equals_wins_a_pool_in_pytorch():
    torch = pytest.importorskip("torch")
    x = torch.zeros(1, 1, 4, 4, dtype=torch.float64)
    _, expected = torch.nn.functional.max_pool2d(x, 3, 2, 1, return_indices=True)
    _, indices = ops.max_pool2d(np.zeros((1, 4, 4, 1)), 3, 2, 1, return_indices=True)
    assert indices.ravel().tolist() == expected.ravel().tolist()


@pytest.mark.parametrize("place", range(4))
def test_a_nan_anywhere_in_a_window_wins(place):
    x = np.array([1.0, 2.0, 3.0, 4.0])
    x[place] = NAN
    for op in (lambda x: ops.max_pool2d(x, 2), lambda x: ops.adaptive_max_pool2d(x, 1), ops.max, ops.min):
        assert np.isnan(op(x.reshape(1, 2, 2, 1)).data).all()


def test_infinities_pass():
    x = np.array([-np.inf, 0.0, np.inf])
    assert ops.relu(x).data.tolist() == [0.0, 0.0, np.inf]
    assert ops.sigmoid(x).data.tolist() == [0.0, 0.5, 1.0]
    assert ops.tanh(x).data.tolist() == [-1.0, 0.0, 1.0]
    assert ops.max_pool2d(x.reshape(1, 1, 3, 1), (1, 3)).item() == np.inf
    assert ops.softmax(np.array([-np.inf, 0.0])).data.tolist() == [0.0, 1.0]
    assert ops.max_pool2d(np.full((1, 2, 2, 1), -np.inf), 2).item() == -np.inf
