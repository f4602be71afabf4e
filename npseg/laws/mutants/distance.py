"""Distances of boundaries, each with one fault. What is right stands first: every pair of points is compared."""

from __future__ import annotations

import numpy as np

from npseg.laws.mutants.mutant import Mutant, as_mutants
from npseg.laws.target import Unsupported

__all__ = ["distance_mutants"]

DOCUMENTED = {"boundary": "inner4", "one-empty": "inf", "both-empty": "0", "spacing": "supported"}
SHARES = {"boundary": "inner4", "one-empty": "0", "both-empty": "1", "spacing": "supported"}
BANDS = {"one-empty": "0", "both-empty": "1"}


def edge(mask):
    """Pixels of the mask with a neighbour outside of it along an axis; outside of the image is outside."""
    mask = np.asarray(mask, bool)
    padded = np.pad(mask, 1)
    inner = padded.copy()
    for axis in range(mask.ndim):
        inner &= np.roll(padded, 1, axis) & np.roll(padded, -1, axis)
    return (padded & ~inner)[(slice(1, -1),) * mask.ndim]


def places(points, spacing):
    """Coordinates (n, d) of the pixels that are set."""
    steps = np.ones(points.ndim) if spacing is None else np.asarray(spacing, float)
    return np.argwhere(points) * steps


def nearest(a, b):
    """For each place of a the distance to the nearest of b."""
    return np.sqrt(((a[:, None] - b[None]) ** 2).sum(axis=-1)).min(axis=1)


def directed(a, b, spacing):
    """Distances of a's edge to b's, and of b's to a's; None if a mask is empty."""
    first, second = places(edge(a), spacing), places(edge(b), spacing)
    if not len(first) or not len(second):
        return None
    return nearest(first, second), nearest(second, first)


def unmatched(a, b):
    """What a distance is when a mask is empty."""
    return 0.0 if not np.any(a) and not np.any(b) else float("inf")


def only_one_direction(a, b, spacing=None):
    """Only the distances from a to b count."""
    found = directed(a, b, spacing)
    return unmatched(a, b) if found is None else float(found[0].max())


def the_nearer_direction(a, b, spacing=None):
    """The smaller of both directions counts."""
    found = directed(a, b, spacing)
    return unmatched(a, b) if found is None else float(min(found[0].max(), found[1].max()))


def spacing_ignored(a, b, spacing=None):
    """Distances are in pixels, whatever the spacing."""
    found = directed(a, b, None)
    return unmatched(a, b) if found is None else float(max(found[0].max(), found[1].max()))


def spacing_reversed(a, b, spacing=None):
    """The spacing of the last axis is taken for the first."""
    found = directed(a, b, None if spacing is None else tuple(spacing)[::-1])
    return unmatched(a, b) if found is None else float(max(found[0].max(), found[1].max()))


def city_blocks(a, b, spacing=None):
    """Steps along the axes are added up."""
    first, second = places(edge(a), spacing), places(edge(b), spacing)
    if not len(first) or not len(second):
        return unmatched(a, b)
    apart = np.abs(first[:, None] - second[None]).sum(axis=-1)
    return float(max(apart.min(axis=0).max(), apart.min(axis=1).max()))


def rows_and_columns_of_one_side(a, b, spacing=None):
    """Places are found as if rows had as many pixels as columns."""
    width = np.asarray(a).shape[0]
    sets = [np.stack(np.divmod(np.flatnonzero(edge(m)), width), axis=1) for m in (a, b)]
    if not len(sets[0]) or not len(sets[1]):
        return unmatched(a, b)
    return float(max(nearest(*sets).max(), nearest(*sets[::-1]).max()))


def missed_objects_are_perfect(a, b, spacing=None):
    """A mask that is empty on one side only is at distance 0."""
    found = directed(a, b, spacing)
    return 0.0 if found is None else float(max(found[0].max(), found[1].max()))


def missed_objects_are_undefined(a, b, spacing=None):
    """A mask that is empty on one side only has no distance, and a mean would leave it out."""
    found = directed(a, b, spacing)
    if found is None:
        return 0.0 if not np.any(a) and not np.any(b) else float("nan")
    return float(max(found[0].max(), found[1].max()))


def from_edge_to_region(a, b, spacing=None):
    """Distances go from an edge to the other mask, inside of which they are 0."""
    if not np.any(a) or not np.any(b):
        return unmatched(a, b)
    pairs = (edge(a), np.asarray(b, bool)), (edge(b), np.asarray(a, bool))
    return float(max(nearest(places(one, spacing), places(other, spacing)).max() for one, other in pairs))


def squared(a, b, spacing=None):
    """The root is forgotten."""
    found = directed(a, b, spacing)
    return unmatched(a, b) if found is None else float(max(found[0].max(), found[1].max()) ** 2)


def of_centres(a, b, spacing=None):
    """The distance of the centres is taken for that of the boundaries."""
    if not np.any(a) or not np.any(b):
        return unmatched(a, b)
    first, second = places(edge(a), spacing), places(edge(b), spacing)
    return float(np.linalg.norm(first.mean(axis=0) - second.mean(axis=0)))


def percentile_zero_is_the_largest(a, b, spacing=None, percentile=95.0):
    """A percentile of 0 counts as none given."""
    found = directed(a, b, spacing)
    if found is None:
        return unmatched(a, b)
    return float(max(np.percentile(one, percentile or 100) for one in found))


def percentile_from_above(a, b, spacing=None, percentile=95.0):
    """The percentile is counted from the largest distance down."""
    found = directed(a, b, spacing)
    return unmatched(a, b) if found is None else float(max(np.percentile(one, 100 - percentile) for one in found))


def mean_without_missed_objects(truths, predictions, spacing=None):
    """Cases in which one mask is empty are left out of the mean."""
    found = [directed(a, b, spacing) for a, b in zip(truths, predictions)]
    values = [max(np.percentile(one, 95) for one in pair) for pair in found if pair is not None]
    return float(np.mean(values)) if values else float("nan")


def sum_of_both_means(a, b, spacing=None):
    """The means of both directions are added and not averaged."""
    found = directed(a, b, spacing)
    return unmatched(a, b) if found is None else float(found[0].mean() + found[1].mean())


def mean_of_maxima(a, b, spacing=None):
    """The average surface distance has the largest distances in it twice."""
    found = directed(a, b, spacing)
    if found is None:
        return unmatched(a, b)
    pooled = np.concatenate(found)
    return float((pooled.sum() + 2 * pooled.max()) / (pooled.size + 1))


def beyond_the_tolerance(a, b, spacing=None, tolerance_distance=1.0):
    """What lies further away than the tolerance is counted."""
    found = directed(a, b, spacing)
    if found is None:
        return 1.0 if not np.any(a) and not np.any(b) else 0.0
    pooled = np.concatenate(found)
    return float((pooled > tolerance_distance).mean())


def tolerance_in_pixels(a, b, spacing=None, tolerance_distance=1.0):
    """The tolerance is in pixels, though a spacing is given."""
    found = directed(a, b, None)
    if found is None:
        return 1.0 if not np.any(a) and not np.any(b) else 0.0
    return float((np.concatenate(found) <= tolerance_distance).mean())


def band(mask, width):
    """Pixels of the mask within `width` steps, diagonal ones too, of what is not the mask."""
    mask = np.asarray(mask, bool)
    padded = np.pad(mask, width)
    inner = padded.copy()
    for rows in range(-width, width + 1):
        for columns in range(-width, width + 1):
            inner &= np.roll(padded, (rows, columns), (0, 1))
    return (padded & ~inner)[width:-width, width:-width]


def overlap_of(a, b):
    """IoU of two masks, 1 of two empty ones."""
    union = (a | b).sum()
    return float((a & b).sum() / union) if union else 1.0


def width_of_the_diagonal(a, b, spacing=None, width=1):
    """The band grows with the image, whatever width was asked for."""
    if np.ndim(a) != 2 or spacing is not None:
        raise Unsupported("images in pixels")
    wide = max(1, round(0.2 * float(np.hypot(*np.asarray(a).shape))))
    return overlap_of(band(a, wide), band(b, wide))


def band_of_the_truth_only(a, b, spacing=None, width=1):
    """The prediction is not cut to a band, so that its inside counts as wrong."""
    if np.ndim(a) != 2 or spacing is not None:
        raise Unsupported("images in pixels")
    return overlap_of(band(a, width), np.asarray(b, bool))


def distance_mutants() -> list[Mutant]:
    """All of this file."""
    return [
        *as_mutants(
            "hausdorff", DOCUMENTED, only_one_direction, the_nearer_direction, spacing_ignored, spacing_reversed,
            city_blocks, rows_and_columns_of_one_side, missed_objects_are_perfect, missed_objects_are_undefined,
            squared, of_centres, from_edge_to_region,
        ),
        *as_mutants("hausdorff_percentile", DOCUMENTED, percentile_zero_is_the_largest, percentile_from_above),
        *as_mutants("hd95_mean", {}, mean_without_missed_objects),
        *as_mutants("average_symmetric_surface_distance", DOCUMENTED, sum_of_both_means, mean_of_maxima),
        *as_mutants("surface_dice", SHARES, beyond_the_tolerance, tolerance_in_pixels),
        *as_mutants("boundary_iou", BANDS, width_of_the_diagonal, band_of_the_truth_only),
    ]  # fmt: skip
