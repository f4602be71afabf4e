"""Limits on the threads of the BLAS libraries that NumPy and SciPy bring.

Each has an OpenBLAS with a pool of threads of its own, and how many it uses is one number for the whole process. A
limit sets it for a block and gives it back at the end. It never raises a number that is lower already
(`OPENBLAS_NUM_THREADS=1`), and of several at once, from several Python threads, the lowest holds.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from typing import Any

__all__ = ["Library", "libraries", "limit"]

_lock = threading.Lock()


class Library:
    """One BLAS and the limits that are in force on it. `controller` is threadpoolctl's."""

    def __init__(self, controller: Any) -> None:
        self._controller = controller
        self._limits: list[int] = []
        self._before = self._now = 0

    def enter(self, limit: int) -> None:
        if not self._limits:
            self._before = self._now = self._controller.num_threads
        self._limits.append(limit)
        self._apply()

    def leave(self, limit: int) -> None:
        if limit in self._limits:  # not if the process was forked inside the block
            self._limits.remove(limit)
            self._apply()

    def clear(self) -> None:
        if self._limits:
            self._limits.clear()
            self._apply()

    def _apply(self) -> None:
        wanted = min([self._before, *self._limits])
        if wanted != self._now:
            self._controller.set_num_threads(wanted)
            self._now = wanted


@contextmanager
def limit(libraries: Sequence[Library], threads: int) -> Iterator[None]:
    """Keep the libraries to that many threads in the block."""
    with _lock:
        for library in libraries:
            library.enter(threads)
    try:
        yield
    finally:
        with _lock:
            for library in libraries:
                library.leave(threads)


def libraries() -> Sequence[Library]:
    """Those of NumPy and SciPy that are loaded, as far as they are of a kind that can be told."""
    # SciPy brings its own with the first module that needs it, and what is not loaded cannot be found.
    return _found("scipy.linalg" in sys.modules)


@cache
def _found(with_scipy: bool) -> Sequence[Library]:
    import threadpoolctl

    found = threadpoolctl.ThreadpoolController().select(user_api="blas").lib_controllers
    with _lock:
        return [_known.setdefault(str(one.filepath), Library(one)) for one in found]


_known: dict[str, Library] = {}  # by file: one library has one list of limits


def _after_fork() -> None:
    """A forked process has one thread: limits that others had set would never end, nor would their lock."""
    global _lock
    _lock = threading.Lock()
    for library in _known.values():
        library.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
