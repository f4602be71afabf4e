"""How the pixels of several images become one score."""

from __future__ import annotations

import numpy as np

from npseg.laws import strategies
from npseg.laws.comparing import differ, exceeds
from npseg.laws.law import law
from npseg.laws.overlap.subjects import ARRAYS, SCORES


@law(
    9,
    "cut-into-tiles",
    family="overlap",
    of=(*SCORES, *ARRAYS),
    statement="Cutting an image into tiles, each an image of its own, changes nothing.",
    symbols="s(tiles of t, tiles of p) = s(t, p)",
    source="Counts are sums over pixels, and nothing is divided before all are summed.",
    presumes={"aggregate": ("dataset",)},
    draw=lambda: strategies.tiled_pairs(),
)
def cut_into_tiles(score, tolerance, y_true, y_pred, num_classes, across):
    joined = []
    for tiles in (y_true, y_pred):
        count, height, width = tiles.shape
        rows = tiles.reshape(count // across, across, height, width).swapaxes(1, 2)
        joined.append(rows.reshape(1, count // across * height, across * width))
    whole, cut = score(*joined, num_classes), score(y_true, y_pred, num_classes)
    if differ(whole, cut, tolerance):
        return f"the score of the image is {whole}, that of its tiles, {across} in a row, {cut}"


def unlike_mean_of_images(score, tolerance, y_true, y_pred, num_classes, **options):
    """A sentence if the score of a batch is not the mean of its images' scores."""
    singles = [float(score(y_true[i : i + 1], y_pred[i : i + 1], num_classes, **options)) for i in range(len(y_true))]
    together = score(y_true, y_pred, num_classes, **options)
    if differ(together, np.nanmean(singles) if np.isfinite(singles).any() else np.nan, tolerance):
        return f"one by one the images score {singles}, together {together}"


@law(
    14,
    "batch-is-mean-of-images",
    family="overlap",
    of=SCORES,
    statement="The score of several images is the mean of their scores: what an image adds does not depend on which "
    "others are in its batch.",
    symbols="s(t, p) = (1/N) sum_i s(t_i, p_i)",
    source="This is what a mean over images is.",
    presumes={"aggregate": ("image",)},
    draw=lambda: strategies.label_pairs(images=(2, 3)),
)
def batch_is_mean_of_images(score, tolerance, y_true, y_pred, num_classes):
    return unlike_mean_of_images(score, tolerance, y_true, y_pred, num_classes)


@law(
    148,
    "images-count-alike-beside-ignored",
    family="overlap",
    of=SCORES,
    statement="In a mean over images each counts the same, however few of its pixels count.",
    symbols="s(t, p) = (1/N) sum_i s(t_i, p_i), t_i with any number of ignored pixels, but not all",
    source="The mean over images divides by the number of images, not of pixels.",
    presumes={"aggregate": ("image",), "ignore": ("supported",)},
    draw=lambda: strategies.label_pairs(images=(2, 3), ignore=255),
)
def images_count_alike_beside_ignored(score, tolerance, y_true, y_pred, num_classes, ignore_index):
    if (y_true == ignore_index).all(axis=(1, 2)).any():
        return None  # whether such an image counts is another question
    return unlike_mean_of_images(score, tolerance, y_true, y_pred, num_classes, ignore_index=ignore_index)


@law(
    14,
    "batch-between-its-images",
    family="overlap",
    of=SCORES,
    statement="The score of several images lies between the lowest and the highest of their scores.",
    symbols="min_i s(t_i, p_i) <= s(t, p) <= max_i s(t_i, p_i)",
    source="A mean over images, or over all classes of all images, weighs the means of the images.",
    presumes={"aggregate": ("image", "image-class")},
    draw=lambda: strategies.label_pairs(images=(2, 3)),
)
def batch_between_its_images(score, tolerance, y_true, y_pred, num_classes):
    singles = [float(score(y_true[i : i + 1], y_pred[i : i + 1], num_classes)) for i in range(len(y_true))]
    together = float(score(y_true, y_pred, num_classes))
    defined = [value for value in singles if value == value]
    if defined and (exceeds(min(defined), together, tolerance) or exceeds(together, max(defined), tolerance)):
        return f"one by one the images score {singles}, together {together}"
