"""The one check of label maps, made before any loop trusts them."""

from __future__ import annotations

from typing import Any

import numpy as np

from npseg import kernels
from npseg.arrays import as_numpy
from npseg.errors import ArgumentError, DTypeError, ShapeError

__all__ = ["class_numbers"]

_LISTED = 8  # wrong values that an error shows


def class_numbers(op: str, shape: tuple[int, ...], labels: Any, ignore_index: int | None) -> np.ndarray:
    """Labels of logits of `shape` (..., K) as flat int32 (P,): the class, or -1 where a pixel is ignored.

    One compiled pass; what is wrong is looked up only when something is. Raises `ShapeError` when labels do not go with
    the logits, `DTypeError` when they are not integers, and `ArgumentError`, with the values and the number of pixels,
    when a label is neither a class 0..K-1 nor `ignore_index`.
    """
    labels = as_numpy(labels, name="labels")
    if labels.shape != shape[:-1]:
        hint = "pass a label map of integers"
        if labels.shape == shape:
            hint = "labels look one-hot or like scores; pass labels.argmax(-1)"
        elif labels.shape == (*shape[:-1], 1):
            hint = "drop the last axis, labels[..., 0]"
        raise ShapeError(
            f"{op}: logits have shape {shape}, so labels must have shape {shape[:-1]}, got {labels.shape}; {hint}"
        )
    if labels.dtype.kind == "b":
        labels = labels.astype(np.uint8)
    if labels.dtype.kind not in "iu":
        raise DTypeError(f"{op}: labels have type {labels.dtype}; expected integers, convert with .astype(np.int32)")
    classes = shape[-1]
    # A value that the type cannot hold never occurs. The others are compared as int64, so that the loop is compiled
    # once for all types; uint64 from 2**63 up turns negative there, hence stays no class, and equals an ignore value
    # only that turned with it.
    limits = np.iinfo(labels.dtype)
    has_ignore = ignore_index is not None and limits.min <= ignore_index <= limits.max
    ignore = np.array(ignore_index if has_ignore else 0, labels.dtype).astype(np.int64)[()]
    flat = np.require(labels, np.int64, ["C", "W"]).reshape(-1)
    numbers = np.empty(flat.size, np.int32)
    if kernels.labels.class_numbers(flat, classes, ignore, has_ignore, numbers):
        raise ArgumentError(_describe_wrong(op, labels, classes, ignore_index))
    return numbers


def _describe_wrong(op: str, labels: np.ndarray, classes: int, ignore_index: int | None) -> str:
    wrong = (labels < 0) | (labels >= classes)
    if ignore_index is not None:
        wrong &= labels != ignore_index
    values, counts = np.unique(labels[wrong], return_counts=True)
    listed = ", ".join(f"{v} ({n} pixels)" for v, n in zip(values[:_LISTED], counts[:_LISTED]))
    more = f" and {len(values) - _LISTED} more values" if len(values) > _LISTED else ""
    return (
        f"{op}: labels hold {listed}{more}, but logits have {classes} classes, 0 to {classes - 1}, and "
        f"ignore_index is {ignore_index}; raise num_classes, remap the labels, or set ignore_index"
    )
