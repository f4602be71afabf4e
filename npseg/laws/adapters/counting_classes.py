"""How many classes a function has that does not ask for their number."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from npseg.laws.adapters.calling import Signature

__all__ = ["answers", "most_classes"]

TRIED = (300, 19, 5, 4, 3, 2)
"""Numbers of classes, the largest first; 300 is the most that laws give."""


def answers(run: Callable[..., Any], *arguments: Any) -> bool:
    """Whether a call ends without an error."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            run(*arguments)
    except (Exception, SystemExit):  # whatever a user's function raises, it does not take these
        return False
    return True


def most_classes(run: Callable[..., Any], signature: Signature) -> int | None:
    """The largest number of classes that the function takes; None if it asks for their number, or takes any.

    `run` is called as laws call a measure, with label maps in which every class occurs.
    """
    if signature.classes is not None or signature.listed is not None:
        return None
    for number in TRIED:
        y_true = np.arange(2 * TRIED[0]).reshape(2, 10, -1) % number
        if answers(run, y_true, (y_true + (np.arange(y_true.shape[-1]) < 1)) % number, number):
            return None if number == TRIED[0] else number
    return None
