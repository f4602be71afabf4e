"""The confusion matrix of every image, small enough to keep: only cells that are not 0.

An image holds few of the classes of a large data set; of 150 classes a full matrix would take 180 kB for each image.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from npseg.arrays import as_numpy
from npseg.errors import ArgumentError, DTypeError, ShapeError
from npseg.metrics.overlap.class_counts import ClassCounts

__all__ = ["ImageCounts", "ImageId", "check_confusions", "check_ids"]

ImageId = str | int
_EXACT_INT = 1 << 63


class ImageCounts:
    """Counts of images in the order they came, each with an id or None.

    >>> images = ImageCounts(2)
    >>> images.append(np.array([[3, 1], [0, 0]]), "a.png")
    >>> images.confusions().tolist(), images.ids
    ([[[3, 1], [0, 0]]], ['a.png'])
    """

    def __init__(self, num_classes: int) -> None:
        self.num_classes = num_classes
        self.ids: list[ImageId | None] = []
        self._cells: list[np.ndarray] = []
        self._counts: list[np.ndarray] = []
        self._places: dict[ImageId, int] = {}

    @classmethod
    def of(cls, confusions: np.ndarray, ids: Sequence[ImageId | None] | None = None) -> ImageCounts:
        """From `(N, K, K)` integers and as many ids, none of which comes twice."""
        images = cls(confusions.shape[-1])
        for matrix, image_id in zip(confusions, ids or [None] * len(confusions), strict=True):
            images.append(matrix, image_id)
        return images

    def __len__(self) -> int:
        return len(self.ids)

    def __iter__(self) -> Iterator[tuple[np.ndarray, ImageId | None]]:
        """Matrix `(K, K)` int64 and id of each image."""
        for index, image_id in enumerate(self.ids):
            yield self.confusion(index), image_id

    def repeated(self, ids: Iterable[ImageId | None]) -> list[ImageId]:
        """Those of the ids that are here already, or come twice."""
        seen, twice = set(self._places), []
        for one in ids:
            if one is None:
                continue
            if one in seen:
                twice.append(one)
            seen.add(one)
        return twice

    def append(self, matrix: np.ndarray, image_id: ImageId | None) -> None:
        """One more image, or more pixels of one that is here."""
        if image_id is not None and image_id in self._places:
            index = self._places[image_id]
            self._cells[index], self._counts[index] = _sparse(self.confusion(index) + matrix)
            return
        if image_id is not None:
            self._places[image_id] = len(self.ids)
        cells, counts = _sparse(matrix)
        self.ids.append(image_id)
        self._cells.append(cells)
        self._counts.append(counts)

    def copy(self) -> ImageCounts:
        """The images so far; later ones do not show in it."""
        other = ImageCounts(self.num_classes)
        other.ids, other._places = list(self.ids), dict(self._places)
        other._cells, other._counts = list(self._cells), list(self._counts)
        return other

    def confusion(self, index: int) -> np.ndarray:
        """The matrix of one image, `(K, K)` int64."""
        matrix = np.zeros(self.num_classes * self.num_classes, np.int64)
        matrix[self._cells[index]] = self._counts[index]
        return matrix.reshape(self.num_classes, self.num_classes)

    def confusions(self) -> np.ndarray:
        """All of them, `(N, K, K)` int64."""
        matrices = np.zeros((len(self), self.num_classes, self.num_classes), np.int64)
        for index, matrix in enumerate(matrices):
            matrix.reshape(-1)[self._cells[index]] = self._counts[index]
        return matrices

    def sparse(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Counts that are not 0, the cells (row * K + column) that they stand in, and where each image begins in both,
        `(N + 1,)`: the rows of a sparse matrix."""
        nothing = np.zeros(0, np.int64)
        begins = np.cumsum([0, *(len(cells) for cells in self._cells)])
        return np.concatenate([nothing, *self._counts]), np.concatenate([nothing, *self._cells]), begins

    def total(self) -> np.ndarray:
        """Their sum, `(K, K)` int64."""
        matrix = np.zeros(self.num_classes * self.num_classes, np.int64)
        for cells, counts in zip(self._cells, self._counts):
            matrix[cells] += counts
        return matrix.reshape(self.num_classes, self.num_classes)

    def class_counts(self) -> ClassCounts:
        """Each class against the rest in each image, `(N, K)`, without ever holding all matrices."""
        hits, truth, predicted = np.zeros((3, len(self), self.num_classes), np.int64)
        for index, (cells, counts) in enumerate(zip(self._cells, self._counts)):
            rows, columns = np.divmod(cells, self.num_classes)
            np.add.at(truth[index], rows, counts)
            np.add.at(predicted[index], columns, counts)
            right = rows == columns
            hits[index, rows[right]] = counts[right]
        pixels = truth.sum(axis=1, keepdims=True)
        return ClassCounts(hits, predicted - hits, truth - hits, pixels - truth - predicted + hits)

    def state(self) -> dict[str, Any]:
        """Plain lists: cells and their counts, image after image; how many cells each has; the ids."""
        return {
            "cells": [cell for cells in self._cells for cell in cells.tolist()],
            "counts": [count for counts in self._counts for count in counts.tolist()],
            "sizes": [len(cells) for cells in self._cells],
            "ids": list(self.ids),
        }

    @classmethod
    def from_state(cls, num_classes: int, state: Mapping[str, Any]) -> ImageCounts:
        """The images of `state`; raises `ArgumentError` for a damaged one."""
        arrays = [np.asarray(state[name]) for name in ("cells", "counts", "sizes")]
        if any(array.size and array.dtype.kind not in "iu" for array in arrays):
            raise ArgumentError("state of images: cells, counts and sizes must be integers; the state is damaged")
        cells, counts, sizes = (array.astype(np.int64) for array in arrays)
        whole = (
            cells.ndim == counts.ndim == sizes.ndim == 1
            and len(cells) == len(counts) == sizes.sum()
            and len(sizes) == len(state["ids"])
            and (counts > 0).all()
            and (sizes >= 0).all()
            and (cells >= 0).all()
            and (cells < num_classes * num_classes).all()
        )
        if not whole:
            raise ArgumentError("state of images: cells, counts, sizes and ids do not fit together; it is damaged")
        images = cls(num_classes)
        ends = np.cumsum(sizes)
        for begin, end, image_id in zip(ends - sizes, ends, state["ids"]):
            if images.repeated([image_id]):
                raise ArgumentError(f"state of images: image {image_id!r} is there twice; the state is damaged")
            matrix = np.zeros((num_classes, num_classes), np.int64)
            matrix.reshape(-1)[cells[begin:end]] = counts[begin:end]
            images.append(matrix, image_id)
        return images


def check_confusions(function: str, name: str, counts: Any) -> np.ndarray:
    """Confusion matrices of images, `(N, K, K)` int64, or a worded error."""
    array = as_numpy(counts, name=name)
    if array.ndim != 3 or array.shape[1] != array.shape[2] or array.shape[1] == 0:
        raise ShapeError(
            f"{function}: {name} has shape {array.shape}, expected (N, K, K): the confusion matrix of each image, rows "
            "the truth"
        )
    if array.dtype.kind not in "iu":
        raise DTypeError(
            f"{function}: {name} has type {array.dtype}, expected integers; pass counts of pixels, not shares"
        )
    if array.size and (array.min() < 0 or array.max() >= _EXACT_INT):
        raise ArgumentError(
            f"{function}: {name} holds numbers from {array.min()} to {array.max()}; counts of pixels are at least 0 "
            "and fit 63 bits"
        )
    return array.astype(np.int64, copy=False)


def check_ids(function: str, name: str, given: Any, images: int | None) -> list[ImageId | None]:
    """One id for each of the images of a batch; None is a single image, without batch axis."""
    number = 1 if images is None else images
    if given is None:
        return [None] * number
    single = isinstance(given, str | int | np.integer) or not isinstance(given, Iterable)
    ids = [given] if single else list(given)
    if len(ids) != number or (images is None and not single):
        expected = "one str or int" if images is None else f"a sequence of {number}, one for each image"
        raise ArgumentError(f"{function}: {name} is {given!r}; expected {expected}")
    for one in ids:
        if isinstance(one, bool) or not isinstance(one, str | int | np.integer):
            raise ArgumentError(f"{function}: {name} holds {one!r}; an id is a str or an int, such as a file name")
    return [str(one) if isinstance(one, str) else int(one) for one in ids]


def _sparse(matrix: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    flat = np.ascontiguousarray(matrix, np.int64).reshape(-1)
    cells = np.flatnonzero(flat)
    return cells, flat[cells]
