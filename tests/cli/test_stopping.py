"""Ctrl-C where kernels may be compiled."""

from __future__ import annotations

import signal

import numba
import numpy as np
import pytest

from npseg.cli.stopping import stopping_safely
from npseg.kernels import compiling
from npseg.train import interrupt

pytestmark = pytest.mark.skipif(bool(numba.config.DISABLE_JIT), reason="nothing is compiled")


def fresh():
    """A loop of the kernels' package that is not compiled yet."""

    def total(x):
        found = 0.0
        for value in x:
            found += value
        return found

    total.__module__ = compiling.__name__
    return numba.njit(total)


def test_outside_of_the_compiler_it_stops_at_once():
    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt), stopping_safely():
        signal.raise_signal(signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is before


@pytest.mark.parametrize("last", [False, True], ids=["within", "in-the-last-pass"])
def test_in_the_compiler_it_waits_for_the_next_pass_or_the_end(last):
    function, asked, raised = fresh(), [], []
    with compiling.breaking_off(lambda: asked.append(1)):
        fresh()(np.ones(3))
    passes, seen = len(asked), []

    def press() -> None:
        seen.append(1)
        if len(seen) == (passes if last else 3):
            signal.raise_signal(signal.SIGINT)  # as the handler in a callback of LLVM: it must not raise here
            raised.append(False)

    with pytest.raises(KeyboardInterrupt), stopping_safely(), compiling.breaking_off(press):
        function(np.ones(3))
    assert raised == [False]
    assert function(np.ones(3)) == 3


@pytest.mark.parametrize("soon", [False, True])
def test_a_second_one_does_not_wait_unless_it_comes_with_the_first(monkeypatch, soon):
    pressed = []
    if not soon:
        monkeypatch.setattr(interrupt, "_ONE_WISH", 0.0)

    def press() -> None:
        if not pressed:
            pressed.append(1)
            signal.raise_signal(signal.SIGINT)
            signal.raise_signal(signal.SIGINT)
            pressed.append(2)

    with pytest.raises(KeyboardInterrupt), stopping_safely(), compiling.breaking_off(press):
        fresh()(np.ones(3))
    assert pressed == ([1, 2] if soon else [1])
