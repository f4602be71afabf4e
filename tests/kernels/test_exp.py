"""The exp and log of the loops, against float64, and at the ends of their range."""

from __future__ import annotations

import re

import numba
import numpy as np
import pytest

from npseg.kernels._exp import exp, log
from npseg.kernels._jit import jit

COUNT = 2000 if numba.config.DISABLE_JIT else 2_000_000
LOWEST = np.finfo(np.float32).tiny


@jit
def _exp_all(x, y):
    for i in range(x.size):
        y[i] = exp(x[i])


@jit
def _log_all(x, y):
    for i in range(x.size):
        y[i] = log(x[i])


def run(loop, x):
    y = np.empty_like(x)
    with np.errstate(all="ignore"):
        loop(x, y)
    return y


def ulps(y, exact):
    return np.abs(y - exact) / np.spacing(np.abs(exact).astype(np.float32))


@pytest.mark.parametrize("low, high", [(-87.3, 88.3), (-1.0, 1.0), (-1e-3, 1e-3), (-20.0, 0.0)])
def test_exp_of_float32_is_right_to_an_ulp(low, high):
    x = np.random.default_rng(0).uniform(low, high, COUNT).astype(np.float32)
    assert ulps(run(_exp_all, x), np.exp(x.astype(np.float64))).max() <= 1.3


@pytest.mark.parametrize("low, high", [(LOWEST, 1e-30), (1e-3, 1.0), (0.999, 1.001), (1.0, 150.0), (1e30, 3e38)])
def test_log_of_float32_is_right_to_an_ulp(low, high):
    x = np.random.default_rng(0).uniform(low, high, COUNT).astype(np.float32)
    assert ulps(run(_log_all, x), np.log(x.astype(np.float64))).max() <= 1.0


def test_the_ends_of_the_range_are_honest():
    x = np.array([np.nan, np.inf, -np.inf, 0.0, -0.0, 1e30, 88.8, -87.4, -1e30], np.float32)
    np.testing.assert_array_equal(run(_exp_all, x), np.float32([np.nan, np.inf, 0, 1, 1, np.inf, np.inf, 0, 0]))
    x = np.array([np.nan, np.inf, 1.0], np.float32)
    np.testing.assert_array_equal(run(_log_all, x), np.float32([np.nan, np.inf, 0]))


def test_whole_powers_of_two_come_back():
    n = np.arange(-125, 127)
    np.testing.assert_allclose(run(_exp_all, (n * np.log(2)).astype(np.float32)), 2.0**n, rtol=1e-5)
    assert ulps(run(_log_all, (2.0**n).astype(np.float32)), n * np.log(2)).max() <= 1.0


def test_float64_is_the_c_librarys():
    x = np.random.default_rng(0).uniform(-700, 700, 2000)
    np.testing.assert_allclose(run(_exp_all, x), np.exp(x), rtol=1e-15)
    np.testing.assert_allclose(run(_log_all, np.abs(x)), np.log(np.abs(x)), rtol=1e-15)


@pytest.mark.skipif(bool(numba.config.DISABLE_JIT), reason="there is no machine code")
@pytest.mark.parametrize("loop", [_exp_all, _log_all], ids=["exp", "log"])
def test_the_loop_works_on_vectors(loop):
    fresh = numba.njit(fastmath={"reassoc", "contract", "arcp", "nsz"})(loop.py_func)
    fresh(np.ones(8, np.float32), np.empty(8, np.float32))
    (code,) = fresh.inspect_llvm().values()
    assert re.search(r"fmul [a-z ]*<\d+ x float>", code)
