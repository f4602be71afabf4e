"""How laws compare numbers. NaN equals NaN: undefined is an answer."""

from __future__ import annotations

import numpy as np

__all__ = ["differ", "exceeds"]


def differ(a, b, tolerance):
    """Whether two answers are not the same number, or not the same numbers."""
    a, b = np.asarray(a, dtype=float), np.asarray(b, dtype=float)
    return a.shape != b.shape or not np.allclose(a, b, rtol=tolerance, atol=tolerance, equal_nan=True)


def exceeds(a, b, tolerance):
    """Whether `a` is greater than `b` by more than rounding; NaN exceeds everything, for it is no answer here."""
    return not a <= b + tolerance * (1 + abs(b))
