"""Memory for the results of ops, used again once nobody holds them.

A large array from the operating system costs a page fault for every 4 KiB at its first touch: as much as a sweep over
it. A training step makes and drops the same arrays again and again, so blocks that are let go are kept for the next.
All blocks together, free and in use, take a quarter more than what was once in use at the same time, or _ALWAYS, which
holds all sizes that a pass of inference asks for: before a new block would exceed that, free blocks are given back, the
largest first.
"""

from __future__ import annotations

import math
import os
import threading
from typing import Any

import numpy as np

from npseg.ops import workspace
from npseg.ops.alignment import aligned

__all__ = ["empty", "in_use", "release", "zeros"]

_TINY = 1 << 12  # bytes
_LEAST = 1 << 20  # bytes; smaller arrays come from NumPy, whose allocator keeps them anyway
_WASTE = 1.125  # a block may be this much larger than what is asked
# Blocks that fit nothing that is asked just now, but will again: with less than a quarter of what was in use, a step of
# a U-Net gives back half of its memory every time.
_SLACK, _ALWAYS = 1.25, 256 << 20

_lock = threading.Lock()
_free: list[np.ndarray] = []
_used = {"now": 0, "most": 0}  # bytes of all blocks, and the most that were in use at once


class _Lease:
    """Owns a block as long as an array, or a view of it, is alive; then the block is free again."""

    def __init__(self, block: np.ndarray, shape: tuple[int, ...], dtype: np.dtype):
        self._block = block
        self.__array_interface__ = {
            "shape": shape,
            "typestr": dtype.str,
            "data": (block.ctypes.data, False),
            "version": 3,
        }

    def __del__(self) -> None:
        # May run in the middle of anything, also while this thread holds the lock; append is atomic.
        _free.append(self._block)


def empty(shape: tuple[int, ...], dtype: Any) -> np.ndarray:
    """An array with arbitrary contents, as `np.empty`; all but the smallest are aligned to whole lines of the cache."""
    dtype = np.dtype(dtype)
    size = math.prod(shape) * dtype.itemsize
    if size < _TINY:
        return np.empty(shape, dtype)
    if size < _LEAST:
        return aligned(size).view(dtype).reshape(shape)
    return np.asarray(_Lease(_block(size), tuple(shape), dtype))


def zeros(shape: tuple[int, ...], dtype: Any) -> np.ndarray:
    """An array of zeros, as `np.zeros`."""
    array = empty(shape, dtype)
    array[...] = 0
    return array


def in_use() -> int:
    """Bytes of the blocks that arrays hold now."""
    with _lock:
        return _in_use()


def release() -> None:
    """Give back what is kept for later: free blocks, and the scratch buffers of all threads.

    Blocks that arrays still hold stay, and are free, not given back, when these are gone. How much was in use is
    forgotten. A scratch buffer that an op in another thread is using goes when that op is done with it.
    """
    workspace.release()
    with _lock:
        _give_back(sum(block.size for block in _free))
        _used["most"] = _used["now"]


def _block(size: int) -> np.ndarray:
    with _lock:
        fitting = [i for i, block in enumerate(_free) if size <= block.size <= _WASTE * size]
        if fitting:
            return _free.pop(min(fitting, key=lambda i: _free[i].size))
        most = max(_used["most"], _in_use() + size)
        _give_back(_used["now"] + size - max(int(_SLACK * most), _ALWAYS))
    try:
        block = aligned(size)
    except MemoryError:
        with _lock:
            _give_back(_used["now"])
        block = aligned(size)
    with _lock:  # what could not be had was never in use
        _used["now"] += size
        _used["most"] = max(_used["most"], _in_use())
    return block


def _in_use() -> int:
    return _used["now"] - sum(block.size for block in _free)


def _give_back(size: int) -> None:
    """Drop free blocks of that many bytes together, or all."""
    while _free and size > 0:
        block = _free.pop(max(range(len(_free)), key=lambda i: _free[i].size))
        _used["now"] -= block.size
        size -= block.size


def _after_fork() -> None:
    """A forked process has one thread: if another one held the lock, nobody would give it back."""
    global _lock
    _lock = threading.Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
