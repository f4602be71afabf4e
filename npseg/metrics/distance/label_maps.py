"""Two label maps as the boundary metrics read them: checked, with the pixels that count."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from npseg.errors import ArgumentError, ShapeError
from npseg.metrics.overlap.confusion import (
    as_labels,
    check_ignore_index,
    check_num_classes,
    check_same_shape,
    valid_pixels,
)

__all__ = ["LabelMaps", "read_label_maps"]


class LabelMaps(NamedTuple):
    """Integer arrays of one shape, and a Boolean one: where the truth is not the ignore value."""

    truth: np.ndarray
    prediction: np.ndarray
    valid: np.ndarray
    num_classes: int


def read_label_maps(
    function: str, y_true: Any, y_pred: Any, *, num_classes: int, ignore_index: int | None, several: str
) -> LabelMaps:
    """Check two label maps of shape `(H, W)` or `several`, which is "(N, H, W)" or "(D, H, W)".

    Labels on valid pixels must be in `[0, num_classes)`; others may be anything, and are never looked at.
    """
    num_classes = check_num_classes(function, num_classes)
    ignore_index = check_ignore_index(function, ignore_index)
    truth = as_labels(function, "y_true", y_true)
    prediction = as_labels(function, "y_pred", y_pred)
    check_same_shape(function, truth, prediction)
    if truth.ndim not in (2, 3):
        raise ShapeError(f"{function}: y_true has shape {truth.shape}, expected (H, W) or {several}")
    valid = valid_pixels(truth, ignore_index)
    for name, labels in (("y_true", truth), ("y_pred", prediction)):
        kept = labels if ignore_index is None else labels[valid]
        if kept.size and not (kept.min() >= 0 and kept.max() < num_classes):
            raise ArgumentError(
                f"{function}: {name} holds labels from {kept.min()} to {kept.max()}, expected 0 to "
                f"{num_classes - 1}; check num_classes= and ignore_index="
            )
    return LabelMaps(truth, prediction, valid, num_classes)
