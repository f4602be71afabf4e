"""Panoptic quality against its definition, with every pair of segments compared pixel by pixel."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import strategies as st

from npseg.laws.comparing import differ
from npseg.laws.law import law
from npseg.laws.panoptic.images import rows_of
from npseg.laws.strategies.panoptic import VOID

__all__ = [
    "pq_as_defined",
    "pq_beside_crowds_as_defined",
    "pq_beside_void_and_crowds_as_defined",
    "pq_beside_void_as_defined",
]

OBJECTS = 2  # classes of objects; the class behind them is stuff
NEAR_HALF = st.integers(0, 7)  # pixels of a part of an object: IoU and shares of void lie on both sides of 1/2


def set_of_segments(classes, ids, things, left_out):
    """(class, instance) to the set of its pixels; all pixels of stuff are one instance."""
    found = {}
    for place in np.ndindex(classes.shape):
        if not left_out[place]:
            label = int(classes[place])
            found.setdefault((label, int(ids[place]) if label in things else 0), set()).add(place)
    return found


def pq_by_definition(truth, prediction, num_classes, things, void=None, crowd=None):
    """PQ, SQ and RQ (K, 3) of one image; None if an IoU is 1/2, which some call a match. Every class has a match."""
    outside = np.zeros(truth[0].shape, bool) if void is None else truth[0] == void
    marked = np.zeros(truth[0].shape, bool) if crowd is None else crowd
    real = set_of_segments(*truth, things, outside | marked)
    guessed = set_of_segments(*prediction, things, np.zeros(outside.shape, bool))
    unlabelled = {tuple(map(int, place)) for place in np.argwhere(outside)}
    matches = {}
    for one, pixels in real.items():
        for other, others in guessed.items():
            iou = len(pixels & others) / len((pixels | others) - unlabelled) if one[0] == other[0] else 0
            if iou == 0.5:
                return None
            if iou > 0.5:
                matches[one, other] = iou
    rows = []
    for label in range(num_classes):
        ious = [iou for (one, _), iou in matches.items() if one[0] == label]
        used = {other for _, other in matches}
        crowded = {tuple(map(int, place)) for place in np.argwhere(marked & (truth[0] == label))}
        alarms = sum(
            other[0] == label and other not in used and 2 * len(others & (unlabelled | crowded)) <= len(others)
            for other, others in guessed.items()
        )
        missed = sum(one[0] == label for one in real) - len(ious)
        sq, rq = sum(ious) / len(ious), len(ious) / (len(ious) + alarms / 2 + missed / 2)
        rows.append([sq * rq, sq, rq])
    return np.array(rows)


@st.composite
def objects_in_a_row(draw: st.DrawFn, *, void: bool = False, crowd: bool = False) -> dict[str, Any]:
    """An image of one row. Of each object some pixels are missed, some are found, and its prediction goes on behind it,
    on void or on a crowd. At the end each class has a match: that of stuff has more right pixels than wrong ones."""
    behind = OBJECTS
    columns = []  # of true class and id, predicted class and id, and whether it is a crowd
    for number in range(1, 1 + draw(st.integers(1, 3))):
        label = draw(st.integers(0, OBJECTS - 1))
        missed, found, more = (draw(NEAR_HALF) for _ in range(3))
        columns += [(label, number, behind, 1, False)] * missed
        columns += [(label, number, label, number, False)] * found
        columns += [(behind, 1, label, number, False)] * more
        if void:
            columns += [(VOID, 0, label, number, False)] * draw(NEAR_HALF)
        if crowd:
            crowd_of = draw(st.integers(0, OBJECTS - 1))  # a crowd of another class excuses nothing
            columns += [(crowd_of, 50 + crowd_of, label, number, True)] * draw(NEAR_HALF)
    wrong = sum((true_class == behind) != (predicted_class == behind) for true_class, _, predicted_class, *_ in columns)
    columns += [(label, 60, label, 60, False) for label in range(OBJECTS)]
    columns += [(behind, 1, behind, 1, False)] * (wrong + 1)
    true_class, true_id, predicted_class, predicted_id, marked = np.array(columns).T[:, None]
    case = {
        "y_true": [(true_class, true_id)],
        "y_pred": [(predicted_class, predicted_id)],
        "num_classes": OBJECTS + 1,
        "things": list(range(OBJECTS)),
    }
    return case | ({"void": VOID} if void else {}) | ({"crowd": [marked.astype(bool)]} if crowd else {})


def unlike_pq_by_definition(score, tolerance, y_true, y_pred, num_classes, things, void=None, crowd=None):
    """A sentence if the answer for one image is not what the definition gives."""
    marked = None if crowd is None else crowd[0]
    expected = pq_by_definition(y_true[0], y_pred[0], num_classes, things, void, marked)
    if expected is None:
        return None
    rows = rows_of(score(y_true, y_pred, num_classes, things, void, crowd))
    if rows.shape == (1, 1):
        expected = expected[:, :1].mean(axis=0, keepdims=True)
    if differ(rows, expected, tolerance):
        return f"the score is {rows.tolist()}; by the definition it is {expected.tolist()}"


FORMULA = "PQ = sum IoU / (TP + FP / 2 + FN / 2) = SQ RQ, TP being the pairs with IoU > 1/2"
KIRILLOV = "Kirillov et al. 2019, Panoptic Segmentation, sections 4.1 and 4.2"
SEGMENTS = ("iou>0.5", "iou>=0.5")


@law(
    143,
    "pq-as-defined",
    family="panoptic",
    of=("pq", "pq_per_class"),
    statement="In one image in which each class has a match, the PQ of a class is the sum of its matches' IoU by the "
    "matches and half of the segments without one; PQ is the mean over classes.",
    symbols=FORMULA,
    source=KIRILLOV + ".",
    presumes={"matching": SEGMENTS},
    draw=objects_in_a_row,
)
def pq_as_defined(score, tolerance, y_true, y_pred, num_classes, things):
    return unlike_pq_by_definition(score, tolerance, y_true, y_pred, num_classes, things)


@law(
    144,
    "pq-beside-void-as-defined",
    family="panoptic",
    of=("pq", "pq_per_class"),
    statement="Pixels that are void in the truth leave every union, and a predicted segment without a match is no "
    "false alarm if more than half of it is void; else all is as without void.",
    symbols=FORMULA + "; FP are those with |p & void| <= |p| / 2",
    source=KIRILLOV + ".",
    presumes={"matching": SEGMENTS, "void": ("supported",)},
    draw=lambda: objects_in_a_row(void=True),
)
def pq_beside_void_as_defined(score, tolerance, y_true, y_pred, num_classes, things, void):
    return unlike_pq_by_definition(score, tolerance, y_true, y_pred, num_classes, things, void)


@law(
    145,
    "pq-beside-crowds-as-defined",
    family="panoptic",
    of=("pq", "pq_per_class"),
    statement="A predicted segment without a match is no false alarm if more than half of it is a crowd of its class "
    "or void. A crowd itself is not looked for, and is in the union with an object like any other pixel.",
    symbols=FORMULA + "; FP are those with |p & (void + crowd)| <= |p| / 2",
    source=KIRILLOV + "; panopticapi's evaluation.py, where an image has one crowd of each class.",
    presumes={"matching": SEGMENTS, "crowd": ("supported",)},
    draw=lambda: objects_in_a_row(crowd=True),
)
def pq_beside_crowds_as_defined(score, tolerance, y_true, y_pred, num_classes, things, crowd):
    return unlike_pq_by_definition(score, tolerance, y_true, y_pred, num_classes, things, None, crowd)


@law(
    152,
    "pq-beside-void-and-crowds-as-defined",
    family="panoptic",
    of=("pq", "pq_per_class"),
    statement="What lies on void and what lies on a crowd of its class is added up before it is compared with half of "
    "a predicted segment.",
    symbols=FORMULA + "; FP are those with |p & (void + crowd)| <= |p| / 2",
    source=KIRILLOV + "; panopticapi's evaluation.py.",
    presumes={"matching": SEGMENTS, "crowd": ("supported",), "void": ("supported",)},
    draw=lambda: objects_in_a_row(void=True, crowd=True),
)
def pq_beside_void_and_crowds_as_defined(score, tolerance, y_true, y_pred, num_classes, things, void, crowd):
    return unlike_pq_by_definition(score, tolerance, y_true, y_pred, num_classes, things, void, crowd)
