"""Normalisation: subtract a mean, divide by a standard deviation. The kinds differ in what is averaged.

    batch norm   over N, H, W    one mean for each channel; at test time a running mean takes its place
    layer norm   over C          one mean for each pixel
    group norm   over H, W, and the channels of a group: one mean for each image and group

Variances are biased (divided by the count); `eps` is added to the variance, under the root.
"""

from __future__ import annotations

import numpy as np

__all__ = [
    "batch_norm",
    "batch_norm_inference",
    "batch_norm_relu",
    "group_norm",
    "layer_norm",
    "normalise",
    "normalise_gradient",
]


def normalise(x: np.ndarray, axes: int | tuple[int, ...], eps: float) -> np.ndarray:
    """(x - mean) / sqrt(variance + eps), both taken over `axes`.

    >>> normalise(np.array([1.0, 3.0]), axes=0, eps=0.0).tolist()
    [-1.0, 1.0]
    """
    centred = x - x.mean(axis=axes, keepdims=True)
    variance = (centred**2).mean(axis=axes, keepdims=True)
    return centred / np.sqrt(variance + eps)


def normalise_gradient(x: np.ndarray, dy: np.ndarray, axes: int | tuple[int, ...], eps: float) -> np.ndarray:
    """Gradient of `normalise` in x.

    Adding a constant to x, or stretching it (with eps = 0), does not change the result; so the gradient has no
    component along the ones and none along the result itself: both are taken out of dy before it is scaled.

    >>> normalise_gradient(np.array([-1.0, 1.0, 0.0]), np.ones(3), axes=0, eps=0.0).tolist()
    [0.0, 0.0, 0.0]
    """
    y = normalise(x, axes, eps)
    deviation = np.sqrt(x.var(axis=axes, keepdims=True) + eps)
    along_ones = dy.mean(axis=axes, keepdims=True)
    along_y = (dy * y).mean(axis=axes, keepdims=True)
    return (dy - along_ones - y * along_y) / deviation


def batch_norm(
    x: np.ndarray, weight: np.ndarray, bias: np.ndarray, *, eps: float = 1e-5
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Normalise each channel by the batch's own mean and variance. Ioffe and Szegedy 2015, algorithm 1.

    x (..., C), weight and bias (C,) -> (y (..., C), mean (C,), variance (C,)).

    >>> y, mean, var = batch_norm(np.array([[1.0], [3.0]]), np.array([2.0]), np.array([10.0]), eps=0.0)
    >>> y.ravel().tolist(), mean.tolist(), var.tolist()
    ([8.0, 12.0], [2.0], [1.0])
    """
    axes = tuple(range(x.ndim - 1))
    return normalise(x, axes, eps) * weight + bias, x.mean(axis=axes), x.var(axis=axes)


def batch_norm_relu(
    x: np.ndarray, weight: np.ndarray, bias: np.ndarray, *, eps: float = 1e-5
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """`batch_norm` with its negative results set to zero; a NaN stays NaN.

    >>> batch_norm_relu(np.array([[1.0], [3.0]]), np.array([2.0]), np.array([0.0]), eps=0.0)[0].ravel().tolist()
    [0.0, 2.0]
    """
    y, mean, variance = batch_norm(x, weight, bias, eps=eps)
    return np.maximum(y, 0), mean, variance


def batch_norm_inference(
    x: np.ndarray,
    weight: np.ndarray,
    bias: np.ndarray,
    mean: np.ndarray,
    var: np.ndarray,
    *,
    eps: float = 1e-5,
) -> np.ndarray:
    """Normalise each channel by a mean and variance learnt earlier. Ioffe and Szegedy 2015, algorithm 2.

    >>> one = np.ones(1)
    >>> batch_norm_inference(np.array([[5.0]]), 3 * one, one, mean=one, var=4 * one, eps=0.0).tolist()
    [[7.0]]
    """
    return (x - mean) / np.sqrt(var + eps) * weight + bias


def layer_norm(
    x: np.ndarray, weight: np.ndarray | None = None, bias: np.ndarray | None = None, *, eps: float = 1e-5
) -> np.ndarray:
    """Normalise over the last axis: (..., C) -> (..., C). Ba et al. 2016, eq. 4.

    >>> layer_norm(np.array([[1.0, 3.0], [5.0, 25.0]]), eps=0.0).tolist()
    [[-1.0, 1.0], [-1.0, 1.0]]
    """
    return _scale_and_shift(normalise(x, -1, eps), weight, bias)


def group_norm(
    x: np.ndarray,
    num_groups: int,
    weight: np.ndarray | None = None,
    bias: np.ndarray | None = None,
    *,
    eps: float = 1e-5,
) -> np.ndarray:
    """Normalise each image over its pixels and a group's channels: (N, ..., C) -> same. Wu, He 2018, eq. 7.

    >>> group_norm(np.array([1.0, 3.0, 10.0, 30.0]).reshape(1, 1, 1, 4), 2, eps=0.0).ravel().tolist()
    [-1.0, 1.0, -1.0, 1.0]
    """
    n, channels = x.shape[0], x.shape[-1]
    grouped = x.reshape(n, -1, num_groups, channels // num_groups)
    return _scale_and_shift(normalise(grouped, (1, 3), eps).reshape(x.shape), weight, bias)


def _scale_and_shift(x: np.ndarray, weight: np.ndarray | None, bias: np.ndarray | None) -> np.ndarray:
    if weight is not None:
        x = x * weight
    return x if bias is None else x + bias
