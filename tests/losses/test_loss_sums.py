from __future__ import annotations

import numpy as np
import pytest

from npseg import losses
from npseg.autograd import Tensor
from npseg.errors import ArgumentError


def scene():
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 3, (2, 4, 5))
    labels[0, 0] = 255
    return Tensor(rng.standard_normal((2, 4, 5, 3)), requires_grad=True), labels


def test_parts_are_logged_and_add_up():
    logits, labels = scene()
    criterion = losses.build(
        cross_entropy=1.0,
        dice=0.5,
        focal=2.0,
        focal_gamma=1.0,
        label_smoothing=0.1,
        class_weights=[1.0, 2.0, 3.0],
    )
    total, parts = criterion.evaluate(logits, labels)
    weight = [1.0, 2.0, 3.0]
    assert parts == {
        "cross_entropy": losses.cross_entropy(logits, labels, weight=weight, label_smoothing=0.1).item(),
        "dice": losses.soft_dice(logits, labels).item(),
        "focal": losses.focal(logits, labels, gamma=1.0, alpha=weight).item(),
    }
    assert total.item() == pytest.approx(parts["cross_entropy"] + 0.5 * parts["dice"] + 2 * parts["focal"])
    assert criterion(logits, labels).item() == total.item()
    total.backward()
    assert logits.grad is not None


def test_a_weight_of_zero_leaves_a_loss_out():
    logits, labels = scene()
    assert list(losses.build(dice=0.0).evaluate(logits, labels)[1]) == ["cross_entropy"]


@pytest.mark.parametrize("many", [False, True])
def test_auxiliary_heads_join_with_their_weight(many):
    logits, labels = scene()
    head = Tensor(logits.data * 0.5)
    criterion = losses.build(dice=1.0, aux_weight=0.25)
    alone, extra = criterion(logits, labels).item(), criterion(head, labels).item()
    total, parts = criterion.evaluate({"out": logits, "aux": [head, head] if many else head}, labels)
    assert parts["aux"] == pytest.approx(0.25 * extra * (2 if many else 1))
    assert total.item() == pytest.approx(alone + parts["aux"])
    assert "aux" not in criterion.evaluate({"out": logits}, labels)[1]
    assert "aux" not in losses.build(aux_weight=0.0).evaluate({"out": logits, "aux": head}, labels)[1]


def test_ignore_value_reaches_every_part():
    logits, labels = scene()
    criterion = losses.build(dice=1.0, focal=1.0, ignore_index=None)
    with pytest.raises(ArgumentError, match="255"):
        criterion(logits, labels)


@pytest.mark.parametrize(
    "options, message",
    [
        ({"cross_entropy": 0.0}, "nothing to learn"),
        ({"dice": -1.0}, "must not be negative, got {'dice': -1.0}"),
        ({"aux_weight": -1.0}, "{'aux': -1.0}"),
    ],
)
def test_weights_that_cannot_be_are_worded(options, message):
    with pytest.raises(ArgumentError, match=message):
        losses.build(**options)
