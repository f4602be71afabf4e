"""Scores against their definitions: formulas of the counts of pixels, which are counted one by one."""

from __future__ import annotations

import numpy as np

from npseg.laws import strategies
from npseg.laws.comparing import differ
from npseg.laws.law import law
from npseg.laws.overlap.subjects import CHANCE_CORRECTED, CLASS_MEANS, PER_CLASS


def matrix_of(y_true, y_pred, num_classes, ignore_index=None):
    """How many pixels have each pair of labels, rows the truth; those whose truth is the ignore value have none."""
    matrix = np.zeros((num_classes, num_classes))
    for t, p in zip(y_true.ravel().tolist(), y_pred.ravel().tolist()):
        if t != ignore_index:
            matrix[t, p] += 1
    return matrix


def scores_of_classes(name, matrix):
    """The score of each class by its definition, NaN where that divides by nothing."""
    tp = np.diag(matrix)
    fp, fn = matrix.sum(axis=0) - tp, matrix.sum(axis=1) - tp
    part, whole = {
        "iou": (tp, tp + fp + fn),
        "dice": (2 * tp, 2 * tp + fp + fn),
        "precision": (tp, tp + fp),
        "recall": (tp, tp + fn),
    }[name]
    return part / np.where(whole > 0, whole, np.nan)


def weighted_overlap(name, matrix):
    """Frequency-weighted IoU or generalised Dice by its definition; classes that the truth lacks have no weight."""
    held = matrix.sum(axis=1) > 0
    tp, truth, predicted = np.diag(matrix)[held], matrix.sum(axis=1)[held], matrix.sum(axis=0)[held]
    if name == "frequency_weighted_iou":
        return (truth / matrix.sum() * tp / (truth + predicted - tp)).sum()
    return 2 * (tp / truth**2).sum() / ((truth + predicted) / truth**2).sum()


def agreement_beyond_chance(name, matrix):
    """Cohen's kappa or Matthews correlation by its definition, NaN where that divides by nothing."""
    n, r, c = matrix.sum(), matrix.sum(axis=1), matrix.sum(axis=0)
    whole = n**2 - r @ c if name == "kappa" else np.sqrt((n**2 - r @ r) * (n**2 - c @ c))
    return (n * np.trace(matrix) - r @ c) / (whole if whole > 0 else np.nan)


def unlike_by_definition(value, expected, tolerance):
    """A sentence if a score is not what the definition gives."""
    if differ(value, expected, tolerance):
        return f"the score is {np.asarray(value).tolist()}; by the definition it is {np.asarray(expected).tolist()}"


SHARES = "J = TP / (TP + FP + FN), D = 2 TP / (2 TP + FP + FN), P = TP / (TP + FP), R = TP / (TP + FN)"
SHARES_FROM = (
    "Jaccard 1912; Dice 1945; van Rijsbergen 1979, chapter 7. TP, FP and FN are the pixels of a class that are on both "
    "sides, in the prediction only, and in the truth only."
)


@law(
    136,
    "class-scores-as-defined",
    family="overlap",
    of=PER_CLASS,
    statement="In one image that has every class on both sides, the IoU, Dice, precision or recall of each class is "
    "the share that its name says.",
    symbols=SHARES,
    source=SHARES_FROM,
    draw=lambda: strategies.pairs_with_every_class_on_both_sides(),
)
def class_scores_as_defined(score, measure, tolerance, y_true, y_pred, num_classes):
    expected = scores_of_classes(measure.removesuffix("_per_class"), matrix_of(y_true, y_pred, num_classes))
    return unlike_by_definition(score(y_true, y_pred, num_classes), expected, tolerance)


@law(
    137,
    "mean-scores-as-defined",
    family="overlap",
    of=CLASS_MEANS,
    statement="In one image that has every class on both sides, mean IoU, Dice, precision or recall is the sum of what "
    "the classes score by definition, divided by how many they are.",
    symbols=f"s = (1/K) sum_k s_k, with s_k one of {SHARES}",
    source=SHARES_FROM + " The mean: Everingham et al. 2010; Long et al. 2015, section 5.",
    draw=lambda: strategies.pairs_with_every_class_on_both_sides(),
)
def mean_scores_as_defined(score, measure, tolerance, y_true, y_pred, num_classes):
    expected = scores_of_classes(measure, matrix_of(y_true, y_pred, num_classes)).sum() / num_classes
    return unlike_by_definition(score(y_true, y_pred, num_classes), expected, tolerance)


@law(
    138,
    "weighted-overlap-as-defined",
    family="overlap",
    of=("frequency_weighted_iou", "generalized_dice"),
    statement="In one image that has every class on both sides, frequency-weighted IoU weighs the IoU of a class with "
    "its share of the true pixels, and generalised Dice weighs both its sums with 1 / (true pixels of the class)^2.",
    symbols="sum_k (r_k / n) TP_k / (r_k + c_k - TP_k);  2 sum_k TP_k / r_k^2 / sum_k (r_k + c_k) / r_k^2",
    source="Long et al. 2015, section 5; Crum et al. 2006 and Sudre et al. 2017, section 2. r_k and c_k are the pixels "
    "of a class in truth and prediction.",
    draw=lambda: strategies.pairs_with_every_class_on_both_sides(),
)
def weighted_overlap_as_defined(score, measure, tolerance, y_true, y_pred, num_classes):
    expected = weighted_overlap(measure, matrix_of(y_true, y_pred, num_classes))
    return unlike_by_definition(score(y_true, y_pred, num_classes), expected, tolerance)


@law(
    139,
    "agreement-as-defined",
    family="overlap",
    of=CHANCE_CORRECTED,
    statement="In one image that has every class on both sides, Cohen's kappa and Matthews correlation are the "
    "agreement beyond chance over what it can be at most: each by its own measure of that.",
    symbols="(n trace M - r c) / (n^2 - r c);  (n trace M - r c) / sqrt((n^2 - r r)(n^2 - c c))",
    source="Cohen 1960; Gorodkin 2004, equation 8. r and c are the sums of rows and columns of M, r c their inner "
    "product.",
    draw=lambda: strategies.pairs_with_every_class_on_both_sides(),
)
def agreement_as_defined(score, measure, tolerance, y_true, y_pred, num_classes):
    expected = agreement_beyond_chance(measure, matrix_of(y_true, y_pred, num_classes))
    return unlike_by_definition(score(y_true, y_pred, num_classes), expected, tolerance)


def _images():
    from hypothesis import strategies as st

    return st.one_of(strategies.label_pairs(images=(1, 3)), strategies.ignored_pairs(images=(1, 3)))


@law(
    140,
    "pooled-class-scores-as-defined",
    family="overlap",
    of=PER_CLASS,
    statement="A class that occurs in the truth and in the prediction, of whichever images, scores the share that its "
    "name says of the pixels of all images that are not ignored.",
    symbols=f"M = sum_i M_i: {SHARES}",
    source=SHARES_FROM,
    presumes={"aggregate": ("dataset",)},
    draw=_images,
)
def pooled_class_scores_as_defined(score, measure, tolerance, y_true, y_pred, num_classes, ignore_index=None):
    matrix = matrix_of(y_true, y_pred, num_classes, ignore_index)
    on_both_sides = (matrix.sum(axis=0) > 0) & (matrix.sum(axis=1) > 0)
    arguments = (y_true, y_pred, num_classes) if ignore_index is None else (y_true, y_pred, num_classes, ignore_index)
    value, expected = score(*arguments), scores_of_classes(measure.removesuffix("_per_class"), matrix)
    return unlike_by_definition(np.asarray(value)[on_both_sides], expected[on_both_sides], tolerance)


@law(
    141,
    "pooled-scores-as-defined",
    family="overlap",
    of=("iou", "dice", "frequency_weighted_iou", *CHANCE_CORRECTED),
    statement="Of several images, with classes that occur nowhere or on one side only and pixels that are ignored, a "
    "score is its formula of the counts of all valid pixels; the mean over classes leaves out those that occur "
    "nowhere, or takes them for 0 or 1.",
    symbols="M = sum_i M_i: s = nanmean_k s_k, or as in laws 138 and 139",
    source="As laws 137 to 139; a class on one side only has TP = 0 and a union, hence scores 0.",
    presumes={"aggregate": ("dataset",), "absent": ("skip", "0", "1"), "empty-truth": ("0",)},
    draw=_images,
)
def pooled_scores_as_defined(score, measure, conventions, tolerance, y_true, y_pred, num_classes, ignore_index=None):
    matrix = matrix_of(y_true, y_pred, num_classes, ignore_index)
    arguments = (y_true, y_pred, num_classes) if ignore_index is None else (y_true, y_pred, num_classes, ignore_index)
    if measure == "frequency_weighted_iou":
        expected = weighted_overlap(measure, matrix)
    elif measure in ("kappa", "mcc"):
        expected = agreement_beyond_chance(measure, matrix)
        if np.isnan(expected):  # one class alone on a side: what that scores is a convention
            return None
    else:
        each = scores_of_classes(measure, matrix)
        absent = {"0": 0.0, "1": 1.0}.get(conventions.get("absent"), np.nan)
        expected = np.nanmean(np.where(np.isnan(each), absent, each))
    return unlike_by_definition(score(*arguments), expected, tolerance)


@law(
    147,
    "pooled-accuracy-as-defined",
    family="overlap",
    of=("pixel_accuracy", "micro_f1"),
    statement="Of several images, of which unlike numbers of pixels are ignored, pixel accuracy is the share of right "
    "ones among all valid pixels, and so is F1 of the counts of all classes.",
    symbols="trace M / sum M, M = sum_i M_i",
    source="Long et al. 2015, section 5. A mean of the images' accuracies weighs pixels by how few there are.",
    presumes={"aggregate": ("dataset",)},
    draw=_images,
)
def pooled_accuracy_as_defined(score, tolerance, y_true, y_pred, num_classes, ignore_index=None):
    matrix = matrix_of(y_true, y_pred, num_classes, ignore_index)
    arguments = (y_true, y_pred, num_classes) if ignore_index is None else (y_true, y_pred, num_classes, ignore_index)
    return unlike_by_definition(score(*arguments), np.trace(matrix) / matrix.sum(), tolerance)
