"""Batches prepared ahead by threads, handed out in order."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import Any, Protocol

__all__ = ["Prefetcher", "prefetch"]


class _Batches(Protocol):
    def batch(self, step: int) -> Any: ...


class Prefetcher:
    """Iterator over `batches.batch(start)` ... `batches.batch(stop - 1)`.

    A batch is a function of its step, so threads cannot disturb it: whatever `workers` is, the same batches
    come in the same order. An error in a thread is raised where its batch would have come. `waited` counts
    the seconds that the caller spent waiting. Leaving early (an error, Ctrl-C, `break` inside a `with` block)
    drops what is not yet begun.
    """

    def __init__(self, batches: _Batches, start: int, stop: int, workers: int) -> None:
        self.waited = 0.0
        self._batches = batches
        self._steps = iter(range(start, stop))
        self._queue: deque[Future[Any]] = deque()
        self._threads: ThreadPoolExecutor | None = None
        if workers > 0:
            self._threads = ThreadPoolExecutor(workers, thread_name_prefix="npseg-prefetch")
            for _ in range(workers + 1):
                self._submit()

    def __iter__(self) -> Iterator[Any]:
        return self

    def __next__(self) -> Any:
        begun = time.perf_counter()
        try:
            if self._threads is None:
                return self._batches.batch(next(self._steps))
            if not self._queue:
                raise StopIteration
            batch = self._queue.popleft().result()
            self._submit()
            return batch
        except BaseException:
            self.close()
            raise
        finally:
            self.waited += time.perf_counter() - begun

    def __enter__(self) -> Prefetcher:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Drop what is not yet begun. Calling it twice does no harm."""
        self._steps = iter(range(0))
        self._queue.clear()
        if self._threads is not None:
            # Not waiting: a thread in the middle of a batch must not hold up Ctrl-C.
            self._threads.shutdown(wait=False, cancel_futures=True)

    def _submit(self) -> None:
        step = next(self._steps, None)
        if step is not None and self._threads is not None:
            self._queue.append(self._threads.submit(self._batches.batch, step))


def prefetch(batches: _Batches, start: int, stop: int, workers: int) -> Prefetcher:
    """Batches `start` to `stop - 1` in order, prepared by that many threads (0: prepared when asked for).

    >>> class Squares:
    ...     def batch(self, step):
    ...         return step * step
    >>> with prefetch(Squares(), 2, 5, workers=2) as squares:
    ...     list(squares)
    [4, 9, 16]
    """
    return Prefetcher(batches, start, stop, workers)
