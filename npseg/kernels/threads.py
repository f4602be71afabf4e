"""How many threads npseg computes with, and what makes that hold in every Python thread and process.

**The number** is `config.threads` (`NPSEG_NUM_THREADS`), at most as many as Numba has (`NUMBA_NUM_THREADS`, which is by
default the number of processors that the process may run on). Where it is not set, the number is the one that Numba
has in this Python thread: all, unless somebody called `numba.set_num_threads`.

**Compiled loops.** Numba keeps the number for each Python thread. A parallel loop is called through
`_jit.ParallelLoop`, which sets it for the call, in whichever thread that is, and gives it back. Numba's threads come
from one of three layers, two of them with faults:

- `workqueue` ends the process when two Python threads use it at once: there, loops take turns.
- `omp` (GNU OpenMP, on Linux) ends or hangs a process that was forked after the parent had used it, in Numba or, since
  the library may be shared, in PyTorch. There, such a child runs the loops in a serial compilation of the same source,
  with the same results. A child of a parent that had not used it yet is free.
- `omp` also changes how many threads other users of that library have (PyTorch) when it starts: that is given back.
- `omp` lets a thread that waits for the others spin for some milliseconds. Where more threads want to run than there
  are processors (the one that prepares batches, or another program), it takes their time, and a training step measured
  three to four times as long. Threads that sleep at once start every loop 15 microseconds later: a step of many small
  loops measured 8 % longer. So it is started with threads that spin for a fraction of a millisecond and then sleep
  (`GOMP_SPINCOUNT`), unless the user chose otherwise or PyTorch has loaded the library before.

`tbb` has none of these. A spawned process begins with its environment and needs nothing.

**Matrix products** by NumPy run under `limited_blas`: the OpenBLAS libraries that NumPy and SciPy bring, each with
threads of its own, use at most the same number while it lasts, and what they used before after it. threadpoolctl finds
them, at the first product and not before. Compiled loops call no BLAS.

The number may change the rounding of sums that are cut by threads; for one number the bits are always the same.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

import numba

from npseg import config
from npseg.kernels import _blas

__all__ = ["count", "limited_blas", "loops"]

_SPINS = "20000"  # pauses of the processor: about half a millisecond


def count() -> int:
    """Threads that a parallel loop uses now, in this Python thread."""
    loops.settle()
    wanted = config.threads
    return numba.get_num_threads() if wanted is None else _at_most(wanted)


def limited_blas() -> AbstractContextManager[None]:
    """Keep matrix products by NumPy and SciPy in the block to `count()` threads."""
    return _blas.limit(_blas.libraries(), count())


class Loops:
    """Runs parallel loops as this process must."""

    def __init__(self, forked: bool = False) -> None:
        self.free = False
        """Nothing is in the way: a loop may be called directly."""
        self._settled = False
        self._forked = forked
        self._serial = False
        self._turns: AbstractContextManager[Any] = nullcontext()
        self._settling = threading.Lock()
        self._get: Callable[[], int] = numba.get_num_threads
        self._set: Callable[[int], None] = numba.set_num_threads

    def run(self, loop: Any, arguments: tuple[Any, ...]) -> Any:
        """Call a `ParallelLoop`."""
        self.settle()
        if self._serial:
            return loop.serial(*arguments)
        wanted = config.threads
        with self._turns:
            if wanted is None:
                return loop.parallel(*arguments)
            wanted, before = _at_most(wanted), self._get()
            if wanted == before:
                return loop.parallel(*arguments)
            self._set(wanted)
            try:
                return loop.parallel(*arguments)
            finally:
                self._set(before)

    def settle(self) -> None:
        """Start Numba's threads, unless they have been, and see what they need."""
        if self._settled:
            return
        with self._settling:
            if self._settled:
                return
            # Asked before Numba loads it for us.
            stale = self._forked and _openmp_was_used()
            with _other_openmp_threads(), _soon_asleep():
                numba.get_num_threads()
            layer = _layer()
            # Numba's own functions without the locks that they take for the case that nothing was started yet.
            raw = sys.modules.get("numba.np.ufunc.parallel")
            self._get = getattr(raw, "_get_num_threads", numba.get_num_threads)
            self._set = getattr(raw, "_set_num_threads", numba.set_num_threads)
            self._serial = stale and layer == "omp" and sys.platform == "linux"
            if layer == "workqueue":
                self._turns = threading.Lock()
            self.free = layer != "workqueue" and not self._serial
            self._settled = True


def _at_most(wanted: int) -> int:
    return min(wanted, numba.config.NUMBA_NUM_THREADS)  # type: ignore[attr-defined]


def _layer() -> str | None:
    """Name of Numba's threading layer, or None before it was started."""
    try:
        return numba.threading_layer()
    except ValueError:
        return None


def _openmp_was_used() -> bool:
    """Whether the parent may have: Numba was started there, or the library is here with whoever brought it."""
    if _layer() is not None:
        return True
    try:
        with open("/proc/self/maps", encoding="utf-8", errors="replace") as maps:
            return "libgomp" in maps.read()
    except OSError:
        return True


@contextmanager
def _other_openmp_threads() -> Iterator[None]:
    """In the block, Numba starts its threads; the other users of OpenMP have as many after it as before."""
    if _layer() is not None:
        yield
        return
    import threadpoolctl

    found = threadpoolctl.ThreadpoolController().select(user_api="openmp").lib_controllers
    before = [(library, library.num_threads) for library in found]
    yield
    for library, threads in before:
        library.set_num_threads(threads)


@contextmanager
def _soon_asleep() -> Iterator[None]:
    """In the block, GNU OpenMP is loaded with threads that do not spin for long, unless the user chose otherwise."""
    if any(name in os.environ for name in ("OMP_WAIT_POLICY", "GOMP_SPINCOUNT")):
        yield
        return
    os.environ["GOMP_SPINCOUNT"] = _SPINS  # it is read once, when the library is loaded
    try:
        yield
    finally:
        os.environ.pop("GOMP_SPINCOUNT", None)


def _forked_before_import() -> bool:
    """Whether this process was forked and has started no other program since; Linux, the one that matters, knows."""
    try:
        with open("/proc/self/stat", encoding="utf-8", errors="replace") as stat:
            flags = int(stat.read().rpartition(")")[2].split()[6])
    except (OSError, ValueError, IndexError):
        return False
    return bool(flags & 0x40)  # PF_FORKNOEXEC


loops = Loops(forked=_forked_before_import())


def _after_fork() -> None:
    global loops
    loops = Loops(forked=True)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
