"""How the pixels of a batch become one number."""

from __future__ import annotations

import numpy as np

from npseg.laws import strategies
from npseg.laws.comparing import differ
from npseg.laws.law import law
from npseg.laws.losses.named import LOSSES, MEANS, NAMED


@law(
    64,
    "loss-mean-of-parts",
    family="loss",
    of=LOSSES,
    statement="The mean over a batch is the mean of its images' losses, each as often as it has pixels that count.",
    symbols="(n + m) L(A + B) = n L(A) + m L(B)",
    source="A mean over pixels; a mean of the images' means weighs the pixels of a mostly ignored image more.",
    draw=lambda: strategies.loss_cases(images=(2, 3), ignore=None),
    presumes={"reduction": MEANS},
)
def loss_mean_of_parts(score, tolerance, logits, labels, ignore_index=None):
    whole, parts, counted = float(score(logits, labels, ignore_index=ignore_index)), 0.0, 0
    for image in range(len(labels)):
        here = slice(image, image + 1)
        count = int((labels[here] != ignore_index).sum()) if ignore_index is not None else labels[here].size
        if count:
            parts += count * float(score(logits[here], labels[here], ignore_index=ignore_index))
        counted += count
    if differ(whole, parts / counted, tolerance):
        return f"the loss of the batch is {whole}, the mean over the pixels of its images {parts / counted}"


@law(
    95,
    "loss-sum-of-parts",
    family="loss",
    of=LOSSES,
    statement="The sum over a batch is the sum of its images' losses.",
    symbols="L(A + B) = L(A) + L(B)",
    source="A sum over pixels.",
    draw=lambda: strategies.loss_cases(images=(2, 3), weights=None),
    presumes={"reduction": ("sum",)},
)
def loss_sum_of_parts(score, tolerance, logits, labels, class_weights=None):
    whole = float(score(logits, labels, class_weights=class_weights))
    parts = sum(float(score(z[None], t[None], class_weights=class_weights)) for z, t in zip(logits, labels))
    if differ(whole, parts, tolerance):
        return f"the loss of the batch is {whole}, the sum over its images {parts}"


@law(
    97,
    "loss-of-a-batch-twice",
    family="loss",
    of=NAMED,
    statement="A batch and itself once more cost what the batch costs.",
    symbols="L(A + A) = L(A)",
    source="Means, and quotients of sums to which nothing is added, do not change when every pixel comes twice.",
    draw=lambda: strategies.loss_cases(ignore=None, weights=None),
    presumes={"reduction": (*MEANS, "joint"), "smooth": ("0",)},
)
def loss_of_a_batch_twice(score, tolerance, logits, labels, ignore_index=None, class_weights=None):
    once = score(logits, labels, ignore_index=ignore_index, class_weights=class_weights)
    twice = score(
        np.concatenate([logits, logits]), np.concatenate([labels, labels]), ignore_index=ignore_index,
        class_weights=class_weights,
    )  # fmt: skip
    if differ(once, twice, tolerance):
        return f"the loss of the batch is {once}, of the batch twice {twice}"
