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
