"""Labels that no class has: refused or a mistake, never silently left out. What counts as refusing: `refuses`."""

from __future__ import annotations

import numpy as np

from npseg.laws import strategies
from npseg.laws.comparing import differ
from npseg.laws.law import law
from npseg.laws.refusing import refuses


@law(
    25,
    "label-out-of-range-in-prediction",
    family="overlap",
    of=("iou", "dice", "pixel_accuracy", "micro_f1"),
    statement="A predicted label that no class has is an error, or counts as wrong; the pixel is not dropped.",
    symbols="p = t but p_i >= K or p_i < 0: s(t, p) < 1, or an error",
    source="The pixel is valid, for its truth is; one wrong pixel of its class puts the score below 1.",
    unless={"out-of-range": ("drop",)},
    draw=lambda: strategies.out_of_range_pairs(),
)
def label_out_of_range_in_prediction(score, tolerance, y_true, num_classes, pixel, label):
    score(y_true, y_true.copy(), num_classes)
    y_pred = y_true.copy()
    y_pred.flat[pixel] = label
    try:
        value = float(score(y_true, y_pred, num_classes))
    except Exception as error:
        if refuses(error):
            return None
        raise
    if not differ(value, 1, tolerance) or value > 1:
        return f"one pixel has the label {label} in the prediction, all others are right, and the score is {value}"


@law(
    25,
    "label-out-of-range-in-truth",
    family="overlap",
    of=("iou", "dice", "pixel_accuracy", "micro_f1"),
    statement="A true label that no class has and that is not ignored is an error, or the pixel counts as wrong; it is "
    "not dropped.",
    symbols="t = p but t_i >= K or t_i < 0: s(t, p) < 1, or an error",
    source="Nothing says that the pixel does not exist; one false alarm of its class puts the score below 1.",
    unless={"out-of-range": ("drop",)},
    draw=lambda: strategies.out_of_range_pairs(),
)
def label_out_of_range_in_truth(score, tolerance, ignored_by_default, y_true, num_classes, pixel, label):
    if label == ignored_by_default:
        return None
    y_pred, truth = y_true.copy(), y_true.copy()
    score(y_true, y_pred, num_classes)
    truth.flat[pixel] = label
    try:
        value = float(score(truth, y_pred, num_classes))
    except Exception as error:
        if refuses(error):
            return None
        raise
    if not differ(value, 1, tolerance) or value > 1:
        return f"one pixel has the label {label} in the truth, all others are right, and the score is {value}"


@law(
    25,
    "label-out-of-range-in-counts",
    family="counts",
    of=("confusion",),
    statement="A label that no class has, on either side, is an error, or its pixel is counted in some cell.",
    symbols="sum M = n, or an error",
    source="Nothing says that the pixel does not exist.",
    unless={"out-of-range": ("drop",)},
    draw=lambda: strategies.out_of_range_pairs(),
)
def label_out_of_range_in_counts(score, ignored_by_default, y_true, num_classes, pixel, label):
    if label == ignored_by_default:
        return None
    score(y_true, y_true, num_classes)
    wrong = y_true.copy()
    wrong.flat[pixel] = label
    for side, pair in (("truth", (wrong, y_true)), ("prediction", (y_true, wrong))):
        try:
            total = np.asarray(score(*pair, num_classes)).sum()
        except Exception as error:
            if refuses(error):
                continue
            raise
        if total != y_true.size:
            return f"one of {y_true.size} pixels has the label {label} in the {side}; counted are {total}"
