"""Distances between boundaries as sets of points, all pairs of them: slow, plain, and what the word means.

The functions use NumPy and each other only, because counterexamples print them.
"""

from __future__ import annotations

import itertools

import numpy as np

__all__ = ["boundary_points", "percentile_of", "point_distances", "steps_of"]


def steps_of(spacing, ndim):
    """The spacing of every axis; None means 1."""
    return np.ones(ndim) if spacing is None else np.array(spacing, float)


def boundary_points(mask, boundary, frame, spacing):
    """Places (n, axes) of the elements of a mask's boundary and their sizes (n,), under a convention by its name.

    The sizes of the dual boundary are lengths in 2-D, and NaN in 3-D, where they are areas of a table.
    """
    steps = steps_of(spacing, mask.ndim)
    around = np.pad(mask, 1, mode="edge") if frame == "none" else np.pad(mask, 1)
    if boundary == "dual":
        corners = [around[tuple(slice(c, c + n + 1) for c, n in zip(corner, mask.shape))]
                   for corner in itertools.product((0, 1), repeat=mask.ndim)]  # fmt: skip
        inside = np.sum(corners, axis=0)
        edge = (inside > 0) & (inside < len(corners))
        sizes = np.full(int(edge.sum()), np.nan)
        if mask.ndim == 2:
            upper_left, upper_right, lower_left, _ = corners
            lengths = np.where(upper_left == upper_right, steps[1], np.where(upper_left == lower_left, steps[0], 0))
            diagonal = np.hypot(steps[0], steps[1])
            lengths = np.where(inside != 2, diagonal / 2, np.where(lengths == 0, diagonal, lengths))
            sizes = lengths[edge]
        return np.argwhere(edge) * steps, sizes
    edge = mask.copy()
    if boundary != "all-pixels":
        near = np.zeros(mask.shape, bool)
        for move in itertools.product((-1, 0, 1), repeat=mask.ndim):
            if boundary == "inner8" or np.abs(move).sum() == 1:
                near |= ~around[tuple(slice(1 + m, 1 + m + n) for m, n in zip(move, mask.shape))]
        edge &= near
    return np.argwhere(edge) * steps, np.ones(int(edge.sum()))


def point_distances(a, b, boundary, frame, spacing):
    """Distance of each element of a's boundary to the nearest of b's, the reverse, and the sizes of both."""
    (a_points, a_sizes), (b_points, b_sizes) = (boundary_points(m, boundary, frame, spacing) for m in (a, b))
    if not len(a_points) or not len(b_points):
        return np.full(len(a_points), np.inf), np.full(len(b_points), np.inf), a_sizes, b_sizes
    between = np.sqrt(((a_points[:, None] - b_points[None]) ** 2).sum(-1))
    return between.min(axis=1), between.min(axis=0), a_sizes, b_sizes


def percentile_of(distances, sizes, percentile, boundary):
    """Interpolated linearly between elements of one size; of a contour, the least that so much of its length keeps."""
    if boundary != "dual":
        return float(np.percentile(distances, percentile))
    order = np.argsort(distances)
    reached = np.cumsum(sizes[order]) / sizes.sum()
    place = min(int(np.searchsorted(reached, percentile / 100 * (1 - 1e-12))), len(order) - 1)
    return float(distances[order[place]])
