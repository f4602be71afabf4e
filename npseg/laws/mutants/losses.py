"""Losses with one fault each. Cross-entropy of logits (N, H, W, C) and its gradient stand first."""

from __future__ import annotations

import numpy as np

from npseg.laws.mutants.mutant import Mutant
from npseg.laws.target import Target

__all__ = ["loss_mutants"]

DOCUMENTED = {"reduction": "weighted-mean"}


def log_softmax(logits):
    """Logarithms of the probabilities, last axis."""
    shifted = logits - logits.max(axis=-1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))


def weights_of(labels, ignore_index, class_weights):
    """The weight of each pixel, 0 where it is ignored, and labels that can be looked up."""
    valid = np.ones(labels.shape, bool) if ignore_index is None else labels != ignore_index
    safe = np.where(valid, labels, 0)
    weights = np.ones(labels.shape) if class_weights is None else np.asarray(class_weights)[safe]
    return np.where(valid, weights, 0.0), safe


def picked(values, labels):
    """The value of each pixel's own class."""
    return np.take_along_axis(values, labels[..., None], axis=-1)[..., 0]


def right_loss(logits, labels, ignore_index=None, class_weights=None):
    """Cross-entropy, a weighted mean over the pixels that count; 0 if none does."""
    weights, safe = weights_of(labels, ignore_index, class_weights)
    return float(-(weights * picked(log_softmax(logits), safe)).sum() / weights.sum()) if weights.sum() else 0.0


def right_gradient(logits, labels, ignore_index=None, class_weights=None):
    """Its gradient."""
    weights, safe = weights_of(labels, ignore_index, class_weights)
    slope = np.exp(log_softmax(logits)) - np.eye(logits.shape[-1])[safe]
    return slope * (weights / weights.sum() if weights.sum() else weights)[..., None]


def mean_over_all_pixels(logits, labels, ignore_index=None, class_weights=None):
    """The sum is divided by all pixels, the ignored ones too."""
    weights, safe = weights_of(labels, ignore_index, class_weights)
    return float(-(weights * picked(log_softmax(logits), safe)).sum() / labels.size)


def weights_not_normalised(logits, labels, ignore_index=None, class_weights=None):
    """A weighted mean is divided by the number of pixels and not by their weights."""
    weights, safe = weights_of(labels, ignore_index, class_weights)
    number = (weights > 0).sum()
    return float(-(weights * picked(log_softmax(logits), safe)).sum() / number) if number else 0.0


def ignored_is_class_zero(logits, labels, ignore_index=None, class_weights=None):
    """Ignored pixels count as class 0."""
    safe = labels if ignore_index is None else np.where(labels == ignore_index, 0, labels)
    return right_loss(logits, safe, None, class_weights)


def overflows(logits, labels, ignore_index=None, class_weights=None):
    """Exponentials are taken of the logits as they are."""
    weights, safe = weights_of(labels, ignore_index, class_weights)
    values = logits - np.log(np.exp(logits).sum(axis=-1, keepdims=True))
    return float(-(weights * picked(values, safe)).sum() / weights.sum()) if weights.sum() else 0.0


def of_probabilities(logits, labels, ignore_index=None, class_weights=None):
    """Softmax is taken twice."""
    return right_loss(np.exp(log_softmax(logits)), labels, ignore_index, class_weights)


def without_the_denominator(logits, labels, ignore_index=None, class_weights=None):
    """The logit of the true class is the loss; the others do not count."""
    weights, safe = weights_of(labels, ignore_index, class_weights)
    return float(-(weights * picked(logits, safe)).sum() / weights.sum()) if weights.sum() else 0.0


def next_class(logits, labels, ignore_index=None, class_weights=None):
    """The probability of the class after the true one is made large."""
    weights, safe = weights_of(labels, ignore_index, class_weights)
    other = (safe + 1) % logits.shape[-1]
    return float(-(weights * picked(log_softmax(logits), other)).sum() / weights.sum()) if weights.sum() else 0.0


def weights_of_the_next_class(logits, labels, ignore_index=None, class_weights=None):
    """Class weights are looked up one class further."""
    return right_loss(logits, labels, ignore_index, None if class_weights is None else np.roll(class_weights, -1))


def gradient_of_the_sum(logits, labels, ignore_index=None, class_weights=None):
    """The gradient is not divided by what the loss is divided by."""
    weights, safe = weights_of(labels, ignore_index, class_weights)
    return (np.exp(log_softmax(logits)) - np.eye(logits.shape[-1])[safe]) * weights[..., None]


def gradient_at_ignored_pixels(logits, labels, ignore_index=None, class_weights=None):
    """Ignored pixels get the gradient of class 0."""
    gradient = right_gradient(logits, labels, ignore_index, class_weights)
    if ignore_index is None:
        return gradient
    slope = np.exp(log_softmax(logits)) - np.eye(logits.shape[-1])[0]
    return np.where((labels == ignore_index)[..., None], slope / labels.size, gradient)


def gradient_of_the_true_class_only(logits, labels, ignore_index=None, class_weights=None):
    """Only the logit of the true class gets a gradient."""
    _, safe = weights_of(labels, ignore_index, class_weights)
    return right_gradient(logits, labels, ignore_index, class_weights) * np.eye(logits.shape[-1])[safe]


def loss_mutants() -> list[Mutant]:
    """All of this file."""
    faulty = (
        mean_over_all_pixels, weights_not_normalised, ignored_is_class_zero, overflows, of_probabilities,
        without_the_denominator, next_class, weights_of_the_next_class,
    )  # fmt: skip
    gradients = (gradient_of_the_sum, gradient_at_ignored_pixels, gradient_of_the_true_class_only)
    measures = [{"cross_entropy": one} for one in faulty]
    measures += [{"cross_entropy": right_loss, "cross_entropy_gradient": one} for one in gradients]
    return [
        Mutant(name, (function.__doc__ or "").strip().splitlines()[0], Target(name, named, DOCUMENTED))
        for function, named in zip((*faulty, *gradients), measures)
        for name in [function.__name__.replace("_", "-")]
    ]
