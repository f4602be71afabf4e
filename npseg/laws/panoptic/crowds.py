"""Crowds: groups of objects that the truth does not tell apart."""

from __future__ import annotations

import numpy as np

from npseg.laws import strategies
from npseg.laws.comparing import differ
from npseg.laws.law import law
from npseg.laws.panoptic.images import with_every_class

__all__ = ["crowds_are_excused", "crowds_may_be_merged"]


@law(
    38,
    "crowds-may-be-merged",
    family="panoptic",
    of=("pq", "pq_per_class"),
    statement="Merging the crowds of a class in an image, or splitting them, changes nothing.",
    symbols="s(t, p) = s(t', p) = s(t'', p), where t' has one id on all crowds, and t'' two",
    source="Kirillov et al. 2019, section 4.3: of a group of objects the parts are not told apart.",
    draw=lambda: strategies.panoptic_pairs(void=None, crowd=True),
    presumes={"crowd": ("supported",)},
)
def crowds_may_be_merged(score, tolerance, y_true, y_pred, num_classes, things, crowd, void=None):
    merged, split = [], []
    for (classes, ids), marked in zip(y_true, crowd):
        merged.append((classes, np.where(marked, 99, ids)))
        first_half = np.cumsum(marked).reshape(marked.shape) <= marked.sum() / 2
        split.append((classes, np.where(marked, np.where(first_half, 98, 99), ids)))
    drawn, one, two = (score(images, y_pred, num_classes, things, void, crowd) for images in (y_true, merged, split))
    if differ(drawn, one, tolerance) or differ(one, two, tolerance):
        return f"the score is {drawn}, with one id for all crowds {one}, with two ids {two}"


@law(
    78,
    "crowds-are-excused",
    family="panoptic",
    of=("pq", "pq_per_class"),
    statement="What is predicted of a class on a crowd of it is neither right nor wrong, and nothing has to be.",
    symbols="p = t off the crowds; on them of the same class or void  =>  s(t, p) = 1",
    source="Kirillov et al. 2019, section 4.3: groups are treated as void for segments of their class.",
    draw=lambda: strategies.panoptic_pairs(crowd=True, void=True),
    presumes={"crowd": ("supported",), "void": ("supported",)},
)
def crowds_are_excused(score, tolerance, y_true, y_pred, num_classes, things, crowd, void):
    y_true = with_every_class(y_true, num_classes)
    y_pred, crowd = [*y_pred, y_true[-1]], [*crowd, np.zeros((1, num_classes), bool)]
    found = []
    for (classes, ids), (p, p_ids), marked in zip(y_true, y_pred, crowd):
        # Some of a crowd is predicted, as objects of their own, and some is not.
        found.append((np.where(marked & (p != classes), void, classes), np.where(marked, 100 + p_ids, ids)))
    answer = score(y_true, found, num_classes, things, void, crowd)
    if differ(answer, np.ones(np.shape(answer)), tolerance):
        return f"right everywhere but on crowds, it scores {np.asarray(answer).tolist()}"
