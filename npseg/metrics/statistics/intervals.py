"""From bootstrap replications to an interval. Undefined replications (NaN) are left out; who calls says how many."""

from __future__ import annotations

from statistics import NormalDist

import numpy as np

__all__ = ["bca_interval", "percentile_interval", "standard_error"]

_NORMAL = NormalDist()


def percentile_interval(replications: np.ndarray, level: float) -> tuple[float, float]:
    """The middle `level` of the replications, `(B,)`: interpolated linearly between two of them.

    NaN if no replication is defined. Efron and Tibshirani 1993, section 13.3.

    >>> percentile_interval(np.arange(101.0), 0.5)
    (25.0, 75.0)
    """
    return _between(replications, 0.5 - level / 2, 0.5 + level / 2)


def bca_interval(
    replications: np.ndarray, estimate: float, left_out: np.ndarray, level: float
) -> tuple[float, float]:  # fmt: skip
    """The percentiles, corrected for bias and acceleration (BCa).

    `left_out` `(n,)` are the estimates without one unit each. Replications equal to the estimate count half as below
    it. NaN where the correction is not defined: the estimate is NaN, or all replications lie on one side of it.
    Efron 1987; Efron and Tibshirani 1993, section 14.3.

    Without bias and skew nothing is corrected:

    >>> low, high = bca_interval(np.arange(101.0), 50.0, np.array([49.0, 50.0, 51.0]), 0.9)
    >>> round(low, 6), round(high, 6)
    (5.0, 95.0)
    """
    defined = replications[~np.isnan(replications)]
    if defined.size == 0 or np.isnan(estimate):
        return float("nan"), float("nan")
    share = ((defined < estimate).sum() + 0.5 * (defined == estimate).sum()) / defined.size
    if not 0 < share < 1:
        return float("nan"), float("nan")
    bias = _NORMAL.inv_cdf(float(share))
    acceleration = _acceleration(left_out)
    ends = []
    for probability in (0.5 - level / 2, 0.5 + level / 2):
        shifted = bias + _NORMAL.inv_cdf(probability)
        shrink = 1 - acceleration * shifted
        if shrink <= 0:
            return float("nan"), float("nan")
        ends.append(_NORMAL.cdf(bias + shifted / shrink))
    return _between(replications, *ends)


def standard_error(replications: np.ndarray) -> float:
    """Standard deviation of the defined replications; NaN of fewer than two. Efron and Tibshirani 1993, section 6.2.

    >>> standard_error(np.array([1.0, 3.0, np.nan]))
    1.4142135623730951
    """
    defined = replications[~np.isnan(replications)]
    return float(defined.std(ddof=1)) if defined.size > 1 else float("nan")


def _acceleration(left_out: np.ndarray) -> float:
    """A sixth of the skew of the jackknife values; 0 where they are all the same."""
    defined = left_out[~np.isnan(left_out)]
    if defined.size == 0:
        return 0.0
    off = defined.mean() - defined
    spread = float((off**2).sum()) ** 1.5
    return float((off**3).sum()) / (6 * spread) if spread > 0 else 0.0


def _between(replications: np.ndarray, low: float, high: float) -> tuple[float, float]:
    defined = replications[~np.isnan(replications)]
    if defined.size == 0:
        return float("nan"), float("nan")
    ends = np.quantile(defined, (low, high))
    return float(ends[0]), float(ends[1])
