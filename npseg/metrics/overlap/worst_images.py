"""Where to look first: the images with the lowest scores, and the pairs of classes that cost most."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from npseg.metrics.overlap.class_counts import ClassCounts
from npseg.metrics.overlap.formulas import class_iou, mean_of_defined, mean_over_classes
from npseg.metrics.overlap.image_counts import ImageCounts, ImageId

__all__ = ["CostlyPair", "WorstImage", "costly_pairs", "worst_images"]


@dataclass(frozen=True)
class WorstImage:
    """An image, the `index` it was counted at, its id if it has one, and its IoU.

    `iou` is that of the class asked for, or the mean over the classes that are in the image or its prediction.
    `wrong_pixels` are those of the class that were missed or wrongly called it, or all with a wrong label.
    """

    index: int
    image_id: ImageId | None
    iou: float
    wrong_pixels: int
    valid_pixels: int


@dataclass(frozen=True)
class CostlyPair:
    """What it costs that `pixels` of the class `truth` were called `predicted` (names; labels beside them).

    `gain` is the mean IoU of the data set with those pixels right, minus that as it is. Gains of several pairs do not
    add up exactly, since classes share them.
    """

    truth: str
    predicted: str
    truth_label: int
    predicted_label: int
    pixels: int
    gain: float


def worst_images(images: ImageCounts, counts: ClassCounts, k: int, label: int | None) -> list[WorstImage]:
    """The `k` images of lowest IoU; among equals those with more wrong pixels, then those that came first."""
    iou = class_iou(counts)
    valid = (counts.tp + counts.fp + counts.fn + counts.tn).max(axis=1, initial=0)
    if label is None:
        values, wrong = mean_over_classes(iou), counts.fn.sum(axis=1)
    else:
        values, wrong = iou[:, label], counts.fp[:, label] + counts.fn[:, label]
    defined = np.flatnonzero(~np.isnan(values))
    order = defined[np.lexsort((defined, -wrong[defined], values[defined]))]
    return [
        WorstImage(int(index), images.ids[index], float(values[index]), int(wrong[index]), int(valid[index]))
        for index in order[:k]
    ]


def costly_pairs(confusion: np.ndarray, class_names: tuple[str, ...], k: int) -> list[CostlyPair]:
    """The `k` pairs of classes (truth, prediction) of one matrix whose confusion costs most mean IoU.

    Moving a cell to the diagonal adds hits to its row, whose union stays, and takes false alarms from the union of its
    column; a class that existed as false alarms only is then absent, and leaves the mean.

    >>> pairs = costly_pairs(np.array([[3, 1], [0, 4]]), ("sky", "road"), 1)
    >>> pairs[0].truth, pairs[0].predicted, pairs[0].pixels, round(pairs[0].gain, 3)
    ('sky', 'road', 1, 0.225)
    """
    hits = np.diagonal(confusion).astype(np.float64)
    union = confusion.sum(axis=1) + confusion.sum(axis=0) - np.diagonal(confusion)
    iou = class_iou(confusion)
    mean, defined = mean_of_defined(iou), int((union > 0).sum())
    rows, columns = np.nonzero(confusion - np.diag(np.diagonal(confusion)))
    pixels = confusion[rows, columns]
    left = union[columns] - pixels
    gone = left == 0
    of_column = np.divide(hits[columns], left, out=np.zeros(len(left)), where=~gone)
    change = (hits[rows] + pixels) / union[rows] - iou[rows] + of_column - iou[columns]
    gains = (mean * defined + change) / (defined - gone) - mean
    order = np.lexsort((columns, rows, -pixels, -gains))[:k]
    return [
        CostlyPair(
            class_names[rows[i]], class_names[columns[i]], int(rows[i]), int(columns[i]), int(pixels[i]),
            float(gains[i]),
        )
        for i in order
    ]  # fmt: skip
