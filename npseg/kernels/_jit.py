"""The one decorator of all compiled loops: caching, fast-math flags and threading are decided here.

The flags let LLVM reorder sums so that loops vectorise, and keep NaN and Inf honest: never `nnan` or `ninf`.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import numba
from numba import prange

__all__ = ["jit", "prange"]

_FLAGS = {"reassoc", "contract", "arcp", "nsz"}
_CACHE = os.environ.get("NPSEG_KERNEL_CACHE", "1") != "0"


def jit(function: Callable | None = None, *, parallel: bool = False) -> Any:
    """Compile a loop on first use; with `parallel=True` its `prange` runs on all threads.

    Compiled code is kept on disk beside the source (or in Numba's user cache where that is read-only).
    `NPSEG_KERNEL_CACHE=0` turns that off.
    """
    if function is None:
        return lambda f: jit(f, parallel=parallel)
    options: dict[str, Any] = {
        "nogil": True,
        "fastmath": _FLAGS,
        "error_model": "numpy",
        "parallel": parallel,
    }
    try:
        return numba.njit(cache=_CACHE, **options)(function)
    except RuntimeError:  # no directory to keep the compiled code in: compile anew in every process
        return numba.njit(cache=False, **options)(function)
