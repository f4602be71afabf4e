"""Between which numbers a loss lies, whatever the logits."""

from __future__ import annotations

import numpy as np

from npseg.laws import strategies
from npseg.laws.comparing import exceeds
from npseg.laws.law import law
from npseg.laws.losses.named import LOSSES, NAMED


@law(
    65,
    "loss-finite-at-huge-logits",
    family="loss",
    of=LOSSES,
    statement="The loss is finite at logits of +-10000, in float64 and in float32.",
    symbols="|z| <= 10^4 => |L| < infinity",
    source="log sum exp z = m + log sum exp(z - m) with m = max z, whose exponentials do not overflow.",
    draw=lambda: strategies.loss_cases(kinds=("huge",), ignore=None, weights=None),
)
def loss_finite_at_huge_logits(score, logits, labels, ignore_index=None, class_weights=None):
    for kind in (np.float64, np.float32):
        value = float(score(logits.astype(kind), labels, ignore_index=ignore_index, class_weights=class_weights))
        if not np.isfinite(value):
            return f"the loss in {kind.__name__} is {value}"


@law(
    66,
    "loss-within-bounds",
    family="loss",
    of=NAMED,
    statement="Cross-entropy and focal loss are not negative; a Dice loss lies in [0, 1].",
    symbols="low <= L(z, t) <= high",
    source="Probabilities are at most 1; 2 sum p g <= sum p + sum g.",
    draw=lambda: strategies.loss_cases(ignore=None, kinds=strategies.KINDS),
)
def loss_within_bounds(score, bounds, tolerance, logits, labels, ignore_index=None):
    value = float(score(logits, labels, ignore_index=ignore_index))
    if exceeds(bounds[0], value, tolerance) or exceeds(value, bounds[1], tolerance):
        return f"the loss is {value}, outside {bounds}"
