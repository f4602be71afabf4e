"""Find out which conventions a target follows by asking it questions whose answers differ between them.

A question is a function of the measure; it returns the name of the convention, `"other"` if the answer fits none, or
None if there is no answer. A documented convention that the answers contradict is a broken law like any other.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping

import numpy as np

from npseg.laws.comparing import differ
from npseg.laws.distance.questions import BAND_QUESTIONS, DISTANCE_QUESTIONS, MEAN_QUESTIONS
from npseg.laws.law import Law
from npseg.laws.losses import questions as losses
from npseg.laws.measures import MEASURES
from npseg.laws.operators import questions as operators
from npseg.laws.panoptic.questions import PANOPTIC_QUESTIONS
from npseg.laws.refusing import refuses
from npseg.laws.target import Target, Unsupported

__all__ = ["DOCUMENTED", "OTHER", "QUESTIONS", "observed"]

OTHER = "other"
Question = Callable[..., str | None]


def absent_convention(score, tolerance):
    """Half of class 0 is found, class 1 has a false alarm; then a third class is declared, which nothing holds."""
    y_true, y_pred = np.array([[[0, 0, 1, 1]]]), np.array([[[0, 1, 1, 1]]])
    without = np.asarray(score(y_true, y_pred, 2), float)
    declared = np.asarray(score(y_true, y_pred, 3), float)
    for name, value in (("skip", np.nan), ("0", 0.0), ("1", 1.0), ("-1", -1.0)):
        answer = np.append(without, value) if without.ndim else np.nanmean([without, without, value])
        if not differ(declared, answer, tolerance):
            return name
    return "other"


def aggregate_convention(score, tolerance):
    """Two images, one wholly right and of one class, one mostly wrong; and two with both classes, one of them right."""
    holds = []
    for y_true, y_pred in (
        (np.array([[[0, 0, 0, 0]], [[0, 0, 1, 1]]]), np.array([[[0, 0, 0, 0]], [[0, 1, 0, 0]]])),
        (np.array([[[0, 0, 0, 1]], [[0, 0, 1, 1]]]), np.array([[[0, 0, 0, 1]], [[1, 1, 1, 0]]])),
    ):
        together = np.asarray(score(y_true, y_pred, 2), float)
        beside = score(y_true.reshape(1, 1, 8), y_pred.reshape(1, 1, 8), 2)
        first, second = (np.asarray(score(y_true[i : i + 1], y_pred[i : i + 1], 2), float) for i in (0, 1))
        # One class at a time, the mean over images and that over all classes of all images are the same.
        mean = np.nanmean([first, second], axis=0)
        # Of the first two images three pairs of image and class are defined, of the other two all four. Class 1 is
        # missed in the second, so that class 0 scores twice its mean there, and the mean of both in the two images.
        pairs = (first + 2 * second) / 3 if not holds else mean
        classes = ((first + 2 * second) / 2 + 0) / 2 if not holds else mean
        holds.append([not differ(together, answer, tolerance) for answer in (beside, mean, pairs, classes)])
    of_all, of_each, of_pairs, of_classes = np.all(holds, axis=0)
    if of_all and of_each:
        return _aggregate_of_sizes(score, tolerance)
    if of_all or of_each:
        return "dataset" if of_all else "image"
    if together.ndim or not (of_pairs or of_classes):
        return "other"
    return "image-class" if of_pairs else "image-then-class"


def _aggregate_of_sizes(score, tolerance):
    """Images of one size have the same accuracy either way; here all of one counts, and of the other a pixel."""
    y_true, y_pred = np.array([[[0, 1, 0, 1]], [[0, 255, 255, 255]]]), np.array([[[0, 1, 0, 1]], [[1, 1, 1, 1]]])
    try:
        together = np.asarray(score(y_true, y_pred, 2, ignore_index=255), float)
    except Unsupported:
        return None
    except Exception as error:
        if refuses(error):
            return None
        raise
    known = {"dataset": 4 / 5, "image": 1 / 2}
    return next((name for name, value in known.items() if not differ(together, value, tolerance)), None)


def ignore_convention(score, tolerance):
    """Whether there is such a thing; whether it works is for the laws."""
    y_true, y_pred = np.array([[[0, 0, 1, 1, 255, 255]]]), np.array([[[0, 1, 1, 1, 0, 1]]])
    score(y_true, y_pred, 2, ignore_index=255)
    return "supported"


def empty_truth_convention(score, tolerance):
    """Class 2 is in the prediction only. The others have IoU 3/5 and 1/2, Dice 3/4 and 2/3."""
    y_true, y_pred = np.array([[[0, 0, 0, 0, 1, 1]]]), np.array([[[0, 0, 0, 2, 1, 0]]])
    answer = np.asarray(score(y_true, y_pred, 3), float)
    for others in ((3 / 5, 1 / 2), (3 / 4, 2 / 3)):
        for name, value in (("0", 0.0), ("skip", np.nan)):
            each = np.array([*others, value])
            if not differ(answer, each if answer.ndim else np.nanmean(each), tolerance):
                return name
    return None


def ignored_class_convention(score, tolerance):
    """Label 2 is ignored, and predicted where it is wrong. The others have IoU 3/5 and 1/2, Dice 3/4 and 2/3."""
    y_true, y_pred = np.array([[[0, 0, 0, 0, 1, 1, 2]]]), np.array([[[0, 0, 0, 2, 1, 0, 2]]])
    answer = np.asarray(score(y_true, y_pred, 3, ignore_index=2), float)
    for others in ((3 / 5, 1 / 2), (3 / 4, 2 / 3)):
        for name, value in (("kept", 0.0), ("left-out", np.nan)):
            each = np.array([*others, value])
            if not differ(answer, each if answer.ndim else np.nanmean(each), tolerance):
                return name
    return None


def out_of_range_convention(score, tolerance):
    """All is right but one pixel, which is predicted to be of a class that does not exist."""
    y_true, y_pred = np.array([[[0, 0, 1, 1]]]), np.array([[[0, 0, 1, 2]]])
    try:
        answer = np.asarray(score(y_true, y_pred, 2), float)
    except Unsupported:
        raise
    except Exception as error:
        if refuses(error):
            return "raise"
        raise
    if answer.ndim:
        return None
    return "count" if differ(answer, 1, tolerance) else "drop"


QUESTIONS: dict[str, Mapping[str, Question]] = {
    "overlap": {
        "absent": absent_convention,
        "empty-truth": empty_truth_convention,
        "aggregate": aggregate_convention,
        "ignore": ignore_convention,
        "ignored-class": ignored_class_convention,
        "out-of-range": out_of_range_convention,
    },
    "counts": {"ignore": ignore_convention},
    "class-counts": {"ignore": ignore_convention},
    "distance": DISTANCE_QUESTIONS,
    "band": BAND_QUESTIONS,
    "pixel loss": losses.OF_PIXELS,
    "joint loss": losses.OF_ANY,
    "convolution": operators.OF_CONVOLUTIONS,
    "resize": operators.OF_RESIZING,
    "maximum pooling": operators.OF_MAXIMA,
    "average pooling": operators.OF_AVERAGING,
    "pointwise": operators.OF_POINTS,
    "distance-mean": MEAN_QUESTIONS,
    "panoptic": PANOPTIC_QUESTIONS,
}
"""Family of measures to its conventions, each with the question that shows it."""


def observed(target: Target, measure: str) -> dict[str, str]:
    """The conventions of one measure of a target as its answers show them; without those that no answer shows."""
    found = {}
    for name, question in QUESTIONS.get(MEASURES[measure].family, {}).items():
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                answer = question(target.measures[measure], target.tolerance)
        except Unsupported:
            answer = "none" if name in ("ignore", "spacing", "void", "void-prediction", "crowd") else None
        except (Exception, SystemExit):  # whatever a foreign library raises, the question has no answer
            answer = None
        if answer is not None:
            found[name] = answer
    return found


def as_documented(question, score, documented, tolerance):
    """What is broken if the documentation names another convention than the answers show."""
    shown = question(score, tolerance)  # None where the convention means nothing to this measure
    if shown not in (None, documented):
        return f"the documentation says {documented}, the answers say {shown}"


DOCUMENTED = Law(
    number=0,
    name="as-documented",
    family="documentation",
    statement="A convention that the documentation names is the one that the answers show.",
    symbols="observed = documented",
    source="Whoever reads the documentation relies on it.",
    check=as_documented,
    draw=None,
    of=tuple(MEASURES),
)
"""Tried once for each documented convention, with the question that shows it."""
