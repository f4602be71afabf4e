"""How many threads the loops use, and how matrix products inside them are kept to one thread each.

`np.dot` in compiled code calls the OpenBLAS that SciPy ships, which has threads of its own. Inside a parallel loop they
would compete with the loop's, so such a loop runs under `single_threaded_blas`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

import numba

__all__ = ["count", "single_threaded_blas"]


def count() -> int:
    """Threads that a parallel loop uses now."""
    return numba.get_num_threads()


@contextmanager
def single_threaded_blas() -> Iterator[None]:
    """Keep SciPy's BLAS to one thread in the block."""
    libraries = _scipy_blas()
    before = [library.num_threads for library in libraries]
    for library in libraries:
        library.set_num_threads(1)
    try:
        yield
    finally:
        for library, threads in zip(libraries, before):
            library.set_num_threads(threads)


@cache
def _scipy_blas() -> list[Any]:
    """Controllers of the BLAS libraries that come with SciPy; loading it first, since unloaded they cannot be found."""
    import scipy.linalg.cython_blas
    import threadpoolctl

    directory = scipy.__file__.rsplit("scipy", 1)[0]
    found = threadpoolctl.ThreadpoolController().select(user_api="blas").lib_controllers
    scipys = [library for library in found if "scipy" in str(library.filepath).removeprefix(directory)]
    return scipys or list(found)  # a system BLAS, shared by NumPy and SciPy
