"""Bands along the contours of a label map: the pixels that have another label within some steps."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from npseg.errors import ArgumentError, MissingExtraError

__all__ = ["near_other_label", "steps_of_lengths", "steps_of_pixels"]


def near_other_label(
    function: str, labels: np.ndarray, valid: np.ndarray, steps: tuple[int, ...], *, num_labels: int, frame: bool
) -> np.ndarray:
    """Valid pixels with a valid pixel of another label at most so many steps away along each axis.

    `labels` is `(N, H, W)` or `(N, D, H, W)`, on valid pixels in `[0, num_labels)`; `steps` has a number for each axis
    of an image; the result is Boolean. With `frame`, what lies beyond the frame of the image has a label of its own.
    The pixels within so many steps are a box; the largest or the smallest label in it differs from that in its middle
    where any does, so that two filters find the bands of all labels at once.
    """
    try:
        from scipy.ndimage import maximum_filter1d, minimum_filter1d
    except ImportError as error:
        raise MissingExtraError(f"{function}: needs SciPy for the band; run: pip install scipy") from error

    kept = np.full(labels.shape, -1, np.int32)  # a label that no maximum takes
    kept[valid] = labels[valid]
    largest, smallest = kept, np.where(valid, kept, np.int32(num_labels))
    for axis, reach in enumerate(steps, start=1):
        size = 2 * min(reach, labels.shape[axis]) + 1
        # Beyond the frame is either the label num_labels, or more of the pixels at the frame, which changes nothing.
        outer = {"mode": "constant", "cval": num_labels} if frame else {"mode": "nearest"}
        largest = maximum_filter1d(largest, size, axis, **outer)
        smallest = minimum_filter1d(smallest, size, axis, mode="nearest")
    return valid & ((largest != kept) | (smallest != kept))


def steps_of_pixels(function: str, width: Any, spacing: tuple[float, ...]) -> tuple[int, ...]:
    """Steps along each axis of a width in pixels, a whole number of at least 1, or an `ArgumentError`."""
    if isinstance(width, bool) or not isinstance(width, int | float | np.number) or not width >= 1 or float(width) % 1:
        raise ArgumentError(f"{function}: width is {width!r}; it is a whole number of pixels, at least 1")
    return (int(width),) * len(spacing)


def steps_of_lengths(function: str, width: Any, spacing: tuple[float, ...]) -> tuple[int, ...]:
    """Steps along each axis of a width in the unit of the spacing: rounded, and at least 1, so that neighbours count.

    >>> steps_of_lengths("example", 2.0, (5.0, 0.5, 0.8))
    (1, 4, 2)
    """
    number = isinstance(width, int | float | np.number) and not isinstance(width, bool)
    if not (number and 0 < width < math.inf):
        raise ArgumentError(f"{function}: width is {width!r}; it is a length in the unit of the spacing, above 0")
    return tuple(max(1, round(float(width) / step)) for step in spacing)
