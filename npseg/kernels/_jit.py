"""The one decorator of all compiled loops: caching, fast-math flags and threading are decided here.

The flags let LLVM reorder sums so that loops vectorise, and keep NaN and Inf honest: never `nnan` or `ninf`.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numba
from numba import prange

from npseg import config
from npseg.kernels import _cache, compiling, threads

__all__ = ["ParallelLoop", "jit", "prange"]

_FLAGS = {"reassoc", "contract", "arcp", "nsz"}


def jit(function: Callable | None = None, *, parallel: bool = False) -> Any:
    """Compile a loop on first use; with `parallel=True` its `prange` runs on as many threads as `threads` says.

    Compiled code is kept on disk (see `_cache`); `NPSEG_KERNEL_CACHE=0` turns that off. With `NUMBA_DISABLE_JIT=1`
    the functions stay plain Python.
    """
    if function is None:
        return lambda f: jit(f, parallel=parallel)
    if numba.config.DISABLE_JIT:  # type: ignore[attr-defined]
        return function
    return ParallelLoop(function) if parallel else _compiled(function, parallel=False)


class ParallelLoop:
    """A loop that keeps to the thread policy wherever it is called: any Python thread, a forked process.

    `parallel` is the compiled function. `serial` is another compilation of the same source, in which `prange` is
    `range`; only forked processes in which OpenMP would not survive need it.
    """

    def __init__(self, function: Callable) -> None:
        self.py_func = function
        self.parallel = _compiled(function, parallel=True)
        functools.update_wrapper(self, function)

    def __call__(self, *arguments: Any) -> Any:
        # The short way must stay short: small models make thousands of calls a second.
        if threads.loops.free and config.threads is None:
            return self.parallel(*arguments)
        return threads.loops.run(self, arguments)

    @functools.cached_property
    def serial(self) -> Any:
        return _compiled(self.py_func, parallel=False, variant="serial")

    @property
    def _numba_type_(self) -> Any:
        """Lets another compiled function call this one, without the policy: it is in force there already."""
        return self.parallel._numba_type_


def _compiled(function: Callable, *, parallel: bool, variant: str = "") -> Any:
    made = numba.njit(nogil=True, fastmath=_FLAGS, error_model="numpy", parallel=parallel)(function)
    return compiling.register(_cache.keep(made, variant))
