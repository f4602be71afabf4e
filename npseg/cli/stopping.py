"""Ctrl-C in commands that may have to compile kernels."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["stopping_safely"]


@contextmanager
def stopping_safely() -> Iterator[None]:
    """Within the block, Ctrl-C stops at once, but while a kernel is compiled only where the compiler can be left.

    That is before its next pass, mostly a fraction of a second later, but seconds while LLVM is at work on the largest
    loops; see `compiling.breaking_off` for what happens elsewhere. SIGTERM does as Ctrl-C. While a compiled kernel is
    loaded from disk, for milliseconds, nothing is different.
    """
    from npseg.kernels import compiling
    from npseg.train.interrupt import Interrupts

    depth = 0  # kernels whose compilation has begun in the main thread, which is the one that is interrupted

    def begin(kernel: str) -> None:
        nonlocal depth
        depth += threading.current_thread() is threading.main_thread()

    def end(kernel: str) -> None:
        nonlocal depth
        depth -= threading.current_thread() is threading.main_thread()
        if not depth:
            interrupts.grant()  # asked for in the last pass

    with (
        Interrupts(waits=lambda: depth > 0) as interrupts,
        compiling.watch(begin, end),
        compiling.breaking_off(interrupts.grant),
    ):
        yield
