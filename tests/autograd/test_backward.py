"""Reverse mode: what reaches the leaves, what is refused, what is let go."""

from __future__ import annotations

import gc
import threading
import weakref

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from npseg import Tensor, no_grad, ops
from npseg.autograd import differentiable, gradcheck, is_grad_enabled, observe
from npseg.errors import DTypeError, GradientError, ShapeError


def leaf(data=(1.0, 2.0, 3.0)):
    return Tensor(np.array(data, dtype=float), requires_grad=True)


# -- gradients add up ----------------------------------------------------------------------------------------------


def test_gradients_accumulate_over_backward_passes():
    x = leaf()
    (x * 2).sum().backward()
    (x * x).sum().backward()
    np.testing.assert_array_equal(x.grad, [4.0, 6.0, 8.0])


def test_accumulation_leaves_an_earlier_gradient_alone():
    x = leaf()
    (x * 2).sum().backward()
    earlier = x.grad
    (x * 5).sum().backward()
    np.testing.assert_array_equal(earlier, [2.0, 2.0, 2.0])
    np.testing.assert_array_equal(x.grad, [7.0, 7.0, 7.0])


def test_leaf_used_twice_in_one_op():
    x = leaf()
    (x * x).sum().backward()
    np.testing.assert_array_equal(x.grad, [2.0, 4.0, 6.0])
    y = leaf()
    (y + y).sum().backward()
    np.testing.assert_array_equal(y.grad, [2.0, 2.0, 2.0])
    z = leaf()
    (z - z).sum().backward()
    np.testing.assert_array_equal(z.grad, [0.0, 0.0, 0.0])


def test_two_leaves_do_not_share_a_gradient():
    x, y = leaf(), leaf()
    (x + y).sum().backward()
    x.grad += 100
    np.testing.assert_array_equal(y.grad, [1.0, 1.0, 1.0])


def test_diamond():
    """Two ways from x to the loss; the node where they meet runs once, with both gradients."""
    x, runs = leaf(2.0), []

    @differentiable
    def square(a):
        def pullback(dy, wanted):
            runs.append(float(dy))
            return (2 * a * dy,)

        return a * a, pullback

    y = square(x)
    (y * 3 + y * y).backward()
    assert runs == [3 + 2 * 4.0]
    np.testing.assert_allclose(x.grad, 2 * 2.0 * (3 + 2 * 4.0))


def test_one_new_array_for_two_inputs_is_added_into_for_neither():
    """The second input's gradient must not see what else reaches the first."""

    @differentiable(inputs=2)
    def total(a, b):
        def pullback(dy, wanted):
            twice = 2 * dy
            return twice, twice

        return 2 * (a + b), pullback

    x, y = leaf(), leaf()
    a, b = x * 1, y * 1
    more = a * 5  # before: its gradient comes to a after that of total
    (total(a, b) * 3 + more).sum().backward()
    np.testing.assert_array_equal(x.grad, [11.0, 11.0, 11.0])
    np.testing.assert_array_equal(y.grad, [6.0, 6.0, 6.0])


@pytest.mark.parametrize("op", [ops.softmax, ops.log_softmax])
def test_a_strided_gradient_that_add_hands_to_both_sides(op):
    """It is made contiguous before: both sides get that copy."""
    rng = np.random.default_rng(0)
    x, y = (Tensor(rng.normal(size=(3, 4, 5)), requires_grad=True) for _ in range(2))
    weight = rng.normal(size=(3, 4, 5))

    def loss(x, y, more):
        a, b = x * 1, y * 1
        aux = (a * a).sum() * more
        return (op(a + b, axis=1) * weight).sum() + aux

    loss(x, y, 0).backward()
    alone, y.grad = y.grad, None
    loss(x, y, 1).backward()
    np.testing.assert_allclose(y.grad, alone, rtol=1e-12)


def test_diamond_with_one_gradient_handed_on_unchanged():
    """`add` may hand the same array to both sides: adding into it would corrupt the other."""
    x, y = leaf(), leaf()
    a, b = x + 0, y + 0
    s = a + b
    (s + a + s * 2).sum().backward()
    np.testing.assert_array_equal(x.grad, [4.0, 4.0, 4.0])
    np.testing.assert_array_equal(y.grad, [3.0, 3.0, 3.0])


def test_ladder_of_diamonds_is_not_exponential():
    x = leaf(1.0)
    y = x
    for _ in range(60):
        y = y + y
    y.backward()
    assert x.grad == 2.0**60


def test_deep_chain_does_not_recurse():
    x = leaf(1.0)
    y = x
    for _ in range(5000):
        y = y + 1.0
    y.backward()
    assert x.grad == 1.0
    del y  # freeing the chain must not recurse either


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9), st.booleans()), min_size=1, max_size=9))
def test_random_graphs(steps):
    """Sums and products of earlier values, in any order: compare with finite differences."""

    def function(x):
        values = [x, x * 0.5 + 1]
        for a, b, product in steps:
            a, b = values[a % len(values)], values[b % len(values)]
            values.append((a * b if product else a + b) * 0.25)
        return values[-1]

    assert gradcheck(function, np.array([0.3, -0.7]), tolerance=1e-5)


def test_seed_of_any_shape():
    x = leaf()
    (x * 2).backward([1.0, 10.0, 100.0])
    np.testing.assert_array_equal(x.grad, [2.0, 20.0, 200.0])


def test_seed_is_not_kept_or_written():
    x, seed = leaf(), np.ones(3)
    (x + 0.0).backward(seed)
    x.grad += 5
    np.testing.assert_array_equal(seed, np.ones(3))


def test_backward_of_a_leaf():
    x = leaf(2.0)
    x.backward()
    assert x.grad == 1.0


def test_gradient_is_an_array_of_the_leafs_shape_and_type():
    for shape in [(), (1,), (2, 3)]:
        x = Tensor(np.ones(shape, np.float32), requires_grad=True)
        (x * np.ones((2, 3))).sum().backward()
        assert isinstance(x.grad, np.ndarray)
        assert x.grad.shape == shape
        assert x.grad.dtype == np.float32
        assert x.grad.flags.writeable


def test_inner_tensors_keep_no_gradient():
    x = leaf()
    y = x * 2
    y.sum().backward()
    assert y.grad is None


# -- what is not recorded ------------------------------------------------------------------------------------------


def test_no_grad():
    x = leaf()
    assert is_grad_enabled()
    with no_grad():
        assert not is_grad_enabled()
        y = x * 2
        with no_grad():
            pass
        assert not is_grad_enabled()
    assert is_grad_enabled()
    assert not y.requires_grad
    with pytest.raises(GradientError, match="requires_grad=True"):
        y.sum().backward()


def test_no_grad_ends_with_an_exception():
    with pytest.raises(ZeroDivisionError), no_grad():
        raise ZeroDivisionError
    assert is_grad_enabled()


def test_no_grad_as_a_decorator():
    @no_grad()
    def double(x):
        return x * 2

    assert not double(leaf()).requires_grad
    assert not double(leaf()).requires_grad
    assert is_grad_enabled()


def test_no_grad_is_for_this_thread_only():
    seen = []
    with no_grad():
        thread = threading.Thread(target=lambda: seen.append((leaf() * 2).requires_grad))
        thread.start()
        thread.join()
    assert seen == [True]


def test_detach():
    x = leaf()
    y = x * 2
    z = y.detach()
    assert not z.requires_grad
    assert np.shares_memory(z.data, y.data)
    (x * z).sum().backward()
    np.testing.assert_array_equal(x.grad, [2.0, 4.0, 6.0])


def test_a_frozen_leaf_gets_nothing():
    x, y = leaf(), Tensor(np.ones(3))
    (x * y).sum().backward()
    assert y.grad is None


# -- what is refused -----------------------------------------------------------------------------------------------


def test_second_backward():
    loss = (leaf() * 2).sum()
    loss.backward()
    with pytest.raises(GradientError, match=r"already used.*run the forward pass again"):
        loss.backward()


def test_second_backward_through_a_shared_part():
    x = leaf()
    shared = x * x
    first, second = shared.sum(), (shared * 3).sum()
    first.backward()
    with pytest.raises(GradientError, match="already used"):
        second.backward()


def test_non_scalar_without_a_seed():
    with pytest.raises(ShapeError, match=r"shape \(3,\) needs a seed.*\.sum\(\)"):
        (leaf() * 2).backward()


def test_seed_of_another_shape():
    with pytest.raises(ShapeError, match=r"expected a seed of shape \(3,\), got \(2,\)"):
        (leaf() * 2).backward(np.ones(2))


def test_nothing_requires_a_gradient():
    with pytest.raises(GradientError, match="does not depend on anything"):
        (Tensor([1.0]) * 2).backward()


def assign(t):
    t.data = np.zeros(t.shape)


def add_in_place(t):
    t.data += 1


def fill(t):
    t.data[...] = 0


def write_one(t):
    t.data[1] = 7.0


def write_by_index(t):
    t.detach()[0] = 5.0


def touch(t):
    t.data *= 1.0
    t.touch()


WRITES = [assign, add_in_place, fill, write_one, write_by_index, touch]


@pytest.mark.parametrize("write", WRITES, ids=lambda f: f.__name__)
@pytest.mark.parametrize("op", ["multiply", "exp", "relu", "matmul"])
def test_input_written_between_forward_and_backward(write, op):
    x = leaf()
    y = {
        "multiply": lambda: x * x,
        "exp": lambda: x.exp(),
        "relu": lambda: ops.relu(x),
        "matmul": lambda: x.reshape(1, 3) @ x.reshape(3, 1),
    }[op]()
    write(x)
    with pytest.raises(GradientError, match=r"written after the forward pass.*copy"):
        y.sum().backward()


@pytest.mark.parametrize("write", WRITES, ids=lambda f: f.__name__)
@pytest.mark.parametrize("op", [ops.exp, ops.sigmoid, ops.softmax, ops.tanh, ops.sqrt], ids=lambda f: f.__name__)
def test_output_written_between_forward_and_backward(write, op):
    """Some pullbacks keep the output: writing it falsifies the gradient as well."""
    x = leaf()
    y = op(x)
    write(y)
    with pytest.raises(GradientError, match="written after the forward pass"):
        y.sum().backward()


def test_weight_written_between_forward_and_backward():
    x, weight = leaf(np.ones((1, 4, 4, 2))), leaf(np.ones((3, 3, 2, 3)))
    loss = ops.conv2d(x, weight, padding=1).sum()
    weight.data -= 0.1 * np.ones(weight.shape)
    with pytest.raises(GradientError, match="input 1 of conv2d"):
        loss.backward()


def test_optimiser_between_forward_and_backward():
    from npseg import optim

    weight = leaf()
    (weight * weight).sum().backward()
    optimiser = optim.SGD([weight], lr=0.1)
    loss = (weight * weight).sum()
    optimiser.step()
    with pytest.raises(GradientError, match="written after the forward pass"):
        loss.backward()


def test_large_tensor_written_all_over():
    x = leaf(np.ones(100_000))
    loss = (x * x).sum()
    x.data[...] = 0
    with pytest.raises(GradientError, match="written after the forward pass"):
        loss.backward()


def test_written_after_backward_is_fine():
    x = leaf()
    (x * x).sum().backward()
    x.data -= 0.1 * x.grad
    x.grad = None
    (x * x).sum().backward()
    np.testing.assert_allclose(x.grad, 2 * x.data)


def test_written_before_forward_is_fine():
    x = leaf()
    x.data[...] = 2
    x[0] = 5.0
    (x * x).sum().backward()
    np.testing.assert_array_equal(x.grad, [10.0, 4.0, 4.0])


def test_writing_into_a_result_by_index_is_refused():
    y = leaf() * 2
    with pytest.raises(GradientError, match="result of an op"):
        y[0] = 1.0


def test_assigning_another_shape_is_refused():
    x = leaf()
    with pytest.raises(ShapeError, match=r"expected float64 of shape \(3,\)"):
        x.data = np.ones(4)


# -- memory --------------------------------------------------------------------------------------------------------


class Held:
    """Stands for what an op saves: weak references tell when it is let go."""


def test_memory_is_released_as_the_backward_pass_goes():
    alive: list[weakref.ref] = []
    counts: list[int] = []

    @differentiable
    def step(x):
        held = Held()
        alive.append(weakref.ref(held))

        def pullback(dy, wanted, held=held):
            counts.append(sum(r() is not None for r in alive))
            return (dy * 1.0,)

        return x + 1.0, pullback

    y = leaf()
    for _ in range(6):
        y = step(y)
    loss = y.sum()
    gc.disable()  # it must not take a cycle collection
    try:
        loss.backward()
        assert counts == [6, 5, 4, 3, 2, 1]
        assert not any(r() is not None for r in alive)
    finally:
        gc.enable()


def test_intermediate_arrays_are_released_as_the_backward_pass_goes():
    x = leaf(np.ones(10))
    y = x * 2
    seen = weakref.ref(y)
    z = y * y
    loss = z.sum()
    del y, z
    gc.disable()
    try:
        loss.backward()
        assert seen() is None
    finally:
        gc.enable()


def test_a_graph_never_used_is_released_with_its_result():
    x = leaf()
    y = x * 2
    seen = weakref.ref(y)
    z = (y * y).sum()
    gc.disable()
    try:
        del y, z
        assert seen() is None
    finally:
        gc.enable()


# -- threads -------------------------------------------------------------------------------------------------------


def test_threads_with_graphs_of_their_own():
    rng = np.random.default_rng(0)
    images, weight = rng.standard_normal((4, 1, 6, 6, 2)), rng.standard_normal((3, 3, 2, 3))

    def run(image):
        x, w = leaf(image), leaf(weight)
        ops.relu(ops.conv2d(x, w, padding=1)).sum().backward()
        return x.grad, w.grad

    expected = [run(image) for image in images]
    found: dict[int, list] = {}

    def work(i):
        found[i] = [run(images[i]) for _ in range(5)]

    threads = [threading.Thread(target=work, args=(i,)) for i in range(4)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    for i, want in enumerate(expected):
        for got in found[i]:
            np.testing.assert_array_equal(got[0], want[0])
            np.testing.assert_array_equal(got[1], want[1])


# -- making ops ----------------------------------------------------------------------------------------------------


def test_optional_tensors_by_position_and_by_name():
    seen = []

    @differentiable(inputs=3)
    def op(x, weight=None, bias=None, *, scale=1.0):
        def pullback(dy, wanted):
            seen.append(wanted)
            return dy * scale, None, dy * 1.0

        return scale * x + (0 if bias is None else bias), pullback

    x, b = leaf(), leaf()
    op(x, bias=b, scale=2.0).sum().backward()
    np.testing.assert_array_equal(x.grad, [2.0, 2.0, 2.0])
    np.testing.assert_array_equal(b.grad, [1.0, 1.0, 1.0])
    assert seen == [(True, False, True)]


def test_extra_outputs_carry_no_gradient():
    @differentiable(extras=1)
    def with_maximum(x):
        return (x * 2, x.max()), lambda dy, wanted: (dy * 2,)

    y, largest = with_maximum(leaf())
    assert largest == 3.0
    assert isinstance(y, Tensor)
    assert not isinstance(largest, Tensor)


def test_observe_sees_each_op():
    seen = []

    def watch(name, inputs, output, options):
        seen.append((name, output.shape))

    with observe(watch):
        ops.conv2d(np.ones((1, 4, 4, 1)), np.ones((3, 3, 1, 2))).sum()
    ops.relu([1.0])
    assert seen == [("conv2d", (1, 2, 2, 2)), ("sum", ())]


def test_gradcheck_finds_a_wrong_gradient():
    @differentiable
    def wrong(x):
        return x * x, lambda dy, wanted: (3 * x * dy,)

    with pytest.raises(GradientError, match=r"backward pass gives.*central differences"):
        gradcheck(wrong, np.array([1.0, 2.0]))


def test_gradcheck_finds_a_missing_gradient():
    with pytest.raises(GradientError, match="gradcheck"):
        gradcheck(lambda x: x * x.detach(), np.array([1.0, 2.0]))


def test_gradcheck_wants_float64_and_something_to_check():
    with pytest.raises(DTypeError, match="expected float64"):
        gradcheck(ops.exp, np.ones(2, np.float32))
    with pytest.raises(GradientError, match="no input requires"):
        gradcheck(ops.exp, Tensor(np.ones(2)))


def test_gradcheck_holds_frozen_inputs_fixed():
    assert gradcheck(lambda x, w: x * w, np.array([1.0, 2.0]), Tensor(np.array([3.0, 4.0])))
