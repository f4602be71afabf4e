"""Confusion matrices of what is resampled, of which only cells that are not 0 are kept.

Of 150 classes a matrix takes 180 kB, and an image holds a handful of them.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from npseg.metrics.overlap.image_counts import ImageCounts, check_confusions

__all__ = ["UnitCounts"]


class UnitCounts:
    """Counts of n units and K classes: a sparse `table`, int64 `(n, K * K)`.

    >>> units = UnitCounts.of("example", "counts", [[[1, 0], [0, 2]], [[0, 3], [0, 0]]])
    >>> units.total().tolist(), units.largest, units.truth().tolist()
    ([[1, 3], [0, 2]], 3, [[1, 2], [3, 0]])
    >>> units.grouped(np.array([0, 0])).total().tolist()
    [[1, 3], [0, 2]]
    """

    def __init__(self, table: Any, classes: int) -> None:
        self.table, self.classes = table, classes

    @classmethod
    def of(cls, function: str, name: str, counts: Any) -> UnitCounts:
        """From `(N, K, K)` integers or an `ImageCounts`; raises as `check_confusions` does."""
        from scipy.sparse import csr_array

        if isinstance(counts, ImageCounts):
            numbers, cells, begins = counts.sparse()
            shape = (len(counts), counts.num_classes**2)
            return cls(csr_array((numbers, cells, begins), shape=shape), counts.num_classes)
        matrices = check_confusions(function, name, counts)
        classes = matrices.shape[1]
        return cls(csr_array(matrices.reshape(len(matrices), classes * classes)), classes)

    def __len__(self) -> int:
        return int(self.table.shape[0])

    @property
    def largest(self) -> int:
        """The largest count in absolute value, 0 of none."""
        return int(np.abs(self.table.data).max(initial=0))

    def ordered(self, order: np.ndarray) -> UnitCounts:
        """The units at these positions."""
        return UnitCounts(self.table[order], self.classes)

    def grouped(self, unit: np.ndarray) -> UnitCounts:
        """Units summed by the number `(n,)` of the group that each belongs to."""
        from scipy.sparse import csr_array

        groups = int(unit.max()) + 1
        if groups == len(self):
            return self
        belongs = csr_array((np.ones(len(self), np.int64), (unit, np.arange(len(self)))), shape=(groups, len(self)))
        return UnitCounts((belongs @ self.table).tocsr(), self.classes)

    def minus(self, other: UnitCounts) -> UnitCounts:
        """What these have more than others."""
        return UnitCounts((self.table - other.table).tocsr(), self.classes)

    def total(self) -> np.ndarray:
        """All units together, `(K, K)`."""
        return self._square(np.asarray(self.table.sum(axis=0), np.int64))

    def truth(self) -> np.ndarray:
        """Pixels of each true class in each unit, `(n, K)`."""
        sums, cells = np.zeros((len(self), self.classes), np.int64), self.table.tocoo()
        np.add.at(sums, (cells.row, cells.col // self.classes), cells.data)
        return sums

    def dense(self, begin: int, end: int) -> np.ndarray:
        """The matrices of some units in a row, `(end - begin, K, K)`."""
        return self._square(self.table[begin:end].toarray())

    def _square(self, flat: np.ndarray) -> np.ndarray:
        return flat.reshape(*flat.shape[:-1], self.classes, self.classes)
