"""Weights of classes."""

from __future__ import annotations

import numpy as np

from npseg.laws import strategies
from npseg.laws.comparing import differ
from npseg.laws.law import law
from npseg.laws.losses.named import LOSSES


@law(
    59,
    "loss-scale-of-weights-cancels",
    family="loss",
    of=LOSSES,
    statement="All class weights times k: a weighted mean stays as it is.",
    symbols="L(z, t, k w) = L(z, t, w)",
    source="sum k w l / sum k w.",
    draw=lambda: strategies.loss_cases(ignore=None, weights=True),
    presumes={"reduction": ("weighted-mean",)},
)
def loss_scale_of_weights_cancels(score, tolerance, logits, labels, class_weights, ignore_index=None):
    before = score(logits, labels, ignore_index=ignore_index, class_weights=class_weights)
    after = score(logits, labels, ignore_index=ignore_index, class_weights=4 * class_weights)
    if differ(before, after, tolerance):
        return f"the loss is {before}, and {after} with all weights times 4"


@law(
    60,
    "loss-scale-of-weights-passes-through",
    family="loss",
    of=LOSSES,
    statement="All class weights times k: a sum, or a mean over the number of pixels, is k times what it was.",
    symbols="L(z, t, k w) = k L(z, t, w)",
    source="sum k w l / n.",
    draw=lambda: strategies.loss_cases(ignore=None, weights=True),
    presumes={"reduction": ("mean", "sum")},
)
def loss_scale_of_weights_passes_through(score, tolerance, logits, labels, class_weights, ignore_index=None):
    before = score(logits, labels, ignore_index=ignore_index, class_weights=class_weights)
    after = score(logits, labels, ignore_index=ignore_index, class_weights=4 * class_weights)
    if differ(4 * before, after, tolerance):
        return f"the loss is {before}, and {after} with all weights times 4"


@law(
    61,
    "loss-unit-weights-are-none",
    family="loss",
    of=LOSSES,
    statement="Weights of 1 are no weights.",
    symbols="L(z, t, 1) = L(z, t)",
    source="w l = l.",
    draw=lambda: strategies.loss_cases(ignore=None),
)
def loss_unit_weights_are_none(score, tolerance, logits, labels, ignore_index=None):
    without = score(logits, labels, ignore_index=ignore_index)
    ones = score(logits, labels, ignore_index=ignore_index, class_weights=np.ones(logits.shape[-1]))
    if differ(without, ones, tolerance):
        return f"the loss is {without} without weights, {ones} with weights of 1"
