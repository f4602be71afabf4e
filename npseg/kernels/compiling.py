"""Which loops were compiled, which came from the disk, who is told when a compilation begins, and who may end it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from npseg.kernels import _cache

__all__ = ["Counts", "breaking_off", "cache_directory", "counts", "kept", "register", "watch"]

_registered: list[Any] = []


@dataclass(frozen=True)
class Counts:
    """Kernels, each for one combination of argument types: compiled in this process, and loaded from the disk."""

    compiled: int
    loaded: int


def register(dispatcher: Any) -> Any:
    """Count this compiled function in `counts`; returns it."""
    _registered.append(dispatcher)
    return dispatcher


def counts() -> Counts:
    """What this process has compiled and loaded so far."""
    known = [dispatcher.stats for dispatcher in _registered if hasattr(dispatcher, "stats")]
    return Counts(
        sum(sum(one.cache_misses.values()) for one in known), sum(sum(one.cache_hits.values()) for one in known)
    )


def cache_directory() -> Path | None:
    """Where compiled kernels are kept; None if nowhere (turned off, or no directory can be written)."""
    return _cache.directory()


def kept(loop: Any) -> bool:
    """Whether this parallel loop needs no compiling, as far as is known: it was compiled before, or never will be."""
    return not hasattr(loop, "parallel") or _cache.has(loop.parallel)


@contextmanager
def watch(begin: Callable[[str], None], end: Callable[[str], None] = lambda name: None) -> Iterator[None]:
    """Within the block, call `begin(name)` when a kernel is about to be compiled, in whatever Python thread, and
    `end(name)` when it is or failed to be.

    Compiling takes seconds the first time, and a person who waits should know why. Kernels that are found on disk are
    not told.
    """
    package = __name__.rpartition(".")[0] + "."

    def telling(hear: Callable[[str], None]) -> Callable[[Any], None]:
        def tell(data: Any) -> None:
            function = data["dispatcher"].py_func
            if function.__module__.startswith(package):
                hear(f"{function.__module__.removeprefix(package)}.{function.__qualname__}")

        return tell

    with _listening("numba:compile", telling(begin), telling(end)):
        yield


@contextmanager
def breaking_off(ask: Callable[[], None]) -> Iterator[None]:
    """Within the block, call `ask()` before every pass of the compiler over a function: there it may raise.

    An exception that comes anywhere else, as that of Ctrl-C does, can be lost or do harm: LLVM hands over its code in a
    callback from C, and frees its memory in finalisers, where Python prints an exception and goes on.
    """
    with _listening("numba:run_pass", lambda _: ask()):
        yield


@contextmanager
def _listening(
    kind: str, started: Callable[[Any], None], ended: Callable[[Any], None] = lambda data: None
) -> Iterator[None]:
    """Within the block, call `started(data)` and `ended(data)` when something of this kind begins and ends in Numba."""
    try:
        from numba.core import event

        class Listener(event.Listener):
            def on_start(self, happening: Any) -> None:
                started(happening.data)

            def on_end(self, happening: Any) -> None:
                ended(happening.data)

        listener = Listener()
        event.register(kind, listener)
    except (ImportError, AttributeError):  # a Numba without events: nobody is told
        yield
        return
    try:
        yield
    finally:
        event.unregister(kind, listener)
