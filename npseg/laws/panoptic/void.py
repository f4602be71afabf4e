"""Pixels of which the truth says nothing, and pixels of which the prediction says nothing."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

from npseg.laws import strategies
from npseg.laws.comparing import differ
from npseg.laws.law import law
from npseg.laws.panoptic.images import rows_of, with_every_class

__all__ = ["abstaining_lowers", "mostly_on_void", "void_of_the_truth_is_irrelevant"]

# Void that is predicted: under the convention that ignores it the law is broken, and that is what it says of it.


@law(
    37,
    "abstaining-lowers",
    family="panoptic",
    of=("pq", "pq_per_class"),
    statement="Where a right prediction is replaced by void, the PQ of the classes that lose pixels falls below 1.",
    symbols="p = t but on U != {}, p(U) = void  =>  PQ_c < 1 for c in t(U)",
    source="The union keeps the true segment: its IoU falls, or it is missed. Otherwise one sure pixel is a perfect "
    "prediction of everything.",
    draw=lambda: strategies.panoptic_pairs(predicted_void=True),
    presumes={"void": ("supported",), "void-prediction": ("missing", "ignored")},
)
def abstaining_lowers(score, y_true, y_pred, num_classes, things, void):
    y_true = with_every_class(y_true, num_classes)
    y_pred = [*y_pred, y_true[-1]]
    timid = [(np.where(p == void, void, t), np.where(p == void, 0, ids)) for (t, ids), (p, _) in zip(y_true, y_pred)]
    lost = [
        any(((t == label) & (p == void)).any() for (t, _), (p, _) in zip(y_true, timid)) for label in range(num_classes)
    ]
    rows = rows_of(score(y_true, timid, num_classes, things, void))
    pq = rows[:, 0]
    if any(lost) and not all(value < 1 for value in (pq if len(rows) == 1 and num_classes > 1 else pq[lost])):
        return f"of the classes {np.flatnonzero(lost).tolist()} some is called void, and PQ is {pq.tolist()}"


@law(
    76,
    "void-of-the-truth-is-irrelevant",
    family="panoptic",
    of=("pq", "pq_per_class"),
    statement="A prediction that is right wherever the truth says something scores 1, whatever it says on void.",
    symbols="p = t wherever t != void  =>  s(t, p) = 1",
    source="Kirillov et al. 2019, section 4.3: void leaves every union, and a segment within void is no false alarm.",
    draw=lambda: strategies.panoptic_pairs(void=True),
    presumes={"void": ("supported",)},
)
def void_of_the_truth_is_irrelevant(score, tolerance, y_true, y_pred, num_classes, things, void):
    y_true = with_every_class(y_true, num_classes)
    y_pred = [*y_pred, y_true[-1]]
    right = [
        (np.where(t == void, p, t), np.where(t == void, p_ids, ids)) for (t, ids), (p, p_ids) in zip(y_true, y_pred)
    ]
    answer = score(y_true, right, num_classes, things, void)
    if differ(answer, np.ones(np.shape(answer)), tolerance):
        return f"right on every pixel but those of void, it scores {np.asarray(answer).tolist()}"


AREAS = {"on_void": st.integers(1, 5), "on_object": st.integers(0, 5), "more": st.integers(1, 5)}


@law(
    77,
    "mostly-on-void",
    family="panoptic",
    of=("pq_per_class",),
    statement="A predicted segment without a match is a false alarm unless more than half of it lies on void.",
    symbols="|p & void| > |p| / 2  <=>  p is no false positive",
    source="Kirillov et al. 2019, section 4.3, with the matching threshold of 1/2.",
    draw=lambda: st.fixed_dictionaries(AREAS),
    presumes={"void": ("supported",), "matching": ("iou>0.5",)},
)
def mostly_on_void(score, tolerance, on_void, on_object, more):
    # One object, and beside it void. A second predicted object lies on void and on less than half of the first.
    kept = on_object + more
    y_true = [
        (np.array([[0] * (kept + on_object) + [9] * on_void]), np.array([[1] * (kept + on_object) + [0] * on_void]))
    ]
    y_pred = [
        (np.zeros((1, kept + on_object + on_void), np.int64), np.array([[1] * kept + [2] * (on_object + on_void)]))
    ]
    rq = float(np.asarray(score(y_true, y_pred, 1, [0], 9), float)[0, 2])
    if differ(rq, 1 if on_void > on_object else 2 / 3, tolerance):
        return f"{on_void} of {on_void + on_object} pixels of the second segment are void, and RQ is {rq}"
