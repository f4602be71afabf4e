"""How many threads the loops use, and how matrix products inside them are kept to one thread each.

`np.dot` in compiled code calls the OpenBLAS that SciPy ships, which has threads of its own. Inside a parallel loop they
would compete with the loop's, so such a loop runs under `single_threaded_blas`.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

import numba

__all__ = ["count", "single_threaded_blas"]

_lock = threading.Lock()
_inside: list[None] = []  # one entry for each block that is open now
_before: list[int] = []  # threads of the libraries before the first of them opened


def count() -> int:
    """Threads that a parallel loop uses now."""
    return numba.get_num_threads()


@contextmanager
def single_threaded_blas() -> Iterator[None]:
    """Keep SciPy's BLAS to one thread in the block.

    The setting is one for the whole process: with several Python threads in such blocks, the first one in makes it and
    the last one out takes it back.
    """
    libraries = _scipy_blas()
    with _lock:
        if not _inside:
            _before[:] = [library.num_threads for library in libraries]
            for library in libraries:
                library.set_num_threads(1)
        _inside.append(None)
    try:
        yield
    finally:
        with _lock:
            _inside.pop()
            if not _inside:
                for library, threads in zip(libraries, _before):
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
