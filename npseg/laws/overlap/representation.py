"""Equal labels have equal scores: whatever their type, their strides, their number, and on any number of threads."""

from __future__ import annotations

import numpy as np

from npseg.laws import strategies
from npseg.laws.arranging import with_threads
from npseg.laws.comparing import differ
from npseg.laws.law import law
from npseg.laws.overlap.counting import counted
from npseg.laws.overlap.subjects import PER_CLASS, SCORES
from npseg.laws.refusing import refuses


@law(
    46,
    "type-and-strides-of-labels",
    family="overlap",
    of_the_arrays=True,
    of=(*SCORES, *PER_CLASS),
    statement="Integer labels in another type, other strides or read-only, and another number of threads, give the "
    "same score, or are refused.",
    symbols="s(t, p) depends on the values of t and p",
    source="Equal labels are equal.",
    draw=lambda: strategies.typed_pairs(),
)
def type_and_strides_of_labels(score, tolerance, y_true, y_pred, num_classes, dtype, layout, threads):
    plain = score(y_true, y_pred, num_classes)
    other = counted(score, y_true, y_pred, num_classes, None, dtype, layout, threads)
    if other is not None and differ(plain, other, tolerance):
        return f"the score is {plain}; {other} of {dtype}, {layout}, on {threads} threads"


@law(
    46,
    "labels-as-floats",
    family="overlap",
    of_the_arrays=True,
    of=(*SCORES, *PER_CLASS, "confusion"),
    statement="Labels given as floating-point numbers are refused, or mean the same labels.",
    symbols="s(float(t), float(p)) = s(t, p), or an error",
    source="Equal labels are equal. Whoever takes floats for something else than labels answers another question.",
    draw=lambda: strategies.label_pairs(images=(1, 2)),
)
def labels_as_floats(score, tolerance, y_true, y_pred, num_classes):
    plain = score(y_true, y_pred, num_classes)
    try:
        floats = score(y_true.astype(np.float32), y_pred.astype(np.float32), num_classes)
    except Exception as error:
        if refuses(error):
            return None
        raise
    if differ(plain, floats, tolerance):
        return f"the score is {plain}, and {floats} of the same labels in float32"


@law(
    47,
    "many-pixels",
    family="overlap",
    of=SCORES,
    statement="An image that repeats a small one many times, beyond 2^24 pixels of one class, has the score of the "
    "small one, on one thread and on two.",
    symbols="s(k x t, k x p) = s(t, p)",
    source="Every count is multiplied by one number, which cancels. Sums in float32 stop at 2^24.",
    always=tuple(
        {
            "y_true": np.array([[[0, 0, 0, 0, 0, 1]]]),
            "y_pred": np.array([[[0, 0, 0, 0, 1, 1]]]),
            "num_classes": 2,
            "copies": (5000, 900),
            "threads": threads,
        }
        for threads in (1, 2)
    ),
    draw=lambda: strategies.repeated_pairs(),
)
def many_pixels(score, tolerance, y_true, y_pred, num_classes, copies, threads):
    small = score(y_true, y_pred, num_classes)
    large = with_threads(threads, score, np.tile(y_true, (1, *copies)), np.tile(y_pred, (1, *copies)), num_classes)
    if differ(small, large, tolerance):
        return f"the small image scores {small}, repeated {copies} times {large}, on {threads} threads"
