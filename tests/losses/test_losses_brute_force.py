"""Every loss against a twin that walks over the pixels one by one."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from npseg import losses
from npseg.autograd import Tensor, gradcheck

IGNORE = 255


def softmax(row):
    top = max(row)
    e = [math.exp(v - top) for v in row]
    return [v / sum(e) for v in e]


def pixels(logits, labels, ignore):
    k = logits.shape[-1]
    for row, label in zip(logits.reshape(-1, k).tolist(), labels.reshape(-1).tolist()):
        if label != ignore:
            yield softmax(row), label


def cross_entropy(logits, labels, weight=None, ignore=IGNORE, smoothing=0.0):
    k = logits.shape[-1]
    weight = [1.0] * k if weight is None else weight
    total = mass = 0.0
    for p, label in pixels(logits, labels, ignore):
        hit = -weight[label] * math.log(p[label])
        spread = sum(-w * math.log(q) for w, q in zip(weight, p)) / k
        total += (1 - smoothing) * hit + smoothing * spread
        mass += weight[label]
    return total / mass if mass else 0.0


def focal(logits, labels, gamma=2.0, alpha=None, ignore=IGNORE):
    values = [
        -(1 if alpha is None else alpha[label]) * (1 - p[label]) ** gamma * math.log(p[label])
        for p, label in pixels(logits, labels, ignore)
    ]
    return sum(values) / len(values) if values else 0.0


def soft_dice(logits, labels, smooth=1.0, squared=False, ignore=IGNORE):
    scores = []
    for c in range(logits.shape[-1]):
        overlap = mass = truth = 0.0
        for p, label in pixels(logits, labels, ignore):
            g = float(label == c)
            overlap += p[c] * g
            mass += p[c] ** 2 if squared else p[c]
            truth += g
        if truth:
            scores.append((2 * overlap + smooth) / (mass + truth + smooth))
    return 1 - sum(scores) / len(scores) if scores else 0.0


def draw(seed, k, shape=(2, 3, 4), ignored=0.3):
    rng = np.random.default_rng(seed)
    logits = 3 * rng.standard_normal((*shape, k))
    labels = rng.integers(0, k, shape)
    labels[rng.random(shape) < ignored] = IGNORE
    return logits, labels


CASES = {
    "cross_entropy": (losses.cross_entropy, cross_entropy, {}, {}),
    "cross_entropy_weighted": (
        losses.cross_entropy,
        cross_entropy,
        {"weight": [0.5, 2.0, 0.0]},
        {"weight": [0.5, 2.0, 0.0]},
    ),
    "cross_entropy_smooth": (
        losses.cross_entropy,
        cross_entropy,
        {"label_smoothing": 0.2, "weight": [1.0, 2.0, 3.0]},
        {"smoothing": 0.2, "weight": [1.0, 2.0, 3.0]},
    ),
    "focal": (losses.focal, focal, {}, {}),
    "focal_gamma_half": (losses.focal, focal, {"gamma": 0.5}, {"gamma": 0.5}),
    "focal_gamma_zero": (losses.focal, focal, {"gamma": 0}, {"gamma": 0}),
    "focal_alpha": (
        losses.focal,
        focal,
        {"alpha": [0.25, 0.75, 1.0], "gamma": 3},
        {"alpha": [0.25, 0.75, 1.0], "gamma": 3},
    ),
    "dice": (losses.soft_dice, soft_dice, {}, {}),
    "dice_squared": (
        losses.soft_dice,
        soft_dice,
        {"squared": True, "smooth": 0.5},
        {"squared": True, "smooth": 0.5},
    ),
    "dice_plain": (losses.soft_dice, soft_dice, {"smooth": 0.0}, {"smooth": 0.0}),
}


@pytest.mark.parametrize("case", CASES)
@given(seed=st.integers(0, 10**6), ignored=st.sampled_from([0.0, 0.3, 0.9]))
def test_value_is_the_twins(case, seed, ignored):
    ours, twin, options, twin_options = CASES[case]
    logits, labels = draw(seed, 3, ignored=ignored)
    if case == "cross_entropy_weighted":
        labels[0, 0, 0] = 0  # else no pixel may weigh anything
    assert ours(Tensor(logits), labels, **options).item() == pytest.approx(
        twin(logits, labels, **twin_options), rel=1e-9, abs=1e-12
    )


@pytest.mark.parametrize("case", CASES)
def test_gradient(case):
    ours, _, options, _ = CASES[case]
    logits, labels = draw(3, 3)
    assert gradcheck(lambda x: ours(x, labels, **options), logits)


@pytest.mark.parametrize("case", CASES)
def test_ignored_pixels_do_not_count(case):
    ours, _, options, _ = CASES[case]
    logits, labels = draw(4, 3)
    x = Tensor(logits, requires_grad=True)
    before = ours(x, labels, **options)
    before.backward()
    assert not x.grad[labels == IGNORE].any()
    assert x.grad[labels != IGNORE].any()
    logits = logits.copy()
    logits[labels == IGNORE] = 50
    assert ours(Tensor(logits), labels, **options).item() == pytest.approx(before.item(), rel=1e-12)


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_nothing_to_learn_from_gives_zero(case, dtype):
    ours, _, options, _ = CASES[case]
    x = Tensor(np.ones((2, 2, 3), dtype), requires_grad=True)
    loss = ours(x, np.full((2, 2), IGNORE), **options)
    loss.backward()
    assert loss.item() == 0
    assert loss.dtype == dtype
    np.testing.assert_array_equal(x.grad, np.zeros((2, 2, 3)))


@pytest.mark.parametrize("case", CASES)
def test_sure_and_right_is_finite_and_sure_and_wrong_too(case):
    ours, _, options, _ = CASES[case]
    x = Tensor(np.array([[200.0, -200, -200], [200, -200, -200]], np.float32), requires_grad=True)
    loss = ours(x, np.array([0, 1]), **options)
    loss.backward()
    assert np.isfinite(loss.item())
    assert np.isfinite(x.grad).all()


def test_no_ignore_value_counts_every_pixel():
    logits, labels = draw(5, 3, ignored=0)
    for ours, twin in (
        (losses.cross_entropy, cross_entropy),
        (losses.focal, focal),
        (losses.soft_dice, soft_dice),
    ):
        got = ours(Tensor(logits), labels, ignore_index=None).item()
        assert got == pytest.approx(twin(logits, labels, ignore=None), rel=1e-9)


def test_an_ignore_value_inside_the_classes_is_left_out():
    logits, labels = draw(6, 3, ignored=0)
    for ours, twin in (
        (losses.cross_entropy, cross_entropy),
        (losses.focal, focal),
        (losses.soft_dice, soft_dice),
    ):
        got = ours(Tensor(logits), labels, ignore_index=0).item()
        assert got == pytest.approx(twin(logits, labels, ignore=0), rel=1e-9)


def test_a_perfect_answer_costs_nothing_and_dice_lies_in_the_unit_interval():
    logits, labels = draw(7, 3, ignored=0)
    perfect = Tensor(100.0 * (labels[..., None] == np.arange(3)))
    for loss in (losses.cross_entropy, losses.focal, losses.soft_dice):
        assert loss(perfect, labels).item() == pytest.approx(0, abs=1e-9)
    assert 0 < losses.soft_dice(Tensor(logits), labels).item() < 1


@pytest.mark.parametrize("loss", [losses.cross_entropy, losses.focal, losses.soft_dice])
def test_what_is_ignored_may_hold_anything(loss):
    labels = np.array([255, 1, 2])
    rows = np.array([[np.nan, 0.0, 0.0], [1.0, 2.0, 3.0], [0.0, 1.0, 0.0]])
    logits = Tensor(rows, requires_grad=True)
    value = loss(logits, labels)
    value.backward()
    assert value.item() == pytest.approx(loss(Tensor(rows[1:]), labels[1:]).item(), abs=1e-12)
    np.testing.assert_array_equal(logits.grad[0], 0)
    assert np.isfinite(logits.grad).all()
