"""The paired permutation test: what if it did not matter which model was which?"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from npseg.metrics.statistics.resampling import WeightedSums, pieces
from npseg.metrics.statistics.unit_counts import UnitCounts
from npseg.randomness import Purpose, generator

__all__ = ["swapped_differences", "two_sided_p"]

_TOLERANCE = 1e-12


def swapped_differences(
    a: UnitCounts, b: UnitCounts, statistic: Callable[[np.ndarray], np.ndarray], permutations: int, seed: int
) -> tuple[np.ndarray, bool]:
    """Differences of a statistic after the two models changed places in some units, `(m, q)`, and whether m is all.

    `a` and `b` are counts of n units; `statistic` maps sums `(B, K, K)` to `(B, q)`. If all 2^n ways to swap
    are no more than `permutations`, each is made once (the identity among them), otherwise that many are drawn.
    """
    sums = WeightedSums(b.minus(a), largest=max(a.largest, b.largest) * len(a))
    total_a, total_b = a.total(), b.total()
    exact = len(a) < 63 and 2 ** len(a) <= permutations
    swaps = _all_swaps if exact else _drawn_swaps
    differences = []
    for swapped in swaps(len(a), a.classes, permutations, seed):
        moved = sums(swapped)
        differences.append(statistic(total_a + moved) - statistic(total_b - moved))
    return np.concatenate(differences), exact


def two_sided_p(observed: np.ndarray, differences: np.ndarray, exact: bool) -> np.ndarray:
    """p-values `(q,)`: how often swapping gives a difference at least as large, either way, as the observed one.

    Over all swaps, their share; over drawn ones (b + 1) / (m + 1), because the observed arrangement is one as well, and
    no p-value may be 0 (Phipson and Smyth 2010). A swap in which the statistic does not exist counts as large, which
    can only raise the p-value. NaN where nothing was observed.

    >>> two_sided_p(np.array([0.5]), np.array([[0.5], [0.1], [-0.1], [-0.5]]), exact=True)
    array([0.5])
    >>> two_sided_p(np.array([0.5]), np.array([[0.4], [0.1], [-0.6]]), exact=False)
    array([0.5])
    """
    # Arrangements that are equal on paper may differ in the last bits.
    large = ~(np.abs(differences) < np.abs(observed) - _TOLERANCE)
    count, total = large.sum(axis=0), len(differences)
    p = count / total if exact else (count + 1) / (total + 1)
    return np.where(np.isnan(observed), np.nan, p)


def _all_swaps(units: int, classes: int, permutations: int, seed: int) -> Iterator[np.ndarray]:
    begin = 0
    for size in pieces(2**units, units, classes):
        codes = np.arange(begin, begin + size)
        yield (codes[:, None] >> np.arange(units)) & 1
        begin += size


def _drawn_swaps(units: int, classes: int, permutations: int, seed: int) -> Iterator[np.ndarray]:
    stream = generator(seed, Purpose.SWAP)
    for size in pieces(permutations, units, classes):
        yield stream.integers(0, 2, (size, units))
