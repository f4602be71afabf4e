"""A prediction that gets better does not score worse."""

from __future__ import annotations

import numpy as np

from npseg.laws import strategies
from npseg.laws.comparing import exceeds
from npseg.laws.law import law
from npseg.laws.overlap.subjects import PER_CLASS, RATIOS


@law(
    13,
    "correcting-a-pixel",
    family="overlap",
    of=RATIOS,
    statement="Giving one wrong pixel its right label never lowers the score.",
    symbols="t_i != p_i, q = p but q_i = t_i: s(t, q) >= s(t, p)",
    source="Pixel i is of class a and was called b. TP_a grows by 1 and so may TP_a + FP_a, the union of a stays; of b "
    "only FP_b falls, by 1: no defined ratio falls. A ratio of b that becomes undefined was 0, one of a that becomes "
    "defined is 1, so the mean over defined classes does not fall either, nor with 0 or 1 for undefined ones. "
    "Frequencies and the weights of generalised Dice are the truth's. It does not hold for kappa and Matthews "
    "correlation: t = 0 0 0 1, p = 1 1 2 0 has kappa -5/11, and -1/2 after its third pixel is corrected.",
    draw=lambda: strategies.correctable_pairs(),
)
def correcting_a_pixel(score, tolerance, y_true, y_pred, num_classes, pixel):
    better = y_pred.copy()
    better.flat[pixel] = y_true.flat[pixel]
    before, after = float(score(y_true, y_pred, num_classes)), float(score(y_true, better, num_classes))
    if before == before and exceeds(before, after, tolerance):
        return f"the score falls from {before} to {after} when pixel {pixel} gets its right label"


@law(
    13,
    "correcting-a-pixel-class-by-class",
    family="overlap",
    of=PER_CLASS,
    statement="Giving one wrong pixel of an image its right label lowers the score of no class.",
    symbols="t_i != p_i, q = p but q_i = t_i: s_k(t, q) >= s_k(t, p) where both are defined",
    source="See correcting-a-pixel.",
    presumes={"absent": ("skip", "0", "1")},
    draw=lambda: strategies.correctable_pairs(images=(1, 1)),
)
def correcting_a_pixel_class_by_class(score, tolerance, y_true, y_pred, num_classes, pixel):
    better = y_pred.copy()
    better.flat[pixel] = y_true.flat[pixel]
    before, after = (np.asarray(score(y_true, p, num_classes), float) for p in (y_pred, better))
    for label, (low, high) in enumerate(zip(before, after)):
        if low == low and high == high and exceeds(low, high, tolerance):
            return f"class {label} falls from {low} to {high} when pixel {pixel} gets its right label"
