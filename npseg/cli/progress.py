"""Progress of long work on stderr: bars in a terminal, a line every few seconds anywhere else."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import typer

__all__ = ["PLAIN_SECONDS", "PlainCount", "counting", "telling_of_compilation", "working"]

_COMPILING = "compiling kernels, once (they are kept for later runs; `npseg warmup` does it ahead) ..."
_COMPILING_IN_VAIN = (
    "compiling kernels ... (for this run only: no directory to keep them in can be written, or NPSEG_KERNEL_CACHE=0; "
    "NUMBA_CACHE_DIR can name one)"
)
PLAIN_SECONDS = 5.0
"""Between two lines where there is no terminal."""


@contextmanager
def counting(label: str) -> Iterator[Any]:
    """Within the block, call the given function with (done, total) to show how far a loop has come."""
    if not sys.stderr.isatty():
        yield PlainCount(label)
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(label, total=None)
        yield lambda done, total: progress.update(task, completed=done, total=total)


@contextmanager
def working() -> Iterator[Callable[[str], None]]:
    """Within the block, call the given function with what is being done now."""
    if not sys.stderr.isatty():
        yield _PlainWords()
        return
    from rich.console import Console
    from rich.markup import escape

    with Console(stderr=True).status("") as status:
        yield lambda words: status.update(escape(words))


@contextmanager
def telling_of_compilation(say: Callable[[str], None] | None = None) -> Iterator[None]:
    """Within the block, say once that kernels are being compiled, when the first one is."""
    from npseg import kernels

    told = False

    def begin(kernel: str) -> None:
        nonlocal told
        if told:
            return
        told = True
        kept = kernels.compiling.cache_directory() is not None
        (say or _to_stderr)(_COMPILING if kept else _COMPILING_IN_VAIN)

    with kernels.compiling.watch(begin):
        yield


def _to_stderr(text: str) -> None:
    typer.echo(text, err=True)


class _PlainWords:
    def __init__(self) -> None:
        self._said = -PLAIN_SECONDS

    def __call__(self, words: str) -> None:
        now = time.monotonic()
        if now - self._said >= PLAIN_SECONDS:
            self._said = now
            _to_stderr(words)


class PlainCount:
    """Says how far a loop has come, every few seconds."""

    def __init__(self, label: str) -> None:
        self._label, self._said = label, time.monotonic()

    def __call__(self, done: int, total: int) -> None:
        now = time.monotonic()
        if now - self._said >= PLAIN_SECONDS:
            self._said = now
            typer.echo(f"{self._label}: {done}/{total}", err=True)
