"""What a loss does not depend on."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

from npseg.laws import strategies
from npseg.laws.comparing import differ
from npseg.laws.law import law
from npseg.laws.losses.named import LOSSES


@law(
    57,
    "loss-shift-invariant",
    family="loss",
    of=LOSSES,
    statement="Adding a number to all logits of a pixel leaves a loss of the softmax as it is.",
    symbols="L(z + a(x) 1, t) = L(z, t)",
    source="exp(z + a) / sum exp(z + a) = exp(z) / sum exp(z).",
    draw=lambda: strategies.loss_cases(ignore=None, weights=None),
    presumes={"activation": ("softmax",)},
)
def loss_shift_invariant(score, tolerance, logits, labels, ignore_index=None, class_weights=None):
    before = score(logits, labels, ignore_index=ignore_index, class_weights=class_weights)
    for shift in (3.0, -1000.0, 1000.0):
        moved = logits + shift * np.arange(1, 1 + labels.size).reshape(*labels.shape, 1) / labels.size
        after = score(moved, labels, ignore_index=ignore_index, class_weights=class_weights)
        if differ(before, after, tolerance):
            return f"the loss is {before}, and {after} with numbers up to {shift} added to the pixels"


@st.composite
def with_an_order_of_pixels(draw):
    """Logits, labels, and an order of the pixels of an image."""
    case = draw(strategies.loss_cases(ignore=None, weights=None))
    case["order"] = np.array(draw(st.permutations(range(case["labels"][0].size))))
    return case


@law(
    62,
    "loss-order-of-pixels-irrelevant",
    family="loss",
    of=LOSSES,
    statement="Pixels of every image in another order, and images in another order, cost the same.",
    symbols="L(z o s, t o s) = L(z, t)",
    source="Sums do not depend on the order of their terms.",
    draw=with_an_order_of_pixels,
)
def loss_order_of_pixels_irrelevant(score, tolerance, logits, labels, order, ignore_index=None, class_weights=None):
    images, classes = len(labels), logits.shape[-1]
    moved = logits.reshape(images, -1, classes)[::-1][:, order].reshape(logits.shape)
    moved_labels = labels.reshape(images, -1)[::-1][:, order].reshape(labels.shape)
    before = score(logits, labels, ignore_index=ignore_index, class_weights=class_weights)
    after = score(moved, moved_labels, ignore_index=ignore_index, class_weights=class_weights)
    if differ(before, after, tolerance):
        return f"the loss is {before}, and {after} in the other order"


@st.composite
def with_an_order_of_classes(draw):
    """Logits, labels, and an order of the classes."""
    case = draw(strategies.loss_cases(ignore=None, weights=None))
    case["order"] = np.array(draw(st.permutations(range(case["logits"].shape[-1]))))
    return case


@law(
    63,
    "loss-order-of-classes-irrelevant",
    family="loss",
    of=LOSSES,
    statement="Classes numbered otherwise, in logits, labels and weights alike, cost the same.",
    symbols="L(P z, P t, P w) = L(z, t, w)",
    source="The number of a class is its name.",
    draw=with_an_order_of_classes,
)
def loss_order_of_classes_irrelevant(score, tolerance, logits, labels, order, ignore_index=None, class_weights=None):
    new_number = np.argsort(order)
    is_class = (labels >= 0) & (labels < len(order))
    renamed = np.where(is_class, new_number[np.where(is_class, labels, 0)], labels)
    before = score(logits, labels, ignore_index=ignore_index, class_weights=class_weights)
    weights = None if class_weights is None else class_weights[order]
    after = score(np.ascontiguousarray(logits[..., order]), renamed, ignore_index=ignore_index, class_weights=weights)
    if differ(before, after, tolerance):
        return f"the loss is {before}, and {after} with the classes in the order {order.tolist()}"


@law(
    98,
    "loss-leaves-its-inputs-alone",
    family="loss",
    of=LOSSES,
    statement="Logits and labels are not written to, and may lie in memory in any way.",
    symbols="z and t are the same before and after; L(view of z, view of t) = L(z, t)",
    source="A function of values.",
    draw=lambda: strategies.loss_cases(ignore=None, weights=None),
)
def loss_leaves_its_inputs_alone(score, tolerance, logits, labels, ignore_index=None, class_weights=None):
    kept, kept_labels = logits.copy(), labels.copy()
    plain = score(kept, kept_labels, ignore_index=ignore_index, class_weights=class_weights)
    if differ(kept, logits, 0) or differ(kept_labels, labels, 0):
        return "the loss has written to its arguments"
    padded = np.full((*logits.shape[:2], 2 * logits.shape[2], logits.shape[3] + 1), 7.0)
    padded[:, :, ::2, 1:] = logits
    view, view_labels = padded[:, :, ::2, 1:], np.asfortranarray(labels)
    strided = score(view, view_labels, ignore_index=ignore_index, class_weights=class_weights)
    if differ(plain, strided, tolerance):
        return f"the loss is {plain}, and {strided} of the same values in strided memory"
