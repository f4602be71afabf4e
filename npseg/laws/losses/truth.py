"""A loss is least where the network is right."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

from npseg.laws import strategies
from npseg.laws.comparing import differ, exceeds
from npseg.laws.law import law
from npseg.laws.losses.named import LOSSES


@st.composite
def with_another_labelling(draw):
    """Labels and others of the same shape, and by how much the logits of the labelled class stand out."""
    case = draw(strategies.loss_cases(labels_only=True, weights=None))
    case["others"] = draw(strategies.label_maps(num_classes=case["num_classes"], shape=case["labels"].shape))
    case["margin"] = draw(st.sampled_from([1.0, 2.0, 5.0, 10.0]))
    return case


@law(
    55,
    "loss-least-at-the-truth",
    family="loss",
    of=LOSSES,
    statement="Logits that prefer the true labels by a margin cost less than logits that prefer others by the same.",
    symbols="t' != t => L(m onehot(t), t) < L(m onehot(t'), t)",
    source="Exchanging two logits of a pixel in favour of its label raises the label's probability (law 67).",
    draw=with_another_labelling,
)
def loss_least_at_the_truth(score, tolerance, labels, num_classes, others, margin, class_weights=None):
    right = score(margin * np.eye(num_classes)[labels], labels, class_weights=class_weights)
    wrong = score(margin * np.eye(num_classes)[others], labels, class_weights=class_weights)
    if (labels != others).any() and not right < wrong:
        return f"the loss is {right} for the true labels, {wrong} for the others"


@law(
    56,
    "loss-nothing-below-the-truth",
    family="loss",
    of=LOSSES,
    statement="No logits cost less than those that are sure of the truth, which cost the lower bound of the loss.",
    symbols="L(200 (2 onehot(t) - 1), t) = inf L",
    source="-log p, (1 - p)^gamma and 1 - Dice all vanish as p, the probability of the truth, nears 1.",
    draw=lambda: strategies.loss_cases(weights=None),
)
def loss_nothing_below_the_truth(score, bounds, tolerance, logits, labels, class_weights=None):
    sure = score(200.0 * (2 * np.eye(logits.shape[-1])[labels] - 1), labels, class_weights=class_weights)
    if np.isfinite(bounds[0]) and differ(sure, bounds[0], tolerance):
        return f"the loss is {sure} for logits that are sure of the truth"
    other = score(logits, labels, class_weights=class_weights)
    if exceeds(sure, other, tolerance):
        return f"the loss is {sure} for logits that are sure of the truth, {other} for these"


@law(
    67,
    "loss-falls-with-the-true-logit",
    family="loss",
    of=LOSSES,
    statement="Raising the logit of a pixel's own label never raises the loss.",
    symbols="a > 0 => L(z + a e_{x, t(x)}, t) <= L(z, t)",
    source="It raises the probability p of the label and lowers all others; -(1 - p)^gamma log p falls in p, as does "
    "1 - (2 I + s) / (P + G + s), by (2 I + s) <= (P + G + s).",
    draw=lambda: strategies.loss_cases(weights=None),
)
def loss_falls_with_the_true_logit(score, tolerance, logits, labels, class_weights=None):
    before = score(logits, labels, class_weights=class_weights)
    for raised in (0.5, 4.0):
        moved = logits.copy()
        moved[0, 0, 0, labels[0, 0, 0]] += raised
        after = score(moved, labels, class_weights=class_weights)
        if exceeds(after, before, tolerance):
            return f"the loss rises from {before} to {after} as the first pixel's true logit rises by {raised}"
