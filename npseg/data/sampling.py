"""Which image comes when, and where on it a crop looks."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from npseg.data.dataset import Dataset
from npseg.randomness import Purpose, generator

__all__ = ["Draw", "class_counts", "draw_sample", "pixel_of_class", "rare_classes"]


@dataclass(frozen=True)
class Draw:
    """The image to cut next, and a class that the crop must contain (or None)."""

    index: int
    focus: int | None = None


def class_counts(dataset: Dataset, num_classes: int) -> np.ndarray:
    """Pixels of each class in each image: `(N, K)` int64. Other labels (ignored ones) are left out."""
    counts = np.zeros((len(dataset), num_classes), np.int64)
    for index in range(len(dataset)):
        mask = dataset.mask(index)
        if mask is not None:
            known = mask[(mask >= 0) & (mask < num_classes)]
            counts[index] = np.bincount(known, minlength=num_classes)
    return counts


def rare_classes(counts: np.ndarray, below: float) -> np.ndarray:
    """Classes that occur, but in less than that share of all labelled pixels.

    >>> rare_classes(np.array([[90, 9, 1, 0]]), below=0.02).tolist()
    [2]
    """
    totals = counts.sum(axis=0)
    return np.flatnonzero((totals > 0) & (totals < below * totals.sum()))


def draw_sample(
    seed: int,
    epoch: int,
    place: int,
    length: int,
    *,
    counts: np.ndarray | None = None,
    balanced: bool = False,
    rare: np.ndarray | None = None,
    rare_crop: float = 0.0,
) -> Draw:
    """The draw number `place` of an epoch over `length` images; a function of its arguments and nothing else.

    Uniform: a shuffle of all images. Balanced: a class (each as likely), then an image that has it. Without a
    class from balancing, the crop shows one of the `rare` classes of its image with probability `rare_crop`.
    """
    rng = generator(seed, Purpose.SAMPLE, epoch, place)
    if balanced and counts is not None:
        focus = int(rng.choice(np.flatnonzero(counts.sum(axis=0))))
        return Draw(int(rng.choice(np.flatnonzero(counts[:, focus]))), focus)
    index = int(_shuffled(seed, epoch, length)[place])
    if counts is not None and rare is not None and rng.random() < rare_crop:
        present = rare[counts[index, rare] > 0]
        if len(present):
            return Draw(index, int(rng.choice(present)))
    return Draw(index)


def pixel_of_class(rng: np.random.Generator, mask: np.ndarray, label: int) -> tuple[int, int]:
    """A random pixel (row, column) of that class; the mask must have one."""
    found = np.flatnonzero(mask == label)
    row, column = np.unravel_index(found[rng.integers(len(found))], mask.shape)
    return int(row), int(column)


@lru_cache(maxsize=8)
def _shuffled(seed: int, epoch: int, length: int) -> np.ndarray:
    return generator(seed, Purpose.ORDER, epoch).permutation(length)
