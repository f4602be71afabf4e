"""Exact Euclidean distances from some pixels to the nearest of others, on a grid with a spacing."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from npseg.kernels._jit import jit

__all__ = ["nearest"]


def nearest(sources: np.ndarray, queries: np.ndarray, spacing: Sequence[float]) -> np.ndarray:
    """Distance of every pixel in `queries` to the nearest in `sources`, float64 `(n,)` in the order of the array.

    Both are Boolean `(H, W)` or `(D, H, W)` of one shape; inf where there is no source. As in a distance transform the
    axes are taken one after another, but the last is searched for the queries only, outward from each, and no further
    than its best distance so far: boundaries lie close to each other, and pixels are many.

    Felzenszwalb and Huttenlocher 2012, section 2 (the lower envelope of parabolas, for the second of three axes).
    """
    indices = np.flatnonzero(queries)
    found = np.empty(indices.size)
    if indices.size == 0:
        return found
    rows = np.ascontiguousarray(sources).reshape(sources.shape[0], -1)
    squares = np.empty(rows.shape)
    _along_columns(rows, float(spacing[0]), np.empty(rows.shape[1]), squares)
    if sources.ndim == 3:
        _along_lines(squares.reshape(sources.shape), float(spacing[1]))
    _along_rows(squares.reshape(-1, sources.shape[-1]), indices, float(spacing[-1]), found)
    return found


@jit
def _along_columns(sources, step, below, squares):
    """Fills `squares` (H, W) with the squared distance to the nearest source in the same column.

    Whole pixels are counted first, down and up again, because counts in floating point are exact and know infinity;
    then they become lengths. `below` (W,) holds the counts of the row that was visited before.
    """
    height, width = sources.shape
    for x in range(width):
        below[x] = np.inf
    for y in range(height):
        for x in range(width):
            below[x] = 0.0 if sources[y, x] else below[x] + 1.0
            squares[y, x] = below[x]
    for y in range(height - 1, -1, -1):
        for x in range(width):
            count = below[x] + 1.0
            count = count if count < squares[y, x] else squares[y, x]
            below[x] = count
            squares[y, x] = (count * step) * (count * step)


@jit
def _along_lines(squares, step):
    """Replaces f(z, y, x) by the least f(z, v, x) + ((y - v) step)^2 over v, for `squares` (D, H, W).

    Every v is a parabola over y. `lowest` lists those that are the lowest somewhere, and `begins` where that is.
    """
    depth, height, width = squares.shape
    line, begins, lowest = np.empty(height), np.empty(height), np.empty(height, np.int64)
    for z in range(depth):
        for x in range(width):
            count = 0
            for y in range(height):
                line[y] = squares[z, y, x]
                if line[y] == np.inf:
                    continue
                at, begin = y * step, -np.inf
                while count > 0:
                    last = lowest[count - 1]
                    there = last * step
                    begin = ((line[y] + at * at) - (line[last] + there * there)) / (2.0 * (at - there))
                    if begin > begins[count - 1]:
                        break
                    count -= 1
                lowest[count] = y
                begins[count] = begin if count > 0 else -np.inf
                count += 1
            if count == 0:
                continue
            place = 0
            for y in range(height):
                while place + 1 < count and begins[place + 1] < y * step:
                    place += 1
                away = (y - lowest[place]) * step
                squares[z, y, x] = line[lowest[place]] + away * away


@jit
def _along_rows(squares, indices, step, found):
    """Writes the distance of the pixels with these flat indices, given the squares within their columns or planes."""
    width = squares.shape[1]
    for i in range(indices.size):
        row = indices[i] // width
        column = indices[i] - row * width
        best = squares[row, column]
        for k in range(1, max(column, width - 1 - column) + 1):
            away = (k * step) * (k * step)
            if away >= best:
                break
            if column >= k:
                best = min(best, squares[row, column - k] + away)
            if column + k < width:
                best = min(best, squares[row, column + k] + away)
        found[i] = math.sqrt(best)
