"""Memory that is used again."""

from __future__ import annotations

import os
import sys
import threading
import time

import pytest

from npseg.ops import memory


@pytest.mark.skipif(sys.platform != "linux", reason="fork is what Linux does")
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
def test_a_process_forked_while_another_thread_asks_for_memory_gets_its_own() -> None:
    held, done = threading.Event(), threading.Event()

    def hold() -> None:
        with memory._lock:
            held.set()
            done.wait(30)

    thread = threading.Thread(target=hold)
    thread.start()
    held.wait(30)
    child = os.fork()
    if not child:
        try:
            memory.empty((1 << 20,), "f4")
        finally:
            os._exit(0)
    done.set()
    thread.join()
    ended = _ended(child)
    if not ended:
        os.kill(child, 9)
        os.waitpid(child, 0)
    assert ended, "the child waits for a lock that nobody will give back"


def _ended(child: int) -> bool:
    for _ in range(100):
        if os.waitpid(child, os.WNOHANG)[0]:
            return True
        time.sleep(0.05)
    return False
