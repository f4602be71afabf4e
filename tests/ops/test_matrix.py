"""The tests that every op passes, in every configuration of its cases."""

from __future__ import annotations

import numpy as np
import pytest
from all_cases import CASES
from op_case import OpCase, assert_close, direction, first

from npseg import ops
from npseg.autograd import Tensor, gradcheck, no_grad
from npseg.errors import DTypeError

DTYPES = [np.float64, np.float32]
NORMS = ("batch_norm", "batch_norm_relu", "group_norm", "layer_norm")

every_case = pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
every_dtype = pytest.mark.parametrize("dtype", DTYPES, ids=lambda dtype: np.dtype(dtype).name)


def cases_where(condition):
    chosen = [case for case in CASES if condition(case)]
    return pytest.mark.parametrize("case", chosen, ids=lambda case: case.id)


def op_of(case: OpCase):
    return getattr(ops, case.op)


def forward(case: OpCase, arrays, requires_grad=None):
    """(leaves, value) of the op on tensors; all inputs ask for gradients unless told."""
    requires_grad = requires_grad or [True] * len(arrays)
    leaves = [Tensor(x, requires_grad=r) for x, r in zip(arrays, requires_grad)]
    return leaves, first(case.run(op_of(case), leaves))


def gradients(case: OpCase, arrays, seed=None) -> list[np.ndarray]:
    leaves, y = forward(case, arrays)
    y.backward(seed_for(case, y) if seed is None else seed)
    return [leaf.grad for leaf in leaves]


def seed_for(case: OpCase, y) -> np.ndarray:
    return np.asarray(direction(case.rng(salt=1), y.shape), y.dtype)


@every_case
@every_dtype
def test_value_is_the_references(case, dtype):
    arrays = case.inputs(dtype)
    result = case.run(op_of(case), [Tensor(x) for x in arrays])
    expected = case.expected(arrays)
    tolerance = case.rtol64 if dtype == np.float64 else case.rtol32
    assert isinstance(result, tuple) == isinstance(expected, tuple)
    for i, (got, want) in enumerate(zip(*(r if isinstance(r, tuple) else (r,) for r in (result, expected)))):
        assert_close(getattr(got, "data", got), want, tolerance, f"output {i}")
    assert first(result).dtype == dtype


@every_case
def test_arrays_do_as_well_as_tensors(case):
    arrays = case.inputs()
    with no_grad():
        y = first(case.run(op_of(case), arrays))
    assert isinstance(y, Tensor)
    assert not y.requires_grad
    np.testing.assert_array_equal(y.data, forward(case, arrays)[1].data)


@cases_where(lambda case: case.gradients)
@every_dtype
def test_gradients_are_the_references(case, dtype):
    arrays = case.inputs(dtype)
    leaves, y = forward(case, arrays)
    seed = seed_for(case, y)
    y.backward(seed)
    wide = tuple(np.asarray(x, np.float64) for x in arrays)
    expected = case.gradients(wide, seed.astype(np.float64), case.fresh_options())
    tolerance = case.rtol64 if dtype == np.float64 else case.gradient_rtol32
    assert len(expected) == len(leaves)
    for i, (leaf, want) in enumerate(zip(leaves, expected)):
        assert_close(leaf.grad, want, tolerance, f"gradient {i}")


@every_case
def test_float32_gradients_agree_with_float64(case):
    narrow = case.inputs(np.float32)
    _, y = forward(case, narrow)
    seed = seed_for(case, y)
    found = gradients(case, narrow, seed)
    expected = gradients(case, [x.astype(np.float64) for x in narrow], seed.astype(np.float64))
    for i, (got, want) in enumerate(zip(found, expected)):
        assert got.dtype == np.float32
        assert_close(got, want, case.gradient_rtol32, f"gradient {i}")


@every_case
def test_gradcheck(case):
    assert gradcheck(
        lambda *tensors: case.run(op_of(case), tensors),
        *case.inputs(),
        tolerance=case.gradcheck_tolerance,
        directions=2,
    )


@every_case
def test_each_gradient_against_a_central_difference(case):
    """As `gradcheck`, but written out here, and one input at a time so that no error hides behind another."""
    arrays, step = case.inputs(), 1e-6
    _, y = forward(case, arrays)
    seed = seed_for(case, y)
    for i, gradient in enumerate(gradients(case, arrays, seed)):
        v = direction(case.rng(salt=2 + i), arrays[i].shape)
        ahead, behind = (
            case.expected([x + sign * step * v if k == i else x for k, x in enumerate(arrays)]) for sign in (1, -1)
        )
        numeric = float(np.vdot(seed, np.subtract(first(ahead), first(behind)))) / (2 * step)
        analytic = float(np.vdot(gradient, v))
        assert analytic == pytest.approx(numeric, rel=1e-5, abs=case.gradcheck_tolerance), f"gradient {i}"


@cases_where(lambda case: case.linear)
def test_adjoint_law(case):
    """<A x, y> = <x, A' y>, exactly but for rounding, in each input that the op is linear in."""
    arrays = case.inputs()
    leaves, y = forward(case, arrays)
    seed = seed_for(case, y)
    y.backward(seed)
    for i in case.linear:
        at_zero = forward(case, [np.zeros_like(x) if k == i else x for k, x in enumerate(arrays)])[1]
        left = np.vdot(y.data - at_zero.data, seed)
        right = np.vdot(arrays[i], leaves[i].grad)
        scale = np.linalg.norm(y.data) * np.linalg.norm(seed) or 1.0
        assert abs(left - right) <= 1e-12 * scale, f"input {i}: <Ax, y> = {left}, <x, A'y> = {right}"


def _every_second(x):
    wide = np.full([2 * n for n in x.shape], np.nan, x.dtype)
    view = wide[(slice(None, None, 2),) * x.ndim + (...,)]
    view[...] = x
    return view


def _reversed(x):
    view = x.copy()
    flip = (slice(None, None, -1),) * x.ndim + (...,)
    view[...] = x[flip]
    return view[flip]


def _fortran(x):
    return np.asfortranarray(x) if x.ndim > 1 else x.copy()


def _read_only(x):
    copy = x.copy()
    copy.flags.writeable = False
    return copy


LAYOUTS = {
    "every-second": _every_second,
    "reversed": _reversed,
    "fortran": _fortran,
    "read-only": _read_only,
}


@every_case
def test_layout_of_memory_does_not_matter(case):
    arrays = case.inputs()
    _, y = forward(case, arrays)
    seed = seed_for(case, y)
    expected = gradients(case, arrays, seed)
    for name, rearrange in LAYOUTS.items():
        _, z = forward(case, [rearrange(x) for x in arrays])
        assert_close(z.data, y.data, 1e-12, f"value of {name} inputs")
        found = z.node.run(rearrange(seed))
        for i, (got, want) in enumerate(zip(found, expected)):
            assert_close(got, want, 1e-12, f"gradient {i} of {name} inputs")


@every_case
def test_gradient_that_is_one_number_everywhere(case):
    """`sum()` hands down a broadcast array: all strides zero, read-only."""
    arrays = case.inputs()
    _, y = forward(case, arrays)
    expected = gradients(case, arrays, np.full(y.shape, 0.5))
    found = y.node.run(np.broadcast_to(np.float64(0.5), y.shape))
    for got, want in zip(found, expected):
        np.testing.assert_allclose(got, want, rtol=1e-10, atol=1e-12)


@every_case
def test_nothing_is_written_that_belongs_to_others(case):
    arrays = case.inputs()
    before = [x.copy() for x in arrays]
    _, y = forward(case, arrays)
    value, seed = y.data.copy(), seed_for(case, y)
    kept = seed.copy()
    y.node.pullback(seed, y.node.wanted)
    for i, (x, b) in enumerate(zip(arrays, before)):
        np.testing.assert_array_equal(x, b, err_msg=f"input {i} was written")
    np.testing.assert_array_equal(y.data, value, err_msg="the pullback wrote the output")
    np.testing.assert_array_equal(seed, kept, err_msg="the pullback wrote the gradient it was given")


@every_case
def test_gradients_own_their_memory(case):
    arrays = case.inputs()
    leaves, y = forward(case, arrays)
    seed = seed_for(case, y)

    grads = [g for g in y.node.pullback(seed, y.node.wanted) if g is not None]
    for i, g in enumerate(grads):
        assert not np.may_share_memory(g, y.data), f"gradient {i} aliases the output"
        assert not any(np.may_share_memory(g, x) for x in arrays), f"gradient {i} aliases an input"

    y.backward(seed)
    held = {"seed": seed, "output": y.data} | {f"input {i}": x for i, x in enumerate(arrays)}
    for i, leaf in enumerate(leaves):
        assert leaf.grad.shape == leaf.shape
        assert leaf.grad.dtype == leaf.dtype
        assert leaf.grad.flags.writeable, f"gradient {i} is read-only"
        for name, other in held.items():
            assert not np.may_share_memory(leaf.grad, other), f"gradient {i} aliases {name}"
        held[f"gradient {i}"] = leaf.grad


@every_case
def test_output_owns_its_memory_or_is_a_view_of_an_input(case):
    """Two runs never share a buffer: the second does not change what the first returned."""
    arrays = case.inputs()
    _, y = forward(case, arrays)
    value = y.data.copy()
    forward(case, [0.5 * x for x in arrays])
    np.testing.assert_array_equal(y.data, value)


@every_case
def test_unwanted_gradients_are_not_made(case):
    arrays = case.inputs()
    everything = gradients(case, arrays)
    for chosen in range(len(arrays)):
        leaves, y = forward(case, arrays, [k == chosen for k in range(len(arrays))])
        seed = seed_for(case, y)
        wanted = y.node.wanted
        found = y.node.pullback(seed, wanted)
        for tensor, want, gradient in zip(y.node.inputs, wanted, found):
            assert want == (tensor is not None and tensor.requires_grad)
            assert want == (gradient is not None), "a gradient that nobody wants was computed"
        y.backward(seed)
        np.testing.assert_array_equal(leaves[chosen].grad, everything[chosen])
        assert all(leaf.grad is None for k, leaf in enumerate(leaves) if k != chosen)


@every_case
def test_nothing_is_recorded_when_nothing_needs_a_gradient(case):
    _, y = forward(case, case.inputs(), [False] * len(case.inputs()))
    assert y.node is None
    assert not y.requires_grad


@every_case
def test_same_input_same_bits(case):
    arrays = case.inputs(np.float32)
    first_run, second_run = gradients(case, arrays), gradients(case, arrays)
    np.testing.assert_array_equal(forward(case, arrays)[1].data, forward(case, arrays)[1].data)
    for a, b in zip(first_run, second_run):
        np.testing.assert_array_equal(a, b)


@cases_where(lambda case: len(case.inputs()) > 1)
def test_mixed_types_raise(case):
    arrays = case.inputs()
    mixed = [Tensor(x.astype(np.float32) if i == 0 else x) for i, x in enumerate(arrays)]
    with pytest.raises(DTypeError, match=r"float32.*float64|float64.*float32"):
        case.run(op_of(case), mixed)


@cases_where(lambda case: case.batched)
def test_no_images_at_all(case):
    arrays = [x[:0] if i in case.batched else x for i, x in enumerate(case.inputs())]
    leaves, y = forward(case, arrays)
    assert y.shape == (0, *forward(case, case.inputs())[1].shape[1:])
    y.backward(np.zeros(y.shape))
    for leaf in leaves:
        np.testing.assert_array_equal(leaf.grad, np.zeros(leaf.shape))


@cases_where(lambda case: case.op not in NORMS)
@every_dtype
@pytest.mark.filterwarnings("ignore:invalid value")
def test_what_is_not_a_number_shows(case, dtype):
    """A NaN never turns into a number on its way through: training must be able to see it."""
    arrays = list(case.inputs(dtype))
    arrays[0] = np.full_like(arrays[0], np.nan)
    _, y = forward(case, arrays)
    np.testing.assert_array_equal(np.isnan(y.data), np.isnan(first(case.expected(arrays))))


@cases_where(lambda case: case.op in NORMS)
def test_what_is_not_a_number_shows_in_a_norm(case):
    arrays = case.inputs()
    arrays[0][(0,) * arrays[0].ndim] = np.nan
    _, y = forward(case, arrays)
    assert np.isnan(y.data[(0,) * y.ndim])
