"""More faults in scores of boundaries: frames, empty masks, units, and measures that do not fit each other."""

from __future__ import annotations

import numpy as np

from npseg.laws.mutants.distance import band, directed, nearest, overlap_of, places, unmatched
from npseg.laws.mutants.mutant import Mutant, as_mutants
from npseg.laws.target import Target, Unsupported

__all__ = ["boundary_mutants"]

DISTANCES = {"boundary": "inner4", "one-empty": "inf", "both-empty": "0", "spacing": "supported"}
SHARES = {"boundary": "inner4", "spacing": "supported"}


def largest(a, b, spacing=None):
    """The Hausdorff distance as it should be."""
    found = directed(a, b, spacing)
    return unmatched(a, b) if found is None else float(max(found[0].max(), found[1].max()))


def percentile_as_it_should_be(a, b, spacing=None, percentile=95.0):
    """The larger of both directions' percentiles."""
    found = directed(a, b, spacing)
    return unmatched(a, b) if found is None else float(max(np.percentile(one, percentile) for one in found))


def percentile_of_a_hundred_and_one(a, b, spacing=None, percentile=95.0):
    """Percentile 100 is not the last of the distances."""
    return percentile_as_it_should_be(a, b, spacing, 100 * percentile / 101)


def share_of_the_largest(a, b, spacing=None):
    """95 % of the largest distance is taken for the 95th percentile."""
    value = largest(a, b, spacing)
    return 0.95 * value if np.isfinite(value) else value


def percentile_and_a_pixel(a, b, spacing=None):
    """The percentile is rounded up to whole pixels."""
    return float(np.ceil(percentile_as_it_should_be(a, b, spacing) * 1.001))


def sum_of_means(a, b, spacing=None):
    """The means of both directions are added."""
    found = directed(a, b, spacing)
    return unmatched(a, b) if found is None else float(found[0].mean() + found[1].mean())


def half_a_pixel_more(a, b, spacing=None):
    """Distances are taken from the outer edge of a pixel to the centre of another."""
    value = largest(a, b, spacing)
    return value + 0.5 if np.any(a) and np.any(b) else value


def outer_edge(mask):
    """Pixels outside of the mask with a neighbour inside."""
    near = np.zeros_like(mask)
    for axis in range(mask.ndim):
        first, last = ((slice(None),) * axis + (cut,) for cut in (slice(1, None), slice(None, -1)))
        near[first] |= mask[last]
        near[last] |= mask[first]
    return near & ~mask


def distance_of_outer_edges(a, b, spacing=None):
    """The boundary is the pixels around the object, which are cut off at the frame."""
    first, second = places(outer_edge(a), spacing), places(outer_edge(b), spacing)
    if not len(first) or not len(second):
        return unmatched(a, b)
    return float(max(nearest(first, second).max(), nearest(second, first).max()))


def edge_that_wraps_around(a, b, spacing=None):
    """The neighbour of the first row is the last one."""
    found = []
    for mask in (a, b):
        inner = mask.copy()
        for axis in range(mask.ndim):
            inner &= np.roll(mask, 1, axis) & np.roll(mask, -1, axis)
        found.append(places(mask & ~inner, spacing))
    if not len(found[0]) or not len(found[1]):
        return unmatched(a, b)
    return float(max(nearest(*found).max(), nearest(*found[::-1]).max()))


def every_other_pixel(a, b, spacing=None):
    """To be fast, only every other row is looked at."""
    return largest(a[::2], b[::2], None if spacing is None else (2 * spacing[0], *spacing[1:]))


def share_of_the_image(a, b, spacing=None):
    """The distance is a share of the diagonal of the image."""
    return largest(a, b, spacing) / float(np.hypot(*a.shape[:2]))


def two_empty_masks_are_infinitely_far(a, b, spacing=None):
    """The maximum over nothing is infinite."""
    return largest(a, b, spacing) if np.any(a) or np.any(b) else float("inf")


def spacing_of_2_if_left_out(a, b, spacing=None):
    """A spacing that is not given is not 1."""
    return largest(a, b, (2.0,) * a.ndim if spacing is None else spacing)


def clears_the_first_pixel(a, b, spacing=None):
    """The first pixel of the truth is cleared, in the caller's array."""
    value = largest(a, b, spacing)
    a[(0,) * a.ndim] = False
    return value


def within(a, b, spacing, tolerance_distance):
    """Which of each boundary's pixels are within the tolerance; None if a mask is empty."""
    found = directed(a, b, spacing)
    return None if found is None else [one <= tolerance_distance for one in found]


def missed_boundary_is_undefined(a, b, spacing=None, tolerance_distance=1.0):
    """A mask that is empty on one side only has no share."""
    hits = within(a, b, spacing, tolerance_distance)
    return float("nan") if hits is None else float(np.concatenate(hits).mean())


def two_empty_masks_share_nothing(a, b, spacing=None, tolerance_distance=1.0):
    """Two empty masks score as badly as can be."""
    hits = within(a, b, spacing, tolerance_distance)
    return 0.0 if hits is None else float(np.concatenate(hits).mean())


def per_cent(a, b, spacing=None, tolerance_distance=1.0):
    """The share is given in per cent."""
    hits = within(a, b, spacing, tolerance_distance)
    return 0.0 if hits is None else 100 * float(np.concatenate(hits).mean())


def within_whole_pixels_only(a, b, spacing=None, tolerance_distance=1.0):
    """Only what is between the tolerance and one pixel less is counted."""
    found = directed(a, b, spacing)
    if found is None:
        return 0.0
    pooled = np.concatenate(found)
    return float(((pooled <= tolerance_distance) & (pooled > tolerance_distance - 1)).mean())


def mean_of_precision_and_recall(a, b, spacing=None, tolerance_distance=1.0):
    """The arithmetic mean of precision and recall is taken for F1."""
    if spacing is not None:
        raise Unsupported("in pixels")
    hits = within(a, b, None, tolerance_distance)
    return 0.0 if hits is None else float(hits[0].mean() + hits[1].mean()) / 2


def band_of_axes(mask, width):
    """Pixels of the mask within `width` steps along the axes of what is not the mask."""
    inner = np.pad(mask, 1)
    for _ in range(width):
        inner = inner & np.all([np.roll(inner, step, axis) for axis in (0, 1) for step in (1, -1)], axis=0)
    return mask & ~inner[1:-1, 1:-1]


def bands_without_diagonals(a, b, spacing=None, width=1):
    """The erosions are by a cross and not by a square."""
    if a.ndim != 2 or spacing is not None:
        raise Unsupported("images in pixels")
    return overlap_of(band_of_axes(a, width), band_of_axes(b, width))


def band_too_narrow(a, b, spacing=None, width=1):
    """A band is never wider than two pixels."""
    if a.ndim != 2 or spacing is not None:
        raise Unsupported("images in pixels")
    return overlap_of(band(a, min(width, 2)), band(b, min(width, 2)))


def boundary_mutants() -> list[Mutant]:
    """All of this file."""
    pairs = {
        "percentile-100-is-not-the-largest": (
            percentile_of_a_hundred_and_one,
            {"hausdorff_percentile": percentile_of_a_hundred_and_one, "hausdorff": largest},
        ),
        "hd95-is-a-share-of-the-largest": (
            share_of_the_largest,
            {"hausdorff_percentile": percentile_as_it_should_be, "hd95": share_of_the_largest},
        ),
        "hd95-rounded-up": (percentile_and_a_pixel, {"hd95": percentile_and_a_pixel, "hausdorff": largest}),
        "average-is-a-sum": (
            sum_of_means,
            {"average_symmetric_surface_distance": sum_of_means, "hausdorff": largest},
        ),
    }
    return [
        *as_mutants(
            "hausdorff", DISTANCES, half_a_pixel_more, edge_that_wraps_around, every_other_pixel, share_of_the_image,
            two_empty_masks_are_infinitely_far, spacing_of_2_if_left_out, clears_the_first_pixel,
        ),
        *as_mutants("hausdorff", {"spacing": "supported"}, distance_of_outer_edges),
        *as_mutants(
            "surface_dice", SHARES, missed_boundary_is_undefined, two_empty_masks_share_nothing, per_cent,
            within_whole_pixels_only,
        ),
        *as_mutants("boundary_f1", {"boundary": "inner4"}, mean_of_precision_and_recall),
        *as_mutants("boundary_iou", {}, bands_without_diagonals, band_too_narrow),
        *(
            Mutant(name, (function.__doc__ or "").splitlines()[0], Target(name, measures, DISTANCES))
            for name, (function, measures) in pairs.items()
        ),
    ]  # fmt: skip
