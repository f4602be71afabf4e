"""Softmax: scores to probabilities, and the gradient that makes it easy to train."""

from __future__ import annotations

import numpy as np

__all__ = ["log_softmax", "log_softmax_input_gradient", "softmax", "softmax_input_gradient"]


def softmax(x: np.ndarray, axis: int = -1) -> np.ndarray:
    """exp(x) / sum(exp(x)) along `axis`; subtracting the largest first changes nothing but overflow.

    >>> softmax(np.log(np.array([1.0, 3.0]))).round(6).tolist()
    [0.25, 0.75]
    >>> softmax(np.array([1000.0, 1000.0])).tolist()
    [0.5, 0.5]
    """
    powers = np.exp(x - x.max(axis=axis, keepdims=True))
    return powers / powers.sum(axis=axis, keepdims=True)


def softmax_input_gradient(x: np.ndarray, dy: np.ndarray, axis: int = -1) -> np.ndarray:
    """p * (dy - sum(p * dy)): the Jacobian is diag(p) - p p^T.

    >>> softmax_input_gradient(np.zeros(2), np.array([1.0, 0.0])).tolist()
    [0.25, -0.25]
    """
    p = softmax(x, axis)
    return p * (dy - (p * dy).sum(axis=axis, keepdims=True))


def log_softmax(x: np.ndarray, axis: int = -1) -> np.ndarray:
    """log(softmax(x)), computed as x - log(sum(exp(x))) so that small probabilities keep their digits.

    >>> log_softmax(np.array([0.0, 1000.0])).tolist()
    [-1000.0, 0.0]
    """
    shifted = x - x.max(axis=axis, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=axis, keepdims=True))


def log_softmax_input_gradient(x: np.ndarray, dy: np.ndarray, axis: int = -1) -> np.ndarray:
    """dy - p * sum(dy).

    >>> log_softmax_input_gradient(np.zeros(2), np.array([1.0, 0.0])).tolist()
    [0.5, -0.5]
    """
    return dy - softmax(x, axis) * dy.sum(axis=axis, keepdims=True)
