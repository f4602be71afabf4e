"""Dropout: switch off numbers at random while training, and scale the others up so that the mean stays."""

from __future__ import annotations

import numpy as np

__all__ = ["dropout"]


def dropout(x: np.ndarray, keep: np.ndarray, p: float) -> np.ndarray:
    """x / (1 - p) where `keep`, else 0. Srivastava et al. 2014, in the form that leaves test time alone.

    x any shape, keep booleans of the same shape, p the chance of being dropped. Linear in x and its own adjoint.

    >>> dropout(np.array([1.0, 2.0, 3.0]), np.array([True, False, True]), p=0.5).tolist()
    [2.0, 0.0, 6.0]
    """
    return (x * keep / (1 - p)).astype(x.dtype)
