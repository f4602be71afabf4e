"""Counting piece by piece, and leaving what was given as it was."""

from __future__ import annotations

import numpy as np

from npseg.laws import strategies
from npseg.laws.comparing import differ
from npseg.laws.law import Code, law
from npseg.laws.overlap.subjects import ARRAYS, SCORES

IN_PARTS = ("iou_in_parts", "dice_in_parts", "pixel_accuracy_in_parts", "confusion_in_parts")


def pairs_in(parts):
    """All pairs of a list of pairs and of lists like it, in their order."""
    found = []
    for part in parts:
        found += [part] if isinstance(part, tuple) else pairs_in(part)
    return found


@law(
    23,
    "any-split",
    family="state",
    of=IN_PARTS,
    statement="Images counted in several updates give what they give in one.",
    symbols="compute(update(t_1, p_1), ..., update(t_m, p_m)) = compute(update(t, p))",
    source="Counts, and sums of scores of images, are sums; addition is associative.",
    draw=lambda: strategies.split_pairs(),
)
def any_split(score, tolerance, parts, num_classes):
    truth, prediction = (np.concatenate(maps) for maps in zip(*parts))
    whole, split = score([(truth, prediction)], num_classes), score(parts, num_classes)
    if differ(whole, split, tolerance):
        return f"in one update {np.asarray(whole).tolist()}, in {len(parts)} updates {np.asarray(split).tolist()}"


@law(
    23,
    "merging",
    family="state",
    of=IN_PARTS,
    statement="Accumulators merged in any grouping and in either order give what one accumulator gives, and one that "
    "has counted nothing changes nothing.",
    symbols="(a + b) + c = a + (b + c), a + b = b + a, a + 0 = a",
    source="Counts are sums, and addition of whole numbers is a commutative monoid.",
    draw=lambda: strategies.split_pairs(merged=True),
)
def merging(score, tolerance, parts, num_classes):
    plain, merged = score(pairs_in(parts), num_classes), score(parts, num_classes)
    backwards = score(parts[::-1], num_classes)
    if differ(plain, merged, tolerance) or differ(plain, backwards, tolerance):
        answers = [np.asarray(answer).tolist() for answer in (plain, merged, backwards)]
        return f"one accumulator gives {answers[0]}; merged ones give {answers[1]}, in the other order {answers[2]}"


@law(
    23,
    "counts-add-up",
    family="state",
    of=("confusion_in_parts",),
    statement="The confusion matrix of several updates is the sum of their matrices, exactly.",
    symbols="M(t_1, ..., t_m) = sum_i M(t_i, p_i)",
    source="Counts are sums of whole numbers. Totals in float32 stop at 2^24.",
    always=(
        {
            "parts": Code("[(np.zeros((1, 5000, 5000), np.uint8),) * 2] + 3 * [(np.zeros((1, 1, 1), np.uint8),) * 2]"),
            "num_classes": 2,
        },
    ),
    draw=lambda: strategies.split_pairs(),
)
def counts_add_up(score, parts, num_classes):
    matrix = np.asarray(score(parts, num_classes))
    expected = np.zeros((num_classes, num_classes), np.int64)
    for y_true, y_pred in parts:
        keys = (y_true.astype(np.int64) * num_classes + y_pred).ravel()
        expected += np.bincount(keys, minlength=num_classes**2).reshape(expected.shape)
    if matrix.shape != expected.shape or (matrix != expected).any():
        return f"the matrices of the parts add up to {expected.tolist()}, counted are {matrix.tolist()}"


@law(
    45,
    "accumulator-agrees-with-function",
    family="state",
    of=("iou", "dice", "pixel_accuracy", "confusion"),
    statement="The accumulating form of a measure and its function give the same number.",
    symbols="compute(update(t, p)) = s(t, p)",
    source="They have one name.",
    draw=lambda: strategies.label_pairs(images=(1, 3)),
)
def accumulator_agrees_with_function(score, in_parts, tolerance, y_true, y_pred, num_classes):
    function, accumulated = score(y_true, y_pred, num_classes), in_parts([(y_true, y_pred)], num_classes)
    if differ(function, accumulated, tolerance):
        return f"the function gives {function}, the accumulator {accumulated}"


def _with_and_without_ignoring():
    from hypothesis import strategies as st

    return st.one_of(strategies.label_pairs(images=(1, 2)), strategies.ignored_pairs())


@law(
    24,
    "inputs-stay",
    family="overlap",
    of_the_arrays=True,
    of=(*SCORES, *ARRAYS, "class_counts"),
    statement="Scoring changes neither truth nor prediction, and scoring again gives the same.",
    symbols="s(t, p) leaves t and p as they are; s(t, p) = s(t, p)",
    source="A score is a function of its arguments.",
    draw=_with_and_without_ignoring,
)
def inputs_stay(score, y_true, y_pred, num_classes, ignore_index=None):
    truth, prediction = y_true.copy(), y_pred.copy()
    arguments = (truth, prediction, num_classes) + (() if ignore_index is None else (ignore_index,))
    first, again = score(*arguments), score(*arguments)
    for name, now, before in (("truth", truth, y_true), ("prediction", prediction, y_pred)):
        if now.dtype != before.dtype or now.shape != before.shape or (now != before).any():
            return f"the {name} was {before.tolist()}, and is {now.tolist()} after scoring"
    if differ(first, again, 0):
        return f"the score is {first}, and {again} the second time"


@law(
    24,
    "computing-again",
    family="state",
    of=IN_PARTS,
    statement="Accumulating changes none of the label maps given, and accumulating them again elsewhere gives the "
    "same.",
    symbols="compute(update(t, p)) = compute(update(t, p)), t and p stay",
    source="A score is a function of what was counted.",
    draw=lambda: strategies.split_pairs(),
)
def computing_again(score, parts, num_classes):
    given = [tuple(labels.copy() for labels in pair) for pair in parts]
    first, again = score(given, num_classes), score(given, num_classes)
    if any((now != before).any() for pair, old in zip(given, parts) for now, before in zip(pair, old)):
        return "label maps were changed while they were counted"
    if differ(first, again, 0):
        return f"the score is {first}, and {again} the second time"
