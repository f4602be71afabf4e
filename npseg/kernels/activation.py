"""Activations and their derivatives over flat arrays. Each backward writes dx = dy * f'(x)."""

from __future__ import annotations

import math

from npseg.kernels._jit import jit, prange

__all__ = [
    "gelu", "gelu_backward", "hard_sigmoid", "hard_sigmoid_backward", "hard_swish", "hard_swish_backward", "leaky_relu",
    "leaky_relu_backward", "relu", "relu_backward", "sigmoid", "sigmoid_backward", "silu", "silu_backward",
]  # fmt: skip

_SQRT_HALF = math.sqrt(0.5)
_INV_SQRT_TAU = 1.0 / math.sqrt(2.0 * math.pi)


@jit(parallel=True)
def relu(x, ceiling, y):
    """min(max(x, 0), ceiling); a NaN stays NaN."""
    for i in prange(x.size):
        v = x[i]
        y[i] = v if v != v else min(max(v, x.dtype.type(0)), ceiling)


@jit(parallel=True)
def relu_backward(dy, y, ceiling, dx):
    """The gradient passes where 0 < y < ceiling: the result says it all, so the input need not be kept."""
    for i in prange(y.size):
        gradient, v = dy[i], y[i]
        dx[i] = gradient if (v > 0) & (v < ceiling) else gradient * 0


@jit(parallel=True)
def leaky_relu(x, slope, y):
    """x where positive, slope * x elsewhere."""
    for i in prange(x.size):
        y[i] = x[i] if x[i] > 0 else x[i] * slope


@jit(parallel=True)
def leaky_relu_backward(dy, x, slope, dx):
    """dy where x is positive, slope * dy elsewhere."""
    for i in prange(x.size):
        gradient = dy[i]
        dx[i] = gradient if x[i] > 0 else gradient * slope


@jit(parallel=True)
def sigmoid(x, y):
    """1 / (1 + exp(-x)), without overflow on either side."""
    for i in prange(x.size):
        e = math.exp(-abs(x[i]))
        y[i] = (1 if x[i] >= 0 else e) / (1 + e)


@jit(parallel=True)
def sigmoid_backward(dy, y, dx):
    """y (1 - y)."""
    for i in prange(y.size):
        dx[i] = dy[i] * y[i] * (1 - y[i])


@jit(parallel=True)
def silu(x, y):
    """x * sigmoid(x)."""
    for i in prange(x.size):
        e = math.exp(-abs(x[i]))
        y[i] = x[i] * (1 if x[i] >= 0 else e) / (1 + e)


@jit(parallel=True)
def silu_backward(dy, x, dx):
    """s + x s (1 - s) with s = sigmoid(x)."""
    for i in prange(x.size):
        e = math.exp(-abs(x[i]))
        s = (1 if x[i] >= 0 else e) / (1 + e)
        dx[i] = dy[i] * (s + x[i] * s * (1 - s))


@jit(parallel=True)
def gelu(x, y):
    """x * Phi(x) with the normal distribution function Phi, by erf."""
    for i in prange(x.size):
        y[i] = 0.5 * x[i] * (1 + math.erf(x[i] * _SQRT_HALF))


@jit(parallel=True)
def gelu_backward(dy, x, dx):
    """Phi(x) + x phi(x)."""
    for i in prange(x.size):
        cdf = 0.5 * (1 + math.erf(x[i] * _SQRT_HALF))
        dx[i] = dy[i] * (cdf + x[i] * _INV_SQRT_TAU * math.exp(-0.5 * x[i] * x[i]))


@jit(parallel=True)
def hard_sigmoid(x, y):
    """clip(x / 6 + 1 / 2, 0, 1)."""
    for i in prange(x.size):
        y[i] = min(max(x[i] + 3, 0), 6) / 6


@jit(parallel=True)
def hard_sigmoid_backward(dy, x, dx):
    """1 / 6 for -3 < x < 3."""
    for i in prange(x.size):
        gradient, v = dy[i], x[i]
        dx[i] = gradient / 6 if (v > -3) & (v < 3) else gradient * 0


@jit(parallel=True)
def hard_swish(x, y):
    """x * clip(x / 6 + 1 / 2, 0, 1)."""
    for i in prange(x.size):
        y[i] = x[i] * min(max(x[i] + 3, 0), 6) / 6


@jit(parallel=True)
def hard_swish_backward(dy, x, dx):
    """0 below -3, 1 above 3, x / 3 + 1 / 2 between."""
    for i in prange(x.size):
        if x[i] <= -3:
            dx[i] = 0
        elif x[i] >= 3:
            dx[i] = dy[i]
        else:
            dx[i] = dy[i] * (x[i] / 3 + 0.5)
