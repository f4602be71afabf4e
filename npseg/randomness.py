"""Random numbers as a function of what they are for.

There is no shared stream: every draw is keyed by the seed of the run and by its purpose, epoch and index, so
prefetching, resuming and recomputing cannot disturb it.
"""

from __future__ import annotations

from enum import IntEnum

import numpy as np

__all__ = ["Purpose", "generator"]


class Purpose(IntEnum):
    """What a stream of random numbers is for. The numbers are part of the format: never reuse one."""

    INITIALISE = 1
    ORDER = 2
    AUGMENT = 3
    DROPOUT = 4
    SCENE = 5
    SPLIT = 6
    SAMPLE = 7
    RESAMPLE = 8
    SWAP = 9


def generator(seed: int, purpose: Purpose, epoch: int = 0, index: int = 0) -> np.random.Generator:
    """Generator for one draw.

    >>> a = generator(0, Purpose.ORDER, epoch=3).integers(100)
    >>> b = generator(0, Purpose.ORDER, epoch=3).integers(100)
    >>> bool(a == b)
    True
    """
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(int(purpose), epoch, index)))
