"""Trimap IoU: the mean IoU of the pixels in a band along the true contours."""

from __future__ import annotations

from typing import Any, Literal, overload

import numpy as np

from npseg.errors import ArgumentError
from npseg.metrics.distance.bands import near_other_label, steps_of_lengths, steps_of_pixels
from npseg.metrics.distance.label_maps import read_images
from npseg.metrics.overlap.confusion import confusion_matrix
from npseg.metrics.overlap.formulas import class_iou, mean_of_defined

__all__ = ["trimap_confusion", "trimap_iou"]


@overload
def trimap_iou(
    y_true: Any,
    y_pred: Any,
    *,
    num_classes: int,
    width: float,
    spacing: Any = None,
    ignore_index: int | None = 255,
    average: Literal["macro"] = "macro",
) -> float: ...
@overload
def trimap_iou(
    y_true: Any,
    y_pred: Any,
    *,
    num_classes: int,
    width: float,
    spacing: Any = None,
    ignore_index: int | None = 255,
    average: None,
) -> np.ndarray: ...
def trimap_iou(
    y_true: Any,
    y_pred: Any,
    *,
    num_classes: int,
    width: float,
    spacing: Any = None,
    ignore_index: int | None = 255,
    average: Literal["macro"] | None = "macro",
) -> float | np.ndarray:
    """IoU of label maps `(H, W)` or `(N, H, W)`, counted only near the contours of the truth.

    `width` is a whole number of pixels. With `spacing`, the distance of neighbours along each axis, it is a length in
    that unit, of which each axis has as many steps as it is long, rounded, and at least 1; three numbers, (z, y, x),
    belong to volumes `(D, H, W)` or `(N, D, H, W)`.

    A pixel counts if a pixel with another true label is at most `width` steps away, diagonal steps as one. Ignored
    pixels are a label here, so that the band also runs along the areas that annotators leave open between objects,
    as in the DeepLab papers, where these are the only contours; but they do not count themselves. The frame of the
    image is no contour. With a width as large as the image it is the IoU, if the image has a contour at all.

    Counts are pooled over the images. A class in neither truth nor prediction within the band is undefined: NaN with
    `average=None`, left out of the mean with `"macro"`. False contours that are far from the true ones go unseen, and
    the score is not symmetric; see `boundary_iou`. Note the `ignore_index` of 255: the method is made for data sets
    that have one. Raises `ArgumentError` for labels outside `[0, num_classes)`, or a width that is no width.

    Kohli, Ladicky and Torr 2009, section 5 (a band evaluated for its accuracy); Krähenbühl and Koltun 2011, section 5;
    Chen et al. 2018 (DeepLab v2), section 4.3 (for its mean IoU).

    Of the six pixels that are not ignored, the first and the last are further than 1 from a contour. Of the four in
    the band, class 0 has one hit; class 1 has two hits and a miss, which class 2 gets:

    >>> truth, prediction = [[0, 0, 255, 1, 1, 255, 255, 1, 1]], [[1, 0, 0, 1, 2, 0, 0, 1, 0]]
    >>> trimap_iou(truth, prediction, num_classes=3, width=1, average=None).round(3)
    array([1.   , 0.667, 0.   ])
    """
    if average not in ("macro", None):
        raise ArgumentError(f"trimap_iou: average is {average!r}; it must be 'macro' or None")
    matrix = trimap_confusion(
        y_true, y_pred, num_classes=num_classes, width=width, spacing=spacing, ignore_index=ignore_index
    )
    scores = class_iou(matrix)
    return mean_of_defined(scores) if average == "macro" else scores


def trimap_confusion(
    y_true: Any, y_pred: Any, *, num_classes: int, width: float, spacing: Any = None, ignore_index: int | None = 255
) -> np.ndarray:
    """The confusion matrix behind `trimap_iou`, `(K, K)` int64, of the pixels near contours of the truth.

    Sums over images, also of different sizes, give the score of all of them.
    """
    truth, prediction, valid, num_classes, lengths, _ = read_images(
        "trimap_iou", y_true, y_pred, num_classes=num_classes, ignore_index=ignore_index, spacing=spacing
    )
    steps = (steps_of_pixels if spacing is None else steps_of_lengths)("trimap_iou", width, lengths)
    marked = np.full(truth.shape, num_classes, np.int32)
    marked[valid] = truth[valid]
    band = near_other_label("trimap_iou", marked, np.ones_like(valid), steps, num_labels=num_classes + 1, frame=False)
    counted = band & valid
    return confusion_matrix(truth[counted], prediction[counted], num_classes=num_classes)
