"""Which segment is which: one to one, and by their pixels alone."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

from npseg.laws import strategies
from npseg.laws.comparing import differ, exceeds
from npseg.laws.law import law

__all__ = ["ids_may_be_renamed", "matched_one_to_one", "stuff_ids_do_not_matter"]


def renamed(images, seed):
    """Every image with instance ids drawn anew, from 1 to 999; up to three are multiples of 256, 0 in a byte."""
    new = []
    for number, (classes, ids) in enumerate(images):
        names, ranks = np.unique(ids, return_inverse=True)
        rng = np.random.default_rng(seed + number)
        others = 256 * rng.permutation([1, 2, 3]) if seed % 2 and len(names) <= 3 else 1 + rng.permutation(999)
        new.append((classes, others[ranks.reshape(ids.shape)]))
    return new


def count_segments(images, label, is_thing):
    """How many segments of a class the images hold."""
    return sum(
        len(np.unique(ids[classes == label])) if is_thing else int((classes == label).any()) for classes, ids in images
    )


@law(
    36,
    "instance-ids-may-be-renamed",
    family="panoptic",
    of=("pq", "pq_per_class"),
    statement="Other instance ids for the same instances, in truth, prediction and every image, change nothing.",
    symbols="s(f(t), g(p)) = s(t, p) for f, g one to one on the ids of an image",
    source="Kirillov et al. 2019, Panoptic Segmentation, section 3.1: ids only group pixels. Matching needs IoU > 1/2.",
    draw=lambda: st.builds(
        lambda case, seed: {**case, "seed": seed}, strategies.panoptic_pairs(void=None, crowd=None), st.integers(0, 9)
    ),
)
def ids_may_be_renamed(score, tolerance, y_true, y_pred, num_classes, things, seed, void=None, crowd=None):
    before = score(y_true, y_pred, num_classes, things, void, crowd)
    after = score(renamed(y_true, seed), renamed(y_pred, seed + 100), num_classes, things, void, crowd)
    if differ(before, after, tolerance):
        return f"the score is {before}, with other ids {after}"


@law(
    74,
    "matched-one-to-one",
    family="panoptic",
    of=("pq_per_class",),
    statement="No more segments match than the side with fewer has.",
    symbols="RQ_c <= 2 min(T_c, P_c) / (T_c + P_c), where T_c and P_c are numbers of segments",
    source="Kirillov et al. 2019, section 4.1, theorem 1; RQ = 2 TP / (T + P).",
    draw=lambda: strategies.panoptic_pairs(),
)
def matched_one_to_one(score, tolerance, y_true, y_pred, num_classes, things):
    rows = np.asarray(score(y_true, y_pred, num_classes, things), float)
    for label in range(num_classes):
        true, predicted = (count_segments(images, label, label in things) for images in (y_true, y_pred))
        if true + predicted and exceeds(rows[label, 2], 2 * min(true, predicted) / (true + predicted), tolerance):
            return f"class {label}: {true} true and {predicted} predicted segments, and an RQ of {rows[label, 2]}"


@law(
    75,
    "stuff-ids-do-not-matter",
    family="panoptic",
    of=("pq", "pq_per_class"),
    statement="All pixels of a stuff class in an image are one segment, whatever their instance ids.",
    symbols="s(t, p) = s(t', p'), where t' and p' have the id 1 in stuff",
    source="Kirillov et al. 2019, section 3.1: for stuff labels instance ids are irrelevant.",
    draw=lambda: strategies.panoptic_pairs(void=None),
)
def stuff_ids_do_not_matter(score, tolerance, y_true, y_pred, num_classes, things, void=None):
    plain = [
        [(classes, np.where(np.isin(classes, things), ids, 1)) for classes, ids in images]
        for images in (y_true, y_pred)
    ]
    before, after = (score(*pair, num_classes, things, void) for pair in ((y_true, y_pred), plain))
    if differ(before, after, tolerance):
        return f"the score is {before}, with the id 1 in stuff {after}"
