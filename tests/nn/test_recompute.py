"""Computing a block again in the backward pass changes nothing but the memory."""

from __future__ import annotations

import numba
import numpy as np
import pytest

import npseg
from npseg import nn
from npseg.errors import ArgumentError, GradientError
from npseg.ops import memory


def gradients(model, images, labels, recompute: bool):
    model.recompute = recompute
    model.zero_grad()
    model.set_step(3)
    loss = npseg.losses.cross_entropy(model(npseg.Tensor(images)), labels)
    loss.backward()
    return loss.item(), {name: p.grad for name, p in model.named_parameters()}, dict(model.named_buffers())


@pytest.mark.parametrize(
    "name, settings",
    [("unet", {"base_channels": 4, "depth": 2}), ("fcn8s", {"width": 0.05, "batch_norm": True, "dropout": 0.3})],
)
def test_models_train_the_same_bits(name, settings):
    rng = np.random.default_rng(0)
    images, labels = rng.standard_normal((2, 32, 32, 3), np.float32), rng.integers(0, 3, (2, 32, 32))
    results = [
        gradients(npseg.create_model(name, num_classes=3, **settings).train(), images, labels, recompute)
        for recompute in (False, True)
    ]
    assert results[0][0] == results[1][0]
    for plain, again in zip(results[0][1:], results[1][1:]):
        assert plain.keys() == again.keys()
        for key, value in plain.items():
            np.testing.assert_array_equal(again[key], value, err_msg=key)


def test_dropout_draws_the_same_masks_again():
    block = nn.Sequential(nn.Linear(5, 7), nn.Dropout(0.5), nn.Linear(7, 3), nn.Dropout(0.5))
    x = np.random.default_rng(0).standard_normal((4, 5)).astype(np.float32)
    found = []
    for recompute in (False, True):
        block.zero_grad()
        block.set_step(0)
        leaf = npseg.Tensor(x, requires_grad=True)
        y = nn.recompute(block, leaf, modules=[block]) if recompute else block(leaf)
        y.sum().backward()
        found.append(
            [leaf.grad, *[p.grad for p in block.parameters()], np.array([m.calls for m in block[1].modules()])]
        )
    for plain, again in zip(*found):
        np.testing.assert_array_equal(plain, again)


def test_gradients_are_added_to_those_that_are_there():
    layer = nn.Linear(2, 1, bias=False)
    layer.weight.grad = np.full((2, 1), 10, np.float32)
    nn.recompute(layer, npseg.Tensor([[1.0, 2.0]]), modules=[layer]).sum().backward()
    np.testing.assert_array_equal(layer.weight.grad, [[11], [12]])


def test_a_function_of_other_things_is_refused():
    calls = []

    def function(x):
        calls.append(1)
        return x * float(len(calls))

    y = nn.recompute(function, npseg.Tensor([1.0], requires_grad=True), modules=[])
    with pytest.raises(GradientError, match="another result"):
        y.sum().backward()


@pytest.mark.skipif(bool(numba.config.DISABLE_JIT), reason="large enough to be measured, too large to be interpreted")
def test_it_needs_less_memory():
    """Counted by the blocks that results of ops hold when the backward pass begins."""
    images, labels = np.zeros((1, 128, 128, 3), np.float32), np.zeros((1, 128, 128), np.int64)
    held = []
    for recompute in (False, True):
        model = npseg.create_model("unet", num_classes=3, base_channels=32, depth=3).train()
        model.recompute = recompute
        memory.release()
        before = memory.in_use()
        loss = npseg.losses.cross_entropy(model(npseg.Tensor(images)), labels)
        held.append(memory.in_use() - before)
        del loss
    assert held[1] < 0.55 * held[0]


def test_two_results_are_refused():
    x = npseg.Tensor(np.ones((1, 2, 2, 1)), requires_grad=True)
    with pytest.raises(ArgumentError, match="recompute: function must return one tensor, not tuple"):
        nn.recompute(lambda x: (x, x), x, modules=[])
