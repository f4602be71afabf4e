"""Several images: segments are matched within an image, and counted over all of them."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

from npseg.laws import strategies
from npseg.laws.comparing import differ, exceeds
from npseg.laws.law import law

__all__ = ["between_the_parts", "duplicates_change_nothing", "images_side_by_side", "wrong_image_lowers"]


@law(
    83,
    "panoptic-duplicates-change-nothing",
    family="panoptic",
    of=("pq", "pq_per_class"),
    statement="A data set in which every image occurs twice has the scores that it has.",
    symbols="s(t t, p p) = s(t, p)",
    source="Numerators and denominators double.",
    draw=lambda: strategies.panoptic_pairs(void=None),
)
def duplicates_change_nothing(score, tolerance, y_true, y_pred, num_classes, things, void=None):
    once = score(y_true, y_pred, num_classes, things, void)
    twice = score(y_true * 2, y_pred * 2, num_classes, things, void)
    if differ(once, twice, tolerance):
        return f"the score is {once}, of the images twice {twice}"


@law(
    84,
    "panoptic-between-the-parts",
    family="panoptic",
    of=("pq_per_class",),
    statement="PQ, SQ and RQ of a class over two sets of images lie between those of each set.",
    symbols="min(s(A), s(B)) <= s(A + B) <= max(s(A), s(B)); an undefined one does not count",
    source="Numerators and denominators add up, and (a + c) / (b + d) lies between a / b and c / d.",
    draw=lambda: strategies.panoptic_pairs(images=(2, 3), void=None),
    presumes={"absent": ("skip", "0")},
)
def between_the_parts(score, tolerance, y_true, y_pred, num_classes, things, void=None):
    whole = np.asarray(score(y_true, y_pred, num_classes, things, void), float)
    first = np.asarray(score(y_true[:1], y_pred[:1], num_classes, things, void), float)
    others = np.asarray(score(y_true[1:], y_pred[1:], num_classes, things, void), float)
    low, high = np.fmin(first, others), np.fmax(first, others)
    for value, least, most in zip(whole.ravel(), low.ravel(), high.ravel()):
        if np.isnan(value) and np.isnan(least):
            continue
        if exceeds(least, value, tolerance) or exceeds(value, most, tolerance):
            return f"the parts score {first.tolist()} and {others.tolist()}, together {whole.tolist()}"


@law(
    85,
    "panoptic-images-side-by-side",
    family="panoptic",
    of=("pq", "pq_per_class"),
    statement="Images with things only, put beside each other with ids of their own, are one image of the same score.",
    symbols="s(t_1 t_2, p_1 p_2) = s((t_1 | t_2), (p_1 | p_2))",
    source="The segments are the same.",
    draw=lambda: strategies.panoptic_pairs(images=(2, 3), void=None, all_things=True),
    presumes={"aggregate": ("dataset",)},
)
def images_side_by_side(score, tolerance, y_true, y_pred, num_classes, things, void=None):
    canvas = []
    for images in (y_true, y_pred):
        classes = np.concatenate([one.ravel() for one, _ in images])[None]
        ids = np.concatenate([one.ravel() + 50 * number for number, (_, one) in enumerate(images)])[None]
        canvas.append([(classes, ids)])
    apart = score(y_true, y_pred, num_classes, things, void)
    together = score(*canvas, num_classes, things, void)
    if differ(apart, together, tolerance):
        return f"the score is {apart}, with the images side by side {together}"


@law(
    86,
    "panoptic-wrong-image-lowers",
    family="panoptic",
    of=("pq_per_class",),
    statement="One image more, in which one class is taken for another, lowers the PQ of both and nothing else.",
    symbols="PQ_a and PQ_b fall unless they are 0; SQ stays; all other classes stay",
    source="There is one false negative more and one false positive more.",
    draw=lambda: st.builds(
        lambda case, taken: {**case, "taken": taken}, strategies.panoptic_pairs(classes=(2, 3)), st.integers(0, 1)
    ),
    presumes={"aggregate": ("dataset",)},
)
def wrong_image_lowers(score, tolerance, y_true, y_pred, num_classes, things, taken):
    given, one = 1 - taken, np.ones((1, 1), np.int64)
    before = np.asarray(score(y_true, y_pred, num_classes, things), float)
    after = np.asarray(score([*y_true, (taken * one, one)], [*y_pred, (given * one, one)], num_classes, things), float)
    for label in range(num_classes):
        if label not in (taken, given):
            if differ(before[label], after[label], tolerance):
                return f"class {label} is not concerned and scored {before[label]}, then {after[label]}"
        elif after[label, 0] != 0 and not after[label, 0] < before[label, 0]:
            return f"class {label} had a PQ of {before[label, 0]}, and with one error more {after[label, 0]}"
        elif before[label, 2] > 0 and differ(before[label, 1], after[label, 1], tolerance):
            return f"class {label} has the same matches and an SQ of {before[label, 1]}, then {after[label, 1]}"
