"""Many tests at once: p-values corrected so that one false alarm among all of them stays rare."""

from __future__ import annotations

from typing import Any

import numpy as np

from npseg.arrays import as_numpy
from npseg.errors import ArgumentError

__all__ = ["holm"]


def holm(p_values: Any) -> np.ndarray:
    """Holm's adjusted p-values, `(m,)` float64: reject where they are at most the level wanted for all tests together.

    The smallest p-value is multiplied by m, the next by m - 1, and so on; none is smaller than one before it, and none
    above 1. Nothing is presumed about how the tests depend on each other. NaN is no test: it stays NaN and does not
    count in m. Holm 1979, section 3. Raises `ArgumentError` for numbers outside [0, 1].

    Three tests: 0.01 * 3, 0.03 * 2, and 0.04 * 1, which is raised to the one before:

    >>> holm([0.04, 0.01, 0.03])
    array([0.06, 0.03, 0.06])
    """
    p = np.asarray(as_numpy(p_values, name="p_values"), np.float64)
    defined = np.flatnonzero(~np.isnan(p))
    if p.ndim != 1 or (p[defined] < 0).any() or (p[defined] > 1).any():
        raise ArgumentError(f"holm: p_values has shape {p.shape} and holds {p!r}; expected (m,) numbers from 0 to 1")
    order = defined[np.argsort(p[defined], kind="stable")]
    adjusted = np.full(p.shape, np.nan)
    adjusted[order] = np.minimum(1.0, np.maximum.accumulate(p[order] * np.arange(order.size, 0, -1)))
    return adjusted
