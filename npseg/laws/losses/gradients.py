"""The gradient of a loss."""

from __future__ import annotations

import numpy as np

from npseg.laws import strategies
from npseg.laws.law import law
from npseg.laws.losses.named import LOSSES
from npseg.laws.slopes import off_slope


@law(
    50,
    "loss-gradient-is-the-slope",
    family="loss",
    of=LOSSES,
    statement="The gradient is the slope of the loss, in float64; at a kink it lies between the slopes to both sides.",
    symbols="<g, v> = lim (L(z + h v) - L(z - h v)) / 2h",
    source="The definition of the gradient; off by O(h^2) where L is smooth.",
    draw=lambda: strategies.loss_cases(ignore=None, weights=None, kinds=("random", "tied")),
)
def loss_gradient_is_the_slope(score, gradient, tolerance, logits, labels, ignore_index=None, class_weights=None):
    def at(moved):
        return score(moved, labels, ignore_index=ignore_index, class_weights=class_weights)

    slope = np.asarray(gradient(logits, labels, ignore_index=ignore_index, class_weights=class_weights), float)
    if slope.shape != logits.shape:
        return f"the gradient has shape {slope.shape}, the logits {logits.shape}"
    return off_slope(at, logits, slope, tolerance)


@law(
    51,
    "loss-gradient-zero-where-ignored",
    family="loss",
    of=LOSSES,
    statement="The gradient is exactly zero at pixels that are ignored.",
    symbols="t(x) = ignore => g(x) = 0",
    source="The loss does not depend on their logits.",
    draw=lambda: strategies.loss_cases(ignore=True, weights=None),
    presumes={"ignore": ("supported",)},
)
def loss_gradient_zero_where_ignored(gradient, score, logits, labels, ignore_index, class_weights=None):
    slope = np.asarray(gradient(logits, labels, ignore_index=ignore_index, class_weights=class_weights), float)
    there = slope[labels == ignore_index]
    if there.any():
        return f"the gradient at ignored pixels is {there.tolist()}"


@law(
    58,
    "loss-gradient-sums-to-zero",
    family="loss",
    of=LOSSES,
    statement="The gradient of a loss of the softmax sums to zero over the classes of each pixel.",
    symbols="sum_c g(x, c) = 0",
    source="L(z + a 1) = L(z) (law 57); differentiate in a.",
    draw=lambda: strategies.loss_cases(ignore=None, weights=None),
    presumes={"activation": ("softmax",)},
)
def loss_gradient_sums_to_zero(gradient, score, tolerance, logits, labels, ignore_index=None, class_weights=None):
    slope = np.asarray(gradient(logits, labels, ignore_index=ignore_index, class_weights=class_weights), float)
    sums = slope.sum(axis=-1)
    if not (abs(sums) <= tolerance * (abs(slope).sum(axis=-1) + 1e-3)).all():
        return f"the sums over the classes are {sums.tolist()}"


@law(
    96,
    "loss-gradient-finite-at-huge-logits",
    family="loss",
    of=LOSSES,
    statement="The gradient is finite at logits of +-10000, in float64 and in float32.",
    symbols="|z| <= 10^4 => |g| < infinity",
    source="A gradient of the softmax is a difference of probabilities; exp must be taken of z - max z.",
    draw=lambda: strategies.loss_cases(kinds=("huge",), ignore=None),
)
def loss_gradient_finite_at_huge_logits(gradient, score, logits, labels, ignore_index=None):
    for kind in (np.float64, np.float32):
        slope = np.asarray(gradient(logits.astype(kind), labels, ignore_index=ignore_index), float)
        if not np.isfinite(slope).all():
            return f"the gradient in {kind.__name__} is {slope.tolist()}"
