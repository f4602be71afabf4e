"""Between which numbers a score lies, and when it reaches them."""

from __future__ import annotations

import numpy as np

from npseg.laws import strategies
from npseg.laws.comparing import differ, exceeds
from npseg.laws.law import law
from npseg.laws.overlap.subjects import CHANCE_CORRECTED, PER_CLASS, RATIOS, SCORES


@law(
    1,
    "within-bounds",
    family="overlap",
    of=(*SCORES, *PER_CLASS),
    statement="The score lies within its bounds, [0, 1] for shares, [-1, 1] for kappa and Matthews correlation; or it "
    "is undefined.",
    symbols="low <= s(t, p) <= high",
    source="The part counted is a part of the whole that it is divided by. kappa is at least -1 because agreement by "
    "chance is at most 1/2 where nothing agrees; Matthews correlation is a correlation (Gorodkin 2004).",
    presumes={"absent": ("skip", "0", "1")},
    draw=lambda: strategies.label_pairs(images=(1, 2)),
)
def within_bounds(score, bounds, tolerance, y_true, y_pred, num_classes):
    for value in np.ravel(score(y_true, y_pred, num_classes)):
        if value == value and (exceeds(bounds[0], value, tolerance) or exceeds(value, bounds[1], tolerance)):
            return f"the score is {value}, outside {bounds}"


@law(
    2,
    "perfect-is-one",
    family="overlap",
    of=RATIOS,
    statement="A prediction equal to the truth scores 1.",
    symbols="s(t, t) = 1",
    source="FP = FN = 0, so every defined ratio is TP / TP, and classes that do not occur are left out or count as 1.",
    presumes={"absent": ("skip", "1")},
    draw=lambda: strategies.right_pairs(),
)
def perfect_is_one(score, tolerance, y_true, num_classes):
    value = score(y_true, y_true.copy(), num_classes)
    if differ(value, 1, tolerance):
        return f"the score of the truth itself is {value}"


@law(
    2,
    "perfect-with-every-class-is-one",
    family="overlap",
    of=SCORES,
    statement="A prediction equal to the truth scores 1 where each image holds every class, of which there are two or "
    "more.",
    symbols="r_k > 0 for all k: s(t, t) = 1",
    source="FP = FN = 0 and every class is defined, so no convention about absent classes has a say. With two classes "
    "agreement by chance is below 1, and kappa and Matthews correlation are defined.",
    draw=lambda: strategies.pairs_with_every_class(),
)
def perfect_with_every_class_is_one(score, tolerance, y_true, y_pred, num_classes):
    value = score(y_true, y_true.copy(), num_classes)
    if differ(value, 1, tolerance):
        return f"the score of the truth itself, which holds every class, is {value}"


@law(
    15,
    "all-wrong-is-zero",
    family="overlap",
    of=RATIOS,
    statement="A prediction that is wrong at every pixel, each label one too high (the highest 0), scores 0.",
    symbols="s(t, (t + 1) mod K) = 0, K >= 2",
    source="TP = 0 for every class.",
    presumes={"absent": ("skip", "0")},
    draw=lambda: strategies.label_pairs(classes=(2, 4), images=(1, 2)),
)
def all_wrong_is_zero(score, tolerance, y_true, y_pred, num_classes):
    value = score(y_true, (y_true + 1) % num_classes, num_classes)
    if differ(value, 0, tolerance):
        return f"not one pixel is right, and the score is {value}"


@law(
    15,
    "all-wrong-with-every-class-is-zero",
    family="overlap",
    of=(*RATIOS, *PER_CLASS),
    statement="A prediction that is wrong at every pixel scores 0 where every class occurs in truth and prediction.",
    symbols="r_k > 0 for all k: s(t, (t + 1) mod K) = 0, K >= 2",
    source="TP = 0 for every class, and every class is defined, so no convention about absent classes has a say.",
    draw=lambda: strategies.pairs_with_every_class(),
)
def all_wrong_with_every_class_is_zero(score, tolerance, y_true, y_pred, num_classes):
    value = np.asarray(score(y_true, (y_true + 1) % num_classes, num_classes), float)
    if differ(value, np.zeros(value.shape), tolerance):
        return f"not one pixel is right, every class occurs on both sides, and the score is {value}"


@law(
    15,
    "all-wrong-is-no-better-than-chance",
    family="overlap",
    of=CHANCE_CORRECTED,
    statement="A prediction that is wrong at every pixel is at most 0 in kappa and Matthews correlation.",
    symbols="trace M = 0: s(t, p) <= 0",
    source="Their numerator is n trace M - sum_k r_k c_k.",
    draw=lambda: strategies.label_pairs(classes=(2, 4), images=(1, 2)),
)
def all_wrong_is_no_better_than_chance(score, tolerance, y_true, y_pred, num_classes):
    value = float(score(y_true, (y_true + 1) % num_classes, num_classes))
    if value == value and exceeds(value, 0, tolerance):
        return f"not one pixel is right, and the score is {value}"
