"""Small batches of label maps with the cases that conventions differ in."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

IGNORE = 255


@st.composite
def batches(draw, max_classes=4):
    """Truth and prediction (N, H, W) and the number of classes: absent classes, void images, all right, all wrong."""
    num_classes = draw(st.integers(1, max_classes))
    shape = (draw(st.integers(1, 3)), draw(st.integers(1, 3)), draw(st.integers(1, 4)))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    truth = rng.integers(0, draw(st.integers(1, num_classes)), shape)
    errors = draw(st.sampled_from([0.0, 0.2, 0.6, 1.0]))
    prediction = np.where(rng.random(shape) < errors, rng.integers(0, num_classes, shape), truth)
    truth = np.where(rng.random(shape) < draw(st.sampled_from([0.0, 0.3])), IGNORE, truth)
    if draw(st.booleans()):
        truth[rng.integers(0, shape[0])] = IGNORE
    return truth, prediction, num_classes
