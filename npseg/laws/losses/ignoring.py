"""Pixels that are ignored do not exist for a loss."""

from __future__ import annotations

import numpy as np

from npseg.laws import strategies
from npseg.laws.comparing import differ
from npseg.laws.law import law
from npseg.laws.losses.named import LOSSES

SUPPORTED = {"ignore": ("supported",)}


@law(
    52,
    "loss-ignored-logits-irrelevant",
    family="loss",
    of=LOSSES,
    statement="Other logits at ignored pixels leave the loss as it is, even logits of 10000.",
    symbols="z = z' where t != ignore => L(z, t) = L(z', t)",
    source="What an ignored pixel is.",
    draw=lambda: strategies.loss_cases(ignore=True, weights=None),
    presumes=SUPPORTED,
)
def loss_ignored_logits_irrelevant(score, tolerance, logits, labels, ignore_index, class_weights=None):
    value = score(logits, labels, ignore_index=ignore_index, class_weights=class_weights)
    for other in (-1.0, 10000.0):
        changed = logits.copy()
        changed[labels == ignore_index, 0] = other
        moved = score(changed, labels, ignore_index=ignore_index, class_weights=class_weights)
        if differ(value, moved, tolerance):
            return f"the loss is {value}, and {moved} with {other} as first logit of the ignored pixels"


@law(
    53,
    "loss-ignoring-is-deleting",
    family="loss",
    of=LOSSES,
    statement="A pixel ignored is a pixel deleted: it is not counted in the mean either.",
    symbols="L(z, t) = L(z restricted to t != ignore, t restricted)",
    source="What an ignored pixel is; a mean over the pixels that count divides by their number.",
    draw=lambda: strategies.loss_cases(images=(1, 1), ignore=True, weights=None),
    presumes=SUPPORTED,
)
def loss_ignoring_is_deleting(score, tolerance, logits, labels, ignore_index, class_weights=None):
    counts = labels != ignore_index
    ignored = score(logits, labels, ignore_index=ignore_index, class_weights=class_weights)
    rest, rest_labels = logits[counts][None, None], labels[counts][None, None]
    deleted = score(rest, rest_labels, ignore_index=ignore_index, class_weights=class_weights)
    if differ(ignored, deleted, tolerance):
        return f"the loss is {ignored} with pixels ignored, {deleted} with the same pixels deleted"


@law(
    54,
    "loss-zero-when-all-ignored",
    family="loss",
    of=LOSSES,
    statement="Where every pixel is ignored the loss is 0, unless the documentation says NaN.",
    symbols="t = ignore everywhere => L(z, t) = 0",
    source="The sum over no pixels. NaN from one unlabelled batch would reach every parameter of a network.",
    draw=lambda: strategies.loss_cases(ignore=True, some_valid=False),
    presumes=SUPPORTED,
    unless={"all-ignored": ("nan",)},
)
def loss_zero_when_all_ignored(score, tolerance, logits, labels, ignore_index):
    value = float(score(logits, np.full_like(labels, ignore_index), ignore_index=ignore_index))
    if differ(value, 0.0, tolerance):
        return f"the loss is {value}"
