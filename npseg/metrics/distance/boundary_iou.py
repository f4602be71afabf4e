"""Boundary IoU: intersection over union of the pixels inside an object that are near its contour."""

from __future__ import annotations

import math
from typing import Any, Literal, overload

import numpy as np

from npseg.errors import ArgumentError
from npseg.metrics.distance.bands import near_other_label, steps_of_lengths, steps_of_pixels
from npseg.metrics.distance.label_maps import read_images
from npseg.metrics.overlap.formulas import mean_of_defined

__all__ = ["WIDTH_OF_DIAGONAL", "WidthUnit", "band_counts", "band_steps", "boundary_iou"]

WIDTH_OF_DIAGONAL = 0.02
"""The width of Cheng et al. 2021, as a share of the image's diagonal."""

WidthUnit = Literal["diagonal", "pixels", "spacing"]


@overload
def boundary_iou(
    y_true: Any,
    y_pred: Any,
    *,
    num_classes: int,
    width: float = WIDTH_OF_DIAGONAL,
    width_unit: WidthUnit = "diagonal",
    frame: bool = True,
    spacing: Any = None,
    ignore_index: int | None = None,
    average: Literal["macro"] = "macro",
) -> float: ...
@overload
def boundary_iou(
    y_true: Any,
    y_pred: Any,
    *,
    num_classes: int,
    width: float = WIDTH_OF_DIAGONAL,
    width_unit: WidthUnit = "diagonal",
    frame: bool = True,
    spacing: Any = None,
    ignore_index: int | None = None,
    average: None,
) -> np.ndarray: ...
def boundary_iou(
    y_true: Any,
    y_pred: Any,
    *,
    num_classes: int,
    width: float = WIDTH_OF_DIAGONAL,
    width_unit: WidthUnit = "diagonal",
    frame: bool = True,
    spacing: Any = None,
    ignore_index: int | None = None,
    average: Literal["macro"] | None = "macro",
) -> float | np.ndarray:
    """Boundary IoU of label maps `(H, W)` or `(N, H, W)`, or with three numbers as `spacing` of volumes.

    The band of a class is its pixels that have a pixel of another class at most d steps away, counting diagonal steps
    as one, as d erosions by a square of 3 x 3 leave them. The score of a class is the number of pixels in its true and
    its predicted band, over the number in either. With `width_unit="diagonal"`, d is `width` times the diagonal of the
    image, rounded, and at least 1, which makes the score depend on the size of the image around the objects; with
    `"pixels"`, d is `width`, a whole number.

    `spacing` is the distance of neighbours along each axis: (y, x), or (z, y, x) of volumes `(D, H, W)` or
    `(N, D, H, W)`, also where it is (1, 1, 1). The diagonal is then taken in its unit, as is a `width` with
    `width_unit="spacing"`, and d is that length over the spacing of each axis, rounded, and at least 1.

    The frame of the image counts as contour, as in the authors' code: an object that is cut off there ends there. With
    `frame=False` it does not. The rim of an ignored area is no contour, ignored pixels are in no band, and predictions
    there do not matter.

    Counts are pooled over the images. A class without a band on either side is undefined: NaN with `average=None`,
    left out of the mean with `"macro"`. It is not a law that correcting a pixel raises the score, because that moves
    the band. Raises `ArgumentError` for labels outside `[0, num_classes)`, or a width that is no width.

    Cheng et al. 2021, section 5; their code takes masks of single objects, of which a class here is one.

    The edge is predicted one pixel too far left, and bands of one pixel have nothing in common. Where the band is as
    wide as the objects, the score is the IoU:

    >>> truth, prediction = [[0, 0, 0, 1, 1, 1]], [[0, 0, 1, 1, 1, 1]]
    >>> options = {"num_classes": 2, "width_unit": "pixels", "average": None, "frame": False}
    >>> boundary_iou(truth, prediction, width=1, **options)
    array([0., 0.])
    >>> boundary_iou(truth, prediction, width=4, **options).round(3)
    array([0.667, 0.75 ])
    """
    if average not in ("macro", None):
        raise ArgumentError(f"boundary_iou: average is {average!r}; it must be 'macro' or None")
    common, either = band_counts(
        y_true, y_pred, num_classes=num_classes, width=width, width_unit=width_unit, frame=frame,
        spacing=spacing, ignore_index=ignore_index,
    )  # fmt: skip
    scores = np.full(common.size, np.nan)
    np.divide(common, either, out=scores, where=either > 0)
    return mean_of_defined(scores) if average == "macro" else scores


def band_counts(
    y_true: Any,
    y_pred: Any,
    *,
    num_classes: int,
    width: float,
    width_unit: WidthUnit,
    frame: bool = True,
    spacing: Any = None,
    ignore_index: int | None = None,
) -> np.ndarray:
    """The counts behind `boundary_iou`, `(2, K)` int64: of each class the pixels in both bands, and in either.

    Sums over images, also of different sizes, divide to the score of all of them.
    """
    truth, prediction, valid, num_classes, lengths, _ = read_images(
        "boundary_iou", y_true, y_pred, num_classes=num_classes, ignore_index=ignore_index, spacing=spacing
    )
    steps = band_steps(width, width_unit, truth.shape[1:], lengths)
    true_band, predicted_band = (
        near_other_label("boundary_iou", labels, valid, steps, num_labels=num_classes, frame=frame)
        for labels in (truth, prediction)
    )
    common = _count(truth, true_band & predicted_band & (truth == prediction), num_classes)
    either = _count(truth, true_band, num_classes) + _count(prediction, predicted_band, num_classes) - common
    return np.stack([common, either])


def band_steps(width: Any, width_unit: str, shape: tuple[int, ...], spacing: tuple[float, ...]) -> tuple[int, ...]:
    """How many steps along each axis a band is wide; raises `ArgumentError` for a width that is no width."""
    if width_unit == "pixels":
        return steps_of_pixels("boundary_iou", width, spacing)
    if width_unit == "spacing":
        return steps_of_lengths("boundary_iou", width, spacing)
    if width_unit != "diagonal":
        raise ArgumentError(
            f"boundary_iou: width_unit is {width_unit!r}; it must be 'diagonal' (a share of it), 'pixels' or 'spacing'"
        )
    if isinstance(width, bool) or not isinstance(width, int | float | np.number) or not 0 < width <= 1:
        raise ArgumentError(
            f"boundary_iou: width is {width!r}; as a share of the diagonal it is above 0 and at most 1 "
            "(pass width_unit='pixels' for a number of pixels)"
        )
    diagonal = math.hypot(*(side * step for side, step in zip(shape, spacing)))
    return tuple(max(1, round(width * diagonal / step)) for step in spacing)


def _count(labels: np.ndarray, where: np.ndarray, num_classes: int) -> np.ndarray:
    return np.bincount(labels[where].astype(np.int64), minlength=num_classes)
