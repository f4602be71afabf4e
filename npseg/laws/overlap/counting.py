"""Counts of pixels are whole numbers: exact, however many there are and however the labels lie in memory."""

from __future__ import annotations

import numpy as np

from npseg.laws import strategies
from npseg.laws.arranging import laid_out, with_threads
from npseg.laws.comparing import differ
from npseg.laws.law import Code, law
from npseg.laws.overlap.subjects import PER_CLASS, SCORES

# More pixels of one class than float32 can count one by one (2^24); a fifth of them is wrong in the second prediction.
ZEROS = Code("np.zeros((1, 5000, 5000), np.uint8)")
ONE_OF_FIVE = Code("np.tile(np.array([0, 0, 0, 0, 1], np.uint8), (1, 5000, 1000))")
MANY_PIXELS = (
    {"y_true": ZEROS, "y_pred": ZEROS, "num_classes": 1, "dtype": "uint8"},
    {"y_true": ZEROS, "y_pred": ONE_OF_FIVE, "num_classes": 2, "dtype": "uint8"},
    {"y_true": ZEROS, "y_pred": ONE_OF_FIVE, "num_classes": 2, "dtype": "uint8", "threads": 2},
)


def _typed():
    from hypothesis import strategies as st

    return st.one_of(strategies.typed_pairs(), strategies.typed_pairs(ignore=True))


def counted(score, y_true, y_pred, num_classes, ignore_index, dtype, layout, threads):
    """The answer for labels in that type and layout, on that many threads; None if they are refused."""
    truth, prediction = (laid_out(labels, dtype, layout) for labels in (y_true, y_pred))
    arguments = (truth, prediction, num_classes) + (() if ignore_index is None else (ignore_index,))
    score(y_true[:, :1, :1].astype("int64") * 0, y_pred[:, :1, :1].astype("int64") * 0, *arguments[2:])
    try:
        return np.asarray(with_threads(threads, score, *arguments))
    except Exception:
        if (dtype, layout) == ("int64", "plain"):
            raise
        return None


@law(
    22,
    "counts-are-exact",
    family="counts",
    of=("confusion",),
    statement="The confusion matrix counts every valid pixel once, in the row of its truth and the column of its "
    "prediction, exactly, whatever the type of the labels, their strides and the number of threads.",
    symbols="M[a, b] = |{i valid: t_i = a, p_i = b}|, so sum M = n and M 1 = histogram of t",
    source="Definition. Keys t K + p overflow uint8.",
    draw=_typed,
)
def counts_are_exact(
    score, y_true, y_pred, num_classes, ignore_index=None, dtype="int64", layout="plain", threads=1
):  # fmt: skip
    matrix = counted(score, y_true, y_pred, num_classes, ignore_index, dtype, layout, threads)
    valid = np.ones(y_true.shape, bool) if ignore_index is None else y_true != ignore_index
    keys = y_true[valid].astype(np.int64) * num_classes + y_pred[valid]
    expected = np.bincount(keys, minlength=num_classes**2).reshape(num_classes, num_classes)
    if matrix is None or (matrix.shape == expected.shape and (matrix == expected).all()):
        return None
    if matrix.shape != expected.shape:
        return f"the matrix has shape {matrix.shape}, for {num_classes} classes"
    a, b = np.argwhere(matrix != expected)[0]
    return (
        f"{expected[a, b]} pixels of class {a} have label {b}, counted are {matrix[a, b]}; "
        f"of all {keys.size} counted are {matrix.sum()}"
    )


@law(
    22,
    "counts-of-classes-are-exact",
    family="counts",
    of=("class_counts",),
    statement="TP, FP, FN and TN of each class are the numbers of its valid pixels of each kind, exactly, whatever the "
    "type of the labels, their strides and the number of threads.",
    symbols="TP + FN = histogram of t, TP + FP = histogram of p, TP + FP + FN + TN = n",
    source="Definition. Each valid pixel is one of the four for each class.",
    draw=_typed,
)
def counts_of_classes_are_exact(
    score, y_true, y_pred, num_classes, ignore_index=None, dtype="int64", layout="plain", threads=1
):  # fmt: skip
    counts = counted(score, y_true, y_pred, num_classes, ignore_index, dtype, layout, threads)
    valid = np.ones(y_true.shape, bool) if ignore_index is None else y_true != ignore_index
    truth, prediction = y_true[valid], y_pred[valid]
    for label in range(num_classes if counts is not None else 0):
        here, there = truth == label, prediction == label
        hits = int((here & there).sum())
        alarms, misses = int(there.sum()) - hits, int(here.sum()) - hits
        expected = [hits, alarms, misses, truth.size - hits - alarms - misses]
        if counts[:, label].tolist() != expected:
            return f"class {label} has TP, FP, FN, TN {expected}; counted are {counts[:, label].tolist()}"


law(
    22,
    "counts-of-many-pixels",
    family="counts",
    of=("confusion",),
    statement="The confusion matrix counts every pixel once, exactly, where a class has more than 2^24 of them, on one "
    "thread and on two.",
    symbols="M[a, b] = |{i: t_i = a, p_i = b}|, n > 2^24",
    source="Definition. Sums of ones in float32 stop at 2^24.",
    always=MANY_PIXELS,
    draw=None,
)(counts_are_exact)


law(
    22,
    "counts-of-classes-of-many-pixels",
    family="counts",
    of=("class_counts",),
    statement="TP, FP, FN and TN of each class are exact where a class has more than 2^24 pixels, on one thread and on "
    "two.",
    symbols="TP + FP + FN + TN = n > 2^24",
    source="Definition. Sums of ones in float32 stop at 2^24.",
    always=MANY_PIXELS,
    draw=None,
)(counts_of_classes_are_exact)


@law(
    46,
    "type-and-strides-of-labels",
    family="overlap",
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
    except Exception:  # refused
        return None
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


@law(
    25,
    "label-out-of-range-in-prediction",
    family="overlap",
    of=("iou", "dice", "pixel_accuracy", "micro_f1"),
    statement="A predicted label that no class has is an error, or counts as wrong; the pixel is not dropped.",
    symbols="p = t but p_i >= K or p_i < 0: s(t, p) < 1, or an error",
    source="The pixel is valid, for its truth is; one wrong pixel of its class puts the score below 1.",
    unless={"out-of-range": ("drop",)},
    draw=lambda: strategies.out_of_range_pairs(),
)
def label_out_of_range_in_prediction(score, tolerance, y_true, num_classes, pixel, label):
    score(y_true, y_true.copy(), num_classes)
    y_pred = y_true.copy()
    y_pred.flat[pixel] = label
    try:
        value = float(score(y_true, y_pred, num_classes))
    except Exception:  # refused
        return None
    if not differ(value, 1, tolerance) or value > 1:
        return f"one pixel has the label {label} in the prediction, all others are right, and the score is {value}"


@law(
    25,
    "label-out-of-range-in-truth",
    family="overlap",
    of=("iou", "dice", "pixel_accuracy", "micro_f1"),
    statement="A true label that no class has and that is not ignored is an error, or the pixel counts as wrong; it is "
    "not dropped.",
    symbols="t = p but t_i >= K or t_i < 0: s(t, p) < 1, or an error",
    source="Nothing says that the pixel does not exist; one false alarm of its class puts the score below 1.",
    unless={"out-of-range": ("drop",)},
    draw=lambda: strategies.out_of_range_pairs(),
)
def label_out_of_range_in_truth(score, tolerance, y_true, num_classes, pixel, label):
    y_pred, truth = y_true.copy(), y_true.copy()
    score(y_true, y_pred, num_classes)
    truth.flat[pixel] = label
    try:
        value = float(score(truth, y_pred, num_classes))
    except Exception:  # refused
        return None
    if not differ(value, 1, tolerance) or value > 1:
        return f"one pixel has the label {label} in the truth, all others are right, and the score is {value}"


@law(
    25,
    "label-out-of-range-in-counts",
    family="counts",
    of=("confusion",),
    statement="A label that no class has, on either side, is an error, or its pixel is counted in some cell.",
    symbols="sum M = n, or an error",
    source="Nothing says that the pixel does not exist.",
    unless={"out-of-range": ("drop",)},
    draw=lambda: strategies.out_of_range_pairs(),
)
def label_out_of_range_in_counts(score, y_true, num_classes, pixel, label):
    score(y_true, y_true, num_classes)
    wrong = y_true.copy()
    wrong.flat[pixel] = label
    for side, pair in (("truth", (wrong, y_true)), ("prediction", (y_true, wrong))):
        try:
            total = np.asarray(score(*pair, num_classes)).sum()
        except Exception:  # refused
            continue
        if total != y_true.size:
            return f"one of {y_true.size} pixels has the label {label} in the {side}; counted are {total}"
