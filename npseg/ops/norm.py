"""Normalisation: subtract a mean, divide by a deviation, scale and shift."""

from __future__ import annotations

import math

import numpy as np

from npseg import kernels, shapes
from npseg.arrays import as_numpy
from npseg.autograd import differentiable
from npseg.errors import ArgumentError, ShapeError
from npseg.ops import memory

__all__ = ["batch_norm", "batch_norm_inference", "batch_norm_relu", "group_norm", "layer_norm"]


@differentiable(inputs=3, extras=2, remakes=True)
def batch_norm(x, weight, bias, *, eps: float = 1e-5, moments=None):
    """Normalise each channel by the mean and variance of the batch, then scale and shift.

    Args:
        x: (..., C), statistics over all axes but the last. weight, bias: (C,).
        eps: added to the variance.
        moments: mean and biased variance (C,) of x, if they are known already; see `conv2d_with_moments`.

    Returns y, mean (C,), var (C,): the variance is the biased one (divided by the count), and both carry no gradient.
    Source: Ioffe and Szegedy 2015, algorithm 1.

    >>> y, mean, var = batch_norm(np.array([[1.0], [3.0]]), np.ones(1), np.zeros(1), eps=0.0)
    >>> y.data.ravel(), mean, var
    (array([-1.,  1.]), array([2.]), array([1.]))
    """
    return _batch_norm("batch_norm", x, weight, bias, eps, moments, -math.inf)


@differentiable(inputs=3, extras=2, remakes=True)
def batch_norm_relu(x, weight, bias, *, eps: float = 1e-5, moments=None):
    """`relu(batch_norm(x, weight, bias))` in one: two sweeps forward and two back, instead of three each.

    Arguments and results as `batch_norm`.

    >>> y, mean, var = batch_norm_relu(np.array([[1.0], [3.0]]), np.ones(1), np.zeros(1), eps=0.0)
    >>> y.data.ravel(), mean, var
    (array([0., 1.]), array([2.]), array([1.]))
    """
    return _batch_norm("batch_norm_relu", x, weight, bias, eps, moments, 0.0)


def _batch_norm(function, x, weight, bias, eps, moments, low):
    """Batch norm, cut off below `low`. Kept for the backward pass is x: where the result was cut off shows again."""
    _check_affine(function, x, weight=weight, bias=bias)
    rows = x.reshape(-1, x.shape[-1])
    count, low = len(rows), x.dtype.type(low)
    if not count:
        raise ShapeError(f"{function}: x of shape {x.shape} has no pixels to take statistics of")
    moments = kernels.norm.channel_moments(rows) if moments is None else [as_numpy(moment) for moment in moments]
    _check_affine(function, x, mean=moments[0], var=moments[1])
    mean, var = (moment.astype(x.dtype) for moment in moments)
    rstd = (1.0 / np.sqrt(var + eps)).astype(x.dtype)
    scale = weight * rstd
    shift = bias - mean * scale

    def make(*_):
        y = memory.empty(x.shape, x.dtype)
        kernels.norm.affine(rows, scale, shift, low, y.reshape(rows.shape))
        return y

    def pullback(dy, wanted):
        gradient = dy.reshape(rows.shape)
        dbias, aligned = kernels.norm.affine_sums(gradient, rows, mean, scale, shift, low)
        dweight = aligned * rstd
        dx = None
        if wanted[0]:
            dx = memory.empty(x.shape, x.dtype)
            along, offset = -scale * rstd * dweight / x.dtype.type(count), -scale * dbias / x.dtype.type(count)
            out = dx.reshape(rows.shape)
            kernels.norm.affine_backward(gradient, rows, mean, scale, shift, low, scale, along, offset, out)
        return dx, dweight if wanted[1] else None, dbias if wanted[2] else None

    return (make(), mean, var), pullback, make


@differentiable(inputs=3)
def batch_norm_inference(x, weight, bias, mean, var, *, eps: float = 1e-5):
    """Normalise each channel by given statistics: weight (x - mean) / sqrt(var + eps) + bias.

    Args:
        x: (..., C). weight, bias, mean, var: (C,); no gradient flows to mean and var.

    >>> batch_norm_inference([[5.0]], [2.0], [1.0], [3.0], [4.0], eps=0.0).item()     # 2 (5 - 3) / 2 + 1
    3.0
    """
    mean, var = as_numpy(mean).astype(x.dtype), as_numpy(var).astype(x.dtype)
    _check_affine("batch_norm_inference", x, weight=weight, bias=bias, mean=mean, var=var)
    rstd = (1.0 / np.sqrt(var + eps)).astype(x.dtype)
    scale, low = weight * rstd, x.dtype.type(-math.inf)
    shift = bias - mean * scale
    rows = x.reshape(-1, x.shape[-1])
    y = memory.empty(x.shape, x.dtype)
    kernels.norm.affine(rows, scale, shift, low, y.reshape(rows.shape))

    def pullback(dy, wanted):
        dbias = aligned = None
        if wanted[1] or wanted[2]:
            dbias, aligned = kernels.norm.affine_sums(dy.reshape(rows.shape), rows, mean, scale, shift, low)
        return (
            dy * scale if wanted[0] else None,
            aligned * rstd if wanted[1] else None,
            dbias if wanted[2] else None,
        )

    return y, pullback


@differentiable(inputs=3)
def layer_norm(x, weight=None, bias=None, *, eps: float = 1e-5):
    """Normalise over the last axis, each position for itself.

    Args:
        x: (..., C). weight, bias: (C,) or None for ones and zeros.

    Source: Ba et al. 2016.

    >>> layer_norm(np.array([[1.0, 3.0]]), eps=0.0).data
    array([[-1.,  1.]])
    """
    _check_affine("layer_norm", x, weight=weight, bias=bias)
    return _normalise_groups(x, (math.prod(x.shape[:-1]), 1, 1, x.shape[-1]), weight, bias, eps)


def group_norm(x, num_groups: int, weight=None, bias=None, *, eps: float = 1e-5):
    """Normalise over groups of channels and all positions, each image for itself.

    Args:
        x: (N, ..., C).
        num_groups: divides C.
        weight, bias: (C,) or None for ones and zeros.

    Source: Wu and He 2018.

    >>> group_norm(np.array([[[1.0, 3.0, 10.0, 30.0]]]), 2, eps=0.0).data
    array([[[-1.,  1., -1.,  1.]]])
    """
    return _group_norm(x, weight, bias, num_groups=num_groups, eps=eps)


@differentiable(inputs=3, name="group_norm")
def _group_norm(x, weight=None, bias=None, *, num_groups, eps):
    if x.ndim < 2:
        raise ShapeError(f"group_norm: x has shape {x.shape}; expected (N, ..., C)")
    if not isinstance(num_groups, (int, np.integer)) or num_groups < 1:
        raise ArgumentError(f"group_norm: num_groups={num_groups!r}; expected an integer of at least 1")
    shapes.require_divisible("group_norm", x.shape[-1], num_groups)
    _check_affine("group_norm", x, weight=weight, bias=bias)
    return _normalise_groups(
        x, (x.shape[0], math.prod(x.shape[1:-1]), num_groups, x.shape[-1] // num_groups), weight, bias, eps
    )


def _normalise_groups(x, grouping, weight, bias, eps):
    """Layer and group norm: x seen as (images, positions, groups, depth), statistics over positions and depth."""
    grouped = x.reshape(grouping)
    affine = grouped.shape[2:]
    gain = (np.ones(affine, x.dtype) if weight is None else weight).reshape(affine)
    shift = (np.zeros(affine, x.dtype) if bias is None else bias).reshape(affine)
    mean = np.empty((grouped.shape[0], grouped.shape[2]), x.dtype)
    rstd = np.empty_like(mean)
    kernels.norm.group_statistics(grouped, mean, rstd, float(eps))
    y = memory.empty(grouped.shape, grouped.dtype)
    kernels.norm.group_normalise(grouped, mean, rstd, gain, shift, y)

    def pullback(dy, wanted):
        gradient = dy.reshape(grouped.shape)
        channels = (math.prod(x.shape[:-1]), x.shape[-1])
        dx = dweight = dbias = None
        if wanted[0]:
            dx = memory.empty(grouped.shape, grouped.dtype)
            kernels.norm.group_backward(gradient, grouped, mean, rstd, gain, dx)
            dx = dx.reshape(x.shape)
        if len(wanted) > 1 and wanted[1]:
            centred = (grouped - mean[:, None, :, None]) * rstd[:, None, :, None]
            dweight = kernels.norm.channel_sums((gradient * centred).reshape(channels))
        if len(wanted) > 2 and wanted[2]:
            dbias = kernels.norm.channel_sums(gradient.reshape(channels))
        return (dx, dweight, dbias)[: len(wanted)]

    return y.reshape(x.shape), pullback


def _check_affine(function, x, **vectors):
    if not x.ndim or not x.shape[-1]:
        raise ShapeError(f"{function}: x has shape {x.shape}; expected channels on the last axis")
    for name, vector in vectors.items():
        if vector is not None and vector.shape != x.shape[-1:]:
            raise ShapeError(
                f"{function}: {name} has shape {vector.shape}, x has {x.shape[-1]} channels on its last axis (shape "
                f"{x.shape}); expected ({x.shape[-1]},)"
            )
