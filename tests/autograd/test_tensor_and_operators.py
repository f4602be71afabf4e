"""The tensor as a NumPy citizen: types, operators, NumPy functions, methods, broadcasting."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import npseg
from npseg import Tensor
from npseg.autograd import gradcheck
from npseg.errors import ArgumentError, DTypeError, GradientError, NpsegError, ShapeError

X = np.array([[0.5, 1.5, 2.0], [3.0, 0.25, 1.0]])


def leaf(data=X):
    return Tensor(np.array(data, dtype=float), requires_grad=True)


@pytest.mark.parametrize("data, dtype", [
    (1.5, np.float32),
    ([1, 2], np.float32),
    (np.arange(3), np.float32),
    (np.array([True, False]), np.float32),
    (np.zeros(2, np.float32), np.float32),
    (np.zeros(2, np.float64), np.float64),
    (np.zeros(2, np.uint8), np.float32),
])  # fmt: skip
def test_type_of_a_new_tensor(data, dtype):
    assert Tensor(data).dtype == dtype


def test_type_can_be_asked_for():
    assert Tensor([1.0], dtype=np.float64).dtype == np.float64
    assert Tensor(np.zeros(2), dtype="float32").dtype == np.float32


@pytest.mark.parametrize("data", [np.array([1j]), np.array(["a"]), np.array([None])])
def test_not_numbers(data):
    with pytest.raises(DTypeError, match=r"expected|not numeric"):
        Tensor(data)


def test_other_float_types_are_refused():
    with pytest.raises(DTypeError, match="expected float32 or float64"):
        Tensor([1.0], dtype=np.float16)


def test_attributes():
    t = leaf()
    assert (t.shape, t.ndim, t.size, len(t)) == ((2, 3), 2, 6, 2)
    assert t.grad is None
    assert t.requires_grad
    assert t.data is t.numpy()
    assert t.T.shape == (3, 2)
    assert leaf([[4.0]]).item() == 4.0
    assert float(leaf(2.5)) == 2.5
    assert "requires_grad" in repr(t)


def test_item_of_many_is_refused():
    with pytest.raises(ShapeError, match=r"one element.*\(2, 3\)"):
        leaf().item()


def test_tensor_is_an_array_to_numpy():
    np.testing.assert_array_equal(np.asarray(leaf()), X)


BINARY = {
    "add": lambda a, b: a + b,
    "subtract": lambda a, b: a - b,
    "multiply": lambda a, b: a * b,
    "divide": lambda a, b: a / b,
}


@pytest.mark.parametrize("name", BINARY)
@pytest.mark.parametrize("other", [2, 2.5, np.float64(1.5), np.float32(1.5), np.int64(3)], ids=repr)
def test_operators_with_scalars_on_both_sides(name, other):
    operator, t = BINARY[name], leaf()
    left, right = operator(t, other), operator(other, t)
    for y, expected in ((left, operator(X, other)), (right, operator(other, X))):
        assert isinstance(y, Tensor)
        assert y.dtype == np.float64
        np.testing.assert_allclose(y.data, expected, rtol=1e-7)
    assert gradcheck(lambda t: operator(t, other) * operator(other, t), X)


@pytest.mark.parametrize("name", BINARY)
def test_operators_with_arrays_on_both_sides(name):
    operator, other = BINARY[name], np.array([1.0, 2.0, 4.0])
    np.testing.assert_allclose(operator(leaf(), other).data, operator(X, other))
    np.testing.assert_allclose(operator(other, leaf()).data, operator(other, X))
    assert gradcheck(lambda t: operator(t, other) * operator(other, t), X)


@pytest.mark.parametrize("name", BINARY)
def test_a_scalar_does_not_widen_a_float32(name):
    t = Tensor(X.astype(np.float32))
    assert BINARY[name](t, 2.5).dtype == np.float32
    assert BINARY[name](np.float64(2.5), t).dtype == np.float32
    assert BINARY[name](t, np.ones(3)).dtype == np.float32


def test_other_operators():
    t = leaf()
    np.testing.assert_array_equal((-t).data, -X)
    np.testing.assert_array_equal(abs(-t).data, X)
    np.testing.assert_allclose((t**2).data, X**2)
    np.testing.assert_allclose((t @ t.T).data, X @ X.T)
    np.testing.assert_allclose((X.T @ t).data, X.T @ X)
    np.testing.assert_array_equal(t[0, ::2].data, X[0, ::2])
    assert gradcheck(lambda t: (t**3 - t**0.5) @ np.ones((3, 2)) + (-t)[:, 1:], X)


UNARY = {"exp": np.exp, "log": np.log, "sqrt": np.sqrt, "abs": np.abs}


@pytest.mark.parametrize("name", UNARY)
def test_numpy_functions_and_methods_agree(name):
    t = leaf()
    by_function, by_method = UNARY[name](t), getattr(t, name)()
    assert isinstance(by_function, Tensor)
    assert by_function.requires_grad
    np.testing.assert_allclose(by_function.data, UNARY[name](X))
    np.testing.assert_array_equal(by_function.data, by_method.data)
    assert gradcheck(UNARY[name], X)


@pytest.mark.parametrize("function", [np.tanh, np.negative, np.square], ids=lambda f: f.__name__)
def test_further_numpy_functions(function):
    np.testing.assert_allclose(function(leaf()).data, function(X))
    assert gradcheck(function, X)


@pytest.mark.parametrize("name", ["sum", "mean", "max", "min", "var"])
@pytest.mark.parametrize("options", [{}, {"axis": 1}, {"axis": (0, 1), "keepdims": True}], ids=repr)
def test_reductions(name, options):
    expected = getattr(np, name)(X, **options)
    np.testing.assert_allclose(getattr(leaf(), name)(**options).data, expected)
    np.testing.assert_allclose(getattr(np, name)(leaf(), **options).data, expected)
    assert gradcheck(lambda t: getattr(t, name)(**options), X)


def test_numpy_functions_of_two_and_of_lists():
    a, b = leaf(), leaf(X[::-1] + 0.1)
    np.testing.assert_array_equal(np.maximum(a, b).data, np.maximum(X, b.data))
    np.testing.assert_array_equal(np.minimum(1.1, a).data, np.minimum(1.1, X))
    np.testing.assert_array_equal(np.clip(a, 0.3, 1.2).data, np.clip(X, 0.3, 1.2))
    np.testing.assert_array_equal(np.concatenate([a, b], axis=1).data, np.hstack([X, b.data]))
    np.testing.assert_array_equal(np.matmul(a, b.T).data, X @ b.data.T)
    np.testing.assert_array_equal(np.reshape(a, (3, 2)).data, X.reshape(3, 2))
    np.testing.assert_array_equal(np.transpose(a).data, X.T)
    assert gradcheck(lambda a, b: np.concatenate([a * b, a - b], axis=0), X, X + 1)


def test_shape_methods():
    t = leaf(np.arange(24.0).reshape(2, 3, 4))
    assert t.reshape(4, 6).shape == t.reshape((4, 6)).shape == t.reshape(4, -1).shape == (4, 6)
    assert t.transpose().shape == (4, 3, 2)
    assert t.transpose(0, 2, 1).shape == t.transpose((0, 2, 1)).shape == (2, 4, 3)


def test_a_numpy_function_without_a_gradient_says_so():
    with pytest.raises(GradientError, match=r"no differentiable 'arctan'.*tensor\.data"):
        np.arctan(leaf())
    with pytest.raises(GradientError, match="no differentiable 'sort'"):
        np.sort(leaf())
    with pytest.raises(GradientError, match=r"np\.add"):
        np.add.reduce(leaf())


def test_a_tensor_as_exponent_says_what_to_write():
    with pytest.raises(NpsegError, match=r"power.*exp"):
        leaf() ** leaf()


def test_mixed_tensors_are_refused():
    with pytest.raises(DTypeError, match=r"float32.*float64|float64.*float32"):
        leaf() + Tensor(X.astype(np.float32))


def test_shapes_that_do_not_broadcast():
    with pytest.raises(ValueError, match=r"\(2, 3\)") as caught:
        leaf() + leaf(np.ones((2, 2)))
    assert isinstance(caught.value, ArgumentError)


def test_in_place_operators_make_a_new_tensor():
    t = leaf()
    y = t
    y += 1.0
    assert y is not t
    np.testing.assert_array_equal(t.data, X)
    np.testing.assert_array_equal(y.data, X + 1)


@given(
    a=st.lists(st.sampled_from([1, 3]), max_size=3),
    b=st.lists(st.sampled_from([1, 3]), max_size=3),
    name=st.sampled_from(sorted(BINARY)),
)
def test_broadcasting_any_shapes(a, b, name):
    rng = np.random.default_rng(len(a) + 10 * len(b))
    assert gradcheck(BINARY[name], rng.uniform(1, 2, a), rng.uniform(1, 2, b))


def test_truth_of_a_tensor_is_numpys():
    assert bool(leaf(1.0))
    with pytest.raises(ValueError, match="ambiguous"):
        bool(leaf())


def test_front_door_fills_the_table():
    assert npseg.Tensor is Tensor
    assert (npseg.Tensor([2.0]) * 3).item() == 6.0
