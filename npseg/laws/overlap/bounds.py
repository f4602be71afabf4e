"""Between which numbers a score lies, and when it reaches them."""

from __future__ import annotations

from npseg.laws import strategies
from npseg.laws.comparing import differ, exceeds
from npseg.laws.law import law

RATIOS = (
    "iou", "dice", "precision", "recall", "pixel_accuracy", "frequency_weighted_iou", "micro_f1", "generalized_dice",
)  # fmt: skip
"""Measures that are shares of something."""

MEASURES_OF_AGREEMENT = (*RATIOS, "kappa", "mcc")


@law(
    1,
    "within-bounds",
    family="overlap",
    of=MEASURES_OF_AGREEMENT,
    statement="The score lies within its bounds: [0, 1] for shares, [-1, 1] for kappa and Matthews correlation.",
    symbols="low <= s(t, p) <= high",
    source="The part counted is a part of the whole that it is divided by.",
    draw=lambda: strategies.label_pairs(images=(1, 2)),
)
def within_bounds(score, bounds, tolerance, y_true, y_pred, num_classes):
    value = float(score(y_true, y_pred, num_classes))
    if value != value:
        return None
    if exceeds(bounds[0], value, tolerance) or exceeds(value, bounds[1], tolerance):
        return f"the score is {value}, outside {bounds}"


@law(
    3,
    "symmetric",
    family="overlap",
    of=("iou", "dice", "pixel_accuracy", "micro_f1", "kappa", "mcc"),
    statement="Exchanging truth and prediction changes nothing, where nothing is ignored.",
    symbols="s(t, p) = s(p, t)",
    source="TP stays, FP and FN change places.",
    draw=lambda: strategies.label_pairs(images=(1, 2)),
)
def symmetric(score, tolerance, y_true, y_pred, num_classes):
    forward, backward = score(y_true, y_pred, num_classes), score(y_pred, y_true, num_classes)
    if differ(forward, backward, tolerance):
        return f"s(t, p) is {forward}, s(p, t) is {backward}"
