"""Each class against the rest: what of it was found, missed, and seen where it is not."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

__all__ = ["ClassCounts", "class_counts"]


class ClassCounts(NamedTuple):
    """Pixels of each class, int64 `(..., K)`: found, wrongly called it, missed, rightly called something else."""

    tp: np.ndarray
    fp: np.ndarray
    fn: np.ndarray
    tn: np.ndarray

    @property
    def support(self) -> np.ndarray:
        """True pixels of each class."""
        return self.tp + self.fn

    @property
    def present(self) -> np.ndarray:
        """Whether a class is in truth or prediction; one that is in neither is absent."""
        return self.tp + self.fp + self.fn > 0

    def summed(self, axis: int) -> ClassCounts:
        """The sum over an axis: 0 is the images of `(N, K)`, -1 the classes."""
        return ClassCounts(*(part.sum(axis=axis) for part in self))

    def of(self, classes: Sequence[int]) -> ClassCounts:
        """Those classes only, in that order."""
        return ClassCounts(*(part[..., list(classes)] for part in self))

    def with_axis(self) -> ClassCounts:
        """An axis of one image in front."""
        return ClassCounts(*(part[None] for part in self))


def class_counts(counts: np.ndarray | ClassCounts) -> ClassCounts:
    """From confusion matrices `(..., K, K)`, rows the truth; what is of classes already stays as it is.

    >>> class_counts(np.array([[1, 1], [0, 2]]))._asdict()
    {'tp': array([1, 2]), 'fp': array([0, 1]), 'fn': array([1, 0]), 'tn': array([2, 1])}
    """
    if isinstance(counts, ClassCounts):
        return counts
    tp = np.diagonal(counts, axis1=-2, axis2=-1)
    truth, predicted = counts.sum(axis=-1), counts.sum(axis=-2)
    fp, fn = predicted - tp, truth - tp
    return ClassCounts(tp, fp, fn, truth.sum(axis=-1)[..., None] - tp - fp - fn)
