"""The references are the oracle of the op tests; here they face laws and SciPy, so that the oracle is tested, too."""

from __future__ import annotations

import itertools
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import ndimage, signal, special

from npseg.reference import activation, arithmetic, conv, cross_entropy, norm, pool, reduction, resize, shape
from npseg.reference import linear as linear_reference
from npseg.reference import softmax as softmax_reference

RNG = np.random.default_rng(0)


def assert_adjoint(forward, adjoint, x_shape):
    x = RNG.standard_normal(x_shape)
    ax = forward(x)
    y = RNG.standard_normal(ax.shape)
    aty = adjoint(y)
    assert aty.shape == x.shape
    scale = np.linalg.norm(ax) * np.linalg.norm(y) + 1e-300
    assert abs(np.vdot(ax, y) - np.vdot(x, aty)) <= 1e-12 * scale


@st.composite
def convolutions(draw):
    groups = draw(st.integers(1, 3))
    kernel = draw(st.tuples(st.integers(1, 3), st.integers(1, 3)))
    weight = (*kernel, draw(st.integers(1, 2)), groups * draw(st.integers(1, 2)))
    options = {
        "stride": draw(st.tuples(st.integers(1, 3), st.integers(1, 3))),
        "padding": draw(st.tuples(st.integers(0, 2), st.integers(0, 2))),
        "dilation": draw(st.tuples(st.integers(1, 2), st.integers(1, 2))),
        "groups": groups,
    }
    size = [
        max(1, d * (k - 1) + 1 - 2 * p) + draw(st.integers(0, 3))
        for k, d, p in zip(kernel, options["dilation"], options["padding"])
    ]
    return (2, *size, weight[2] * groups), weight, options


@given(convolutions())
def test_conv_gradients_are_adjoints(drawn):
    image, weight_shape, options = drawn
    x, weight = RNG.standard_normal(image), RNG.standard_normal(weight_shape)
    assert_adjoint(
        lambda x: conv.conv2d(x, weight, **options),
        lambda dy: conv.conv2d_input_gradient(dy, weight, image[1:3], **options),
        image,
    )
    assert_adjoint(
        lambda w: conv.conv2d(x, w, **options),
        lambda dy: conv.conv2d_weight_gradient(x, dy, weight_shape[:2], **options),
        weight_shape,
    )


def test_transposed_conv_gradients_are_adjoints():
    options = {"stride": (2, 3), "padding": (1, 0), "dilation": (1, 2), "groups": 2}
    x, weight = RNG.standard_normal((2, 3, 4, 4)), RNG.standard_normal((3, 2, 3, 4))
    assert_adjoint(
        lambda x: conv.conv_transpose2d(x, weight, output_padding=(1, 2), **options),
        lambda dy: conv.conv_transpose2d_input_gradient(dy, weight, (3, 4), **options),
        x.shape,
    )
    assert_adjoint(
        lambda w: conv.conv_transpose2d(x, w, output_padding=(1, 2), **options),
        lambda dy: conv.conv_transpose2d_weight_gradient(x, dy, (3, 2), **options),
        weight.shape,
    )


def test_conv_is_scipys_correlation():
    image, kernel = RNG.standard_normal((7, 8)), RNG.standard_normal((3, 2))
    y = conv.conv2d(image[None, :, :, None], kernel[:, :, None, None])[0, :, :, 0]
    np.testing.assert_allclose(y, signal.correlate2d(image, kernel, mode="valid"), rtol=1e-12)


def test_transposed_conv_is_scipys_full_convolution():
    image, kernel = RNG.standard_normal((4, 5)), RNG.standard_normal((3, 2))
    y = conv.conv_transpose2d(image[None, :, :, None], kernel[:, :, None, None])[0, :, :, 0]
    np.testing.assert_allclose(y, signal.convolve2d(image, kernel, mode="full"), rtol=1e-12)


def test_same_padding_keeps_the_size_and_puts_the_odd_pixel_last():
    x = np.array([1.0, 2.0, 3.0]).reshape(1, 1, 3, 1)
    y = conv.conv2d(x, np.array([1.0, 10.0]).reshape(1, 2, 1, 1), padding="same")
    assert y.ravel().tolist() == [21.0, 32.0, 3.0]


@given(
    size=st.integers(1, 12),
    kernel=st.integers(1, 4),
    stride=st.integers(1, 4),
    padding=st.integers(0, 2),
    ceil_mode=st.booleans(),
)
def test_pool_windows(size, kernel, stride, padding, ceil_mode):
    if padding > kernel // 2 or size + 2 * padding < kernel:
        return
    found = pool.windows(size, kernel, stride, padding, ceil_mode)
    assert all(stop - start == kernel for start, stop in found)
    assert all(start < size and stop > 0 for start, stop in found), "a window without a pixel"
    assert [start for start, _ in found] == [i * stride - padding for i in range(len(found))]
    if ceil_mode and stride <= kernel:
        assert found[-1][1] >= size, "ceil_mode leaves pixels over"
    if not ceil_mode:
        assert found[-1][1] <= size + padding
        assert found[-1][1] + stride > size + padding


@given(size=st.integers(1, 12), out_size=st.integers(1, 12))
def test_adaptive_windows_cover_the_axis(size, out_size):
    found = pool.adaptive_windows(size, out_size)
    assert found[0][0] == 0
    assert found[-1][1] == size
    assert all(a[1] >= b[0] for a, b in itertools.pairwise(found))
    assert all(stop > start for start, stop in found)


def test_max_pool_finds_its_pixels():
    x = RNG.standard_normal((2, 5, 6, 3))
    y, indices = pool.max_pool2d(x, 3, 2, 1, ceil_mode=True, return_indices=True)
    plane = x.reshape(2, -1, 3)
    np.testing.assert_array_equal(np.take_along_axis(plane, indices.reshape(2, -1, 3), axis=1).reshape(y.shape), y)


def test_max_pool_is_scipys_filter():
    x = RNG.standard_normal((6, 7))
    y = pool.max_pool2d(x[None, :, :, None], 3, 1, 1)[0, :, :, 0]
    np.testing.assert_array_equal(y, ndimage.maximum_filter(x, 3, mode="constant", cval=-np.inf))


@pytest.mark.parametrize("options", [
    {"kernel_size": 2},
    {"kernel_size": 3, "stride": 2, "padding": 1, "ceil_mode": True},
    {"kernel_size": 3, "stride": 2, "padding": 1, "ceil_mode": True, "count_include_pad": False},
])  # fmt: skip
def test_avg_pool_gradient_is_the_adjoint(options):
    assert_adjoint(
        lambda x: pool.avg_pool2d(x, **options),
        lambda dy: pool.avg_pool2d_input_gradient(dy, (6, 5), **options),
        (2, 6, 5, 3),
    )


def test_other_pool_gradients_are_adjoints():
    assert_adjoint(
        lambda x: pool.adaptive_avg_pool2d(x, (3, 4)),
        lambda dy: pool.adaptive_avg_pool2d_input_gradient(dy, (5, 7)),
        (2, 5, 7, 3),
    )
    indices = np.array([5, 0, 3]).reshape(1, 1, 3, 1)
    assert_adjoint(
        lambda x: pool.max_unpool2d(x, indices, (2, 3)),
        lambda dy: pool.max_unpool2d_input_gradient(dy, indices),
        (1, 1, 3, 1),
    )


@given(
    in_size=st.integers(1, 9),
    out_size=st.integers(1, 9),
    mode=st.sampled_from(["bilinear", "nearest"]),
    align_corners=st.booleans(),
)
def test_interpolation_is_an_average(in_size, out_size, mode, align_corners):
    matrix = resize.interpolation_matrix(in_size, out_size, mode=mode, align_corners=align_corners)
    assert matrix.shape == (out_size, in_size)
    assert (matrix >= 0).all()
    np.testing.assert_allclose(matrix.sum(axis=1), 1.0, rtol=1e-14)
    if in_size == out_size:
        np.testing.assert_allclose(matrix, np.eye(in_size), atol=1e-14)
    if mode == "bilinear":
        assert (np.diff(matrix @ np.arange(in_size)) >= -1e-12).all(), "positions go backwards"


def test_aligned_corners_stay():
    matrix = resize.interpolation_matrix(5, 8, align_corners=True)
    np.testing.assert_allclose(matrix @ np.arange(5.0), np.linspace(0, 4, 8), atol=1e-12)


@pytest.mark.parametrize("options", [{}, {"align_corners": True}, {"mode": "nearest"}])
def test_resize_gradient_is_the_adjoint(options):
    assert_adjoint(
        lambda x: resize.resize(x, (5, 2), **options),
        lambda dy: resize.resize_input_gradient(dy, (3, 4), **options),
        (2, 3, 4, 2),
    )


def test_pad_crop_and_concat_gradients_are_adjoints():
    widths = ((1, 2), (0, 3))
    assert_adjoint(lambda x: shape.pad(x, widths), lambda dy: shape.pad_input_gradient(dy, widths), (1, 3, 2, 2))
    assert_adjoint(
        lambda x: shape.crop(x, 1, 0, 2, 2),
        lambda dy: shape.crop_input_gradient(dy, 1, 0, (4, 3)),
        (1, 4, 3, 2),
    )
    parts = [RNG.standard_normal((2, n)) for n in (1, 3)]
    back = shape.concat_input_gradient(shape.concat(parts), [1, 3])
    for part, got in zip(parts, back):
        np.testing.assert_array_equal(part, got)


def test_summing_is_the_adjoint_of_broadcasting():
    assert_adjoint(lambda x: np.broadcast_to(x, (2, 3, 4)), lambda dy: arithmetic.sum_to_shape(dy, (3, 1)), (3, 1))


ACTIVATIONS = [name for name in activation.__all__ if not name.endswith("_derivative")]


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_derivative_is_the_slope(name):
    x = np.array([-7.03, -3.51, -2.17, -0.73, 0.41, 1.93, 3.37, 5.21, 7.11])
    function, derivative = getattr(activation, name), getattr(activation, f"{name}_derivative")
    slope = (function(x + 1e-6) - function(x - 1e-6)) / 2e-6
    np.testing.assert_allclose(derivative(x), slope, atol=1e-9)


def test_curves_are_scipys():
    x = np.linspace(-40, 40, 81)
    np.testing.assert_allclose(activation.sigmoid(x), special.expit(x), rtol=1e-14)
    np.testing.assert_allclose(activation.gelu(x), x * special.ndtr(x), atol=1e-15)
    np.testing.assert_allclose(softmax_reference.softmax(x), special.softmax(x), rtol=1e-13)
    np.testing.assert_allclose(softmax_reference.log_softmax(x), special.log_softmax(x), rtol=1e-13)


def directional(function, gradient, x, seed=None):
    """<gradient, v> against a central difference of <seed, function> along v."""
    v = RNG.uniform(0.5, 1.5, x.shape)
    seed = 1.0 if seed is None else seed
    numeric = np.sum(seed * (function(x + 1e-6 * v) - function(x - 1e-6 * v))) / 2e-6
    assert np.sum(gradient * v) == pytest.approx(numeric, rel=1e-6, abs=1e-8)


@pytest.mark.parametrize("op", ["softmax", "log_softmax"])
def test_softmax_gradients(op):
    x, dy = RNG.standard_normal((3, 4)), RNG.standard_normal((3, 4))
    backward = getattr(softmax_reference, f"{op}_input_gradient")
    directional(lambda x: getattr(softmax_reference, op)(x, axis=0), backward(x, dy, axis=0), x, dy)


@pytest.mark.parametrize("options", [
    {},
    {"weight": np.array([1.0, 0.5, 3.0])},
    {"label_smoothing": 0.2, "weight": np.array([1.0, 0.5, 3.0])},
])  # fmt: skip
def test_cross_entropy_gradient(options):
    logits, labels = RNG.standard_normal((2, 3, 3)), np.array([[0, 1, 2], [255, 2, 1]])
    gradient = cross_entropy.cross_entropy_gradient(logits, labels, **options)
    directional(lambda x: cross_entropy.cross_entropy(x, labels, **options), gradient, logits)


def test_cross_entropy_of_nothing_is_zero():
    logits, labels = RNG.standard_normal((2, 3)), np.array([255, 255])
    assert cross_entropy.cross_entropy(logits, labels) == 0
    assert not cross_entropy.cross_entropy_gradient(logits, labels).any()


def test_normalise_gradient():
    x, dy = RNG.standard_normal((3, 4, 2)), RNG.standard_normal((3, 4, 2))
    gradient = norm.normalise_gradient(x, dy, (0, 1), 1e-3)
    directional(lambda x: norm.normalise(x, (0, 1), 1e-3), gradient, x, dy)


def test_batch_norm_at_test_time_repeats_the_batchs_own():
    x, weight, bias = RNG.standard_normal((2, 3, 4, 5)), RNG.standard_normal(5), RNG.standard_normal(5)
    y, mean, var = norm.batch_norm(x, weight, bias)
    np.testing.assert_allclose(norm.batch_norm_inference(x, weight, bias, mean, var), y, atol=1e-13)


def test_group_norm_of_one_group_per_channel_forgets_scale_and_offset():
    x = RNG.standard_normal((2, 3, 4, 5))
    y = norm.group_norm(x, 5, eps=0.0)
    np.testing.assert_allclose(norm.group_norm(10 * x + 3, 5, eps=0.0), y, atol=1e-12)


@pytest.mark.parametrize("axis", [None, 1, (0, 2)])
@pytest.mark.parametrize("op", ["sum", "mean", "max", "var"])
def test_reduction_gradients(op, axis):
    x = RNG.permutation(24).reshape(2, 3, 4) / 7.0
    function = reduction.var if op == "var" else getattr(np, op)
    dy = RNG.standard_normal(np.shape(function(x, axis=axis)))
    gradient = getattr(reduction, f"{op}_gradient")(x, dy, axis)
    directional(lambda x: function(x, axis=axis), gradient, x, dy)


def test_matrix_products_are_numpys():
    a, b = RNG.standard_normal((2, 1, 3, 4)), RNG.standard_normal((3, 4, 2))
    np.testing.assert_allclose(linear_reference.matmul(a, b), a @ b, rtol=1e-12)
    x, weight, dy = RNG.standard_normal((2, 5, 4)), RNG.standard_normal((4, 2)), RNG.standard_normal((2, 5, 2))
    np.testing.assert_allclose(linear_reference.linear(x, weight), x @ weight, rtol=1e-12)
    assert_adjoint(
        lambda w: linear_reference.linear(x, w),
        lambda dy: linear_reference.linear_weight_gradient(x, dy),
        weight.shape,
    )
    np.testing.assert_allclose(linear_reference.linear_input_gradient(dy, weight), dy @ weight.T, rtol=1e-12)


def test_references_need_numpy_alone():
    code = "import sys, npseg.reference; print([m for m in ('numba', 'scipy', 'torch') if m in sys.modules])"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"
