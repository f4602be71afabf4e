"""Errors worded for the person who caused them.

Every message says which function, which argument or file, what was expected, what came, and what to do.
The command line prints the message of any `NpsegError` and exits with code 2; anything else is a bug of ours.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable

__all__ = [
    "ArgumentError",
    "CheckpointError",
    "ConfigError",
    "DTypeError",
    "DataError",
    "GradientError",
    "MissingExtraError",
    "NpsegError",
    "ShapeError",
    "TrainingError",
    "near_matches",
]


class NpsegError(Exception):
    """Base of every error that npseg raises on purpose."""


class ArgumentError(NpsegError, ValueError):
    """An argument has a value that the function cannot use."""


class ShapeError(ArgumentError):
    """An array has a shape that the function cannot use."""


class DTypeError(NpsegError, TypeError):
    """An array or argument has a type that the function cannot use."""


class GradientError(NpsegError, RuntimeError):
    """A backward pass was asked for something it cannot give."""


class DataError(NpsegError, ValueError):
    """A file or folder of images and masks is not what it should be."""


class CheckpointError(NpsegError):
    """A checkpoint is truncated, foreign, or belongs to another model."""


class ConfigError(NpsegError, ValueError):
    """A setting is unknown or has a value outside its range."""


class MissingExtraError(NpsegError, ImportError):
    """An optional package is needed; the message names the extra that brings it."""


class TrainingError(NpsegError, RuntimeError):
    """Training cannot go on, for instance because the loss is no longer a number."""


_MOST_NAMED = 12


def near_matches(name: str, known: Iterable[str], *, listed_by: str = "") -> str:
    """Words to append to "unknown ..." messages; of many names the first few, and what lists them all.

    >>> near_matches("unett", ["unet", "fcn8s"])
    "; did you mean 'unet'?"
    >>> near_matches("zzz", ["unet", "fcn8s"])
    '; known: fcn8s, unet'
    >>> near_matches("zzz", map(str, range(99)), listed_by="npseg laws --list")
    '; known: 0, 1, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19 and 87 more; `npseg laws --list` lists all'
    """
    known = sorted(known)
    close = difflib.get_close_matches(name, known, n=3, cutoff=0.6)
    if close:
        return "; did you mean " + " or ".join(repr(c) for c in close) + "?"
    words = "; known: " + ", ".join(known[:_MOST_NAMED])
    if len(known) > _MOST_NAMED:
        words += f" and {len(known) - _MOST_NAMED} more"
    return words + (f"; `{listed_by}` lists all" if listed_by else "")
