"""Each law of losses fails for a loss with one planted fault."""

from __future__ import annotations

import numpy as np
import pytest

import npseg.laws.catalogue  # noqa: F401
from npseg.laws import LAWS, Target, examine


def log_softmax(z):
    z = z - z.max(-1, keepdims=True)
    return z - np.log(np.exp(z).sum(-1, keepdims=True))


def counted(labels, ignore_index, class_weights=None):
    """Weights of the pixels, 0 where ignored, and labels that are classes everywhere."""
    counts = np.ones(labels.shape, bool) if ignore_index is None else labels != ignore_index
    safe = np.where(counts, labels, 0)
    return counts * (1.0 if class_weights is None else class_weights[safe]), safe


def picked(values, labels):
    return np.take_along_axis(values, labels[..., None], -1)[..., 0]


def right(logits, labels, ignore_index=None, class_weights=None):
    w, t = counted(labels, ignore_index, class_weights)
    return -(w * picked(log_softmax(logits), t)).sum() / w.sum() if w.any() else 0.0


def right_gradient(logits, labels, ignore_index=None, class_weights=None):
    w, t = counted(labels, ignore_index, class_weights)
    return (np.exp(log_softmax(logits)) - np.eye(logits.shape[-1])[t]) * (w / max(w.sum(), 1e-300))[..., None]


def focal(logits, labels, ignore_index=None, class_weights=None):
    w, t = counted(labels, ignore_index, class_weights)
    log_p = picked(log_softmax(logits), t)
    return -(w * (1 - np.exp(log_p)) ** 2 * log_p).sum() / (w > 0).sum() if w.any() else 0.0


def focal_gradient_of_frozen_factor(logits, labels, ignore_index=None, class_weights=None):
    """(1 - p)^2 is taken for a constant."""
    w, t = counted(labels, ignore_index, class_weights)
    p = np.exp(log_softmax(logits))
    factor = w * (1 - picked(p, t)) ** 2 / (w > 0).sum()
    return (p - np.eye(logits.shape[-1])[t]) * factor[..., None]


def gradient_at_ignored_pixels(logits, labels, ignore_index=None, class_weights=None):
    return right_gradient(logits, np.where(labels == ignore_index, 0, labels), None, class_weights)


def gradient_of_the_true_class(logits, labels, ignore_index=None, class_weights=None):
    _, t = counted(labels, ignore_index)
    return right_gradient(logits, labels, ignore_index, class_weights) * np.eye(logits.shape[-1])[t]


def gradient_of_bare_exponentials(logits, labels, ignore_index=None, class_weights=None):
    w, t = counted(labels, ignore_index, class_weights)
    p = np.exp(logits) / np.exp(logits).sum(-1, keepdims=True)
    return (p - np.eye(logits.shape[-1])[t]) * w[..., None]


def ignored_as_class_0(logits, labels, ignore_index=None, class_weights=None):
    return right(logits, np.where(labels == ignore_index, 0, labels), None, class_weights)


def mean_over_all_pixels(logits, labels, ignore_index=None, class_weights=None):
    w, t = counted(labels, ignore_index, class_weights)
    return -(w * picked(log_softmax(logits), t)).sum() / labels.size


def nan_without_pixels(logits, labels, ignore_index=None, class_weights=None):
    w, t = counted(labels, ignore_index, class_weights)
    return -(w * picked(log_softmax(logits), t)).sum() / w.sum()


def of_the_next_class(logits, labels, ignore_index=None, class_weights=None):
    w, t = counted(labels, ignore_index, class_weights)
    return right(logits, np.where(w > 0, (t + 1) % logits.shape[-1], labels), ignore_index, class_weights)


def with_a_floor(logits, labels, ignore_index=None, class_weights=None):
    """Probabilities are kept away from 1 as well as from 0."""
    w, t = counted(labels, ignore_index, class_weights)
    return -(w * np.log(np.clip(np.exp(picked(log_softmax(logits), t)), 0.01, 0.99))).sum() / w.sum()


def of_bare_logits(logits, labels, ignore_index=None, class_weights=None):
    w, t = counted(labels, ignore_index, class_weights)
    return -(w * picked(logits, t)).sum() / w.sum()


def divided_by_pixels(logits, labels, ignore_index=None, class_weights=None):
    w, t = counted(labels, ignore_index, class_weights)
    return -(w * picked(log_softmax(logits), t)).sum() / (w > 0).sum()


def weights_made_shares(logits, labels, ignore_index=None, class_weights=None):
    """Divided by the number of pixels, after the weights are divided by their sum."""
    shares = None if class_weights is None else class_weights / class_weights.sum()
    return divided_by_pixels(logits, labels, ignore_index, shares)


def first_pixel_twice(logits, labels, ignore_index=None, class_weights=None):
    w, t = counted(labels, ignore_index, class_weights)
    w[0, 0, 0] *= 2
    return -(w * picked(log_softmax(logits), t)).sum() / w.sum()


def background_for_half(logits, labels, ignore_index=None, class_weights=None):
    w, t = counted(labels, ignore_index, class_weights)
    w = w * np.where(t == 0, 0.5, 1.0)
    return -(w * picked(log_softmax(logits), t)).sum() / w.sum()


def mean_of_means(logits, labels, ignore_index=None, class_weights=None):
    return np.mean([right(z[None], t[None], ignore_index, class_weights) for z, t in zip(logits, labels)])


def overflowing(logits, labels, ignore_index=None, class_weights=None):
    w, t = counted(labels, ignore_index, class_weights)
    return -(w * (picked(logits, t) - np.log(np.exp(logits).sum(-1)))).sum() / w.sum()


def dice(logits, labels, ignore_index=None, class_weights=None, times=2.0, smooth=0.0):
    w, t = counted(labels, ignore_index)
    p, g = np.exp(log_softmax(logits)) * w[..., None], np.eye(logits.shape[-1])[t] * w[..., None]
    p, g = p.reshape(-1, p.shape[-1]), g.reshape(-1, g.shape[-1])
    present = g.any(0)
    share = (times * (p * g).sum(0) + smooth) / (p.sum(0) + g.sum(0) + smooth + ~present)
    return 1 - share[present].mean()


def dice_of_four_times_the_overlap(logits, labels, ignore_index=None, class_weights=None):
    return dice(logits, labels, ignore_index, times=4.0)


def smoothed_dice(logits, labels, ignore_index=None, class_weights=None):
    return dice(logits, labels, ignore_index, smooth=1.0)


def focal_of_the_solved(logits, labels, ignore_index=None, class_weights=None):
    """p^2 in the place of (1 - p)^2."""
    w, t = counted(labels, ignore_index, class_weights)
    log_p = picked(log_softmax(logits), t)
    return -(w * np.exp(log_p) ** 2 * log_p).sum() / (w > 0).sum()


def focal_of_one_minus_the_square(logits, labels):
    log_p = picked(log_softmax(logits), labels)
    return -((1 - np.exp(log_p) ** 2) * log_p).mean()


def focal_of_gamma_plus_one(logits, labels, gamma):
    log_p = picked(log_softmax(logits), labels)
    return -((1 - np.exp(log_p)) ** (gamma + 1) * log_p).mean()


def in_bits(logits, labels, ignore_index=None, class_weights=None):
    return right(logits, labels, ignore_index, class_weights) / np.log(2)


def writing_into_the_logits(logits, labels, ignore_index=None, class_weights=None):
    logits -= logits.max(-1, keepdims=True)
    return right(logits, labels, ignore_index, class_weights)


def of(loss, gradient=None):
    return {"cross_entropy": loss, **({} if gradient is None else {"cross_entropy_gradient": gradient})}


WEIGHTED, MEAN, SUM = ({"reduction": name} for name in ("weighted-mean", "mean", "sum"))
FAULTS = [
    ("loss-gradient-is-the-slope", {"focal": focal, "focal_gradient": focal_gradient_of_frozen_factor}, MEAN),
    ("loss-gradient-is-the-slope", of(right, gradient_of_the_true_class), WEIGHTED),
    ("loss-gradient-zero-where-ignored", of(right, gradient_at_ignored_pixels), WEIGHTED),
    ("loss-gradient-sums-to-zero", of(right, gradient_of_the_true_class), WEIGHTED),
    ("loss-gradient-finite-at-huge-logits", of(right, gradient_of_bare_exponentials), WEIGHTED),
    ("loss-ignored-logits-irrelevant", of(ignored_as_class_0), WEIGHTED),
    ("loss-ignoring-is-deleting", of(mean_over_all_pixels), {}),
    ("loss-zero-when-all-ignored", of(nan_without_pixels), WEIGHTED),
    ("loss-least-at-the-truth", of(of_the_next_class), WEIGHTED),
    ("loss-nothing-below-the-truth", of(with_a_floor), WEIGHTED),
    ("loss-shift-invariant", of(of_bare_logits), WEIGHTED),
    ("loss-scale-of-weights-cancels", of(divided_by_pixels), WEIGHTED),
    ("loss-scale-of-weights-passes-through", of(right), MEAN),
    ("loss-unit-weights-are-none", of(weights_made_shares), {}),
    ("loss-order-of-pixels-irrelevant", of(first_pixel_twice), WEIGHTED),
    ("loss-order-of-classes-irrelevant", of(background_for_half), {}),
    ("loss-mean-of-parts", of(mean_of_means), WEIGHTED),
    ("loss-sum-of-parts", of(right), SUM),
    ("loss-finite-at-huge-logits", of(overflowing), WEIGHTED),
    ("loss-within-bounds", {"soft_dice": dice_of_four_times_the_overlap}, {}),
    ("loss-within-bounds", of(of_bare_logits), WEIGHTED),
    ("loss-falls-with-the-true-logit", {"focal": focal_of_the_solved}, MEAN),
    ("focal-of-one-gamma", {"focal": focal_of_one_minus_the_square}, MEAN),
    ("focal-as-defined", {"focal_gamma": focal_of_gamma_plus_one}, {}),
    ("cross-entropy-as-defined", of(in_bits), WEIGHTED),
    ("loss-of-a-batch-twice", {"soft_dice": smoothed_dice}, {"smooth": "0"}),
    ("loss-leaves-its-inputs-alone", of(writing_into_the_logits), WEIGHTED),
]


@pytest.mark.parametrize(
    "name, measures, declared", FAULTS, ids=[f"{n}: {list(m.values())[-1].__name__}" for n, m, _ in FAULTS]
)
def test_a_planted_fault_breaks_the_law(name, measures, declared):
    verdict = examine(Target("planted", measures, declared), laws=[LAWS[name]], max_examples=40)
    assert [one for one in verdict.failures if one.law.name == name], [(t.outcome, t.reason) for t in verdict.trials]


def test_every_law_of_losses_is_seen_to_fail():
    assert {name for name, *_ in FAULTS} == {law.name for law in LAWS.values() if law.family == "loss"}


@pytest.mark.parametrize(
    "measures, declared",
    [
        (of(right, right_gradient), WEIGHTED),
        ({"focal": focal}, MEAN),
        ({"soft_dice": dice}, {"smooth": "0"}),
        ({"soft_dice": smoothed_dice}, {"smooth": "positive"}),
    ],
)
def test_without_a_fault_nothing_breaks(measures, declared):
    verdict = examine(Target("right", measures, declared), max_examples=6)
    faults = [one for one in verdict.failures if one.law.number]
    # The plain functions above are NaN or an error for what is not asked of them: no pixel that counts.
    assert {one.law.name for one in faults} <= {"loss-zero-when-all-ignored"}, [(t.law.name, t.reason) for t in faults]
