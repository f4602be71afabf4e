"""Distances between boundaries, as point sets and double loops, and scores of bands, pixel by pixel."""

from __future__ import annotations

import itertools
import math

import numpy as np

__all__ = [
    "average_symmetric_surface_distance",
    "boundary_elements",
    "boundary_f1",
    "boundary_iou",
    "element_size",
    "hausdorff_distance",
    "mean_surface_distance",
    "surface_dice",
    "trimap_iou",
]


def boundary_elements(mask, boundary, spacing):
    """The boundary of a binary mask as a list of (point, size), points in the unit of the spacing."""
    inside = {tuple(index) for index in np.argwhere(mask)}
    if boundary == "dual":
        return _dual_elements(inside, mask.ndim, spacing)
    offsets = [o for o in itertools.product((-1, 0, 1), repeat=mask.ndim) if any(o)]
    if boundary == "inner4":
        offsets = [o for o in offsets if sum(map(abs, o)) == 1]
    edge = [p for p in sorted(inside) if any(_plus(p, o) not in inside for o in offsets)]
    return [(_scaled(p, spacing), 1.0) for p in edge]


def hausdorff_distance(a, b, spacing, percentile, pooling, boundary):
    """The percentile of the distances between two boundaries; neither mask is empty."""
    first, second = (boundary_elements(mask, boundary, spacing) for mask in (a, b))
    there, back = _distances(first, second), _distances(second, first)
    if pooling == "pooled":
        return _percentile(there + back, percentile, boundary)
    return max(_percentile(there, percentile, boundary), _percentile(back, percentile, boundary))


def mean_surface_distance(a, b, spacing, boundary):
    """Mean distance from the boundary of a to that of b."""
    pairs = _distances(boundary_elements(a, boundary, spacing), boundary_elements(b, boundary, spacing))
    return math.fsum(d * size for d, size in pairs) / math.fsum(size for _, size in pairs)


def average_symmetric_surface_distance(a, b, spacing, boundary):
    """Mean distance of all elements of two boundaries to the other."""
    first, second = (boundary_elements(mask, boundary, spacing) for mask in (a, b))
    pairs = _distances(first, second) + _distances(second, first)
    return math.fsum(d * size for d, size in pairs) / math.fsum(size for _, size in pairs)


def surface_dice(a, b, spacing, tolerance, boundary):
    """Share of two boundaries, by size, that is within a tolerance of the other."""
    first, second = (boundary_elements(mask, boundary, spacing) for mask in (a, b))
    pairs = _distances(first, second) + _distances(second, first)
    within = math.fsum(size for d, size in pairs if d <= tolerance * (1 + 1e-12))
    return within / math.fsum(size for _, size in pairs)


def boundary_f1(truth, prediction, valid, label, tolerance, spacing):
    """Boundary F1 of one class of one label map (H, W) or (D, H, W)."""
    outlines = [_outline(labels, valid, label, spacing) for labels in (truth, prediction)]
    if not any(outlines):
        return math.nan
    if not all(outlines):
        return 0.0
    recall, precision = (
        sum(min(math.dist(p, q) for q in others) <= tolerance * (1 + 1e-12) for p in points) / len(points)
        for points, others in (outlines, outlines[::-1])
    )
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def boundary_iou(truth, prediction, valid, label, steps, frame):
    """Boundary IoU of one class of one label map (H, W) or (D, H, W); steps has a number for each axis."""
    bands = [_band(labels, valid, label, steps, frame) for labels in (truth, prediction)]
    either = bands[0] | bands[1]
    return len(bands[0] & bands[1]) / len(either) if either else math.nan


def trimap_iou(truth, prediction, ignored, label, steps):
    """IoU of one class of one label map (H, W) or (D, H, W) over the pixels near another true label, ignored or not."""
    marked = np.where(ignored, -1, truth)
    hits = union = 0
    for p in np.ndindex(truth.shape):
        box = marked[tuple(slice(max(x - n, 0), x + n + 1) for x, n in zip(p, steps))]
        if ignored[p] or (box == marked[p]).all():
            continue
        hits += truth[p] == label and prediction[p] == label
        union += truth[p] == label or prediction[p] == label
    return hits / union if union else math.nan


def element_size(inside, spacing):
    """Size of the surface between 2 x 2 x 2 voxels, of which those at the indices in `inside` are in the object.

    In 2-D the length of the contour between 2 x 2 pixels. Every group of corners that edges connect (or, if they are
    the fewer, of corners outside) is cut off through the midpoints of the edges that leave it, in 3-D by that surface
    of triangles between midpoints that is the largest on the unit grid.
    """
    corners = set(itertools.product((0, 1), repeat=len(spacing)))
    left = set(inside) if 2 * len(inside) <= len(corners) else corners - set(inside)
    size = 0.0
    while left:
        group = {min(left)}
        while more := {c for c in left - group if any(math.dist(c, g) == 1 for g in group)}:
            group |= more
        left = left - group
        cuts = {_halfway(c, o) for c in group for o in corners - group if math.dist(c, o) == 1}
        if len(spacing) == 2:
            size += math.dist(*(_scaled(cut, spacing) for cut in cuts))
        else:
            triangles = _largest_filling(_walk_around(cuts))
            size += sum(_area([_scaled(point, spacing) for point in triangle]) for triangle in triangles)
    return size


def _walk_around(cuts):
    """The midpoints in a loop: one side of the cube holds two of them, or none."""
    sides = [{cut for cut in cuts if cut[axis] == end} for axis in range(3) for end in (0, 1)]
    loop = [min(cuts)]
    while len(loop) < len(cuts):
        loop.append(next(cut for side in sides if loop[-1] in side for cut in side if cut not in loop))
    return loop


def _largest_filling(loop):
    """Of all ways to fill a loop with triangles between its corners, the one of the largest area."""
    if len(loop) < 3:
        return []
    fillings = [
        [(loop[0], loop[tip], loop[-1]), *_largest_filling(loop[: tip + 1]), *_largest_filling(loop[tip:])]
        for tip in range(1, len(loop) - 1)
    ]
    return max(fillings, key=lambda triangles: sum(map(_area, triangles)))


def _dual_elements(inside, ndim, spacing):
    elements = []
    cube = list(itertools.product((0, 1), repeat=ndim))
    known = {}
    for base in sorted({tuple(np.subtract(p, c).tolist()) for p in inside for c in cube}):
        near = frozenset(c for c in cube if _plus(base, c) in inside)
        if len(near) == len(cube):
            continue
        if near not in known:
            known[near] = element_size(near, spacing)
        elements.append((_scaled([x + 0.5 for x in base], spacing), known[near]))
    return elements


def _distances(elements, others):
    """Of each element of a boundary: its distance to the nearest of the others, and its size."""
    return [(min(math.dist(point, other) for other, _ in others), size) for point, size in elements]


def _percentile(pairs, percentile, boundary):
    pairs = sorted(pairs)
    if boundary != "dual":
        rank = (len(pairs) - 1) * percentile / 100
        low, high = pairs[math.floor(rank)][0], pairs[math.ceil(rank)][0]
        return low + (high - low) * (rank - math.floor(rank))
    wanted = percentile / 100 * math.fsum(size for _, size in pairs) * (1 - 1e-12)
    for count, (distance, _) in enumerate(pairs, start=1):
        if math.fsum(size for _, size in pairs[:count]) >= wanted:
            return distance
    return pairs[-1][0]


def _band(labels, valid, label, steps, frame):
    band = set()
    for p in np.ndindex(labels.shape):
        if not valid[p] or labels[p] != label:
            continue
        for q in itertools.product(*(range(x - n, x + n + 1) for x, n in zip(p, steps))):
            if frame if _is_beyond(q, labels.shape) else valid[q] and labels[q] != label:
                band.add(p)
    return band


def _outline(labels, valid, label, spacing):
    """The pixels of a class with a valid neighbour of another class along an axis, in the unit of the spacing."""
    steps = [o for o in itertools.product((-1, 0, 1), repeat=labels.ndim) if sum(map(abs, o)) == 1]
    points = []
    for p in np.ndindex(labels.shape):
        near = [q for o in steps if not _is_beyond(q := _plus(p, o), labels.shape)]
        if valid[p] and labels[p] == label and any(valid[q] and labels[q] != label for q in near):
            points.append(_scaled(p, spacing))
    return points


def _is_beyond(point, shape):
    return not all(0 <= x < side for x, side in zip(point, shape))


def _area(triangle):
    first, second, third = np.asarray(triangle)
    return float(np.linalg.norm(np.cross(second - first, third - first))) / 2


def _halfway(a, b):
    return tuple((x + y) / 2 for x, y in zip(a, b))


def _plus(point, offset):
    return tuple(int(x) + o for x, o in zip(point, offset))


def _scaled(point, spacing):
    return [float(x) * s for x, s in zip(point, spacing)]
