"""Classes that occur nowhere, or on one side only, and the mean over classes."""

from __future__ import annotations

import numpy as np

from npseg.laws import strategies
from npseg.laws.comparing import differ
from npseg.laws.law import law
from npseg.laws.overlap.subjects import CLASS_MEANS, PER_CLASS, SCORES


@law(
    8,
    "unused-class",
    family="overlap",
    of=SCORES,
    statement="Declaring one class more, which occurs nowhere, leaves the score as it is.",
    symbols="s(t, p; K + 1) = s(t, p; K)",
    source="TP = FP = FN = 0 for the new class: its ratio is undefined, and an undefined term is left out of the mean.",
    presumes={"absent": ("skip",)},
    draw=lambda: strategies.label_pairs(images=(1, 2)),
)
def unused_class(score, tolerance, y_true, y_pred, num_classes):
    without, declared = score(y_true, y_pred, num_classes), score(y_true, y_pred, num_classes + 1)
    if differ(without, declared, tolerance):
        return f"the score is {without}, and {declared} with num_classes={num_classes + 1}"


@law(
    8,
    "unused-class-beside-others",
    family="overlap",
    of=PER_CLASS,
    statement="Declaring one class more, which occurs nowhere, leaves the scores of the others as they are.",
    symbols="s(t, p; K + 1)[k] = s(t, p; K)[k] for k < K",
    source="The counts of the others are the same.",
    draw=lambda: strategies.label_pairs(images=(1, 2)),
)
def unused_class_beside_others(score, tolerance, y_true, y_pred, num_classes):
    without, declared = score(y_true, y_pred, num_classes), score(y_true, y_pred, num_classes + 1)
    if differ(without, np.asarray(declared)[:num_classes], tolerance):
        return f"the scores are {without}, and {declared} with num_classes={num_classes + 1}"


@law(
    12,
    "mean-of-classes",
    family="overlap",
    of=CLASS_MEANS,
    statement="The mean score is the mean of the scores reported for the classes, those undefined left out.",
    symbols="s = nanmean_k s_k",
    source="This is what a mean over classes is, where counts are summed over all images, or the scores of each class "
    "are averaged over them.",
    presumes={"absent": ("skip", "0", "1"), "aggregate": ("dataset", "image-then-class")},
    draw=lambda: strategies.label_pairs(images=(1, 3)),
)
def mean_of_classes(score, per_class, tolerance, y_true, y_pred, num_classes):
    mean, each = score(y_true, y_pred, num_classes), np.asarray(per_class(y_true, y_pred, num_classes), float)
    expected = np.nanmean(each) if (each == each).any() else np.nan
    if differ(mean, expected, tolerance):
        return f"the mean is {mean}, the classes have {each.tolist()}"


@law(
    12,
    "mean-of-classes-in-one-image",
    family="overlap",
    of=CLASS_MEANS,
    statement="The mean score of one image is the mean of the scores reported for the classes, those undefined left "
    "out.",
    symbols="N = 1: s = nanmean_k s_k",
    source="With one image there is nothing else to take a mean over, however images are put together.",
    presumes={"absent": ("skip", "0", "1")},
    draw=lambda: strategies.label_pairs(),
)
def mean_of_classes_in_one_image(score, per_class, tolerance, y_true, y_pred, num_classes):
    mean, each = score(y_true, y_pred, num_classes), np.asarray(per_class(y_true, y_pred, num_classes), float)
    expected = np.nanmean(each) if (each == each).any() else np.nan
    if differ(mean, expected, tolerance):
        return f"the mean is {mean}, the classes have {each.tolist()}"


@law(
    41,
    "one-sided-class-is-zero",
    family="overlap",
    of=("iou_per_class", "dice_per_class"),
    statement="A class that only the truth or only the prediction holds scores 0: it is defined, and missed.",
    symbols="TP_k = 0 < FP_k + FN_k: s_k = 0",
    source="0 divided by something that is not 0. Left out, false alarms or missed objects would cost nothing.",
    unless={"empty-truth": ("skip",)},
    draw=lambda: strategies.label_pairs(classes=(2, 4)),
)
def one_sided_class_is_zero(score, tolerance, y_true, y_pred, num_classes):
    each = score(y_true, y_pred, num_classes)
    for label in range(num_classes):
        here, there = (y_true == label).any(), (y_pred == label).any()
        if here != there and differ(each[label], 0, tolerance):
            return f"class {label} is only in the {'truth' if here else 'prediction'}, and scores {each[label]}"
