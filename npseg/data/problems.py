"""A fault of one file, in words; the same words whether a check finds it or a run stumbles over it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

__all__ = ["Problem", "counted", "listed_labels"]

_LISTED = 8  # labels that a message lists


@dataclass(frozen=True)
class Problem:
    """`kind` is one of: unreadable, size, labels, no mask, no image, ambiguous, channels, duplicate, split, layout.

    `message` names the file and says what to do.
    """

    kind: str
    file: str
    message: str


def counted(number: int, what: str) -> str:
    """A number with its noun.

    >>> counted(1, "pixel"), counted(2, "pixel")
    ('1 pixel', '2 pixels')
    """
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def listed_labels(values: np.ndarray, counts: np.ndarray, *, rest: str) -> str:
    """Labels with the number of their pixels, for a message; of many the first, and how many there are besides.

    >>> listed_labels(np.array([3, 9]), np.array([1, 20]), rest="more")
    '3 (1 pixel), 9 (20 pixels)'
    """
    shown = ", ".join(f"{value} ({counted(int(n), 'pixel')})" for value, n in zip(values[:_LISTED], counts))
    return shown + (f" and {values.size - _LISTED} {rest}" if values.size > _LISTED else "")
