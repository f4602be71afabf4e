"""Counts of each class, labels read from memory, and accumulators of counts, each with one fault."""

from __future__ import annotations

import numpy as np

from npseg.laws.mutants.mutant import Mutant, as_mutants
from npseg.laws.mutants.overlap_counting import class_counts_of, counted, gathered, iou_of, mean, right_iou

__all__ = ["accumulating_mutants"]

IGNORING = {"ignore": "supported"}


def ignored_taken_from_negatives(y_true, y_pred, num_classes, ignore_index=None):
    """Ignored pixels are taken from the true negatives once more, where they are not counted any longer."""
    counts = class_counts_of(counted(y_true, y_pred, num_classes, ignore_index))
    counts[3] -= 0 if ignore_index is None else (y_true == ignore_index).sum()
    return counts


def class_counts_saturate(y_true, y_pred, num_classes, ignore_index=None):
    """Counts of each class stop at 2**24, as sums of ones in float32 do."""
    return np.minimum(class_counts_of(counted(y_true, y_pred, num_classes, ignore_index)), 2**24)


def truth_read_in_memory_order(y_true, y_pred, num_classes, ignore_index=None):
    """The truth is read in the order in which it lies in memory, the prediction row by row."""
    truth, prediction = np.ravel(y_true, order="K"), np.ravel(y_pred)
    matrix = counted(truth, prediction, num_classes, ignore_index)
    return float(np.trace(matrix) / matrix.sum()) if matrix.sum() else float("nan")


def floats_rounded_up(y_true, y_pred, num_classes, ignore_index=None):
    """Labels given as floating-point numbers are taken for probabilities of class 1, and cut at 1/2."""
    if y_pred.dtype.kind == "f":
        y_pred = (y_pred > 0.5).astype(np.int64)
    matrix = counted(y_true, y_pred, num_classes, ignore_index)
    return float(np.trace(matrix) / matrix.sum()) if matrix.sum() else float("nan")


def mean_of_updates(parts, num_classes, ignore_index=None):
    """Each update is scored by itself, and the mean of the scores is kept instead of the counts."""
    scores = [
        mean(iou_of(counted(*part, num_classes, ignore_index)))
        if isinstance(part, tuple)
        else mean_of_updates(part, num_classes, ignore_index)
        for part in parts
    ]
    return mean(np.array(scores, float))


def merging_replaces(parts, num_classes, ignore_index=None):
    """Merging another accumulator in puts its counts in the place of those that were there."""
    total = np.zeros((num_classes, num_classes), np.int64)
    for part in parts:
        if isinstance(part, tuple):
            total = total + counted(*part, num_classes, ignore_index)
        else:
            total = merging_replaces(part, num_classes, ignore_index)
    return total


def totals_in_float32(parts, num_classes, ignore_index=None):
    """Totals are kept in float32, to which nothing small can be added beyond 2**24."""
    total = np.zeros((num_classes, num_classes), np.float32)
    for part in parts:
        total += gathered([part], num_classes, ignore_index).astype(np.float32)
    return total


def never_reset(parts, num_classes, ignore_index=None, totals={}):  # noqa: B006 - the fault
    """Totals are a mutable default argument: what was ever counted stays."""
    matrix = gathered(parts, num_classes, ignore_index)
    totals[num_classes] = matrix + totals.get(num_classes, 0)
    return totals[num_classes]


def accumulated_by_image(parts, num_classes, ignore_index=None):
    """The accumulator averages the scores of images, the function of the same name sums counts."""
    scores = [
        mean(iou_of(counted(t, p, num_classes, ignore_index)))
        for part in parts
        if isinstance(part, tuple)
        for t, p in zip(*part)
    ]
    merged = [accumulated_by_image(part, num_classes, ignore_index) for part in parts if isinstance(part, list)]
    return mean(np.array([*scores, *merged], float))


def accumulating_mutants() -> list[Mutant]:
    """All of this file."""
    return [
        *as_mutants("class_counts", IGNORING, ignored_taken_from_negatives, class_counts_saturate),
        *as_mutants("pixel_accuracy", IGNORING, truth_read_in_memory_order, floats_rounded_up),
        *as_mutants("iou_in_parts", {}, mean_of_updates),
        *as_mutants("confusion_in_parts", {}, merging_replaces, totals_in_float32, never_reset),
        *as_mutants("iou_in_parts", {}, accumulated_by_image, beside={"iou": right_iou}),
    ]
