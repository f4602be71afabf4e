"""Ctrl-C as a wish that is granted where nothing is lost: in training between two steps, or outside the compiler."""

from __future__ import annotations

import queue
import signal
import threading
import time
from collections.abc import Callable
from types import FrameType, TracebackType
from typing import Any

__all__ = ["Interrupts"]

_SIGNALS = (signal.SIGINT, signal.SIGTERM)
# People press more than once, and wrappers such as `uv run` hand on what the terminal has sent to all already.
_ONE_WISH = 2.0  # seconds


class Interrupts:
    """Within its block, the first SIGINT or SIGTERM only sets `requested`; a second one stops at once, unless it comes
    so soon that the same wish is meant.

    With `waits`, the first one stops at once, too, unless `waits()` says that it must wait. `noted()` is called when a
    wish has to wait, in a thread of its own: a signal comes in the midst of anything, also of printing. Outside the
    main thread, where Python allows no signal handlers, nothing of this happens.
    """

    def __init__(self, waits: Callable[[], bool] = lambda: True, noted: Callable[[], object] | None = None) -> None:
        self.requested = False
        self._waits = waits
        self._since = 0.0
        self._before: dict[int, Any] = {}
        self._wishes: queue.SimpleQueue[bool] = queue.SimpleQueue()  # a signal handler may put
        self._teller = threading.Thread(target=self._tell, args=[noted], daemon=True) if noted else None

    def __enter__(self) -> Interrupts:
        if threading.current_thread() is threading.main_thread():
            if self._teller:
                self._teller.start()
            for number in _SIGNALS:
                self._before[number] = signal.signal(number, self._handle)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)
        if self._before and self._teller:
            self._wishes.put(False)
            self._teller.join()
        self._before.clear()

    def grant(self, error: type[KeyboardInterrupt] = KeyboardInterrupt) -> None:
        """Raise `error` if it was requested. Does nothing outside the main thread, whose wish it is."""
        if self.requested and threading.current_thread() is threading.main_thread():
            raise error

    def _handle(self, number: int, frame: FrameType | None) -> None:
        if not self.requested and self._waits():
            self.requested, self._since = True, time.monotonic()
            self._wishes.put(True)
        elif not self.requested or time.monotonic() - self._since >= _ONE_WISH:
            raise KeyboardInterrupt

    def _tell(self, noted: Callable[[], object]) -> None:
        if self._wishes.get():
            noted()
