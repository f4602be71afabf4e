"""Ctrl-C as a wish that is granted where nothing is lost: in training between two steps, or outside the compiler."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from types import FrameType, TracebackType
from typing import Any

__all__ = ["Interrupts"]

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Interrupts:
    """Within its block, the first SIGINT or SIGTERM only sets `requested`; a second one stops at once.

    With `waits`, the first one stops at once, too, unless `waits()` says that it must wait. Outside the main thread,
    where Python allows no signal handlers, it does nothing.
    """

    def __init__(self, waits: Callable[[], bool] = lambda: True) -> None:
        self.requested = False
        self._waits = waits
        self._before: dict[int, Any] = {}

    def __enter__(self) -> Interrupts:
        if threading.current_thread() is threading.main_thread():
            for number in _SIGNALS:
                self._before[number] = signal.signal(number, self._handle)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)
        self._before.clear()

    def grant(self) -> None:
        """Raise `KeyboardInterrupt` if it was requested. Does nothing outside the main thread, whose wish it is."""
        if self.requested and threading.current_thread() is threading.main_thread():
            raise KeyboardInterrupt

    def _handle(self, number: int, frame: FrameType | None) -> None:
        if self.requested or not self._waits():
            raise KeyboardInterrupt
        self.requested = True
