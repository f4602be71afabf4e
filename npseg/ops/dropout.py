"""Dropout."""

from __future__ import annotations

import numpy as np

from npseg.autograd import differentiable
from npseg.errors import ArgumentError

__all__ = ["dropout"]


@differentiable(strided=True)
def dropout(x, p: float, *, rng: np.random.Generator):
    """Set each value to zero with probability p and divide the rest by 1 - p, so that the expectation stays.

    Args:
        x: any shape.
        p: in [0, 1).
        rng: the source of randomness; the same state gives the same mask.

    Source: Srivastava et al. 2014, with the scaling at training time.

    >>> sorted(set(dropout(np.ones(100), 0.5, rng=np.random.default_rng(0)).data.tolist()))
    [0.0, 2.0]
    """
    if not 0.0 <= p < 1.0:
        raise ArgumentError(f"dropout: p={p}; expected a probability in [0, 1)")
    keep = rng.random(x.shape, np.float32) >= p
    scale = x.dtype.type(1 / (1 - p))
    return x * keep * scale, lambda dy, wanted: (dy * keep * scale,)
