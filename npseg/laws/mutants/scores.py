"""Scores of classes and of images, and scores beside others that they follow from, each with one fault."""

from __future__ import annotations

import numpy as np

from npseg.laws.mutants.mutant import Mutant, as_mutants
from npseg.laws.mutants.overlap_counting import (
    counted,
    dice_of,
    iou_of,
    kappa_of,
    mean,
    precision_of,
    right_accuracy,
    right_dice,
    right_dice_per_class,
    right_iou,
    right_iou_per_class,
    right_mcc,
    right_precision,
    right_precision_per_class,
    right_recall_per_class,
)  # fmt: skip

__all__ = ["score_mutants"]

IGNORING = {"ignore": "supported"}
BY_IMAGE = {"aggregate": "image", "ignore": "supported"}


def shares_of_the_mean(y_true, y_pred, num_classes, ignore_index=None):
    """The IoU of each class is divided by the number of classes already, so that they add up to the mean."""
    return iou_of(counted(y_true, y_pred, num_classes, ignore_index)) / num_classes


def sorted_classes(y_true, y_pred, num_classes, ignore_index=None):
    """The IoU of the classes are reported from the worst to the best, not in the order of the labels."""
    return np.sort(iou_of(counted(y_true, y_pred, num_classes, ignore_index)))


def absent_reported_as_zero(y_true, y_pred, num_classes, ignore_index=None):
    """A class that occurs nowhere is reported with an IoU of 0, and yet is left out of the mean."""
    return np.nan_to_num(iou_of(counted(y_true, y_pred, num_classes, ignore_index)))


def false_alarms_undefined(y_true, y_pred, num_classes, ignore_index=None):
    """The IoU of a class that the truth lacks is undefined, whatever was predicted."""
    matrix = counted(y_true, y_pred, num_classes, ignore_index)
    return np.where(matrix.sum(axis=1) > 0, iou_of(matrix), np.nan)


def sizes_compared(y_true, y_pred, num_classes, ignore_index=None):
    """The sizes of a class on both sides are compared, not where it lies."""
    matrix = counted(y_true, y_pred, num_classes, ignore_index)
    truth, predicted = matrix.sum(axis=1), matrix.sum(axis=0)
    return np.where(truth + predicted > 0, 1 - abs(truth - predicted) / np.maximum(truth + predicted, 1), np.nan)


def images_weighed_by_classes(y_true, y_pred, num_classes, ignore_index=None):
    """In what is said to be a mean over images an image with more classes weighs more."""
    return mean(np.concatenate([iou_of(counted(t, p, num_classes, ignore_index)) for t, p in zip(y_true, y_pred)]))


def images_weighed_by_valid_pixels(y_true, y_pred, num_classes, ignore_index=None):
    """In what is said to be a mean over images an image of which more pixels count weighs more."""
    scores = np.array([mean(iou_of(counted(t, p, num_classes, ignore_index))) for t, p in zip(y_true, y_pred)])
    weights = np.array([counted(t, p, num_classes, ignore_index).sum() for t, p in zip(y_true, y_pred)])
    known = ~np.isnan(scores)
    return float(np.average(scores[known], weights=weights[known])) if known.any() else float("nan")


def images_added_up(y_true, y_pred, num_classes, ignore_index=None):
    """The scores of the images are added up and never divided by how many there are."""
    return float(sum(mean(iou_of(counted(t, p, num_classes, ignore_index))) for t, p in zip(y_true, y_pred)))


def strays_dropped(y_true, y_pred, num_classes, ignore_index=None):
    """Pixels whose label no class has, on either side, are left out without a word."""
    kept = (y_true >= 0) & (y_true < num_classes) & (y_pred >= 0) & (y_pred < num_classes)
    return mean(iou_of(counted(y_true[kept], y_pred[kept], num_classes, ignore_index)))


def ignored_class_left_out(y_true, y_pred, num_classes, ignore_index=None):
    """An ignored class is left out of mean IoU, but stays in mean Dice, where it can be predicted wrongly."""
    each = iou_of(counted(y_true, y_pred, num_classes, ignore_index))
    return mean(np.delete(each, ignore_index) if ignore_index in range(num_classes) else each)


def absent_dice_is_one(y_true, y_pred, num_classes, ignore_index=None):
    """The Dice of a class that occurs nowhere is 1, its IoU undefined."""
    return np.nan_to_num(dice_of(counted(y_true, y_pred, num_classes, ignore_index)), nan=1.0)


def dice_called_iou(y_true, y_pred, num_classes, ignore_index=None):
    """What is called IoU is Dice."""
    return dice_of(counted(y_true, y_pred, num_classes, ignore_index))


def iou_called_precision(y_true, y_pred, num_classes, ignore_index=None):
    """Precision divides by the union instead of the prediction."""
    return iou_of(counted(y_true, y_pred, num_classes, ignore_index))


def precision_called_recall(y_true, y_pred, num_classes, ignore_index=None):
    """Recall sums the wrong axis of the matrix: it is precision."""
    return mean(precision_of(counted(y_true, y_pred, num_classes, ignore_index)))


def weighted_with_both_sides(y_true, y_pred, num_classes, ignore_index=None):
    """Frequencies are taken of truth and prediction together, but divided by the pixels of one side."""
    matrix = counted(y_true, y_pred, num_classes, ignore_index)
    weights = matrix.sum(axis=0) + matrix.sum(axis=1)
    return float(np.nansum(iou_of(matrix) * weights) / matrix.sum()) if matrix.sum() else float("nan")


def agreement_not_corrected(y_true, y_pred, num_classes, ignore_index=None):
    """The agreement by chance is subtracted below the line only."""
    matrix = counted(y_true, y_pred, num_classes, ignore_index)
    total = matrix.sum()
    chance = float((matrix.sum(axis=0) * matrix.sum(axis=1)).sum() / max(total, 1) ** 2)
    return float(np.trace(matrix) / total / (1 - chance)) if total and chance < 1 else float("nan")


def chance_of_equal_classes(y_true, y_pred, num_classes, ignore_index=None):
    """The agreement by chance is taken to be 1 / K, as if all classes were equally frequent."""
    matrix = counted(y_true, y_pred, num_classes, ignore_index)
    return kappa_of(matrix, chance=1 / num_classes)


def size_of_kappa(y_true, y_pred, num_classes, ignore_index=None):
    """Kappa has lost its sign: agreement below chance counts as agreement above it."""
    return abs(kappa_of(counted(y_true, y_pred, num_classes, ignore_index)))


def pairs_in_a_byte(y_true, y_pred, num_classes, ignore_index=None):
    """The number of a pair of labels is kept in 8 bits, which run over from 17 classes on."""
    counted(y_true, y_pred, num_classes, ignore_index)  # refuses what is out of range
    valid = np.ones(y_true.shape, bool) if ignore_index is None else y_true != ignore_index
    t, p = (np.asarray(labels)[valid].astype(np.uint8) for labels in (y_true, y_pred))
    pairs = t * np.uint8(num_classes % 256) + p
    return mean(iou_of(np.bincount(pairs, minlength=num_classes**2)[: num_classes**2].reshape(num_classes, -1)))


def accuracy_of_each_image(y_true, y_pred, num_classes, ignore_index=None):
    """The mean of the images' accuracies is said to be that of all pixels, of which some images have fewer."""
    each = [right_accuracy(t, p, num_classes, ignore_index) for t, p in zip(y_true, y_pred)]
    return mean(np.array(each))


def score_mutants() -> list[Mutant]:
    """All of this file."""
    classes = {
        "iou_per_class": right_iou_per_class,
        "dice_per_class": right_dice_per_class,
        "precision_per_class": right_precision_per_class,
        "recall_per_class": right_recall_per_class,
    }
    return [
        *as_mutants("iou_per_class", IGNORING, shares_of_the_mean, sorted_classes, sizes_compared),
        *as_mutants("iou_per_class", IGNORING, false_alarms_undefined),
        *as_mutants("iou_per_class", IGNORING, absent_reported_as_zero, beside={"iou": right_iou}),
        *as_mutants("iou", BY_IMAGE, images_weighed_by_classes, images_weighed_by_valid_pixels, images_added_up),
        *as_mutants("iou", IGNORING, strays_dropped),
        *as_mutants("iou", IGNORING, ignored_class_left_out, beside={"dice": right_dice}),
        *as_mutants("iou_per_class", IGNORING, dice_called_iou, beside=classes),
        *as_mutants("dice_per_class", IGNORING, absent_dice_is_one, beside=classes),
        *as_mutants("precision_per_class", IGNORING, iou_called_precision, beside=classes),
        *as_mutants("recall", IGNORING, precision_called_recall, beside={"precision": right_precision}),
        *as_mutants(
            "frequency_weighted_iou", IGNORING, weighted_with_both_sides, beside={"pixel_accuracy": right_accuracy}
        ),
        *as_mutants("kappa", IGNORING, agreement_not_corrected, beside={"pixel_accuracy": right_accuracy}),
        *as_mutants("kappa", IGNORING, chance_of_equal_classes, size_of_kappa, beside={"mcc": right_mcc}),
        *as_mutants("iou", IGNORING, pairs_in_a_byte),
        *as_mutants("pixel_accuracy", {**IGNORING, "aggregate": "dataset"}, accuracy_of_each_image),
    ]
