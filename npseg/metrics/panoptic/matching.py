"""Which predicted segment is which true one: the counts behind panoptic quality.

Pixels are looked at once, to count those that agree in everything; all that follows works on these few groups.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

__all__ = ["IOU_BITS", "Matches", "Pairs", "count_pairs", "match_segments"]

# The IoU of a match lies in (1/2, 1], where neighbouring float64 are 2**-53 apart: as a multiple of that unit it is a
# whole number, and sums of whole numbers do not depend on their order.
IOU_BITS = 53
_MOST_KEYS = 2**63


class Pairs(NamedTuple):
    """Groups of pixels of one image, flat arrays with an entry per group: where the pixels are, and how many."""

    true_class: np.ndarray
    true_instance: np.ndarray
    crowd: np.ndarray
    predicted_class: np.ndarray
    predicted_instance: np.ndarray
    pixels: np.ndarray


class Matches(NamedTuple):
    """What one image adds, per class: int64 `(K,)` counts of segments, and sums of IoU in units of 2**-53."""

    true_positives: np.ndarray
    false_positives: np.ndarray
    false_negatives: np.ndarray
    iou_units: list[int]


def count_pairs(columns: Sequence[np.ndarray]) -> tuple[list[np.ndarray], np.ndarray]:
    """The distinct rows of flat integer columns of one length, and how often each occurs (int64).

    Two pixels belong to instances 1 and 5, one to 2 and 5:

    >>> (truth, prediction), pixels = count_pairs([np.array([1, 2, 1]), np.array([5, 5, 5])])
    >>> truth.tolist(), prediction.tolist(), pixels.tolist()
    ([1, 2], [5, 5], [2, 1])
    """
    if columns[0].size == 0:
        return [column[:0] for column in columns], np.zeros(0, np.int64)
    keys, span = _digits(columns[0])
    for column in columns[1:]:
        digits, width = _digits(column)
        if span * width > _MOST_KEYS:
            keys, span = _ranks(keys)
        if span * width > _MOST_KEYS:
            digits, width = _ranks(digits)
        keys = keys * width + digits
        span *= width
    # Neighbouring pixels mostly agree: sorting the runs of equal keys is far less work than sorting the pixels.
    starts = _changes(keys)
    lengths = np.diff(starts, append=keys.size)
    order = np.argsort(keys[starts], kind="stable")
    first = _changes(keys[starts[order]])
    pixels = np.add.reduceat(lengths[order], first)
    places = starts[order[first]]
    return [column[places] for column in columns], pixels.astype(np.int64)


def match_segments(pairs: Pairs, is_thing: np.ndarray) -> Matches:
    """Match the segments of one image. Classes are 0 to K - 1, and K for void; `is_thing` is Boolean `(K,)`.

    A segment is the pixels of one instance of a thing class, or all pixels of a stuff class. Crowds are never matched.
    Kirillov et al. 2019, section 4.
    """
    void = len(is_thing)
    if pairs.pixels.size == 0:
        none = np.zeros(void, np.int64)
        return Matches(none, none.copy(), none.copy(), [0] * void)
    has_instances = np.append(is_thing, False)
    truth, true_class, is_crowd = _segments(pairs.true_class, pairs.crowd, pairs.true_instance, has_instances)
    prediction, predicted_class, _ = _segments(
        pairs.predicted_class, np.zeros_like(pairs.crowd), pairs.predicted_instance, has_instances
    )
    # Groups that differ only in the ids of stuff or void are of one pair of segments.
    met, pair = np.unique(truth * len(predicted_class) + prediction, return_inverse=True)
    truth, prediction = np.divmod(met, len(predicted_class))
    common = _sums(pair, pairs.pixels, len(met))

    true_area = _sums(truth, common, len(true_class))
    predicted_area = _sums(prediction, common, len(predicted_class))
    unlabelled = true_class[truth] == void
    same_class = true_class[truth] == predicted_class[prediction]
    in_void = _sums(prediction[unlabelled], common[unlabelled], len(predicted_class))
    # Void and crowds excuse together, in however many regions they come.
    in_own_crowd = same_class & is_crowd[truth]
    excused = in_void + _sums(prediction[in_own_crowd], common[in_own_crowd], len(predicted_class))

    union = true_area[truth] + predicted_area[prediction] - common - in_void[prediction]
    matched = same_class & ~unlabelled & ~is_crowd[truth] & (2 * common > union)
    missed = (true_class != void) & ~is_crowd
    missed[truth[matched]] = False
    spurious = (predicted_class != void) & (2 * excused <= predicted_area)
    spurious[prediction[matched]] = False

    classes = true_class[truth[matched]]
    units = np.ldexp(common[matched] / union[matched], IOU_BITS).astype(np.int64)
    iou_units = [0] * void
    for label, unit in zip(classes.tolist(), units.tolist()):
        iou_units[label] += unit
    return Matches(
        np.bincount(classes, minlength=void).astype(np.int64),
        np.bincount(predicted_class[spurious], minlength=void).astype(np.int64),
        np.bincount(true_class[missed], minlength=void).astype(np.int64),
        iou_units,
    )


def _segments(
    classes: np.ndarray, crowd: np.ndarray, instances: np.ndarray, has_instances: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The segment that each group belongs to, and the class and crowd flag of each segment."""
    ranks = np.unique(instances, return_inverse=True)[1]
    ranks = np.where(has_instances[classes], ranks + 1, 0)
    keys = (2 * classes + crowd) * (int(ranks.max()) + 1) + ranks
    _, first, segment = np.unique(keys, return_index=True, return_inverse=True)
    return segment, classes[first], crowd[first]


def _sums(index: np.ndarray, values: np.ndarray, size: int) -> np.ndarray:
    sums = np.zeros(size, np.int64)
    np.add.at(sums, index, values)
    return sums


def _digits(column: np.ndarray) -> tuple[np.ndarray, int]:
    """The column as int64 counted from its smallest value, and how many values that can be.

    Differences beyond int64 wrap around, by which they stay different; such a width does not fit, and they are ranked.
    """
    low, high = int(column.min()), int(column.max())
    wide = column if column.dtype.kind == "u" else column.astype(np.int64)
    return (wide - wide.dtype.type(low)).astype(np.int64), high - low + 1


def _ranks(values: np.ndarray) -> tuple[np.ndarray, int]:
    distinct, ranks = np.unique(values, return_inverse=True)
    return ranks.astype(np.int64), len(distinct)


def _changes(values: np.ndarray) -> np.ndarray:
    """Where a value differs from the one before it; the first always does."""
    return np.flatnonzero(np.concatenate(([True], values[1:] != values[:-1])))
