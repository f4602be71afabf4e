"""Simulated confusion matrices of images, for the tests of statistics."""

from __future__ import annotations

import numpy as np

PIXELS = np.array([500, 300, 200])  # of the three classes, in every image


def confusions(rng, shares_right):
    """Counts `(N, 3, 3)`: of each class's pixels a share, `(N,)`, is right, the others fall into both other classes."""
    images = len(shares_right)
    counts = np.zeros((images, 3, 3), np.int64)
    for c in range(3):
        hits = rng.binomial(PIXELS[c], shares_right)
        first = rng.binomial(PIXELS[c] - hits, 0.5)
        counts[:, c, c] = hits
        counts[:, c, (c + 1) % 3] = first
        counts[:, c, (c + 2) % 3] = PIXELS[c] - hits - first
    return counts


def expected(share_right):
    """What `confusions` has in the mean, where the share is right in the mean."""
    off = (1 - share_right) / 2
    return PIXELS[:, None] * (off + (share_right - off) * np.eye(3))
