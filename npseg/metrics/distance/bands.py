"""Bands along the contours of a label map: the pixels that have another label within some steps."""

from __future__ import annotations

import numpy as np

from npseg.errors import ArgumentError, MissingExtraError

__all__ = ["check_width", "near_other_label"]


def near_other_label(
    function: str, labels: np.ndarray, valid: np.ndarray, width: int, *, num_labels: int, frame: bool
) -> np.ndarray:
    """Valid pixels with a valid pixel of another label at most `width` steps away, diagonal steps included.

    `labels` is `(N, H, W)`, on valid pixels in `[0, num_labels)`; the result is Boolean. With `frame`, what lies beyond
    the frame of the image has a label of its own. The pixels within so many steps are a square of 2 width + 1; the
    largest or the smallest label in it differs from that in its middle where any does, so that two filters find the
    bands of all labels at once.
    """
    try:
        from scipy.ndimage import maximum_filter1d, minimum_filter1d
    except ImportError as error:
        raise MissingExtraError(f"{function}: needs SciPy for the band; run: pip install scipy") from error

    kept = np.full(labels.shape, -1, np.int32)  # a label that no maximum takes
    kept[valid] = labels[valid]
    largest, smallest = kept, np.where(valid, kept, np.int32(num_labels))
    for axis in (1, 2):
        size = 2 * min(width, labels.shape[axis]) + 1
        # Beyond the frame is either the label num_labels, or more of the pixels at the frame, which changes nothing.
        outer = {"mode": "constant", "cval": num_labels} if frame else {"mode": "nearest"}
        largest = maximum_filter1d(largest, size, axis, **outer)
        smallest = minimum_filter1d(smallest, size, axis, mode="nearest")
    return valid & ((largest != kept) | (smallest != kept))


def check_width(function: str, width: float) -> int:
    """A number of pixels as a plain int, at least 1, or an `ArgumentError`."""
    if isinstance(width, bool) or not isinstance(width, int | float | np.number) or not width >= 1 or width % 1:
        raise ArgumentError(f"{function}: width is {width!r}; it is a whole number of pixels, at least 1")
    return int(width)
