"""Small batches of label maps with the cases that conventions differ in."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

IGNORE = 255


@st.composite
def batches(draw):
    """Truth and prediction (N, H, W) and the number of classes: absent classes, void images, all right, all wrong.

    Hypothesis leans to small numbers, of which scores are mostly 0, 1 or undefined: so sizes are sampled.
    """
    num_classes = draw(st.sampled_from([3, 4, 2, 3, 1]))
    shape = tuple(draw(st.sampled_from(sides)) for sides in ([2, 3, 1], [3, 2, 1], [4, 5, 1]))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    present = draw(st.sampled_from([num_classes, num_classes, 1]))
    truth = rng.choice(present, shape, p=rng.dirichlet(np.ones(present)))
    errors = draw(st.sampled_from([0.3, 0.6, 0.0, 1.0]))
    prediction = np.where(rng.random(shape) < errors, rng.integers(0, num_classes, shape), truth)
    truth = np.where(rng.random(shape) < draw(st.sampled_from([0.0, 0.3])), IGNORE, truth)
    if draw(st.sampled_from([False, False, True])):
        truth[rng.integers(0, shape[0])] = IGNORE
    return truth, prediction, num_classes
