"""Pictures of a report: what an image, a label map and its mistakes look like, and their PNG bytes."""

from __future__ import annotations

import io

import numpy as np

from npseg.errors import ShapeError
from npseg.report.contents import Legend

__all__ = ["colour_labels", "displayable", "encode_png", "error_map"]

# Outside the palette of any sensible data set, and told from a dimmed picture without seeing colour.
WRONG = np.array([255, 82, 48], np.uint8)
IGNORED = np.array([176, 176, 176], np.uint8)

_DIMMED = 0.4
_LONGEST_SIDE = 480


def displayable(image: np.ndarray) -> np.ndarray:
    """An image `(H, W)` or `(H, W, C)` of any type as RGB `(H, W, 3)` uint8.

    8-bit images stay as they are; all others are stretched from their 1st to their 99.8th percentile. Three
    and more channels show the first three, one or two the first as grey.

    >>> displayable(np.array([[0, 200]], np.uint8))[0].tolist()
    [[0, 0, 0], [200, 200, 200]]
    """
    image = np.asarray(image)
    if image.ndim == 2:
        image = image[..., None]
    if image.ndim != 3 or image.size == 0:
        raise ShapeError(f"report: an example's image has shape {image.shape}, expected (H, W, C) or (H, W)")
    image = image[..., :3] if image.shape[2] >= 3 else np.repeat(image[..., :1], 3, axis=2)
    if image.dtype == np.uint8:
        return image
    values = image.astype(np.float64)
    finite = values[np.isfinite(values)]
    low, high = np.percentile(finite, (1.0, 99.8)) if finite.size else (0.0, 1.0)
    if high <= low:  # a picture almost all of one value: its percentiles say nothing
        low, high = (finite.min(), finite.max()) if finite.size else (0.0, 1.0)
    stretched = (np.nan_to_num(values, nan=low, posinf=high, neginf=low) - low) / max(high - low, 1e-300)
    return np.round(255 * np.clip(stretched, 0, 1)).astype(np.uint8)


def colour_labels(labels: np.ndarray, legend: Legend) -> np.ndarray:
    """A label map `(H, W)` in the colours of its classes, `(H, W, 3)` uint8; all other values are grey.

    >>> legend = Legend(["a", "b"], np.array([[0, 0, 0], [9, 9, 9]]), ignore_index=255)
    >>> colour_labels(np.array([[1, 255]]), legend)[0].tolist()
    [[9, 9, 9], [176, 176, 176]]
    """
    labels = np.asarray(labels)
    _require_map("label map", labels)
    palette = np.asarray(legend.palette, np.uint8)
    known = (labels >= 0) & (labels < len(palette)) & (labels != _ignored_value(legend))
    coloured = np.broadcast_to(IGNORED, (*labels.shape, 3)).copy()
    coloured[known] = palette[labels[known].astype(np.intp)]
    return coloured


def error_map(image: np.ndarray, truth: np.ndarray, prediction: np.ndarray, ignore_index: int | None) -> np.ndarray:
    """Where a prediction is right (the image, dimmed), wrong (bright red) and not judged (grey); RGB uint8.

    >>> image = np.full((1, 3), 100, np.uint8)
    >>> error_map(image, np.array([[0, 1, 255]]), np.array([[0, 0, 0]]), 255)[0].tolist()
    [[40, 40, 40], [255, 82, 48], [176, 176, 176]]
    """
    truth, prediction = np.asarray(truth), np.asarray(prediction)
    _require_map("mask", truth)
    rgb = displayable(image)
    if not rgb.shape[:2] == truth.shape == prediction.shape:
        raise ShapeError(
            f"report: an example has an image of shape {np.shape(image)}, a mask of {truth.shape} "
            f"and a prediction of {prediction.shape}; height and width must agree"
        )
    grey = rgb.astype(np.float64).mean(axis=2, keepdims=True)
    errors = np.repeat(np.round(_DIMMED * grey).astype(np.uint8), 3, axis=2)
    errors[truth != prediction] = WRONG
    if ignore_index is not None:
        errors[truth == ignore_index] = IGNORED
    return errors


def encode_png(rgb: np.ndarray, *, smooth: bool = False) -> bytes:
    """PNG bytes of an RGB picture, shrunk to at most 480 pixels a side by averaging (`smooth`) or picking."""
    from PIL import Image

    picture = Image.fromarray(np.ascontiguousarray(rgb))
    resampling = Image.Resampling.BOX if smooth else Image.Resampling.NEAREST
    picture.thumbnail((_LONGEST_SIDE, _LONGEST_SIDE), resampling)
    buffer = io.BytesIO()
    picture.save(buffer, "PNG", optimize=True)
    return buffer.getvalue()


def _ignored_value(legend: Legend) -> int:
    return -1 if legend.ignore_index is None else legend.ignore_index


def _require_map(what: str, labels: np.ndarray) -> None:
    if labels.ndim != 2:
        raise ShapeError(f"report: a {what} has shape {labels.shape}, expected (H, W)")
