"""Two label maps as the boundary metrics read them: checked, with the pixels that count."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from npseg.errors import ArgumentError, ShapeError
from npseg.metrics.distance.spacing import check_spacing, spatial_axes
from npseg.metrics.overlap.confusion import (
    as_labels,
    check_ignore_index,
    check_num_classes,
    check_same_shape,
    valid_pixels,
)

__all__ = ["Images", "LabelMaps", "read_images", "read_label_maps"]


_AXES = {"(H, W) or (N, H, W)": (2, 3), "(H, W) or (D, H, W)": (2, 3), "(D, H, W) or (N, D, H, W)": (3, 4)}


class LabelMaps(NamedTuple):
    """Integer arrays of one shape, and a Boolean one: where the truth is not the ignore value."""

    truth: np.ndarray
    prediction: np.ndarray
    valid: np.ndarray
    num_classes: int


def read_label_maps(
    function: str, y_true: Any, y_pred: Any, *, num_classes: int, ignore_index: int | None, several: str
) -> LabelMaps:
    """Check two label maps of the shapes that `several` names, one of those in `_AXES`.

    Labels on valid pixels must be in `[0, num_classes)`; others may be anything, and are never looked at.
    """
    num_classes = check_num_classes(function, num_classes)
    ignore_index = check_ignore_index(function, ignore_index)
    truth = as_labels(function, "y_true", y_true)
    prediction = as_labels(function, "y_pred", y_pred)
    check_same_shape(function, truth, prediction)
    if truth.ndim not in _AXES[several]:
        raise ShapeError(f"{function}: y_true has shape {truth.shape}, expected {several}")
    valid = valid_pixels(truth, ignore_index)
    for name, labels in (("y_true", truth), ("y_pred", prediction)):
        kept = labels if ignore_index is None else labels[valid]
        if kept.size and not (kept.min() >= 0 and kept.max() < num_classes):
            raise ArgumentError(
                f"{function}: {name} holds labels from {kept.min()} to {kept.max()}, expected 0 to "
                f"{num_classes - 1}; check num_classes= and ignore_index="
            )
    return LabelMaps(truth, prediction, valid, num_classes)


class Images(NamedTuple):
    """Truth, prediction and the pixels that count, each `(N, H, W)` or `(N, D, H, W)`, and what came with them."""

    truth: np.ndarray
    prediction: np.ndarray
    valid: np.ndarray
    num_classes: int
    spacing: tuple[float, ...]
    batch: tuple[int, ...]
    """Shape of the axes before those of an image: `(N,)`, or `()` of a single one."""


def read_images(
    function: str, y_true: Any, y_pred: Any, *, num_classes: int, ignore_index: int | None, spacing: Any
) -> Images:
    """Check label maps of one image or several: planes, or with a spacing of three numbers volumes."""
    axes = spatial_axes(spacing)
    steps = check_spacing(function, spacing, axes)
    maps = read_label_maps(
        function, y_true, y_pred, num_classes=num_classes, ignore_index=ignore_index,
        several="(H, W) or (N, H, W)" if axes == 2 else "(D, H, W) or (N, D, H, W)",
    )  # fmt: skip
    shape = maps.truth.shape
    batch, sides = shape[: len(shape) - axes], shape[len(shape) - axes :]
    one, two, three = (array.reshape(math.prod(batch), *sides) for array in maps[:3])
    return Images(one, two, three, maps.num_classes, steps, batch)
