"""Questions whose answers show the conventions of a panoptic quality; see `npseg.laws.probing`."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from npseg.laws.comparing import differ

__all__ = ["PANOPTIC_QUESTIONS"]

VOID_LABEL = 255


def row_of_pixels(classes, ids):
    """An image of one row."""
    return np.array([classes]), np.array([ids])


def pq_of(answer):
    """The mean PQ, or that of the first class where PQ, SQ and RQ of each are given."""
    answer = np.asarray(answer, float)
    return float(answer[0, 0]) if answer.ndim == 2 else float(answer)


def panoptic_absent(score, tolerance):
    """Class 0 is found in part, class 1 is a false alarm; then a third class is declared, which nothing holds."""
    y_true, y_pred = [row_of_pixels([0, 0, 0], [1, 1, 1])], [row_of_pixels([0, 0, 1], [1, 1, 1])]
    without = np.asarray(score(y_true, y_pred, 2, [0, 1]), float)
    declared = np.asarray(score(y_true, y_pred, 3, [0, 1, 2]), float)
    for name, value in (("skip", np.nan), ("0", 0.0), ("1", 1.0), ("-1", -1.0)):
        answer = np.vstack([without, [[value] * 3]]) if without.ndim else np.nanmean([without, without, value])
        if not differ(declared, answer, tolerance):
            return name
    return "other"


def panoptic_aggregate(score, tolerance):
    """An image in which two objects of class 0 are found, and one in which an object of it is taken for class 1."""
    right, wrong = row_of_pixels([0, 0], [1, 2]), row_of_pixels([1, 1], [1, 1])
    missed = row_of_pixels([0, 0], [1, 1])
    answer = score([right, missed], [right, wrong], 2, [0, 1])
    # PQ is 2 / 2.5 and 0; in the first image class 1 is undefined, in the second both classes are 0.
    values = {"dataset": (0.4, 0.8), "image": (0.5, 0.5), "image-class": (1 / 3, 0.5)}
    for name, (mean, first_class) in values.items():
        if not differ(pq_of(answer), mean if np.ndim(answer) == 0 else first_class, tolerance):
            return name
    return "other"


def void_convention(score, tolerance):
    """All is right except on a pixel of which the truth says nothing."""
    y_true, y_pred = [row_of_pixels([0, 0, VOID_LABEL], [1, 1, 0])], [row_of_pixels([0, 0, 0], [1, 1, 1])]
    return "supported" if not differ(pq_of(score(y_true, y_pred, 1, [0], VOID_LABEL)), 1, tolerance) else "other"


def void_prediction_convention(score, tolerance):
    """Of the four pixels of an object one is predicted as void."""
    y_true, y_pred = [row_of_pixels([0] * 4, [1] * 4)], [row_of_pixels([0, 0, 0, VOID_LABEL], [1, 1, 1, 0])]
    value = pq_of(score(y_true, y_pred, 1, [0], VOID_LABEL))
    return next((name for name, pq in (("missing", 0.75), ("ignored", 1)) if not differ(value, pq, tolerance)), "other")


def crowd_convention(score, tolerance):
    """An object that is found, and beside it a crowd of which some is predicted as an object."""
    y_true, y_pred = [row_of_pixels([0] * 4, [1, 1, 2, 2])], [row_of_pixels([0, 0, 0, 1], [1, 1, 3, 1])]
    crowd = [np.array([[False, False, True, True]])]
    answer = score(y_true, y_pred, 2, [0, 1], None, crowd)
    # The false alarm of class 1 halves the mean.
    return "supported" if not differ(pq_of(answer), 0.5 if np.ndim(answer) == 0 else 1, tolerance) else "other"


def matching_convention(score, tolerance):
    """An object is overlapped by half, another by a third."""
    half = score([row_of_pixels([0, 0], [1, 1])], [row_of_pixels([0, 1], [1, 1])], 2, [0, 1])
    third = score([row_of_pixels([0, 0, 0], [1, 1, 1])], [row_of_pixels([0, 1, 1], [1, 1, 1])], 2, [0, 1])
    if pq_of(third) > 0:
        return "assignment"
    return "iou>=0.5" if pq_of(half) > 0 else "iou>0.5"


PANOPTIC_QUESTIONS: dict[str, Callable[..., str | None]] = {
    "absent": panoptic_absent,
    "aggregate": panoptic_aggregate,
    "void": void_convention,
    "void-prediction": void_prediction_convention,
    "crowd": crowd_convention,
    "matching": matching_convention,
}
"""Convention to its question, for measures in the panoptic form."""
