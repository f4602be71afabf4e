"""Scores of overlap, pixel by pixel from their definitions, in fractions: nothing is rounded before the end."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np

__all__ = ["class_score", "class_value", "costly_pair_gain", "counts_of_class", "mean_iou", "score", "whole_score"]


def valid_pairs(truth, prediction, ignore_index):
    """(truth, prediction) of the pixels that count."""
    pairs = zip(np.ravel(truth).tolist(), np.ravel(prediction).tolist())
    return [(t, p) for t, p in pairs if ignore_index is None or t != ignore_index]


def counts_of_class(pairs, label):
    """TP, FP, FN, TN of one class."""
    tp = fp = fn = tn = 0
    for t, p in pairs:
        if t == label and p == label:
            tp += 1
        elif p == label:
            fp += 1
        elif t == label:
            fn += 1
        else:
            tn += 1
    return tp, fp, fn, tn


def class_value(name, tp, fp, fn, tn, alpha=None, beta=None):
    """A score of one class; None if undefined. What is on one side only, and has no fraction, is 0."""
    present = tp + fp + fn > 0
    if not present:
        return None
    if name == "specificity":
        return Fraction(tn, tn + fp) if tn + fp else None
    precision = Fraction(tp, tp + fp) if tp + fp else Fraction(0)
    recall = Fraction(tp, tp + fn) if tp + fn else Fraction(0)
    if name == "precision":
        return precision
    if name == "recall":
        return recall
    if name == "iou":
        return Fraction(tp, tp + fp + fn)
    if name == "dice":
        return Fraction(2 * tp, 2 * tp + fp + fn)
    if name == "fbeta":  # by way of precision and recall, as it is defined
        square = Fraction(beta) ** 2
        return (1 + square) * precision * recall / (square * precision + recall) if tp else Fraction(0)
    whole = tp + Fraction(alpha) * fp + Fraction(beta) * fn
    return tp / whole if whole else Fraction(0)


def class_score(counts, name, absent, **weights):
    """`class_value` of (TP, FP, FN, TN), or `absent` (0 or 1) if that is undefined; None if it is to be skipped."""
    value = class_value(name, *counts, **weights)
    return value if value is not None or absent == "skip" else Fraction(absent)


def score(images, name, *, aggregate="dataset", average="macro", absent="skip", **weights):
    """A score under a convention, of counts (TP, FP, FN, TN) by image and class, `images[n][k]`; NaN if undefined."""
    classes = range(len(images[0]))
    if aggregate == "dataset":
        images = [[added(image[k] for image in images) for k in classes]]
        aggregate = "image"
    values = [[class_score(image[k], name, absent, **weights) for k in classes] for image in images]
    if average is None:
        return [as_float(mean([row[k] for row in values])) for k in classes]
    if aggregate == "image_class":
        if average == "micro":
            return as_float(mean([value for row in values for value in row]))
        support = [sum(support_of(image[k]) for image in images) for k in classes]
        return as_float(over_classes([mean([row[k] for row in values]) for k in classes], support, average))
    of_images = []
    for image, row in zip(images, values):
        if average == "micro":
            of_images.append(class_score(added(image), name, absent, **weights))
        else:
            of_images.append(over_classes(row, [support_of(counts) for counts in image], average))
    return as_float(mean(of_images))


def whole_score(images, name, num_classes, *, aggregate="dataset", classes=None):
    """A score of all classes together, of lists of (truth, prediction) pairs, one list an image; NaN if undefined."""
    if aggregate == "dataset":
        images = [[pair for image in images for pair in image]]
    classes = range(num_classes) if classes is None else classes
    return as_float(mean([_WHOLE[name](pairs, num_classes, classes) for pairs in images]))


def mean_iou(matrix):
    """Mean IoU of a confusion matrix (rows the truth) over the classes in it, as a fraction; None of an empty one."""
    side = range(len(matrix))
    found = []
    for k in side:
        union = sum(matrix[k][j] for j in side) + sum(matrix[i][k] for i in side) - matrix[k][k]
        found.append(Fraction(matrix[k][k], union) if union else None)
    return mean(found)


def costly_pair_gain(matrix, truth, predicted):
    """How much mean IoU rises when the pixels of a cell are moved to the diagonal."""
    better = [list(map(int, row)) for row in matrix]
    before = mean_iou(better)
    better[truth][truth] += better[truth][predicted]
    better[truth][predicted] = 0
    return float(mean_iou(better) - before)


def added(many):
    """Sums of (TP, FP, FN, TN)."""
    return tuple(map(sum, zip(*many)))


def support_of(counts):
    """True pixels."""
    return counts[0] + counts[2]


def mean(values):
    """Mean of those that are not None; None if there are none."""
    defined = [value for value in values if value is not None]
    return sum(defined) / len(defined) if defined else None


def over_classes(values, support, average):
    """Mean over classes, every class alike or weighted with true pixels (alike, if there are none)."""
    weights = [0 if value is None else weight for value, weight in zip(values, support)]
    if average == "macro" or sum(weights) == 0:
        return mean(values)
    return sum(value * weight for value, weight in zip(values, weights) if value is not None) / Fraction(sum(weights))


def as_float(value):
    """NaN for None."""
    return math.nan if value is None else float(value)


def pixel_accuracy(pairs, num_classes, classes):
    return Fraction(sum(t == p for t, p in pairs), len(pairs)) if pairs else None


def mean_accuracy(pairs, num_classes, classes):
    counts = [counts_of_class(pairs, k) for k in classes]
    return mean([Fraction(tp, tp + fn) if tp + fn else None for tp, _, fn, _ in counts])


def frequency_weighted_iou(pairs, num_classes, classes):
    counts = [counts_of_class(pairs, k) for k in classes]
    values = [class_value("iou", *one) for one in counts]
    total = sum(map(support_of, counts))
    if total == 0:
        return mean(values)  # predicted only: all are 0
    return sum(value * support_of(one) for value, one in zip(values, counts) if value is not None) / Fraction(total)


def generalized_dice(pairs, num_classes, classes):
    above = below = Fraction(0)
    seen = False
    for k in classes:
        tp, fp, fn, _ = counts_of_class(pairs, k)
        seen = seen or tp + fp + fn > 0
        if tp + fn:
            weight = Fraction(1, (tp + fn) ** 2)
            above += 2 * weight * tp
            below += weight * ((tp + fn) + (tp + fp))
    if below:
        return above / below
    return Fraction(0) if seen else None


def cohen_kappa(pairs, num_classes, classes):
    if not pairs:
        return None
    total = len(pairs)
    observed = Fraction(sum(t == p for t, p in pairs), total)
    expected = sum(
        Fraction(sum(t == k for t, _ in pairs), total) * Fraction(sum(p == k for _, p in pairs), total)
        for k in range(num_classes)
    )
    return (observed - expected) / (1 - expected) if expected != 1 else None


def matthews_corrcoef(pairs, num_classes, classes):
    """The correlation of indicator vectors, summed over classes, as Gorodkin defines it."""
    if cohen_kappa(pairs, num_classes, classes) is None:
        return None
    total = len(pairs)

    def covariance(one, other):
        result = Fraction(0)
        for k in range(num_classes):
            first = [int(pair[one] == k) for pair in pairs]
            second = [int(pair[other] == k) for pair in pairs]
            means = Fraction(sum(first), total), Fraction(sum(second), total)
            result += sum((a - means[0]) * (b - means[1]) for a, b in zip(first, second)) / total
        return result

    spread = covariance(0, 0) * covariance(1, 1)
    return float(covariance(0, 1)) / math.sqrt(spread) if spread else 0.0


_WHOLE = {
    "pixel_accuracy": pixel_accuracy,
    "mean_accuracy": mean_accuracy,
    "frequency_weighted_iou": frequency_weighted_iou,
    "generalized_dice": generalized_dice,
    "cohen_kappa": cohen_kappa,
    "matthews_corrcoef": matthews_corrcoef,
}
