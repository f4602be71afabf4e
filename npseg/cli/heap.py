"""How the process of a command holds memory that it freed."""

from __future__ import annotations

import ctypes
import sys

__all__ = ["keep_freed_memory"]

# Options of mallopt in glibc's malloc.h, and from how many bytes on each begins to matter.
_TRIM_THRESHOLD, _KEPT = -1, 128 << 20
_MMAP_THRESHOLD, _LARGE = -3, 64 << 20


def keep_freed_memory() -> None:
    """Have the memory of one image used for the next, for commands that decode thousands in several threads.

    glibc gives the memory of every image back to the system and asks for it again, and threads wait for each other
    while the system clears fresh pages: a quarter of the time of `npseg score`. Only the process of a command is told
    otherwise, never one that imports npseg. Where the C library has no such option nothing happens.
    """
    if sys.platform != "linux":
        return
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_TRIM_THRESHOLD, _KEPT)
        mallopt(_MMAP_THRESHOLD, _LARGE)
