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
    assert len(numbers) == len(set(numbers)) == 25


def test_conventions_are_inferred_where_nothing_is_declared():
    verdict = examine(own_loss.loss_target(summed, measure="cross_entropy"), laws=[], max_examples=1)
    assert verdict.conventions["cross_entropy"]["reduction"] == "sum"
    assert verdict.conventions["cross_entropy"]["activation"] == "softmax"
    assert verdict.conventions["cross_entropy"]["ignore"] == "none"


def test_a_sigmoid_is_told_from_a_softmax():
    verdict = examine(own_loss.loss_target(by_sigmoid, measure="loss"), laws=OURS, max_examples=4)
    assert verdict.conventions["loss"]["activation"] == "sigmoid"
    assert not verdict.failures, [(one.law.name, one.reason) for one in verdict.failures]


def test_what_is_added_to_the_sums_of_a_dice_is_seen_however_little_it_is():
    """A millionth changes the loss of a batch twice in the sixth digit, as law 97 sees."""
    plain = own_loss.loss_target(dice_with(0.0), measure="soft_dice")
    assert examine(plain, laws=[], max_examples=1).conventions["soft_dice"]["smooth"] == "0"
    for eps in (1e-6, 1.0):
        loss = own_loss.loss_target(dice_with(eps), measure="soft_dice")
        verdict = examine(loss, laws=OURS, max_examples=20)
        assert verdict.conventions["soft_dice"]["smooth"] == "positive"
        assert not verdict.failures, [(one.law.name, one.reason) for one in verdict.failures]
    promised = own_loss.loss_target(dice_with(1e-6), measure="soft_dice", declared={"smooth": "positive"})
    assert not examine(promised, laws=[], max_examples=1).failures


def test_a_loss_whose_pixels_enter_together_is_told_from_a_mean():
    """Two pixels of two classes do not tell: there the Lovász loss is the mean of its pixels."""
    verdict = examine(own_loss.loss_target(lovasz_softmax), laws=OURS, max_examples=20)
    assert verdict.conventions["loss"]["reduction"] == "joint"
    assert not verdict.failures, [(one.law.name, one.reason) for one in verdict.failures]


def dice_with(eps):
    def dice(logits, labels):
        grown = np.exp(logits - logits.max(-1, keepdims=True))
        p, truth = grown / grown.sum(-1, keepdims=True), np.eye(logits.shape[-1])[labels]
        both, either = 2 * (p * truth).sum((0, 1, 2)), (p + truth).sum((0, 1, 2))
        return 1 - ((both + eps) / (either + eps)).mean()

    return dice


def lovasz_softmax(logits, labels):
    """Berman, Triki and Blaschko 2018, algorithm 1."""
    grown = np.exp(logits - logits.max(-1, keepdims=True))
    p, y = (grown / grown.sum(-1, keepdims=True)).reshape(-1, logits.shape[-1]), labels.ravel()
    losses = []
    for label in np.unique(y):
        errors = np.where(y == label, 1 - p[:, label], p[:, label])
        order = np.argsort(-errors, kind="stable")
        hits = (y == label)[order]
        jaccard = 1 - (hits.sum() - hits.cumsum()) / (hits.sum() + (~hits).cumsum())
        losses.append(errors[order] @ np.diff(jaccard, prepend=0))
    return np.mean(losses)


def summed(logits, labels):
    lifted = logits - logits.max(-1, keepdims=True)
    log_p = lifted - np.log(np.exp(lifted).sum(-1, keepdims=True))
    return -np.take_along_axis(log_p, labels[..., None], -1).sum()


def by_sigmoid(logits, labels):
    truth = np.eye(logits.shape[-1])[labels]
    return (np.logaddexp(0, logits) - truth * logits).mean()
