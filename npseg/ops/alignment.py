"""Memory that begins with a line of the cache."""

from __future__ import annotations

import numpy as np

__all__ = ["LINE", "aligned"]

LINE = 64  # bytes


def aligned(size: int) -> np.ndarray:
    """`size` bytes with arbitrary contents, the first at a multiple of LINE.

    NumPy's large arrays begin 16 bytes after one. There every vector of 64 bytes lies across two lines, and every
    second one of 32 bytes, which costs two accesses instead of one.
    """
    whole = np.empty(size + LINE, np.uint8)
    first = -whole.ctypes.data % LINE
    return whole[first : first + size]
