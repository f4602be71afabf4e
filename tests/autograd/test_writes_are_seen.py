"""A write between forward and backward is found, wherever it comes from."""

from __future__ import annotations

import numpy as np
import pytest

from npseg import Tensor, ops
from npseg.errors import GradientError


def squares(shape=(100, 100)) -> tuple[Tensor, Tensor]:
    x = Tensor(np.random.default_rng(0).random(shape), requires_grad=True)
    return x, (x * x).sum()


def test_one_entry_of_a_large_leaf_through_its_array() -> None:
    x, y = squares()
    x.data[0, 1] = 1000.0
    with pytest.raises(GradientError, match="was written"):
        y.backward()


def test_one_entry_of_a_large_leaf_through_a_detached_tensor() -> None:
    x, y = squares()
    x.detach()[0, 1] = 1000.0
    with pytest.raises(GradientError, match="was written"):
        y.backward()


def test_a_large_result_through_a_detached_tensor() -> None:
    x = Tensor(np.ones((100, 100)), requires_grad=True)
    y = ops.exp(x)
    z = y.sum()
    y.detach()[3, 4] = 7.0
    with pytest.raises(GradientError, match="was written"):
        z.backward()


def test_a_refused_sweep_leaves_the_gradients_as_they_were() -> None:
    x = Tensor([1.0, 2.0], requires_grad=True)
    h = x * x
    first, second = h.sum(), (h * x).sum()
    first.backward()
    before = x.grad.copy()
    with pytest.raises(GradientError, match="already used"):
        second.backward()
    np.testing.assert_array_equal(x.grad, before)


def test_comparison_is_refused_and_iteration_ends() -> None:
    t = Tensor([[1.0], [2.0]])
    with pytest.raises(GradientError, match="comparisons"):
        bool(t == 1.0)
    assert [row.item() for row in t] == [1.0, 2.0]


@pytest.mark.parametrize(
    "function",
    [np.exp, np.sqrt, np.sum, np.mean, np.max, np.min, np.var, np.transpose, np.square, np.tanh, np.abs, np.negative],
)
def test_numpy_functions_mean_what_they_mean_for_arrays(function) -> None:
    x = np.random.default_rng(0).random((2, 3))
    np.testing.assert_allclose(function(Tensor(x)).data, function(x), rtol=1e-14)


def test_numpy_functions_of_several_arguments() -> None:
    a, b = np.random.default_rng(0).random((2, 2, 3))
    s, t = Tensor(a), Tensor(b)
    np.testing.assert_array_equal(np.concatenate([s, t]).data, np.concatenate([a, b]))
    np.testing.assert_array_equal(np.concatenate([s, t], axis=1).data, np.concatenate([a, b], axis=1))
    np.testing.assert_array_equal(np.maximum(s, t).data, np.maximum(a, b))
    np.testing.assert_array_equal(np.clip(s, a_min=0.2, a_max=0.5).data, np.clip(a, 0.2, 0.5))
    np.testing.assert_array_equal(np.reshape(s, (3, 2)).data, a.reshape(3, 2))


def test_the_type_of_a_call() -> None:
    assert ops.add([1.0], [2.0]).dtype == np.float32
    assert ops.add(np.ones(1), 0.1).data[0] == 1.1  # a Python number keeps its digits
    assert (Tensor(np.ones(1)) + 0.1).data[0] == 1.1
    assert (Tensor(np.ones(1, np.float32)) + np.float64(0.1)).dtype == np.float32
