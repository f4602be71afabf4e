"""A sum of losses in one sweep is the sum of the losses, and nothing else is taken for one."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest

from npseg import losses, ops
from npseg.autograd import Tensor
from npseg.losses import fused

WEIGHT = [0.5, 2.0, 1.0, 0.25]
SUMS = {
    "all": [(1.0, losses.cross_entropy), (0.5, losses.soft_dice), (2.0, losses.focal)],
    "another-order": [(2.0, losses.focal), (1.0, losses.cross_entropy)],
    "options": [
        (0.3, partial(losses.soft_dice, smooth=0.0, squared=True, ignore_index=2)),
        (1.5, partial(losses.cross_entropy, weight=WEIGHT, label_smoothing=0.2, ignore_index=2)),
        (1.0, partial(losses.focal, gamma=0.7, alpha=WEIGHT, ignore_index=2)),
    ],
    "nothing-ignored": [
        (1.0, partial(losses.soft_dice, ignore_index=None)),
        (1.0, partial(losses.cross_entropy, ignore_index=None)),
    ],
}
APART = {
    "one": [(1.0, losses.cross_entropy)],
    "twice-the-same": [(1.0, losses.focal), (1.0, partial(losses.focal, gamma=1.0))],
    "different-ignore": [(1.0, losses.focal), (1.0, partial(losses.cross_entropy, ignore_index=0))],
    "another-loss": [(1.0, losses.focal), (1.0, losses.soft_dice), (1.0, lambda x, y: ops.mean(x))],
    "not-even-hashable": [(1.0, losses.focal), (1.0, type("Loss", (), {"__call__": ops.mean, "__hash__": None})())],
    "logits-fixed": [(1.0, losses.focal), (1.0, partial(losses.cross_entropy, Tensor([[0.0, 0.0]])))],
}


def scene(dtype=np.float64, shape=(2, 40, 41), ignored=True):
    rng = np.random.default_rng(3)
    labels = rng.integers(0, 4, shape)
    if ignored:
        labels[rng.random(shape) < 0.2] = 255
    return 2 * rng.standard_normal((*shape, 4)).astype(dtype), labels


@pytest.mark.parametrize("name", SUMS)
@pytest.mark.parametrize("dtype, tolerance", [(np.float64, 1e-12), (np.float32, 1e-5)])
def test_one_sweep_gives_what_the_losses_give_one_by_one(name, dtype, tolerance):
    array, labels = scene(dtype, ignored=name in ("all", "another-order"))
    criterion = losses.Sum({str(i): term for i, term in enumerate(SUMS[name])})
    assert fused.fuse(criterion.terms.values()) is not None
    x, y = Tensor(array, requires_grad=True), Tensor(array, requires_grad=True)
    total, parts = criterion.evaluate(x, labels)
    values = [loss(y, labels) for _, loss in SUMS[name]]
    apart = values[0] * SUMS[name][0][0]
    for (factor, _), value in zip(SUMS[name][1:], values[1:]):
        apart = apart + value * factor
    assert list(parts.values()) == [value.item() for value in values]
    assert total.item() == pytest.approx(apart.item(), rel=tolerance)
    total.backward()
    apart.backward()
    assert np.abs(x.grad - y.grad).max() <= tolerance * np.abs(y.grad).max()


@pytest.mark.parametrize("name", APART)
def test_other_sums_are_added_up_loss_by_loss(name):
    assert fused.fuse(APART[name]) is None


def test_the_sum_of_a_configuration_is_one_op():
    array, labels = scene()
    x = Tensor(array, requires_grad=True)
    total, _ = losses.build(dice=1.0, focal=0.5, class_weights=WEIGHT).evaluate(x, labels)
    assert total.node is not None
    assert total.node.name == "pixel_losses"


def test_ignored_pixels_may_hold_anything_in_a_sum():
    array, labels = scene(np.float32)
    criterion = losses.build(dice=1.0, focal=1.0)
    clean = Tensor(array.copy(), requires_grad=True)
    criterion(clean, labels).backward()
    for rubbish in (np.nan, np.inf, -np.inf, 3e38):
        array[labels == 255] = rubbish
        x = Tensor(array, requires_grad=True)
        total = criterion(x, labels)
        total.backward()
        assert total.item() == criterion(clean, labels).item()
        np.testing.assert_array_equal(x.grad, clean.grad)


def test_a_pixel_that_counts_may_not():
    for loss in (losses.cross_entropy, losses.soft_dice, losses.focal, losses.build(dice=1.0, focal=1.0)):
        for dtype in (np.float32, np.float64):
            array = np.zeros((300, 3), dtype)
            array[140, 2] = np.nan
            x = Tensor(array, requires_grad=True)
            value = loss(x, np.zeros(300, int))
            value.backward()
            assert np.isnan(value.item())
            assert np.isnan(x.grad[140]).all()
