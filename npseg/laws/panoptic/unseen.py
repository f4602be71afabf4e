"""Classes of which there is nothing, and data sets of which there is nothing."""

from __future__ import annotations

import numpy as np

from npseg.laws import strategies
from npseg.laws.comparing import differ
from npseg.laws.law import law

__all__ = ["nothing_seen_is_undefined", "unseen_class_is_left_out"]


@law(
    40,
    "unseen-class-is-left-out",
    family="panoptic",
    of=("pq", "pq_per_class"),
    statement="A class that neither truth nor prediction holds changes no score, and is undefined itself.",
    symbols="s(t, p; K + 1) = s(t, p; K);  s_K = NaN",
    source="PQ of no segments is 0 / 0. Kirillov et al. 2019, section 4.2, averages over the classes that there are.",
    draw=lambda: strategies.panoptic_pairs(void=None),
    presumes={"absent": ("skip",)},
)
def unseen_class_is_left_out(score, tolerance, y_true, y_pred, num_classes, things, void=None):
    without = np.asarray(score(y_true, y_pred, num_classes, things, void), float)
    declared = np.asarray(score(y_true, y_pred, num_classes + 1, [*things, num_classes], void), float)
    expected = np.vstack([without, [[np.nan] * 3]]) if without.ndim else without
    if differ(declared, expected, tolerance):
        return f"the score is {without}, with one class more {declared}"


@law(
    87,
    "nothing-seen-is-undefined",
    family="panoptic",
    of=("pq", "pq_per_class"),
    statement="Where all truth is void there is no score: NaN, and no error.",
    symbols="t = void  =>  s(t, p) = NaN",
    source="Every predicted segment lies on void and is excused; a mean of nothing is undefined.",
    draw=lambda: strategies.panoptic_pairs(),
    presumes={"absent": ("skip",), "void": ("supported",)},
)
def nothing_seen_is_undefined(score, y_true, y_pred, num_classes, things):
    blank = [(np.full_like(classes, 255), np.zeros_like(ids)) for classes, ids in y_true]
    answer = np.asarray(score(blank, y_pred, num_classes, things, 255), float)
    if not np.isnan(answer).all():
        return f"all is void, and the score is {answer.tolist()}"
