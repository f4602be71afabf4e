"""Scores made of counts, each with one fault."""

from __future__ import annotations

import numpy as np

from npseg.laws.mutants.mutant import Mutant, as_mutants
from npseg.laws.mutants.overlap_counting import counted, dice_of, iou_of, mean

__all__ = ["overlap_mutants"]

DATASET = {"aggregate": "dataset", "absent": "skip", "ignore": "supported"}
COUNTS = {"ignore": "supported"}


def ignore_off_by_one(y_true, y_pred, num_classes, ignore_index=None):
    """Everything from the ignore value less one on is ignored."""
    if ignore_index is not None:
        y_true = np.where(y_true >= min(ignore_index, num_classes) - 1, ignore_index, y_true)
    return mean(iou_of(counted(y_true, y_pred, num_classes, ignore_index)))


def ignored_where_predicted(y_true, y_pred, num_classes, ignore_index=None):
    """Pixels are ignored where the prediction is class 0 and the truth ignored; elsewhere they are class 0."""
    if ignore_index is not None:
        y_true = np.where((y_true == ignore_index) & (y_pred != 0), 0, y_true)
    return mean(iou_of(counted(y_true, y_pred, num_classes, ignore_index)))


def ignored_counts_as_right(y_true, y_pred, num_classes, ignore_index=None):
    """What is ignored counts as right."""
    if ignore_index is not None:
        y_true = np.where(y_true == ignore_index, y_pred, y_true)
    return mean(iou_of(counted(y_true, y_pred, num_classes)))


def ignored_is_false_alarm(y_true, y_pred, num_classes, ignore_index=None):
    """Predictions at ignored pixels count as false alarms."""
    matrix = counted(y_true, y_pred, num_classes, ignore_index)
    hits = np.diagonal(matrix).astype(float)
    predicted = np.bincount(y_pred.ravel(), minlength=num_classes)
    union = matrix.sum(axis=1) + predicted - hits
    return mean(np.where(union > 0, hits / np.maximum(union, 1), np.nan))


def absent_is_zero(y_true, y_pred, num_classes, ignore_index=None):
    """A class that occurs nowhere counts as 0, though it is said to be left out."""
    return float(np.nan_to_num(iou_of(counted(y_true, y_pred, num_classes, ignore_index))).mean())


def absent_is_one(y_true, y_pred, num_classes, ignore_index=None):
    """A class that occurs nowhere counts as 1, though it is said to be left out."""
    return float(np.nan_to_num(iou_of(counted(y_true, y_pred, num_classes, ignore_index)), nan=1.0).mean())


def false_alarms_of_absent_classes_vanish(y_true, y_pred, num_classes, ignore_index=None):
    """A class that the truth lacks is left out of the mean, whatever was predicted."""
    matrix = counted(y_true, y_pred, num_classes, ignore_index)
    return mean(np.where(matrix.sum(axis=1) > 0, iou_of(matrix), np.nan))


def missed_classes_vanish(y_true, y_pred, num_classes, ignore_index=None):
    """A class of which nothing was found is left out: its F1 is 0 / 0 when made of precision and recall."""
    values = dice_of(counted(y_true, y_pred, num_classes, ignore_index))
    return mean(np.where(values > 0, values, np.nan))


def background_left_out(y_true, y_pred, num_classes, ignore_index=None):
    """Class 0 is left out of the mean."""
    return mean(iou_of(counted(y_true, y_pred, num_classes, ignore_index))[1:])


def intersection_counted_twice(y_true, y_pred, num_classes, ignore_index=None):
    """The union is the sum of both sides: the intersection is in it twice."""
    matrix = counted(y_true, y_pred, num_classes, ignore_index)
    sizes = matrix.sum(axis=0) + matrix.sum(axis=1)
    return mean(np.where(sizes > 0, np.diagonal(matrix) / np.maximum(sizes, 1), np.nan))


def mean_of_batch_means(y_true, y_pred, num_classes, ignore_index=None):
    """Each image is scored by itself, though scores are said to be of the data set."""
    return mean(np.array([mean(iou_of(counted(t, p, num_classes, ignore_index))) for t, p in zip(y_true, y_pred)]))


def only_the_first_image(y_true, y_pred, num_classes, ignore_index=None):
    """All images but the first are forgotten."""
    return mean(iou_of(counted(y_true[:1], y_pred[:1], num_classes, ignore_index)))


def later_images_weigh_more(y_true, y_pred, num_classes, ignore_index=None):
    """Counts are halved before each further image is added."""
    matrix = np.zeros((num_classes, num_classes))
    for t, p in zip(y_true, y_pred):
        matrix = matrix / 2 + counted(t, p, num_classes, ignore_index)
    return mean(iou_of(matrix))


def cropped_to_a_square(y_true, y_pred, num_classes, ignore_index=None):
    """Only as many columns are read as there are rows."""
    side = y_true.shape[1]
    return mean(iou_of(counted(y_true[:, :, :side], y_pred[:, :, :side], num_classes, ignore_index)))


def frame_left_out(y_true, y_pred, num_classes, ignore_index=None):
    """The outermost row of pixels does not count."""
    inner = (slice(None), slice(1, None), slice(None)) if y_true.shape[1] > 1 else slice(None)
    return mean(iou_of(counted(y_true[inner], y_pred[inner], num_classes, ignore_index)))


def float32_counts(y_true, y_pred, num_classes, ignore_index=None):
    """Counts are added up one by one in float32, which stops at 2**24."""
    matrix = np.minimum(counted(y_true, y_pred, num_classes, ignore_index), 2**24)
    return mean(iou_of(matrix))


def smooth_in_hard_dice(y_true, y_pred, num_classes, ignore_index=None):
    """1 is added to the numerator and the denominator of hard Dice."""
    matrix = counted(y_true, y_pred, num_classes, ignore_index)
    sizes = matrix.sum(axis=0) + matrix.sum(axis=1)
    return mean(np.where(sizes > 0, (2 * np.diagonal(matrix) + 1) / (sizes + 1), np.nan))


def eps_in_hard_dice(y_true, y_pred, num_classes, ignore_index=None):
    """A small number is added to the denominator of hard Dice, so that nothing reaches 1."""
    matrix = counted(y_true, y_pred, num_classes, ignore_index)
    sizes = matrix.sum(axis=0) + matrix.sum(axis=1)
    return mean(np.where(sizes > 0, 2 * np.diagonal(matrix) / (sizes + 1e-3), np.nan))


def swapped_precision(y_true, y_pred, num_classes, ignore_index=None):
    """Truth and prediction are exchanged: what is called IoU weighs them the same, but ignoring does not."""
    return mean(iou_of(counted(y_pred, y_true, num_classes, ignore_index)))


def weighted_by_label(y_true, y_pred, num_classes, ignore_index=None):
    """The mean weighs each class with its number."""
    values = iou_of(counted(y_true, y_pred, num_classes, ignore_index))
    defined = ~np.isnan(values)
    weights = np.arange(1, num_classes + 1)[defined]
    return float((values[defined] * weights).sum() / weights.sum()) if defined.any() else float("nan")


def true_negatives_count(y_true, y_pred, num_classes, ignore_index=None):
    """Accuracy of all classes together counts what each class is rightly not."""
    matrix = counted(y_true, y_pred, num_classes, ignore_index)
    total, hits = matrix.sum(), np.trace(matrix)
    return float((num_classes * total - 2 * (total - hits)) / (num_classes * total)) if total else float("nan")


def clipped_kappa(y_true, y_pred, num_classes, ignore_index=None):
    """The agreement by chance is taken of the truth alone."""
    matrix = counted(y_true, y_pred, num_classes, ignore_index)
    total = matrix.sum()
    if not total:
        return float("nan")
    agreed, chance = np.trace(matrix) / total, ((matrix.sum(axis=1) / total) ** 2).sum()
    return float((agreed - chance) / (1 - chance)) if chance < 1 else float("nan")


def weights_of_the_prediction(y_true, y_pred, num_classes, ignore_index=None):
    """Frequency-weighted IoU is weighted with how often each class was predicted, and not normalised."""
    matrix = counted(y_true, y_pred, num_classes, ignore_index)
    total = matrix.sum()
    if not total:
        return float("nan")
    return float((np.nan_to_num(iou_of(matrix)) * (matrix.sum(axis=0) + matrix.sum(axis=1))).sum() / total)


def transposed_matrix(y_true, y_pred, num_classes, ignore_index=None):
    """Rows are the prediction."""
    return counted(y_true, y_pred, num_classes, ignore_index).T


def folded_labels(y_true, y_pred, num_classes, ignore_index=None):
    """A label beyond the last class becomes one of the next row, without a word."""
    valid = np.ones(y_true.shape, bool) if ignore_index is None else y_true != ignore_index
    cells = y_true[valid].astype(np.int64) * num_classes + y_pred[valid]
    cells = cells[(cells >= 0) & (cells < num_classes**2)]
    return np.bincount(cells, minlength=num_classes**2).reshape(num_classes, num_classes)


def narrow_cells(y_true, y_pred, num_classes, ignore_index=None):
    """The cell of a pair is found in the type of the labels, which overflows for bytes."""
    valid = np.ones(y_true.shape, bool) if ignore_index is None else y_true != ignore_index
    kind = y_true.dtype.type
    cells = (y_true[valid] * kind(num_classes) + y_pred[valid].astype(kind)).astype(np.int64) % num_classes**2
    return np.bincount(cells, minlength=num_classes**2).reshape(num_classes, num_classes)


def counts_saturate(y_true, y_pred, num_classes, ignore_index=None):
    """Counts stop at 2**24, as sums of ones in float32 do."""
    return np.minimum(counted(y_true, y_pred, num_classes, ignore_index), 2**24)


def writes_into_the_truth(y_true, y_pred, num_classes, ignore_index=None):
    """Ignored pixels are overwritten in the caller's array."""
    matrix = counted(y_true, y_pred, num_classes, ignore_index)
    if ignore_index is not None:
        y_true[y_true == ignore_index] = 0
    elif y_true.size:
        y_true += 1
    return matrix


def overlap_mutants() -> list[Mutant]:
    """All of this file."""
    return [
        *as_mutants(
            "iou", DATASET, ignore_off_by_one, ignored_where_predicted, ignored_counts_as_right, ignored_is_false_alarm,
            absent_is_zero, absent_is_one, false_alarms_of_absent_classes_vanish, background_left_out,
            intersection_counted_twice, mean_of_batch_means, only_the_first_image, later_images_weigh_more,
            cropped_to_a_square, frame_left_out, float32_counts, swapped_precision, weighted_by_label,
        ),
        *as_mutants("dice", DATASET, missed_classes_vanish, smooth_in_hard_dice, eps_in_hard_dice),
        *as_mutants("pixel_accuracy", {"ignore": "supported"}, true_negatives_count),
        *as_mutants("kappa", {"ignore": "supported"}, clipped_kappa),
        *as_mutants("frequency_weighted_iou", {"ignore": "supported"}, weights_of_the_prediction),
        *as_mutants(
            "confusion", COUNTS, transposed_matrix, folded_labels, narrow_cells, counts_saturate, writes_into_the_truth,
        ),
    ]  # fmt: skip
