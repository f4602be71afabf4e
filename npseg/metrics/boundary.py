"""Boundary F1: do the outlines lie where they should, whatever the areas are?"""

from __future__ import annotations

from typing import Any, Literal, overload

import numpy as np

from npseg.errors import ArgumentError, MissingExtraError, ShapeError
from npseg.metrics.confusion import (
    as_labels,
    check_ignore_index,
    check_num_classes,
    check_same_shape,
    valid_pixels,
)
from npseg.metrics.formulas import mean_of_defined

__all__ = ["boundary_f1"]


@overload
def boundary_f1(
    y_true: Any,
    y_pred: Any,
    *,
    num_classes: int,
    tolerance: float,
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
    ignore_index: int | None = None,
    average: None,
) -> np.ndarray: ...
def boundary_f1(
    y_true: Any,
    y_pred: Any,
    *,
    num_classes: int,
    tolerance: float,
    ignore_index: int | None = None,
    average: Literal["macro"] | None = "macro",
) -> float | np.ndarray:
    """Boundary F1 (BF score) of label maps `(H, W)` or `(N, H, W)`.

    The boundary of a class is its pixels with a 4-neighbour of another class; the frame of the image and the
    rim of an ignored area are no boundary. Precision is the share of predicted boundary pixels at most
    `tolerance` pixels (Euclidean) from the true boundary of that class, recall the reverse, and their
    harmonic mean is the score of that class in that image. A class with a boundary on one side only scores 0;
    on neither side, it is undefined.

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
    num_classes = check_num_classes("boundary_f1", num_classes)
    ignore_index = check_ignore_index("boundary_f1", ignore_index)
    if average not in ("macro", None):
        raise ArgumentError(f"boundary_f1: average is {average!r}; it must be 'macro' or None")
    if not tolerance >= 0:
        raise ArgumentError(f"boundary_f1: tolerance is {tolerance!r}; it is a number of pixels, at least 0")
    truth = as_labels("boundary_f1", "y_true", y_true)
    prediction = as_labels("boundary_f1", "y_pred", y_pred)
    check_same_shape("boundary_f1", truth, prediction)
    if truth.ndim not in (2, 3):
        raise ShapeError(f"boundary_f1: y_true has shape {truth.shape}, expected (H, W) or (N, H, W)")
    valid = valid_pixels(truth, ignore_index)
    for name, labels in (("y_true", truth), ("y_pred", prediction)):
        kept = labels[valid]
        if kept.size and not (kept.min() >= 0 and kept.max() < num_classes):
            raise ArgumentError(
                f"boundary_f1: {name} holds labels from {kept.min()} to {kept.max()}, expected 0 to "
                f"{num_classes - 1}; check num_classes= and ignore_index="
            )
    images = [array.reshape(-1, *truth.shape[-2:]) for array in (truth, prediction, valid)]
    scores = np.array(
        [
            [_class_score(t == label, p == label, v, tolerance) for label in range(num_classes)]
            for t, p, v in zip(*images)
        ]
    ).reshape(-1, num_classes)
    if average == "macro":
        return mean_of_defined(np.array([mean_of_defined(image) for image in scores]))
    return scores.reshape(*truth.shape[:-2], num_classes)


def _class_score(truth: np.ndarray, prediction: np.ndarray, valid: np.ndarray, tolerance: float) -> float:
    true_boundary, predicted_boundary = _boundary(truth, valid), _boundary(prediction, valid)
    if not true_boundary.any() and not predicted_boundary.any():
        return float("nan")
    if not true_boundary.any() or not predicted_boundary.any():
        return 0.0
    precision = np.mean(_distance_to(true_boundary)[predicted_boundary] <= tolerance)
    recall = np.mean(_distance_to(predicted_boundary)[true_boundary] <= tolerance)
    total = precision + recall
    return float(2 * precision * recall / total) if total > 0 else 0.0


def _boundary(inside: np.ndarray, valid: np.ndarray) -> np.ndarray:
    """Valid pixels inside that touch a valid pixel outside, (H, W) Boolean."""
    boundary = np.zeros(inside.shape, np.bool_)
    for axis in (0, 1):
        length = inside.shape[axis]
        near = (slice(None),) * axis + (slice(0, max(length - 1, 0)),)
        far = (slice(None),) * axis + (slice(1, None),)
        step = (inside[near] != inside[far]) & valid[near] & valid[far]
        boundary[near] |= step & inside[near]
        boundary[far] |= step & inside[far]
    return boundary


def _distance_to(mask: np.ndarray) -> np.ndarray:
    try:
        from scipy.ndimage import distance_transform_edt
    except ImportError as error:
        raise MissingExtraError("boundary_f1: needs SciPy for distances; run: pip install scipy") from error
    return distance_transform_edt(~mask)
