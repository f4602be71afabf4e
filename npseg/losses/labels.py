"""The one check of label maps that every loss makes before it trusts them."""

from __future__ import annotations

from typing import Any

import numpy as np

from npseg.arrays import as_numpy
from npseg.errors import ArgumentError, DTypeError, ShapeError

__all__ = ["check_labels"]

_LISTED = 8  # wrong values that an error shows


def check_labels(loss: str, logits: Any, labels: Any, ignore_index: int | None) -> tuple[np.ndarray, np.ndarray]:
    """Labels as an integer array, and where they count (True) or are ignored (False).

    `logits` is (..., K) and `labels` (...). Raises `ShapeError` when they do not go together, `DTypeError`
    when labels are not integers, and `ArgumentError`, with the values and the number of pixels, when a label
    is neither a class 0..K-1 nor `ignore_index`.
    """
    labels = as_numpy(labels, name="labels")
    shape, classes = tuple(logits.shape), logits.shape[-1]
    if labels.shape != shape[:-1]:
        hint = "pass a label map of integers"
        if labels.shape == shape:
            hint = "labels look one-hot or like scores; pass labels.argmax(-1)"
        elif labels.shape == (*shape[:-1], 1):
            hint = "drop the last axis, labels[..., 0]"
        raise ShapeError(
            f"{loss}: logits have shape {shape}, so labels must have shape {shape[:-1]}, got {labels.shape}; {hint}"
        )
    if labels.dtype.kind == "b":
        labels = labels.astype(np.uint8)
    if labels.dtype.kind not in "iu":
        raise DTypeError(f"{loss}: labels have type {labels.dtype}; expected integers, convert with .astype(np.int32)")
    valid = labels != ignore_index if ignore_index is not None else np.ones(labels.shape, bool)
    wrong = ((labels < 0) | (labels >= classes)) & valid
    if wrong.any():
        values, counts = np.unique(labels[wrong], return_counts=True)
        listed = ", ".join(f"{v} ({n} pixels)" for v, n in zip(values[:_LISTED], counts[:_LISTED]))
        more = f" and {len(values) - _LISTED} more values" if len(values) > _LISTED else ""
        raise ArgumentError(
            f"{loss}: labels hold {listed}{more}, but logits have {classes} classes, 0 to {classes - 1}, and "
            f"ignore_index is {ignore_index}; raise num_classes, remap the labels, or set ignore_index"
        )
    return labels, valid
