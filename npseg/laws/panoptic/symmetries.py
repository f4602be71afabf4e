"""What may be exchanged: truth and prediction, pixels, classes, images."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

from npseg.laws import strategies
from npseg.laws.comparing import differ
from npseg.laws.law import law
from npseg.laws.panoptic.images import copied, rows_of

__all__ = ["classes_may_be_renumbered", "images_in_any_order", "inputs_unchanged", "pixels_anywhere", "symmetric"]


@law(
    39,
    "panoptic-symmetric",
    family="panoptic",
    of=("pq", "pq_per_class"),
    statement="Exchanging truth and prediction changes nothing, where there is neither void nor crowd.",
    symbols="s(t, p) = s(p, t)",
    source="IoU is symmetric; FP and FN change places, and count alike.",
    draw=lambda: strategies.panoptic_pairs(),
)
def symmetric(score, tolerance, y_true, y_pred, num_classes, things):
    forward, backward = score(y_true, y_pred, num_classes, things), score(y_pred, y_true, num_classes, things)
    if differ(forward, backward, tolerance):
        return f"s(t, p) is {forward}, s(p, t) is {backward}"


def shuffled(array, seed):
    """The same pixels elsewhere, height and width exchanged."""
    order = np.random.default_rng(seed).permutation(array.size)
    return array.ravel()[order].reshape(array.shape[::-1])


@law(
    79,
    "panoptic-pixels-anywhere",
    family="panoptic",
    of=("pq", "pq_per_class"),
    statement="Moving the pixels of all maps of an image alike, and exchanging height and width, changes nothing.",
    symbols="s(t o f, p o f) = s(t, p) for f one to one",
    source="Areas and intersections are numbers of pixels.",
    draw=lambda: st.builds(
        lambda case, seed: {**case, "seed": seed}, strategies.panoptic_pairs(void=None, crowd=None), st.integers(0, 9)
    ),
)
def pixels_anywhere(score, tolerance, y_true, y_pred, num_classes, things, seed, void=None, crowd=None):
    moved = [[(shuffled(classes, seed), shuffled(ids, seed)) for classes, ids in images] for images in (y_true, y_pred)]
    marked = None if crowd is None else [shuffled(one, seed) for one in crowd]
    before = score(y_true, y_pred, num_classes, things, void, crowd)
    after = score(*moved, num_classes, things, void, marked)
    if differ(before, after, tolerance):
        return f"the score is {before}, with the pixels elsewhere {after}"


@law(
    80,
    "panoptic-classes-renumbered",
    family="panoptic",
    of=("pq", "pq_per_class"),
    statement="Numbering the classes the other way round in truth, prediction and things reorders the scores, no more.",
    symbols="s_{K-1-c}(K - 1 - t, K - 1 - p) = s_c(t, p)",
    source="The number of a class is only a name.",
    draw=lambda: strategies.panoptic_pairs(void=None),
)
def classes_may_be_renumbered(score, tolerance, y_true, y_pred, num_classes, things, void=None):
    numbered = [
        [(np.where(classes == void, classes, num_classes - 1 - classes), ids) for classes, ids in images]
        for images in (y_true, y_pred)
    ]
    before = rows_of(score(y_true, y_pred, num_classes, things, void))
    after = rows_of(score(*numbered, num_classes, sorted(num_classes - 1 - label for label in things), void))
    if differ(before, after[::-1], tolerance):
        return f"the scores are {before.tolist()}, with the classes in reverse {after.tolist()}"


@law(
    81,
    "panoptic-images-in-any-order",
    family="panoptic",
    of=("pq", "pq_per_class"),
    statement="The order of the images does not matter.",
    symbols="s(t_1 .. t_n, p_1 .. p_n) = s(t_n .. t_1, p_n .. p_1)",
    source="Sums do not depend on their order.",
    draw=lambda: strategies.panoptic_pairs(images=(2, 3), void=None),
)
def images_in_any_order(score, tolerance, y_true, y_pred, num_classes, things, void=None):
    before = score(y_true, y_pred, num_classes, things, void)
    after = score(y_true[::-1], y_pred[::-1], num_classes, things, void)
    if differ(before, after, tolerance):
        return f"the score is {before}, with the images in reverse {after}"


@law(
    82,
    "panoptic-inputs-unchanged",
    family="panoptic",
    of=("pq", "pq_per_class"),
    statement="Scoring writes nothing into its arguments, and gives the same answer again.",
    symbols="s(t, p); s(t, p) = s(t, p)",
    source="A measurement leaves what it measures as it is.",
    draw=lambda: strategies.panoptic_pairs(void=None, crowd=None),
)
def inputs_unchanged(score, tolerance, y_true, y_pred, num_classes, things, void=None, crowd=None):
    kept_true, kept_pred = copied(y_true), copied(y_pred)
    first = score(y_true, y_pred, num_classes, things, void, crowd)
    for name, images, kept in (("truth", y_true, kept_true), ("prediction", y_pred, kept_pred)):
        if any(not np.array_equal(a, b) for pair, other in zip(images, kept) for a, b in zip(pair, other)):
            return f"the {name} was changed"
    if differ(first, score(y_true, y_pred, num_classes, things, void, crowd), tolerance):
        return "the same question has another answer"
