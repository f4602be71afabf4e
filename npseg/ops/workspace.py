"""Scratch memory that is used again: one growing buffer per thread and type.

Fresh large arrays cost a page fault per 4 KiB; a kept buffer costs nothing and stays in cache. A pullback must never
keep a workspace: the next op overwrites it.
"""

from __future__ import annotations

import threading

import numpy as np

__all__ = ["scratch"]

_buffers = threading.local()


def scratch(size: int, dtype: np.dtype) -> np.ndarray:
    """A flat array of `size` elements with arbitrary contents, valid until the next call in this thread."""
    name = np.dtype(dtype).name
    buffer = getattr(_buffers, name, None)
    if buffer is None or buffer.size < size:
        buffer = np.empty(size, dtype)
        setattr(_buffers, name, buffer)
    return buffer[:size]
