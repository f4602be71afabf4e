"""Scores of as many classes as data sets have: 19 of Cityscapes, 21 of VOC, 150 of ADE20K, and more."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from npseg.laws.law import law
from npseg.laws.overlap.definitions import SHARES, SHARES_FROM, matrix_of, scores_of_classes, unlike_by_definition
from npseg.laws.overlap.subjects import CLASS_MEANS, PER_CLASS

NUMBERS = (17, 19, 33, 150, 300)


@st.composite
def pairs_of_many_classes(draw: st.DrawFn) -> dict[str, Any]:
    """An image of two rows: one in which each class is found, and one of any labels."""
    num_classes = draw(st.sampled_from(NUMBERS))
    rows = hnp.arrays(np.int64, num_classes, elements=st.integers(0, num_classes - 1))
    y_true, y_pred = (np.stack([np.arange(num_classes), draw(rows)])[None] for _ in range(2))
    return {"y_true": y_true, "y_pred": y_pred, "num_classes": num_classes}


@law(
    142,
    "many-classes-as-defined",
    family="overlap",
    of=(*CLASS_MEANS, *PER_CLASS),
    statement="Of 17 to 300 classes, too, each of which is found somewhere, IoU, Dice, precision and recall are the "
    "shares that their names say, or the means of these.",
    symbols=f"K = 17, 19, 33, 150, 300: {SHARES}",
    source=SHARES_FROM
    + " The number of a pair of labels is below K^2, which 8 bits hold up to K = 16, and 16 bits up to K = 256.",
    draw=pairs_of_many_classes,
)
def many_classes_as_defined(score, measure, tolerance, ignored_by_default, y_true, y_pred, num_classes):
    if ignored_by_default in range(num_classes):
        return None  # it is one of these classes
    expected = scores_of_classes(measure.removesuffix("_per_class"), matrix_of(y_true, y_pred, num_classes))
    if not measure.endswith("_per_class"):
        expected = expected.mean()
    return unlike_by_definition(score(y_true, y_pred, num_classes), expected, tolerance)
