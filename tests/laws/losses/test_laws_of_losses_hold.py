"""The laws of losses hold for npseg's losses and for PyTorch's cross-entropy."""

from __future__ import annotations

import numpy as np
import pytest

import npseg.laws.catalogue  # noqa: F401
from npseg.laws import LAWS, examine
from npseg.laws.adapters import own_loss
from npseg.laws.adapters.npseg import losses as of_npseg
from npseg.laws.adapters.torch import losses as of_torch

OURS = [law for law in LAWS.values() if law.family == "loss"]
NPSEG = pytest.mark.parametrize("target", of_npseg.targets(), ids=lambda target: target.name)
TORCH = pytest.mark.parametrize("target", of_torch.targets(), ids=lambda target: target.name)


def assert_holds(target, examples):
    verdict = examine(target, laws=OURS, max_examples=examples)
    assert not verdict.failures, [(one.law.name, one.reason, one.case) for one in verdict.failures]
    assert sum(one.outcome == "holds" for one in verdict.trials) >= 16


@pytest.mark.slow
@NPSEG
def test_for_npseg(target):
    assert_holds(target, 3)


@pytest.mark.torch
@TORCH
def test_for_pytorch(target):
    pytest.importorskip("torch")
    assert_holds(target, 3)


@pytest.mark.thorough
@NPSEG
def test_for_npseg_at_2000_examples(target):
    assert_holds(target, 2000)


@pytest.mark.thorough
@TORCH
def test_for_pytorch_at_2000_examples(target):
    pytest.importorskip("torch")
    assert_holds(target, 2000)


def test_every_law_of_losses_has_a_number_of_its_own():
    numbers = [law.number for law in OURS]
    assert len(numbers) == len(set(numbers)) == 24


def test_conventions_are_inferred_where_nothing_is_declared():
    verdict = examine(own_loss.loss_target(summed, measure="cross_entropy"), laws=[], max_examples=1)
    assert verdict.conventions["cross_entropy"]["reduction"] == "sum"
    assert verdict.conventions["cross_entropy"]["activation"] == "softmax"
    assert verdict.conventions["cross_entropy"]["ignore"] == "none"


def test_a_sigmoid_is_told_from_a_softmax():
    verdict = examine(own_loss.loss_target(by_sigmoid, measure="loss"), laws=OURS, max_examples=4)
    assert verdict.conventions["loss"]["activation"] == "sigmoid"
    assert not verdict.failures, [(one.law.name, one.reason) for one in verdict.failures]


def summed(logits, labels):
    lifted = logits - logits.max(-1, keepdims=True)
    log_p = lifted - np.log(np.exp(lifted).sum(-1, keepdims=True))
    return -np.take_along_axis(log_p, labels[..., None], -1).sum()


def by_sigmoid(logits, labels):
    truth = np.eye(logits.shape[-1])[labels]
    return (np.logaddexp(0, logits) - truth * logits).mean()
