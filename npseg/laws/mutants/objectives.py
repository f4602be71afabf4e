"""More losses with one fault each: of weights, of reductions, of focal and Dice losses, and of manners."""

from __future__ import annotations

import numpy as np

from npseg.laws.mutants.losses import log_softmax, picked, right_loss, weights_of
from npseg.laws.mutants.mutant import Mutant, as_mutants
from npseg.laws.target import Target

__all__ = ["objective_mutants"]


def weights_are_shares(logits, labels, ignore_index=None, class_weights=None):
    """Class weights are divided by their sum before use, so that weights of 1 count as 1 / C."""
    shares = None if class_weights is None else class_weights / class_weights.sum()
    weights, safe = weights_of(labels, ignore_index, shares)
    number = (weights > 0).sum()
    return float(-(weights * picked(log_softmax(logits), safe)).sum() / number) if number else 0.0


def middle_counts_more(logits, labels, ignore_index=None, class_weights=None):
    """Pixels in the middle of an image count twice."""
    weights, safe = weights_of(labels, ignore_index, class_weights)
    weights[:, labels.shape[1] // 2, labels.shape[2] // 2] *= 2
    return float(-(weights * picked(log_softmax(logits), safe)).sum() / weights.sum()) if weights.sum() else 0.0


def writes_into_the_logits(logits, labels, ignore_index=None, class_weights=None):
    """The largest logit is subtracted in place."""
    logits -= logits.max(axis=-1, keepdims=True)
    return right_loss(logits, labels, ignore_index, class_weights)


def sum_over_images_only(logits, labels, ignore_index=None, class_weights=None):
    """What is said to be a sum over pixels is divided by the number of images."""
    weights, safe = weights_of(labels, ignore_index, class_weights)
    return float(-(weights * picked(log_softmax(logits), safe)).sum() / len(labels))


def gradient_overflows(logits, labels, ignore_index=None, class_weights=None):
    """Exponentials in the gradient are taken of the logits as they are."""
    weights, safe = weights_of(labels, ignore_index, class_weights)
    p = np.exp(logits) / np.exp(logits).sum(axis=-1, keepdims=True)
    share = weights / weights.sum() if weights.sum() else weights
    return (p - np.eye(logits.shape[-1])[safe]) * share[..., None]


def right_focal(logits, labels, ignore_index=None, class_weights=None):
    """Focal loss with gamma = 2, a mean over pixels whatever their weights."""
    weights, safe = weights_of(labels, ignore_index, class_weights)
    log_p = picked(log_softmax(logits), safe)
    number = (weights > 0).sum()
    return float(-(weights * (1 - np.exp(log_p)) ** 2 * log_p).sum() / number) if number else 0.0


def focal_over_weights(logits, labels, ignore_index=None, class_weights=None):
    """A mean over pixels is divided by their weights."""
    weights, _ = weights_of(labels, ignore_index, class_weights)
    number = (weights > 0).sum()
    return right_focal(logits, labels, ignore_index, class_weights) * number / weights.sum() if number else 0.0


def focal_factor_is_constant(logits, labels, ignore_index=None, class_weights=None):
    """The gradient takes the modulating factor (1 - p)^2 for a constant."""
    weights, safe = weights_of(labels, ignore_index, class_weights)
    p = np.exp(log_softmax(logits))
    factor = weights * (1 - picked(p, safe)) ** 2 / max((weights > 0).sum(), 1)
    return (p - np.eye(logits.shape[-1])[safe]) * factor[..., None]


def focal_of_the_solved(logits, labels, ignore_index=None, class_weights=None):
    """The factor is p^2, which looks away from what is unsolved."""
    weights, safe = weights_of(labels, ignore_index, class_weights)
    log_p = picked(log_softmax(logits), safe)
    number = (weights > 0).sum()
    return float(-(weights * np.exp(log_p) ** 2 * log_p).sum() / number) if number else 0.0


def one_minus_the_square(logits, labels, ignore_index=None, class_weights=None):
    """The factor is 1 - p^2 and not (1 - p)^2."""
    weights, safe = weights_of(labels, ignore_index, class_weights)
    log_p = picked(log_softmax(logits), safe)
    number = (weights > 0).sum()
    return float((weights * np.expm1(2 * log_p) * log_p).sum() / number) if number else 0.0


def gamma_is_one_more(logits, labels, gamma):
    """The exponent is gamma + 1."""
    log_p = picked(log_softmax(logits), labels)
    return float(-((1 - np.exp(log_p)) ** (gamma + 1) * log_p).mean())


def dice_with_smooth_one(logits, labels, ignore_index=None, class_weights=None):
    """One pixel is added above and below, though nothing is said to be."""
    weights, safe = weights_of(labels, ignore_index, None)
    p, g = np.exp(log_softmax(logits)) * weights[..., None], np.eye(logits.shape[-1])[safe] * weights[..., None]
    p, g = p.reshape(-1, p.shape[-1]), g.reshape(-1, g.shape[-1])
    present = g.any(axis=0)
    share = (2 * (p * g).sum(axis=0) + 1) / (p.sum(axis=0) + g.sum(axis=0) + 1)
    return float(1 - share[present].mean()) if present.any() else 0.0


def objective_mutants() -> list[Mutant]:
    """All of this file."""
    backward = [
        ("cross_entropy", right_loss, gradient_overflows, "weighted-mean"),
        ("focal", right_focal, focal_factor_is_constant, "mean"),
    ]
    return [
        *as_mutants("cross_entropy", {}, weights_are_shares),
        *as_mutants("cross_entropy", {"reduction": "weighted-mean"}, middle_counts_more, writes_into_the_logits),
        *as_mutants("cross_entropy", {"reduction": "sum"}, sum_over_images_only),
        *as_mutants("focal", {"reduction": "mean"}, focal_over_weights, focal_of_the_solved, one_minus_the_square),
        *as_mutants("focal_gamma", {}, gamma_is_one_more),
        *as_mutants("soft_dice", {"smooth": "0"}, dice_with_smooth_one),
        *(
            Mutant(
                name,
                (gradient.__doc__ or "").strip(),
                Target(name, {measure: loss, f"{measure}_gradient": gradient}, {"reduction": reduction}),
            )
            for measure, loss, gradient, reduction in backward
            for name in [gradient.__name__.replace("_", "-")]
        ),
    ]
