"""Boundary F1: do the outlines lie where they should, whatever the areas are?"""

from __future__ import annotations

from typing import Any, Literal, overload

import numpy as np

from npseg.errors import ArgumentError
from npseg.metrics.distance.label_maps import read_images
from npseg.metrics.distance.surfaces import distances_between, inner_edge
from npseg.metrics.overlap.formulas import mean_of_defined

__all__ = ["TOLERANCE_OF_DIAGONAL", "boundary_f1"]

TOLERANCE_OF_DIAGONAL = 0.0075
"""The tolerance of Csurka, Larlus and Perronnin 2013, as a share of the image's diagonal."""

_ROUNDING = 1e-12  # of distances, whose squares are sums of squared spacings


@overload
def boundary_f1(
    y_true: Any,
    y_pred: Any,
    *,
    num_classes: int,
    tolerance: float,
    spacing: Any = None,
    ignore_index: int | None = None,
    average: Literal["macro"] = "macro",
) -> float: ...
@overload
def boundary_f1(
    y_true: Any,
    y_pred: Any,
    *,
    num_classes: int,
    tolerance: float,
    spacing: Any = None,
    ignore_index: int | None = None,
    average: None,
) -> np.ndarray: ...
def boundary_f1(
    y_true: Any,
    y_pred: Any,
    *,
    num_classes: int,
    tolerance: float,
    spacing: Any = None,
    ignore_index: int | None = None,
    average: Literal["macro"] | None = "macro",
) -> float | np.ndarray:
    """Boundary F1 (BF score) of label maps `(H, W)` or `(N, H, W)`, or with three numbers as `spacing` of volumes.

    The boundary of a class is its pixels with a 4-neighbour of another class (in a volume one of 6, along a face); the
    frame of the image and the rim of an ignored area are no boundary. Precision is the share of predicted boundary
    pixels at most `tolerance` (Euclidean) from the true boundary of that class, recall the reverse, and their harmonic
    mean is the score of that class in that image. A class with a boundary on one side only scores 0; on neither side,
    it is undefined.

    `spacing` is the distance of neighbours along each axis, whose unit the tolerance then has: (y, x), or (z, y, x) of
    volumes `(D, H, W)` or `(N, D, H, W)`, also where it is (1, 1, 1).

    `average=None` returns these as `(K,)` or `(N, K)`, NaN where undefined. `"macro"` is the mean over an
    image's defined classes, then over the images where that is defined. Predictions on ignored pixels do not
    matter. Labels outside `[0, num_classes)` raise `ArgumentError`.

    Csurka, Larlus and Perronnin 2013, the BF measure (they ask for a distance below the tolerance; here it
    may be equal, so that `tolerance=0` asks for coincidence).

    The edge is predicted one pixel too far left:

    >>> truth, prediction = [[0, 0, 1, 1]], [[0, 1, 1, 1]]
    >>> boundary_f1(truth, prediction, num_classes=2, tolerance=0)
    0.0
    >>> boundary_f1(truth, prediction, num_classes=2, tolerance=1)
    1.0
    """
    if average not in ("macro", None):
        raise ArgumentError(f"boundary_f1: average is {average!r}; it must be 'macro' or None")
    number = isinstance(tolerance, int | float | np.number) and not isinstance(tolerance, bool)
    if not (number and tolerance >= 0):
        raise ArgumentError(f"boundary_f1: tolerance is {tolerance!r}; it is a distance, at least 0")
    truth, prediction, valid, num_classes, lengths, batch = read_images(
        "boundary_f1", y_true, y_pred, num_classes=num_classes, ignore_index=ignore_index, spacing=spacing
    )
    scores = np.array(
        [
            [_class_score(t == label, p == label, v, tolerance, lengths) for label in range(num_classes)]
            for t, p, v in zip(truth, prediction, valid)
        ]
    ).reshape(len(truth), num_classes)
    if average == "macro":
        return mean_of_defined(np.array([mean_of_defined(image) for image in scores]))
    return scores.reshape(*batch, num_classes)


def _class_score(
    truth: np.ndarray, prediction: np.ndarray, valid: np.ndarray, tolerance: float, spacing: tuple[float, ...]
) -> float:
    true_edge, predicted_edge = (
        inner_edge(inside & valid, valid & ~inside, diagonal=False, frame=False) for inside in (truth, prediction)
    )
    to_predicted, to_true = distances_between(true_edge, predicted_edge, spacing)
    if not to_predicted.size and not to_true.size:
        return float("nan")
    if not to_predicted.size or not to_true.size:
        return 0.0
    largest = tolerance * (1 + _ROUNDING)
    recall, precision = np.mean(to_predicted <= largest), np.mean(to_true <= largest)
    total = precision + recall
    return float(2 * precision * recall / total) if total > 0 else 0.0
