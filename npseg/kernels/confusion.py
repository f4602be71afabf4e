"""Counting pairs of labels: the one loop under every metric."""

from __future__ import annotations

import numpy as np

from npseg.kernels._jit import jit

__all__ = ["confusion_matrix"]

_PIECE = 1024  # pixels whose cells are found together
_TABLES = 8
_SMALL = 256  # classes up to which several tables fit a cache


def confusion_matrix(
    truth: np.ndarray, prediction: np.ndarray, num_classes: int, ignore: np.integer, has_ignore: bool
) -> tuple[np.ndarray, int]:
    """Confusion matrix (K, K) int64, rows the truth, and the number of pixels with a label outside [0, K).

    `truth` and `prediction` are flat integer arrays of equal length; `ignore` has the type of `truth`, so
    that no value is changed by the comparison.
    """
    # As an unsigned number of at least its own width a negative label is large, hence outside as well.
    wide = max(truth.itemsize, prediction.itemsize) > 4 or num_classes >= 1 << 16
    cells = np.empty(_PIECE, np.uint64 if wide else np.uint32)
    tables = np.zeros((_TABLES if num_classes <= _SMALL else 1, (num_classes + 1) ** 2 + 1), np.int64)
    _count(truth, prediction, num_classes, ignore, has_ignore, cells, tables)
    counts = tables.sum(axis=0)[:-1].reshape(num_classes + 1, num_classes + 1)
    matrix = np.ascontiguousarray(counts[:-1, :-1])
    return matrix, int(counts.sum() - matrix.sum())


@jit
def _count(truth, prediction, num_classes, ignore, has_ignore, cells, tables):
    """Adds every pixel to one of the tables, whose cells are (K + 1) x (K + 1) and one more for what is ignored.

    Row and column K take the labels outside. First the cells of a piece are found, which vectorises, being free of
    branches; then they are counted. Neighbouring pixels mostly fall into one cell, and an increment waits for the store
    of the one before it when both hit one address, so the tables take turns.
    """
    number = cells.dtype.type
    side, last = number(num_classes + 1), number(num_classes)
    ignored = number((num_classes + 1) * (num_classes + 1))
    for begin in range(0, truth.size, cells.size):
        n = min(cells.size, truth.size - begin)
        rows, columns = truth[begin : begin + n], prediction[begin : begin + n]
        for i in range(n):
            row, column = number(rows[i]), number(columns[i])
            row = row if row < last else last
            column = column if column < last else last
            cells[i] = number(row * side) + column
        if has_ignore:
            for i in range(n):
                cells[i] = ignored if rows[i] == ignore else cells[i]
        whole = n - n % 8 if tables.shape[0] == 8 else 0
        for i in range(0, whole, 8):
            tables[0, cells[i]] += 1
            tables[1, cells[i + 1]] += 1
            tables[2, cells[i + 2]] += 1
            tables[3, cells[i + 3]] += 1
            tables[4, cells[i + 4]] += 1
            tables[5, cells[i + 5]] += 1
            tables[6, cells[i + 6]] += 1
            tables[7, cells[i + 7]] += 1
        for i in range(whole, n):
            tables[0, cells[i]] += 1
