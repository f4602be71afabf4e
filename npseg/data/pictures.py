"""Pictures for eyes: labels laid over images, and sheets of samples."""

from __future__ import annotations

import numpy as np

from npseg.data.dataset import Dataset, DatasetInfo
from npseg.data.palette import voc_palette
from npseg.errors import DataError

__all__ = ["colourise", "contact_sheet", "overlay", "viewable"]


def viewable(image: np.ndarray) -> np.ndarray:
    """Any image `(H, W)` or `(H, W, C)` -> `(H, W, 3)` uint8. 8-bit colours stay; the rest is stretched to be seen.

    Of more than three channels the first three are shown, of two the first.
    """
    if image.ndim == 2:
        image = image[:, :, None]
    if image.shape[2] not in (1, 3):
        image = image[:, :, :3] if image.shape[2] > 3 else image[:, :, :1]
    if image.dtype != np.uint8 or image.shape[2] == 1:
        low, high = np.percentile(image, (0.5, 99.5))
        scaled = (image.astype(np.float64) - low) / (high - low if high > low else 1.0)
        image = np.rint(np.clip(scaled, 0, 1) * 255).astype(np.uint8)
    return np.repeat(image, 3, axis=2) if image.shape[2] == 1 else image


def colourise(labels: np.ndarray, palette: np.ndarray) -> np.ndarray:
    """Labels `(H, W)` -> colours `(H, W, 3)` uint8; labels without a colour (ignored ones) are light grey.

    >>> colourise(np.array([[0, 255]]), np.array([[9, 8, 7]], np.uint8)).tolist()
    [[[9, 8, 7], [224, 224, 224]]]
    """
    colours = np.full((len(palette) + 1, 3), 224, np.uint8)
    colours[:-1] = palette
    known = (labels >= 0) & (labels < len(palette))
    return colours[np.where(known, labels, len(palette)).astype(np.int64)]


def overlay(
    image: np.ndarray, labels: np.ndarray, palette: np.ndarray | None = None, *, opacity: float = 0.5
) -> np.ndarray:
    """Lay the colours of labels `(H, W)` over an image: `(H, W, 3)` uint8. Class 0 (background) stays clear.

    Borders between labels are drawn in full colour. Raises `DataError` when the sizes differ.
    """
    if image.shape[:2] != labels.shape:
        raise DataError(f"overlay: the image is {image.shape[:2]} (H, W) and the labels are {labels.shape}")
    palette = voc_palette() if palette is None else palette
    base, colours = viewable(image).astype(np.float64), colourise(labels, palette)
    strength = np.where(labels == 0, 0.0, opacity)
    strength[_borders(labels)] = 1.0
    mixed = base * (1 - strength[:, :, None]) + colours * strength[:, :, None]
    return np.rint(mixed).astype(np.uint8)


def contact_sheet(dataset: Dataset, info: DatasetInfo, count: int = 8, *, side: int = 256) -> np.ndarray:
    """Samples spread evenly over a data set, two columns of image | labels: one `(H, W, 3)` uint8 picture."""
    if len(dataset) == 0:
        raise DataError(f"{info.name}: nothing to show, the split is empty")
    chosen = np.unique(np.linspace(0, len(dataset) - 1, min(count, len(dataset))).round().astype(int))
    cells = []
    for index in chosen:
        sample = dataset[int(index)]
        labels = np.zeros(sample.image.shape[:2], np.int64) if sample.mask is None else sample.mask
        pair = [viewable(sample.image), colourise(labels, info.palette)]
        cells.append(np.concatenate([_fit(picture, side) for picture in pair], axis=1))
    if len(cells) % 2 and len(cells) > 1:
        cells.append(np.full_like(cells[0], 255))
    columns = 2 if len(cells) > 1 else 1
    rows = [np.concatenate(cells[i : i + columns], axis=1) for i in range(0, len(cells), columns)]
    return np.concatenate(rows, axis=0)


def _borders(labels: np.ndarray) -> np.ndarray:
    border = np.zeros(labels.shape, bool)
    border[:-1] |= labels[:-1] != labels[1:]
    border[:, :-1] |= labels[:, :-1] != labels[:, 1:]
    return border & (labels != 0)


def _fit(picture: np.ndarray, side: int) -> np.ndarray:
    """Shrink (or repeat) pixels to at most `side`, on white, with a narrow margin."""
    height, width = picture.shape[:2]
    zoom = (side - 4) / max(height, width)
    rows = (np.arange(max(1, round(height * zoom))) / zoom).astype(int).clip(0, height - 1)
    columns = (np.arange(max(1, round(width * zoom))) / zoom).astype(int).clip(0, width - 1)
    cell = np.full((side, side, 3), 255, np.uint8)
    cell[2 : 2 + len(rows), 2 : 2 + len(columns)] = picture[np.ix_(rows, columns)]
    return cell
