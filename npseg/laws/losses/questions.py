"""Questions that show which conventions a loss follows; see `probing`."""

from __future__ import annotations

import numpy as np

from npseg.laws.comparing import differ
from npseg.laws.target import Unsupported

__all__ = ["OF_ANY", "OF_PIXELS"]

LOGITS = np.array([[[[1.0, 0.0, -0.5], [0.25, 2.0, 0.5]]]])
LABELS = np.array([[[0, 2]]])
THREE = np.array([[[[1.0, 0.0, -0.5], [0.25, 2.0, 0.5], [-0.5, 0.75, 1.5]]]])
THEIR_LABELS = np.array([[[0, 2, 2]]])


def reduction_convention(score, tolerance):
    """Two pixels, apart and together, then with the weight of one of their classes three times that of the other."""
    shown = plain_reduction(score, tolerance)
    if shown == "other":
        return "other"
    try:
        weights = np.array([1.0, 2.0, 3.0])
        weighted = score(LOGITS, LABELS, class_weights=weights)
    except Unsupported:
        return shown
    apart = score(LOGITS[:, :, :1], LABELS[:, :, :1]) + 3 * score(LOGITS[:, :, 1:], LABELS[:, :, 1:])
    if shown == "sum":
        return "other" if differ(weighted, apart, tolerance) else "sum"
    if not differ(weighted, apart / 4, tolerance):
        return "weighted-mean"
    return "other" if differ(weighted, apart / 2, tolerance) else "mean"


def plain_reduction(score, tolerance):
    """The same without weights."""
    together = score(LOGITS, LABELS)
    apart = score(LOGITS[:, :, :1], LABELS[:, :, :1]) + score(LOGITS[:, :, 1:], LABELS[:, :, 1:])
    if not differ(together, apart / 2, tolerance):
        return "mean"
    return "other" if differ(together, apart, tolerance) else "sum"


def any_reduction(score, tolerance):
    """As `reduction_convention`, where it is no fault if the pixels do not enter one by one.

    Two pixels of two classes may be too few to show that: here are three, of which two have one class.
    """
    shown = reduction_convention(score, tolerance)
    apart = [float(score(THREE[:, :, i : i + 1], THEIR_LABELS[:, :, i : i + 1])) for i in range(3)]
    together = sum(apart) if shown == "sum" else sum(apart) / 3
    return "joint" if shown == "other" or differ(score(THREE, THEIR_LABELS), together, tolerance) else shown


def all_ignored_convention(score, tolerance):
    """Nothing but ignored pixels."""
    answer = float(score(LOGITS, np.full_like(LABELS, 255), ignore_index=255))
    if answer != answer:
        return "nan"
    return "other" if differ(answer, 0.0, tolerance) else "0"


def activation_convention(score, tolerance):
    """Whether a common shift of all logits tells, and whether the two logits of a pixel act on the loss
    apart, the wrong one too."""
    label = LABELS[:, :, :1]

    def ask(first, second):
        return float(score(np.array([[[[first, second]]]]), label))

    if not differ(ask(1.0, 0.0), ask(3.0, 2.0), tolerance):
        return "softmax"
    apart = not differ(ask(1, 0) - ask(1, 2), ask(-1, 0) - ask(-1, 2), tolerance)
    return "sigmoid" if apart and ask(1, 2) > ask(1, 0) else "other"


def smooth_convention(score, tolerance):
    """One pixel, as wrong as can be: the loss is 1 only if nothing is added to its sums, be it a millionth."""
    answer = float(score(np.array([[[[-1000.0, 1000.0]]]]), np.array([[[0]]])))
    if not differ(answer, 1.0, min(tolerance, 1e-8)):
        return "0"
    return "positive" if 0 < answer < 1 else "other"


def ignore_convention(score, tolerance):
    """Whether there is such a thing; whether it works is for the laws."""
    score(LOGITS, np.array([[[0, 255]]]), ignore_index=255)
    return "supported"


OF_PIXELS = {
    "reduction": reduction_convention,
    "all-ignored": all_ignored_convention,
    "activation": activation_convention,
    "ignore": ignore_convention,
}
"""Convention to its question, for losses made of pixels one by one."""

OF_ANY = {**OF_PIXELS, "reduction": any_reduction, "smooth": smooth_convention}
"""The same for other losses."""
