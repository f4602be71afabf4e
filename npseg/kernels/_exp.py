"""exp and log of one number, written so that a loop over float32 numbers becomes vector instructions.

LLVM calls the C library once a number for `math.exp`, about 5 ns each; it can vectorise arithmetic. So float32 goes
through polynomials, and float64, which checks gradients, keeps the C library. Range reduction and log are those of
Moshier's Cephes library (`expf`, `logf`); the polynomial of exp is the one of its degree with the least largest
relative error, 3e-9, found by Remez exchange. Both take NaN to NaN. Largest error in float32: exp 1.3 ulp, log 1 ulp;
what they do at the ends of the range is said at each.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit, types
from numba.extending import overload

__all__ = ["exp", "log"]

# The two functions stand for themselves where nothing is compiled; compiled loops get what is overloaded below.
# Not the flags of `_jit`: were sums reordered here, the two halves of ln 2 would be added and their purpose lost. A
# product may still be contracted with the sum that takes it.
_FLAGS = {"contract"}

_f = np.float32
_i = np.int32

_LOG2_E = _f(1.44269504088896341)
_ROUNDER = _f(1.5 * 2**23)
_LN2_HIGH, _LN2_LOW = _f(0.693359375), _f(-2.12194440e-4)  # the high half times a whole number is exact


def exp(x):
    """e to the power x, of a float32 or a float64.

    In float32 an x below -87.33, where e^x is no normal number any more, gives 0, and one above 88.37 gives Inf.
    """
    return _exp32(x) if isinstance(x, np.float32) else np.exp(x)


def log(x):
    """The natural logarithm, of a float32 or a float64.

    In float32 x must be a normal number >= 1.2e-38, Inf, or NaN: every user knows that of its numbers.
    """
    return _log32(x) if isinstance(x, np.float32) else np.log(x)


@overload(exp, jit_options={"fastmath": _FLAGS}, inline="never")
def _typed_exp(x):
    if x == types.float32:
        return lambda x: _exp32(x)
    return lambda x: math.exp(x)


@overload(log, jit_options={"fastmath": _FLAGS}, inline="never")
def _typed_log(x):
    if x == types.float32:
        return lambda x: _log32(x)
    return lambda x: math.log(x)


@njit(fastmath=_FLAGS)
def _exp32(x):
    # x = n ln 2 + r with n whole and |r| <= ln(2) / 2, so that e^x = 2^n e^r.
    shifted = x * _LOG2_E + _ROUNDER  # no room for a fraction: n stands in the last bits of the mantissa
    n = shifted - _ROUNDER
    r = x - n * _LN2_HIGH - n * _LN2_LOW
    # e^r = 1 + r + r^2 (...), summed in pairs, which wait less for each other than a chain does.
    square = r * r
    upper = (_f(0.0013814467) * square + (_f(0.008368781) * r + _f(0.041668393))) * square
    y = (upper + (_f(0.1666652) * r + _f(0.49999994))) * square + (r + _f(1))
    y = y * _i((_f(shifted).view(np.int32) + _i(127)) << _i(23)).view(np.float32)  # 2^n, made of its exponent
    y = _f(0) if x < _f(-87.33) else y
    return _f(np.inf) if x > _f(88.37) else y  # NaN fails both and has gone through


@njit(fastmath=_FLAGS)
def _log32(x):
    # x = 2^n (1 + m) with 1 + m between sqrt(1/2) and sqrt(2), so that log x = n ln 2 + log(1 + m).
    bits = _f(x).view(np.int32)
    n = _f(_i(bits >> _i(23)) - _i(126))
    half = _i((bits & _i(0x007FFFFF)) | _i(0x3F000000)).view(np.float32)  # between 1/2 and 1
    small = half < _f(0.707106781186547524)
    m = (half + half if small else half) - _f(1)
    n = n - _f(1) if small else n
    y = _f(7.0376836292e-2)
    y = y * m - _f(1.1514610310e-1)
    y = y * m + _f(1.1676998740e-1)
    y = y * m - _f(1.2420140846e-1)
    y = y * m + _f(1.4249322787e-1)
    y = y * m - _f(1.6668057665e-1)
    y = y * m + _f(2.0000714765e-1)
    y = y * m - _f(2.4999993993e-1)
    y = y * m + _f(3.3333331174e-1)
    square = m * m
    y = y * m * square + n * _LN2_LOW - _f(0.5) * square
    y = m + y + n * _LN2_HIGH
    return y if x < _f(np.inf) else x  # Inf, and NaN
