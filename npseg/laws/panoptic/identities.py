"""How PQ, SQ, RQ and their means hang together, and between which numbers they lie."""

from __future__ import annotations

import numpy as np

from npseg.laws import strategies
from npseg.laws.comparing import differ
from npseg.laws.law import law
from npseg.laws.panoptic.images import copied, with_every_class

__all__ = ["mean_of_classes", "perfect_is_one", "pq_is_sq_times_rq", "sq_above_half"]

KIRILLOV = "Kirillov et al. 2019, Panoptic Segmentation"


@law(
    35,
    "pq-is-sq-times-rq",
    family="panoptic",
    of=("pq_per_class",),
    statement="The PQ of a class is its SQ times its RQ.",
    symbols="PQ_c = SQ_c RQ_c",
    source=f"{KIRILLOV}, equation 2.",
    draw=lambda: strategies.panoptic_pairs(classes=(1, 2), images=(1, 3), void=None, crowd=None),
    presumes={"absent": ("skip", "0", "1")},
)
def pq_is_sq_times_rq(score, tolerance, y_true, y_pred, num_classes, things, void=None, crowd=None):
    pq, sq, rq = np.asarray(score(y_true, y_pred, num_classes, things, void, crowd), float).T
    if differ(pq, sq * rq, tolerance):
        return f"PQ is {pq}, SQ is {sq}, RQ is {rq}: their product is {sq * rq}"


@law(
    71,
    "panoptic-perfect-is-one",
    family="panoptic",
    of=("pq", "pq_per_class"),
    statement="A prediction equal to the truth has PQ, SQ and RQ of exactly 1.",
    symbols="s(t, t) = 1",
    source="Every IoU is n / n and every mean k / k, which floating point divides to 1 without rounding.",
    draw=lambda: strategies.panoptic_pairs(),
)
def perfect_is_one(score, y_true, y_pred, num_classes, things):
    y_true = with_every_class(y_true, num_classes)
    answer = np.asarray(score(y_true, copied(y_true), num_classes, things), float)
    if not (answer == 1).all():
        return f"a perfect prediction scores {answer.tolist()}"


@law(
    72,
    "sq-above-half",
    family="panoptic",
    of=("pq_per_class",),
    statement="A class with a match has an SQ above 1/2 and at most 1; a class without has PQ 0.",
    symbols="RQ_c > 0 => 1/2 < SQ_c <= 1;  RQ_c = 0 => PQ_c = 0",
    source=f"{KIRILLOV}, section 4.1: a match has an IoU strictly greater than 1/2, and SQ is the mean of these.",
    draw=lambda: strategies.panoptic_pairs(void=None, crowd=None),
    presumes={"matching": ("iou>0.5",)},
)
def sq_above_half(score, tolerance, y_true, y_pred, num_classes, things, void=None, crowd=None):
    for label, (pq, sq, rq) in enumerate(np.asarray(score(y_true, y_pred, num_classes, things, void, crowd), float)):
        if rq > 0 and not 0.5 < sq <= 1 + tolerance:
            return f"class {label} has matches and an SQ of {sq}"
        if rq > 1 + tolerance or (rq == 0 and pq != 0):
            return f"class {label} has an RQ of {rq} and a PQ of {pq}"


@law(
    73,
    "mean-pq-is-mean-of-classes",
    family="panoptic",
    needs=("pq", "pq_per_class"),
    statement="The mean PQ is the mean of the PQ of the classes as they are reported, without those reported as NaN.",
    symbols="PQ = nanmean_c PQ_c",
    source=f"{KIRILLOV}, section 4.2: PQ is computed for each class and averaged over classes.",
    draw=lambda: strategies.panoptic_pairs(),
)
def mean_of_classes(pq, pq_per_class, tolerance, y_true, y_pred, num_classes, things):
    mean = pq(y_true, y_pred, num_classes, things)
    rows = np.asarray(pq_per_class(y_true, y_pred, num_classes, things), float)[:, 0]
    defined = rows[~np.isnan(rows)]
    expected = defined.mean() if defined.size else np.nan
    if differ(mean, expected, tolerance):
        return f"the mean is given as {mean}, the classes as {rows.tolist()}, of which the mean is {expected}"
