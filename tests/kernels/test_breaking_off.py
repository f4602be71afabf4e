"""A compilation is broken off between two passes of the compiler, and nothing is harmed by it."""

from __future__ import annotations

import numba
import numpy as np
import pytest

from npseg.kernels import compiling

pytestmark = pytest.mark.skipif(bool(numba.config.DISABLE_JIT), reason="nothing is compiled")


def fresh():
    """A function that calls another, neither compiled yet."""

    @numba.njit
    def twice(value):
        return value + value

    @numba.njit
    def total(x):
        found = 0.0
        for value in x:
            found += twice(value)
        return found

    return total


def passes(function) -> int:
    """How often the compiler asked."""
    asked = []
    with compiling.breaking_off(lambda: asked.append(1)):
        function(np.ones(3))
    return len(asked)


def test_it_is_asked_before_every_pass_and_only_while_compiling():
    function = fresh()
    assert passes(function) > 20
    assert passes(function) == 0


@pytest.mark.parametrize("share", [0.0, 0.3, 0.6, 0.99])
def test_it_stops_there_and_the_function_can_be_compiled_later(share):
    asked, last = 0, int(share * passes(fresh()))

    def ask():
        nonlocal asked
        if asked == last:
            raise KeyboardInterrupt
        asked += 1

    function = fresh()
    with pytest.raises(KeyboardInterrupt), compiling.breaking_off(ask):
        function(np.ones(3))
    assert asked == last
    assert function(np.ones(3)) == 6
