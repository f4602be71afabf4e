"""A fault of one file, in words; the same words whether a check finds it or a run stumbles over it."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Problem"]


@dataclass(frozen=True)
class Problem:
    """`kind` is one of: unreadable, size, labels, no mask, no image, ambiguous, channels, duplicate, split, layout.

    `message` names the file and says what to do.
    """

    kind: str
    file: str
    message: str
