"""Ctrl-C as a wish."""

from __future__ import annotations

import signal
import threading

import pytest

from npseg.train.interrupt import Interrupts


def test_the_first_is_granted_when_asked_and_the_second_at_once():
    before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
    with Interrupts() as interrupts:
        interrupts.grant()
        signal.raise_signal(signal.SIGINT)
        assert interrupts.requested
        for _ in range(2):  # the wish stays, should somebody lose the exception
            with pytest.raises(KeyboardInterrupt):
                interrupts.grant()
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
