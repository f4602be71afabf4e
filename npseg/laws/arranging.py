"""The same labels in another type or memory layout, and the same call on another number of threads.

Laws print these functions beside themselves, so they use NumPy only.
"""

from __future__ import annotations

import numpy as np

__all__ = ["laid_out", "with_threads"]


def laid_out(labels, dtype, layout):
    """An array equal to `labels (N, H, W)`, of that type; plain, strided, transposed, reversed or read-only."""
    labels = labels.astype(dtype)
    if layout == "strided":
        wide = np.zeros((*labels.shape, 2), dtype)
        wide[..., 0] = labels
        return wide[..., 0]
    if layout == "transposed":
        return np.ascontiguousarray(labels.transpose()).transpose()
    if layout == "reversed":
        return np.ascontiguousarray(labels[:, ::-1])[:, ::-1]
    labels.flags.writeable = layout != "read-only"
    return labels


def with_threads(threads, function, *arguments):
    """Call a function while PyTorch and Numba, where they are loaded, use that many threads."""
    import sys

    torch, numba = sys.modules.get("torch"), sys.modules.get("numba")
    before = torch and torch.get_num_threads(), numba and numba.get_num_threads()
    try:
        if torch:
            torch.set_num_threads(threads)
        if numba:
            numba.set_num_threads(min(threads, numba.config.NUMBA_NUM_THREADS))
        return function(*arguments)
    finally:
        if torch:
            torch.set_num_threads(before[0])
        if numba:
            numba.set_num_threads(before[1])
