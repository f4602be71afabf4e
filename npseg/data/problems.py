"""A fault of one file, in words; the same words whether a check finds it or a run stumbles over it."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Problem", "counted"]


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
