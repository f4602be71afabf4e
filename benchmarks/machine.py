"""What the machine can do at best: the peak of matrix products, and the bandwidth of memory."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

GEMM_SIZE = 2048
GEMM_FLOPS = 2 * GEMM_SIZE**3


def gemm_peak() -> Callable[[], None]:
    """One float32 product of two square matrices by NumPy's BLAS, on all threads."""
    rng = np.random.default_rng(0)
    a, b = (rng.standard_normal((GEMM_SIZE, GEMM_SIZE), np.float32) for _ in range(2))
    out = np.empty_like(a)

    def product() -> None:
        np.matmul(a, b, out=out)

    return product


COPY_BYTES = 256 << 20  # of one array; several times the largest cache


def memory_copy() -> Callable[[], None]:
    """One large array copied into another, cut over all threads: it moves 2 `COPY_BYTES`."""
    import numba

    source, target = np.ones(COPY_BYTES // 4, np.float32), np.zeros(COPY_BYTES // 4, np.float32)

    @numba.njit(parallel=True)
    def copy(source, target):
        for i in numba.prange(source.size):
            target[i] = source[i]

    return lambda: copy(source, target)


def memory_triad() -> Callable[[], None]:
    """a = b + 3 c of large arrays, cut over all threads: it moves 3 `COPY_BYTES`. McCalpin 1995, STREAM."""
    import numba

    b, c = np.ones(COPY_BYTES // 4, np.float32), np.ones(COPY_BYTES // 4, np.float32)
    a = np.zeros_like(b)

    @numba.njit(parallel=True)
    def triad(a, b, c):
        for i in numba.prange(a.size):
            a[i] = b[i] + np.float32(3) * c[i]

    return lambda: triad(a, b, c)
