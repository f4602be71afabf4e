"""What may be done to truth and prediction alike without changing the score."""

from __future__ import annotations

import numpy as np

from npseg.laws import strategies
from npseg.laws.comparing import differ
from npseg.laws.law import law
from npseg.laws.overlap.subjects import ARRAYS, PER_CLASS, SCORES


@law(
    3,
    "symmetric",
    family="overlap",
    of=("iou", "dice", "pixel_accuracy", "micro_f1", "kappa", "mcc", "iou_per_class", "dice_per_class"),
    statement="Exchanging truth and prediction changes nothing, where nothing is ignored.",
    symbols="s(t, p) = s(p, t)",
    source="TP stays, FP and FN change places.",
    unless={"empty-truth": ("skip",)},
    draw=lambda: strategies.label_pairs(images=(1, 2)),
)
def symmetric(score, tolerance, y_true, y_pred, num_classes):
    forward, backward = score(y_true, y_pred, num_classes), score(y_pred, y_true, num_classes)
    if differ(forward, backward, tolerance):
        return f"s(t, p) is {forward}, s(p, t) is {backward}"


@law(
    4,
    "pixels-in-any-order",
    family="overlap",
    of=(*SCORES, *ARRAYS),
    statement="Moving the pixels of truth and prediction in the same way, within each image, changes nothing.",
    symbols="s(t o pi, p o pi) = s(t, p)",
    source="Every count is a sum over pixels.",
    draw=lambda: strategies.permuted_pairs(what="pixels"),
)
def pixels_in_any_order(score, tolerance, y_true, y_pred, num_classes, order):
    moved = [labels.reshape(len(labels), -1)[:, order].reshape(labels.shape) for labels in (y_true, y_pred)]
    before, after = score(y_true, y_pred, num_classes), score(*moved, num_classes)
    if differ(before, after, tolerance):
        return f"the score is {before}, and {after} with the pixels in another order"


@law(
    5,
    "names-of-classes",
    family="overlap",
    of=SCORES,
    statement="Giving the classes other numbers, in truth and prediction alike, changes no score.",
    symbols="s(sigma(t), sigma(p)) = s(t, p)",
    source="The confusion matrix gets its rows and columns in another order; sums over classes do not see it.",
    draw=lambda: strategies.relabelled_pairs(),
)
def names_of_classes(score, tolerance, y_true, y_pred, num_classes, names):
    before, after = score(y_true, y_pred, num_classes), score(names[y_true], names[y_pred], num_classes)
    if differ(before, after, tolerance):
        return f"the score is {before}, and {after} with class k called names[k]"


@law(
    5,
    "names-of-classes-one-by-one",
    family="overlap",
    of=ARRAYS,
    statement="Giving the classes other numbers, in truth and prediction alike, reorders the scores of the classes.",
    symbols="s(sigma(t), sigma(p))[sigma(k)] = s(t, p)[k]",
    source="The confusion matrix gets its rows and columns in another order.",
    draw=lambda: strategies.relabelled_pairs(),
)
def names_of_classes_one_by_one(score, tolerance, y_true, y_pred, num_classes, names):
    before = np.asarray(score(y_true, y_pred, num_classes))
    after = np.asarray(score(names[y_true], names[y_pred], num_classes))
    if differ(before, after[np.ix_(*[names] * after.ndim)], tolerance):
        return f"the scores are {before.tolist()}, and {after.tolist()} with class k called names[k]"


@law(
    6,
    "images-in-any-order",
    family="overlap",
    of=(*SCORES, *ARRAYS),
    statement="The order of the images is irrelevant.",
    symbols="s(t[pi], p[pi]) = s(t, p)",
    source="Counts, and means of scores of images, are sums over images.",
    draw=lambda: strategies.permuted_pairs(what="images"),
)
def images_in_any_order(score, tolerance, y_true, y_pred, num_classes, order):
    before, after = score(y_true, y_pred, num_classes), score(y_true[order], y_pred[order], num_classes)
    if differ(before, after, tolerance):
        return f"the score is {before}, and {after} with the images in another order"


@law(
    7,
    "duplicated-images",
    family="overlap",
    of=(*SCORES, *PER_CLASS),
    statement="Counting every image the same number of times changes nothing.",
    symbols="s(t + t, p + p) = s(t, p)",
    source="Every count is multiplied by one number, which cancels; so do means over images.",
    draw=lambda: strategies.duplicated_pairs(),
)
def duplicated_images(score, tolerance, y_true, y_pred, num_classes, copies):
    once = score(y_true, y_pred, num_classes)
    often = score(np.concatenate([y_true] * copies), np.concatenate([y_pred] * copies), num_classes)
    if differ(once, often, tolerance):
        return f"the score is {once}, and {often} with every image {copies} times"


@law(
    20,
    "transposed-images",
    family="overlap",
    of=(*SCORES, *ARRAYS),
    statement="Exchanging height and width of truth and prediction changes nothing.",
    symbols="s(t', p') = s(t, p)",
    source="Every count is a sum over pixels.",
    draw=lambda: strategies.label_pairs(images=(1, 2)),
)
def transposed_images(score, tolerance, y_true, y_pred, num_classes):
    before = score(y_true, y_pred, num_classes)
    after = score(y_true.swapaxes(1, 2), y_pred.swapaxes(1, 2), num_classes)
    if differ(before, after, tolerance):
        return f"the score is {before}, and {after} with height and width exchanged"
