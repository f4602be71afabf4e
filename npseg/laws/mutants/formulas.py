"""Scores that are another formula than their name says, though bounded, symmetric and right at both ends."""

from __future__ import annotations

import numpy as np

from npseg.laws.mutants.mutant import Mutant, as_mutants
from npseg.laws.mutants.overlap_counting import counted, dice_of, iou_of, kappa_of, mean, recall_of, right_iou

__all__ = ["formula_mutants"]

DATASET = {"aggregate": "dataset", "absent": "skip", "ignore": "supported"}
IGNORING = {"ignore": "supported"}


def dice_called_mean_iou(y_true, y_pred, num_classes, ignore_index=None):
    """What is called mean IoU is mean Dice."""
    return mean(dice_of(counted(y_true, y_pred, num_classes, ignore_index)))


def iou_called_mean_dice(y_true, y_pred, num_classes, ignore_index=None):
    """What is called mean Dice is mean IoU."""
    return right_iou(y_true, y_pred, num_classes, ignore_index)


def iou_squared(y_true, y_pred, num_classes, ignore_index=None):
    """The IoU of each class is squared before the mean is taken."""
    return mean(iou_of(counted(y_true, y_pred, num_classes, ignore_index)) ** 2)


def mistakes_weigh_three_times(y_true, y_pred, num_classes, ignore_index=None):
    """Wrong pixels weigh three times as much as in IoU: a Tversky index of other weights."""
    matrix = counted(y_true, y_pred, num_classes, ignore_index)
    hits = np.diagonal(matrix)
    whole = 3 * (matrix.sum(axis=0) + matrix.sum(axis=1)) - 5 * hits
    return mean(np.where(whole > 0, hits / np.maximum(whole, 1), np.nan))


def median_of_classes(y_true, y_pred, num_classes, ignore_index=None):
    """What is called the mean over classes is their median."""
    each = iou_of(counted(y_true, y_pred, num_classes, ignore_index))
    each = each[~np.isnan(each)]
    return float(np.median(each)) if each.size else float("nan")


def rounded_to_percent(y_true, y_pred, num_classes, ignore_index=None):
    """Mean IoU is rounded to two digits."""
    return round(right_iou(y_true, y_pred, num_classes, ignore_index), 2)


def kappa_called_correlation(y_true, y_pred, num_classes, ignore_index=None):
    """What is called Matthews correlation is Cohen's kappa."""
    return kappa_of(counted(y_true, y_pred, num_classes, ignore_index))


def weights_of_predicted_classes(y_true, y_pred, num_classes, ignore_index=None):
    """Frequency-weighted IoU is weighted with how often each class was predicted, not with how often it is true."""
    matrix = counted(y_true, y_pred, num_classes, ignore_index)
    total = matrix.sum()
    return float((np.nan_to_num(iou_of(matrix)) * matrix.sum(axis=0)).sum() / total) if total else float("nan")


def mean_iou_called_generalised_dice(y_true, y_pred, num_classes, ignore_index=None):
    """What is called generalised Dice is mean IoU."""
    return right_iou(y_true, y_pred, num_classes, ignore_index)


def recall_called_precision(y_true, y_pred, num_classes, ignore_index=None):
    """What is called mean precision is mean recall."""
    return mean(recall_of(counted(y_true, y_pred, num_classes, ignore_index)))


def recall_of_classes_called_precision(y_true, y_pred, num_classes, ignore_index=None):
    """What is called the precision of each class is its recall."""
    return recall_of(counted(y_true, y_pred, num_classes, ignore_index))


def formula_mutants() -> list[Mutant]:
    """All of this file."""
    return [
        *as_mutants(
            "iou", DATASET, dice_called_mean_iou, iou_squared, mistakes_weigh_three_times, median_of_classes,
            rounded_to_percent,
        ),
        *as_mutants("dice", DATASET, iou_called_mean_dice),
        *as_mutants("mcc", IGNORING, kappa_called_correlation),
        *as_mutants("frequency_weighted_iou", IGNORING, weights_of_predicted_classes),
        *as_mutants("generalized_dice", IGNORING, mean_iou_called_generalised_dice),
        *as_mutants("precision", IGNORING, recall_called_precision),
        *as_mutants("precision_per_class", IGNORING, recall_of_classes_called_precision),
    ]  # fmt: skip
