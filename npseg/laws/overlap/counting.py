"""Counts of pixels are whole numbers: exact, however many there are and however the labels lie in memory."""

from __future__ import annotations

import numpy as np

from npseg.laws import strategies
from npseg.laws.arranging import laid_out, with_threads
from npseg.laws.law import Code, law
from npseg.laws.refusing import refuses

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
    except Exception as error:
        if refuses(error) and (dtype, layout) != ("int64", "plain"):
            return None
        raise


@law(
    22,
    "counts-are-exact",
    family="counts",
    of=("confusion",),
    statement="The confusion matrix counts every valid pixel once, in the row of its truth and the column of its "
    "prediction, whatever the number of threads, the type of the labels and their strides.",
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
    statement="TP, FP, FN and TN of each class are the numbers of its valid pixels of each kind, whatever the number "
    "of threads, the type of the labels and their strides.",
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


for measure, check in (("confusion", counts_are_exact), ("class_counts", counts_of_classes_are_exact)):
    law(
        22,
        f"many-pixels-in-{measure.replace('_', '-')}",
        family="counts",
        of=(measure,),
        statement="Counts are exact beyond 2^24 pixels of one class, on one thread and on two.",
        symbols="|{i: t_i = a, p_i = b}| > 2^24",
        source="Counts are whole numbers. Sums in float32 stop at 2^24.",
        always=MANY_PIXELS,
        draw=None,
    )(check)
