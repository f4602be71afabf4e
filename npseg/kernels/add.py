"""Adding one array to another."""

from __future__ import annotations

import numpy as np

from npseg.kernels._jit import jit, prange

__all__ = ["add_to"]

_PIECE = 1 << 14  # numbers that one turn of the parallel loop takes; fewer are left to NumPy


def add_to(total: np.ndarray, term: np.ndarray) -> None:
    """total += term, of one shape; contiguous arrays of one type by all threads."""
    plain = total.dtype == term.dtype and total.dtype.kind == "f" and total.flags.c_contiguous
    if plain and term.flags.c_contiguous and total.size > _PIECE:
        _add(total.reshape(-1), term.reshape(-1))
    else:
        total += term


@jit(parallel=True)
def _add(total, term):
    for b in prange((total.size + _PIECE - 1) // _PIECE):
        for i in range(b * _PIECE, min((b + 1) * _PIECE, total.size)):
            total[i] += term[i]
