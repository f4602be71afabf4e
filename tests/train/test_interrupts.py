"""Ctrl-C as a wish."""

from __future__ import annotations

import signal
import threading
import time

import pytest

from npseg.train import interrupt
from npseg.train.interrupt import Interrupts


def test_the_first_is_granted_when_asked_and_a_later_one_at_once(monkeypatch):
    before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
    with Interrupts() as interrupts:
        interrupts.grant()
        signal.raise_signal(signal.SIGINT)
        assert interrupts.requested
        for _ in range(2):  # the wish stays, should somebody lose the exception
            with pytest.raises(KeyboardInterrupt):
                interrupts.grant()
        signal.raise_signal(signal.SIGINT)  # so soon that it is the same wish
        signal.raise_signal(signal.SIGTERM)
        later = time.monotonic() + 2.1
        monkeypatch.setattr(interrupt.time, "monotonic", lambda: later)
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
    assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)) == before


def test_another_thread_is_not_interrupted():
    passed = []
    with Interrupts() as interrupts:
        signal.raise_signal(signal.SIGINT)
        thread = threading.Thread(target=lambda: passed.append(interrupts.grant()))
        thread.start()
        thread.join()
    assert passed == [None]


def test_a_wish_is_told_once_outside_of_the_signal_handler():
    told = []
    with Interrupts(noted=lambda: told.append(threading.current_thread())):
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)
    assert len(told) == 1
    assert told[0] not in (threading.main_thread(), *threading.enumerate())  # and the thread has ended


def test_without_a_wish_nothing_is_told():
    told = []
    with Interrupts(noted=lambda: told.append(1)):
        pass
    with pytest.raises(KeyboardInterrupt), Interrupts(waits=lambda: False, noted=lambda: told.append(1)):
        signal.raise_signal(signal.SIGINT)
    assert not told
