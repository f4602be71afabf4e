"""Winograd convolution: the algorithm in exact fractions, the kernels against the reference, the rounding errors."""

from __future__ import annotations

from fractions import Fraction

import numba
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from npseg import config, ops
from npseg.autograd import Tensor
from npseg.kernels import threads, winograd
from npseg.ops import conv_passes, conv_plan
from npseg.reference import conv as direct
from npseg.reference import winograd as reference
from npseg.shapes import Window

TILES = (2, 4)


def error(actual, expected) -> float:
    return float(np.abs(actual - expected).max() / (np.abs(expected).max() or 1.0))


def passes(x, weight, dy, **options):
    """Value and both gradients of a convolution."""
    leaves = Tensor(x, requires_grad=True), Tensor(weight, requires_grad=True)
    y = ops.conv2d(*leaves, **options)
    y.backward(dy)
    return y.data, leaves[0].grad, leaves[1].grad


def expected(x, weight, dy, **options):
    wide = [np.asarray(a, np.float64) for a in (x, weight, dy)]
    return (
        direct.conv2d(wide[0], wide[1], **options),
        direct.conv2d_input_gradient(wide[2], wide[1], x.shape[1:3], **options),
        direct.conv2d_weight_gradient(wide[0], wide[2], (3, 3), **options),
    )


@pytest.mark.parametrize("m", TILES)
def test_minimal_filtering_is_exact_in_fractions(m):
    """Not up to rounding: the identity itself, on numbers that hide no coincidence."""
    inputs, weights, outputs = ([[Fraction(v).limit_denominator(100) for v in row] for row in a]
                                for a in reference.MATRICES[m])  # fmt: skip
    d = [Fraction(7**k % 31, k + 3) for k in range(m + 2)]
    g = [Fraction(5, 3), Fraction(-2, 7), Fraction(11, 13)]
    product = [a * b for a, b in zip(times(weights, g), times(inputs, d))]
    assert times(outputs, product) == [sum(d[i + k] * g[k] for k in range(3)) for i in range(m)]


@pytest.mark.parametrize("m", TILES)
def test_the_adjoint_of_minimal_filtering_multiplies_polynomials(m):
    """Where the reference says that the matrices come from."""
    inputs, weights, outputs = reference.MATRICES[m]
    g, y = np.arange(1.0, 4.0), np.arange(2.0, 2 + m)
    np.testing.assert_allclose(inputs.T @ ((weights @ g) * (outputs.T @ y)), np.convolve(g, y), atol=1e-12)


def times(matrix, vector):
    return [sum(a * b for a, b in zip(row, vector)) for row in matrix]


@pytest.mark.parametrize("m", TILES)
def test_lines_of_the_kernels_are_the_matrices(m):
    inputs, weights, outputs = reference.MATRICES[m]
    for name, matrix in (("input", inputs), ("weight", weights), ("output", outputs), ("gradient", outputs.T),
                         ("fold", weights.T)):  # fmt: skip
        line = getattr(winograd, f"_{name}_{m}")
        np.testing.assert_allclose(np.array(line(*np.eye(matrix.shape[1]))), matrix, atol=1e-15, err_msg=name)


@pytest.mark.parametrize("tile", TILES)
@pytest.mark.parametrize("padding, dilation", [(0, 1), (1, 1), (2, 2), (3, 1)])
def test_reference_is_the_convolution(tile, padding, dilation):
    rng = np.random.default_rng(0)
    x, weight = rng.standard_normal((2, 7, 9, 3)), rng.standard_normal((3, 3, 3, 2))
    options = {"padding": padding, "dilation": dilation}
    got = reference.conv2d(x, weight, tile=tile, **options)
    assert error(got, direct.conv2d(x, weight, **options)) < 1e-13
    dy = rng.standard_normal(got.shape)
    got = reference.weight_gradient(x, dy, tile=tile, **options)
    assert error(got, direct.conv2d_weight_gradient(x, dy, (3, 3), **options)) < 1e-13


@st.composite
def convolutions(draw):
    dilation = draw(st.tuples(st.integers(1, 3), st.integers(1, 2)))
    padding = draw(st.tuples(st.integers(0, 5), st.integers(0, 3)))
    least = [max(1, 2 * d + 1 - 2 * p) for d, p in zip(dilation, padding)]
    size = [draw(st.integers(n, n + 11)) for n in least]
    channels, features = draw(st.integers(1, 20)), draw(st.integers(1, 37))
    shape = (draw(st.integers(1, 3)), *size, channels)
    return shape, features, {"padding": padding, "dilation": dilation}


@pytest.mark.parametrize("tile", TILES)
@pytest.mark.parametrize("by_panels", [False, True])
@pytest.mark.parametrize("size", [(9, 10), (8, 8)])  # with border tiles, and of whole tiles only
def test_joined_images_and_a_finish_do_as_the_plain_steps(tile, by_panels, size, monkeypatch):
    """Features differ in scale, shift and bounds, and fill more than two panels, the last one in part."""
    rng = np.random.default_rng(3)
    lanes, features = winograd.LANES, 2 * winograd.WIDTH + 5
    first, second = rng.standard_normal((2, *size, lanes + 1)), rng.standard_normal((2, *size, lanes + 3))
    weight = rng.standard_normal((3, 3, 2 * lanes + 4, features))
    scale, shift = rng.uniform(-2, 2, features), rng.standard_normal(features)
    low, high = rng.uniform(-3, -1, features), rng.uniform(1, 3, features)
    finish = conv_passes.affine(features, np.dtype(float), scale, shift, low, high)
    monkeypatch.setattr(conv_plan, "STREAMED_WEIGHTS", -1 if by_panels else 1 << 60)
    window = Window(3, 3, 1, 1, 1, 1, 1, 1)
    with config.use(conv_algorithm=f"winograd{tile}", precision="fast"):
        assert conv_plan.plan(2, *size, weight.shape[2], features, window, 8).by_panels is by_panels
        found = conv_passes.forward(first, weight, size, window, 1, finish, joined=second)
    plain = direct.conv2d(np.concatenate([first, second], axis=3), weight, padding=1)
    np.testing.assert_allclose(found, np.clip(plain * scale + shift, low, high), atol=1e-10)


@given(
    convolution=convolutions(),
    tile=st.sampled_from(TILES),
    by_panels=st.booleans(),
    small_chunks=st.booleans(),
    own_sums=st.booleans(),
    count=st.sampled_from([1, 2, 5]),
    dtype=st.sampled_from([np.float64, np.float32]),
    seed=st.integers(0, 2**16),
)
def test_all_passes_of_all_shapes(convolution, tile, by_panels, small_chunks, own_sums, count, dtype, seed):
    """However the work is cut: by tiles or panels, in chunks, over more threads than there is work."""
    shape, features, options = convolution
    rng = np.random.default_rng(seed)
    x = rng.standard_normal(shape).astype(dtype)
    weight = rng.standard_normal((3, 3, shape[3], features)).astype(dtype)
    size = [n + 2 * p - 2 * d for n, p, d in zip(shape[1:3], options["padding"], options["dilation"])]
    dy = rng.standard_normal((shape[0], *size, features)).astype(dtype)
    with pytest.MonkeyPatch.context() as patch, config.use(conv_algorithm=f"winograd{tile}", precision="fast"):
        patch.setattr(threads, "count", lambda: count)
        patch.setattr(conv_plan, "STREAMED_WEIGHTS", -1 if by_panels else 1 << 60)
        if small_chunks:
            patch.setattr(conv_plan, "CHUNK_BYTES", 1)
            patch.setattr(conv_plan, "LEAST_CHUNK", 5)
        patch.setattr(conv_plan, "OWN_SUMS", 1 << 60 if own_sums else -1)
        found = passes(x, weight, dy, **options)
    limit = 1e-12 if dtype == np.float64 else 3e-5
    for name, got, want in zip(("value", "input", "weight"), found, expected(x, weight, dy, **options)):
        assert got.dtype == dtype
        assert error(got, want) < limit, name


# What config.py and the README say about rounding in float32, in orders of magnitude of the largest entry.
ROUNDING = {
    (64, 48): {"direct": 3e-6, "winograd2": 3e-6, "winograd4": 1.5e-5},
    (64, 96): {"direct": 4e-6, "winograd2": 3e-6, "winograd4": 1.5e-5},
    (512, 24): {"direct": 4e-6, "winograd2": 2e-6, "winograd4": 3e-5},
}


@pytest.mark.skipif(bool(numba.config.DISABLE_JIT), reason="full-size layers")
@pytest.mark.parametrize("channels, size", ROUNDING)
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_rounding_errors_are_as_documented(channels, size, seed):
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((1, size, size, channels), np.float32)
    weight = rng.standard_normal((3, 3, channels, channels), np.float32)
    dy = rng.standard_normal((1, size, size, channels), np.float32)
    with config.use(conv_algorithm="direct"):
        want = passes(*[a.astype(np.float64) for a in (x, weight, dy)], padding=1)
    for algorithm, limit in ROUNDING[channels, size].items():
        with config.use(conv_algorithm=algorithm, precision="fast"):
            found = passes(x, weight, dy, padding=1)
        worst = max(error(got, exact) for got, exact in zip(found, want))
        assert limit / 5 < worst < limit, algorithm


@pytest.mark.parametrize("tile", TILES)
def test_what_is_not_a_number_shows(tile):
    x = np.zeros((1, 9, 9, 3), np.float32)
    x[0, 4, 4, 1] = np.nan
    with config.use(conv_algorithm=f"winograd{tile}", precision="fast"):
        y = ops.conv2d(x, np.ones((3, 3, 3, 2), np.float32), padding=1).data
    assert np.isnan(y[0, 3:6, 3:6]).all()


def test_same_bits_whatever_ran_before():
    """Scratch memory keeps what others left in it; none of it may show."""
    rng = np.random.default_rng(2)
    x, weight = rng.standard_normal((1, 13, 11, 5), np.float32), rng.standard_normal((3, 3, 5, 7), np.float32)
    dy = rng.standard_normal((1, 13, 11, 7), np.float32)
    with config.use(conv_algorithm="winograd4", precision="fast"):
        before = passes(x, weight, dy, padding=1)
        ops.conv2d(np.full((1, 16, 15, 20), np.nan, np.float32), np.ones((3, 3, 20, 20), np.float32))
        for got, want in zip(passes(x, weight, dy, padding=1), before):
            np.testing.assert_array_equal(got, want)
