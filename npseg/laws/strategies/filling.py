"""Whole numbers to fill arrays with, drawn fast and evenly."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

__all__ = ["filling"]

DRAWN = 73  # a prime, so that rows of a tiled array differ; small arrays are not tiled at all


def filling(shape: tuple[int, ...]) -> st.SearchStrategy[np.ndarray]:
    """Arrays of that shape, int8, over all its values.

    As many bytes are drawn for every shape, and repeated where they are too few: a draw whose length depended on what
    was drawn before would be replaced by zeros whenever Hypothesis varies what came before it.
    """
    return st.binary(min_size=DRAWN, max_size=DRAWN).map(
        lambda drawn: np.resize(np.frombuffer(drawn, np.int8), shape)  # np.resize repeats
    )
