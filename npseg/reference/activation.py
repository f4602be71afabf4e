"""Activations: one curve applied to every number, and its slope.

Each `f` has an `f_derivative`; the gradient of the op is dy * f_derivative(x). At a kink the slope is the one
PyTorch takes: zero at both ends for ReLU and ReLU6.
"""

from __future__ import annotations

import math

import numpy as np

__all__ = [
    "gelu",
    "gelu_derivative",
    "hard_sigmoid",
    "hard_sigmoid_derivative",
    "hard_swish",
    "hard_swish_derivative",
    "leaky_relu",
    "leaky_relu_derivative",
    "relu",
    "relu6",
    "relu6_derivative",
    "relu_derivative",
    "sigmoid",
    "sigmoid_derivative",
    "silu",
    "silu_derivative",
    "tanh",
    "tanh_derivative",
]

_erf = np.vectorize(math.erf, otypes=[np.float64])


def relu(x: np.ndarray) -> np.ndarray:
    """max(x, 0). Nair and Hinton 2010.

    >>> relu(np.array([-2.0, 3.0])).tolist()
    [0.0, 3.0]
    """
    return np.maximum(x, 0)


def relu_derivative(x: np.ndarray) -> np.ndarray:
    """1 where x > 0, else 0."""
    return np.where(x > 0, 1.0, 0.0).astype(x.dtype)


def relu6(x: np.ndarray) -> np.ndarray:
    """min(max(x, 0), 6). Sandler et al. 2018 (MobileNetV2).

    >>> relu6(np.array([-2.0, 3.0, 8.0])).tolist()
    [0.0, 3.0, 6.0]
    """
    return np.minimum(np.maximum(x, 0), 6)


def relu6_derivative(x: np.ndarray) -> np.ndarray:
    """1 where 0 < x < 6, else 0."""
    return np.where((x > 0) & (x < 6), 1.0, 0.0).astype(x.dtype)


def leaky_relu(x: np.ndarray, negative_slope: float = 0.01) -> np.ndarray:
    """x where x > 0, else negative_slope * x. Maas et al. 2013.

    >>> leaky_relu(np.array([-2.0, 3.0]), 0.5).tolist()
    [-1.0, 3.0]
    """
    return np.where(x > 0, x, negative_slope * x).astype(x.dtype)


def leaky_relu_derivative(x: np.ndarray, negative_slope: float = 0.01) -> np.ndarray:
    """1 where x > 0, else negative_slope."""
    return np.where(x > 0, 1.0, negative_slope).astype(x.dtype)


def sigmoid(x: np.ndarray) -> np.ndarray:
    """1 / (1 + exp(-x)), written so that exp never overflows.

    >>> sigmoid(np.array([-1000.0, 0.0, 1000.0])).tolist()
    [0.0, 0.5, 1.0]
    """
    small = np.exp(-np.abs(x))
    return np.where(x >= 0, 1, small) / (1 + small)


def sigmoid_derivative(x: np.ndarray) -> np.ndarray:
    """s * (1 - s) with s = sigmoid(x).

    >>> sigmoid_derivative(np.array([0.0])).tolist()
    [0.25]
    """
    return sigmoid(x) * sigmoid(-x)


def silu(x: np.ndarray) -> np.ndarray:
    """x * sigmoid(x), also called swish. Elfwing et al. 2018; Ramachandran et al. 2017.

    >>> silu(np.array([0.0, 1000.0])).tolist()
    [0.0, 1000.0]
    """
    return x * sigmoid(x)


def silu_derivative(x: np.ndarray) -> np.ndarray:
    """s + x * s * (1 - s), by the product rule.

    >>> silu_derivative(np.array([0.0])).tolist()
    [0.5]
    """
    return sigmoid(x) + x * sigmoid_derivative(x)


def tanh(x: np.ndarray) -> np.ndarray:
    """The hyperbolic tangent.

    >>> tanh(np.array([0.0])).tolist()
    [0.0]
    """
    return np.tanh(x)


def tanh_derivative(x: np.ndarray) -> np.ndarray:
    """1 - tanh(x) ** 2.

    >>> tanh_derivative(np.array([0.0])).tolist()
    [1.0]
    """
    return 1 - np.tanh(x) ** 2


def gelu(x: np.ndarray) -> np.ndarray:
    """x * Phi(x), where Phi is the normal distribution function (exact, by erf). Hendrycks and Gimpel 2016.

    >>> gelu(np.array([-1.0, 0.0, 1.0])).round(4).tolist()
    [-0.1587, 0.0, 0.8413]
    """
    return (x * _normal_cdf(x)).astype(x.dtype)


def gelu_derivative(x: np.ndarray) -> np.ndarray:
    """Phi(x) + x * phi(x), with the normal distribution function and density.

    >>> gelu_derivative(np.array([0.0])).tolist()
    [0.5]
    """
    density = np.exp(-(x**2) / 2) / math.sqrt(2 * math.pi)
    return (_normal_cdf(x) + x * density).astype(x.dtype)


def hard_sigmoid(x: np.ndarray) -> np.ndarray:
    """min(max(x / 6 + 1 / 2, 0), 1): a sigmoid of three straight lines. Howard et al. 2019 (MobileNetV3).

    >>> hard_sigmoid(np.array([-4.0, 0.0, 1.5, 4.0])).tolist()
    [0.0, 0.5, 0.75, 1.0]
    """
    return np.minimum(np.maximum(x + 3, 0), 6) / 6


def hard_sigmoid_derivative(x: np.ndarray) -> np.ndarray:
    """1 / 6 where -3 < x < 3, else 0."""
    return np.where((x > -3) & (x < 3), 1 / 6, 0.0).astype(x.dtype)


def hard_swish(x: np.ndarray) -> np.ndarray:
    """x * hard_sigmoid(x). Howard et al. 2019, section 5.2.

    >>> hard_swish(np.array([-4.0, 0.0, 1.5, 4.0])).tolist()
    [-0.0, 0.0, 1.125, 4.0]
    """
    return x * hard_sigmoid(x)


def hard_swish_derivative(x: np.ndarray) -> np.ndarray:
    """0 up to -3, 1 from 3, between them x / 3 + 1 / 2.

    >>> hard_swish_derivative(np.array([-4.0, 0.0, 1.5, 4.0])).tolist()
    [0.0, 0.5, 1.0, 1.0]
    """
    return np.where(x <= -3, 0.0, np.where(x >= 3, 1.0, x / 3 + 0.5)).astype(x.dtype)


def _normal_cdf(x: np.ndarray) -> np.ndarray:
    return (1 + _erf(x / math.sqrt(2))) / 2
