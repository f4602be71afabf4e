"""Activations: one value in, one value out."""

from __future__ import annotations

import math

import numpy as np

from npseg import kernels
from npseg.autograd import differentiable
from npseg.ops import memory

__all__ = [
    "gelu", "hard_sigmoid", "hard_swish", "leaky_relu", "relu", "relu6", "sigmoid", "silu", "tanh",
]  # fmt: skip


@differentiable
def relu(x):
    """max(x, 0), on any shape. The gradient at 0 is 0.

    Source: Nair and Hinton 2010.

    >>> relu([-1.0, 0.0, 2.0]).data
    array([0., 0., 2.], dtype=float32)
    """
    return _clipped_relu(x, math.inf)


@differentiable
def relu6(x):
    """min(max(x, 0), 6), on any shape.

    Source: Sandler et al. 2018, "MobileNetV2".

    >>> relu6([-1.0, 3.0, 8.0]).data
    array([0., 3., 6.], dtype=float32)
    """
    return _clipped_relu(x, 6.0)


@differentiable
def leaky_relu(x, negative_slope: float = 0.01):
    """x where positive, negative_slope * x elsewhere, on any shape.

    Source: Maas et al. 2013.

    >>> leaky_relu([-10.0, 2.0], 0.5).data
    array([-5.,  2.], dtype=float32)
    """
    slope = x.dtype.type(negative_slope)
    y = memory.empty(x.shape, x.dtype)
    kernels.activation.leaky_relu(_flat(x), slope, _flat(y))

    def pullback(dy, wanted):
        dx = memory.empty(x.shape, x.dtype)
        kernels.activation.leaky_relu_backward(_flat(dy), _flat(x), slope, _flat(dx))
        return (dx,)

    return y, pullback


@differentiable
def sigmoid(x):
    """1 / (1 + exp(-x)), on any shape, without overflow.

    >>> sigmoid([0.0, -1000.0, 1000.0]).data
    array([0.5, 0. , 1. ], dtype=float32)
    """
    y = memory.empty(x.shape, x.dtype)
    kernels.activation.sigmoid(_flat(x), _flat(y))

    def pullback(dy, wanted):
        dx = memory.empty(y.shape, y.dtype)
        kernels.activation.sigmoid_backward(_flat(dy), _flat(y), _flat(dx))
        return (dx,)

    return y, pullback


@differentiable
def tanh(x):
    """Hyperbolic tangent, on any shape; its derivative is 1 - tanh(x)^2.

    >>> tanh(np.array([np.log(2.0)])).data.round(4)     # (2 - 1/2) / (2 + 1/2)
    array([0.6])
    """
    y = np.tanh(x)
    return y, lambda dy, wanted: (dy * (1 - y * y),)


@differentiable
def silu(x):
    """x * sigmoid(x), also called swish, on any shape.

    Source: Hendrycks and Gimpel 2016; Ramachandran et al. 2017.

    >>> silu(np.array([0.0, np.log(3.0)])).data.round(4)     # 3/4 of log 3 = 1.0986
    array([0.   , 0.824])
    """
    return _by_input(x, kernels.activation.silu, kernels.activation.silu_backward)


@differentiable
def gelu(x):
    """x * Phi(x) with the standard normal distribution function Phi: the exact form, not the tanh approximation.

    Source: Hendrycks and Gimpel 2016, section 2.

    >>> gelu([0.0, 1.0]).data.round(4)     # Phi(1) = 0.8413
    array([0.    , 0.8413], dtype=float32)
    """
    return _by_input(x, kernels.activation.gelu, kernels.activation.gelu_backward)


@differentiable
def hard_sigmoid(x):
    """clip(x / 6 + 1 / 2, 0, 1), on any shape.

    Source: Howard et al. 2019, "Searching for MobileNetV3", section 5.2.

    >>> hard_sigmoid([-4.0, 0.0, 1.5]).data
    array([0.  , 0.5 , 0.75], dtype=float32)
    """
    return _by_input(x, kernels.activation.hard_sigmoid, kernels.activation.hard_sigmoid_backward)


@differentiable
def hard_swish(x):
    """x * clip(x / 6 + 1 / 2, 0, 1), on any shape.

    Source: Howard et al. 2019, "Searching for MobileNetV3", section 5.2.

    >>> hard_swish([0.0, 1.5, 4.0]).data
    array([0.   , 1.125, 4.   ], dtype=float32)
    """
    return _by_input(x, kernels.activation.hard_swish, kernels.activation.hard_swish_backward)


def _clipped_relu(x, ceiling):
    ceiling = x.dtype.type(ceiling)
    y = memory.empty(x.shape, x.dtype)
    kernels.activation.relu(_flat(x), ceiling, _flat(y))

    def pullback(dy, wanted):
        dx = memory.empty(y.shape, y.dtype)
        kernels.activation.relu_backward(_flat(dy), _flat(y), ceiling, _flat(dx))
        return (dx,)

    return y, pullback


def _by_input(x, forward, backward):
    """An activation whose derivative is written in terms of its input."""
    y = memory.empty(x.shape, x.dtype)
    forward(_flat(x), _flat(y))

    def pullback(dy, wanted):
        dx = memory.empty(x.shape, x.dtype)
        backward(_flat(dy), _flat(x), _flat(dx))
        return (dx,)

    return y, pullback


def _flat(x: np.ndarray) -> np.ndarray:
    return x.reshape(-1)
