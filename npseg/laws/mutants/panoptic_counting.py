"""Panoptic quality, each time with one fault in what is counted: per class, and over several images."""

from __future__ import annotations

import numpy as np

from npseg.laws.mutants.mutant import Mutant, as_mutants
from npseg.laws.mutants.panoptic import DOCUMENTED, mean_pq, of_counts, rows, tally
from npseg.laws.target import Target

__all__ = ["counting_mutants"]


def right_rows(y_true, y_pred, num_classes, things, void=None, crowd=None):
    """Nothing is wrong."""
    return rows(y_true, y_pred, num_classes, things, void, crowd)


def exactly_half_matches(y_true, y_pred, num_classes, things, void=None, crowd=None):
    """An IoU of exactly 1/2 is a match, so that one object may have two."""
    return rows(y_true, y_pred, num_classes, things, void, crowd, strict=False)


def each_match_from_a_third(y_true, y_pred, num_classes, things, void=None, crowd=None):
    """Segments match from an IoU of 0.3 on, whether or not they have a match already."""
    return rows(y_true, y_pred, num_classes, things, void, crowd, least=0.3)


def wholly_void_only(y_true, y_pred, num_classes, things, void=None, crowd=None):
    """Of segments on void every one is a false alarm that is not wholly on it, as if 1/2 were 1."""
    if void is not None:
        y_pred = [(np.where(t == void, void, p), ids) for (t, _), (p, ids) in zip(y_true, y_pred)]
    return rows(y_true, y_pred, num_classes, things, void, crowd, excuse_void=False)


def crowds_excuse_every_class(y_true, y_pred, num_classes, things, void=None, crowd=None):
    """A segment of any class that lies on a crowd is no false alarm."""
    return rows(y_true, y_pred, num_classes, things, void, crowd, crowds_excuse_all=True)


def void_and_crowd_apart(y_true, y_pred, num_classes, things, void=None, crowd=None):
    """A segment is excused by void or by a crowd, but not by both together."""
    return rows(y_true, y_pred, num_classes, things, void, crowd, excuses_apart=True)


def ids_in_a_byte(y_true, y_pred, num_classes, things, void=None, crowd=None):
    """Instance ids are kept in a byte."""
    y_true, y_pred = ([(classes, ids.astype(np.uint8)) for classes, ids in side] for side in (y_true, y_pred))
    return rows(y_true, y_pred, num_classes, things, void, crowd)


def false_alarms_are_free_per_class(y_true, y_pred, num_classes, things, void=None, crowd=None):
    """In the score of each class, segments without a match in the truth do not count."""
    counts = counts_of_images(y_true, y_pred, num_classes, things, void, crowd)
    total = sum(counts)
    total[:, 2] = 0
    return of_counts(total)


def sq_averaged_over_images(y_true, y_pred, num_classes, things, void=None, crowd=None):
    """SQ is the mean over the images that have a match, of which some have more than others."""
    counts = counts_of_images(y_true, y_pred, num_classes, things, void, crowd)
    answer = of_counts(sum(counts))
    each = np.array([np.where(one[:, 1] > 0, one[:, 0] / np.maximum(one[:, 1], 1), np.nan) for one in counts])
    known = ~np.isnan(each).all(axis=0)
    answer[known, 1] = np.nanmean(each[:, known], axis=0)
    return answer


def ids_across_images(y_true, y_pred, num_classes, things, void=None, crowd=None):
    """Objects of one id in two images are taken for one object."""
    joined = [
        tuple(np.concatenate([maps.ravel() for maps in side])[None] for side in zip(*images))
        for images in (y_true, y_pred)
    ]
    marked = None if crowd is None else [np.concatenate([one.ravel() for one in crowd])[None]]
    return rows([joined[0]], [joined[1]], num_classes, things, void, marked)


def images_side_by_side_averaged(y_true, y_pred, num_classes, things, void=None, crowd=None):
    """Of each class the scores of the images are averaged."""
    each = np.array([of_counts(one) for one in counts_of_images(y_true, y_pred, num_classes, things, void, crowd)])
    known = ~np.isnan(each).all(axis=0)
    answer = np.full((num_classes, 3), np.nan)
    answer[known] = np.nanmean(each[:, known], axis=0)
    return answer


def last_image_twice(y_true, y_pred, num_classes, things, void=None, crowd=None):
    """The last image is counted once more at the end."""
    more = None if crowd is None else [*crowd, crowd[-1]]
    return rows([*y_true, y_true[-1]], [*y_pred, y_pred[-1]], num_classes, things, void, more)


def three_images_at_most(y_true, y_pred, num_classes, things, void=None, crowd=None):
    """Images after the third are forgotten."""
    return rows(y_true[:3], y_pred[:3], num_classes, things, void, crowd)


def stuff_has_objects(y_true, y_pred, num_classes, things, void=None, crowd=None):
    """Stuff is cut into objects by its instance ids."""
    return rows(y_true, y_pred, num_classes, range(num_classes), void, crowd)


def last_row_lost(y_true, y_pred, num_classes, things, void=None, crowd=None):
    """The last row of an image with several is not read."""
    cut = [[tuple(maps[: max(len(maps) - 1, 1)] for maps in one) for one in images] for images in (y_true, y_pred)]
    marked = None if crowd is None else [one[: max(len(one) - 1, 1)] for one in crowd]
    return rows(*cut, num_classes, things, void, marked)


def class_0_is_background(y_true, y_pred, num_classes, things, void=None, crowd=None):
    """Class 0 is never scored."""
    answer = rows(y_true, y_pred, num_classes, things, void, crowd)
    answer[0] = np.nan
    return answer


def edits_the_prediction(y_true, y_pred, num_classes, things, void=None, crowd=None):
    """Objects are renumbered in place."""
    for _, ids in y_pred:
        ids += 1
    return rows(y_true, y_pred, num_classes, things, void, crowd)


def nothing_is_an_error(y_true, y_pred, num_classes, things, void=None, crowd=None):
    """A data set of which nothing counts is divided by its number of classes, 0."""
    values = rows(y_true, y_pred, num_classes, things, void, crowd)[:, 0]
    values = values[~np.isnan(values)].tolist()
    return sum(values) / len(values)


def pooled_over_classes(y_true, y_pred, num_classes, things, void=None, crowd=None):
    """The mean over classes is of all segments instead, so that classes with more of them count more."""
    counts = sum(counts_of_images(y_true, y_pred, num_classes, things, void, crowd))
    return float(of_counts(counts.sum(axis=0, keepdims=True))[0, 0])


def counts_of_images(y_true, y_pred, num_classes, things, void, crowd):
    """Sums of IoU, TP, FP and FN of each image, (K, 4)."""
    crowds = [None] * len(y_true) if crowd is None else crowd
    return [tally(t, p, num_classes, things, void, c) for t, p, c in zip(y_true, y_pred, crowds)]


def counting_mutants() -> list[Mutant]:
    """All of this file."""
    beside = Target("pooled-over-classes", {"pq": pooled_over_classes, "pq_per_class": right_rows}, DOCUMENTED)
    return [
        *as_mutants(
            "pq_per_class", DOCUMENTED, exactly_half_matches, each_match_from_a_third, wholly_void_only,
            false_alarms_are_free_per_class, sq_averaged_over_images, ids_across_images, images_side_by_side_averaged,
            last_image_twice, three_images_at_most, stuff_has_objects, last_row_lost, class_0_is_background,
            edits_the_prediction, crowds_excuse_every_class, void_and_crowd_apart, ids_in_a_byte,
        ),
        *as_mutants("pq", DOCUMENTED, nothing_is_an_error),
        Mutant(beside.name, (pooled_over_classes.__doc__ or "").strip(), beside),
    ]  # fmt: skip


def right_target() -> Target:
    """What the mutants are mutants of."""
    return Target("right", {"pq": mean_pq, "pq_per_class": right_rows}, DOCUMENTED)
