"""Scratch memory that is used again: one growing buffer per thread and type, until `release` or the thread's end.

Fresh large arrays cost a page fault per 4 KiB; a kept buffer costs nothing and stays in cache. A pullback must never
keep a workspace: the next op overwrites it.
"""

from __future__ import annotations

import os
import threading
import weakref

import numpy as np

from npseg.ops.alignment import aligned

__all__ = ["held", "release", "scratch"]


class _Buffers(threading.local):
    """Of each thread, its buffers by the name of their type."""

    def __init__(self) -> None:  # once in every thread
        self.by_type = _ByType()
        with _lock:
            _all.add(self.by_type)


class _ByType(dict[str, np.ndarray]):
    """A dict that can be referred to weakly, and is itself only: it goes with its thread."""

    __hash__ = object.__hash__  # type: ignore[assignment]

    def __eq__(self, other: object) -> bool:
        return self is other


_lock = threading.Lock()
_all: weakref.WeakSet[_ByType] = weakref.WeakSet()
_buffers = _Buffers()


def scratch(size: int, dtype: np.dtype) -> np.ndarray:
    """A flat, aligned array of `size` elements with arbitrary contents, valid until the next call in this thread."""
    name, mine = np.dtype(dtype).name, _buffers.by_type
    buffer = mine.get(name)
    if buffer is None or buffer.size < size:
        buffer = mine[name] = aligned(size * np.dtype(dtype).itemsize).view(dtype)
    return buffer[:size]


def held() -> int:
    """Bytes of the buffers of all threads."""
    with _lock:
        return sum(buffer.nbytes for mine in _all for buffer in list(mine.values()))


def release() -> None:
    """Let the buffers of all threads go. One that an op is using now is freed when the op is done with it."""
    with _lock:
        for mine in _all:
            mine.clear()


def _after_fork() -> None:
    """A forked process has one thread: if another one held the lock, nobody would give it back."""
    global _lock
    _lock = threading.Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
