"""Results that are cheap to make again are not kept for the backward pass, and nobody can tell from the gradients."""

import gc
import weakref

import numpy as np
import pytest

from npseg import Tensor, nn, ops
from npseg.autograd import differentiable, no_grad
from npseg.errors import GradientError
from npseg.ops import memory

rng = np.random.default_rng(0)


def parameters(*shapes):
    return [Tensor(rng.normal(size=shape), requires_grad=True) for shape in shapes]


def block(x, scale, shift, first, second):
    """A normalised image, joined with another one, convolved."""
    y, _, _ = ops.batch_norm_relu(x, scale, shift)
    made = weakref.ref(y.data)
    z = ops.concat([y, ops.conv2d(y, first, padding=1)])
    return made, ops.conv2d(z, second, padding=1)


def operands():
    return parameters((2, 9, 7, 3), (3,), (3,), (3, 3, 3, 2), (3, 3, 5, 4))


def test_the_array_goes_and_comes_back():
    inputs = operands()
    made, out = block(*inputs)
    gc.collect()
    assert made() is None
    (out * out).sum().backward()
    gradients = [t.grad for t in inputs]

    for t in inputs:
        t.grad = None
    y, _, _ = ops.batch_norm_relu(*inputs[:3])
    z = ops.concat([y, ops.conv2d(y, inputs[3], padding=1)])
    held = y.data, z.data  # whoever holds the arrays has them used, and not made again
    out = ops.conv2d(z, inputs[4], padding=1)
    (out * out).sum().backward()
    for t, gradient in zip(inputs, gradients):
        np.testing.assert_array_equal(t.grad, gradient)
    del held


def test_a_step_keeps_one_array_a_layer():
    layers = [layer for _ in range(4) for layer in (nn.Conv2d(8, 8, 3, padding=1), nn.BatchNorm2d(8), nn.ReLU())]
    model = nn.Sequential(*layers)
    image = np.ones((1, 256, 256, 8), np.float32)
    x = Tensor(image, requires_grad=True)
    before = memory.in_use()
    y = model(x)
    assert memory.in_use() - before == (4 + 1) * image.nbytes  # what the convolutions made, and the last result
    y.sum().backward()
    del y
    assert memory.in_use() - before <= image.nbytes  # the gradient of x
    assert x.grad is not None


def test_what_was_written_before_it_was_used_is_kept():
    x, scale, shift, first, _ = operands()
    y, _, _ = ops.batch_norm_relu(x, scale, shift)
    y.data[...] = 2.0
    made = weakref.ref(y.data)
    out = ops.conv2d(y, first, padding=1)
    del y
    gc.collect()
    assert made() is not None
    out.sum().backward()
    columns = out.shape[0] * 2.0 * np.array([8, 9, 8])[:, None] * np.array([6, 7, 6])
    columns[1, 1] = out.shape[0] * 2.0 * 9 * 7
    np.testing.assert_allclose(first.grad, np.broadcast_to(columns[:, :, None, None], first.shape))


@pytest.mark.parametrize("write", ["touch", "data"])
def test_what_is_written_after_it_was_used_is_refused(write):
    x, scale, shift, first, _ = operands()
    y, _, _ = ops.batch_norm_relu(x, scale, shift)
    out = ops.conv2d(y, first, padding=1)
    if write == "touch":
        y.touch()
        del y
    else:
        y.data[...] = 2.0
    with pytest.raises(GradientError, match="was written after the forward"):
        out.sum().backward()


def test_a_source_written_after_the_forward_pass_is_refused():
    x, scale, shift, first, _ = operands()
    z = x * 1.0
    y, _, _ = ops.batch_norm_relu(z, scale, shift)
    out = ops.conv2d(y, first, padding=1)
    del y
    z.data[...] = 0.0
    with pytest.raises(GradientError, match="batch_norm_relu"):
        out.sum().backward()
    assert first.grad is None


def test_a_second_backward_says_that_the_graph_is_used_up():
    x, scale, shift, first, _ = operands()
    y, _, _ = ops.batch_norm_relu(x, scale, shift)
    one, two = ops.conv2d(y, first, padding=1).sum(), ops.conv2d(y, first, padding=1).sum()
    del y
    one.backward()
    with pytest.raises(GradientError, match="already used"):
        two.backward()


def test_a_recipe_runs_once_for_each_time_that_it_is_needed():
    runs = []

    @differentiable(remakes=True)
    def doubled(x):
        def make(x):
            runs.append(x)
            return 2 * x

        return make(x), lambda dy, wanted: (2 * dy,), make

    @differentiable(lends=True)
    def squared(x):
        return x * x, lambda dy, wanted, x: (2 * x * dy,)

    x = Tensor([3.0], requires_grad=True)
    squared(doubled(x)).backward()
    assert x.grad == [24.0]
    assert len(runs) == 2
    with no_grad():
        squared(doubled(x))
    assert len(runs) == 3
