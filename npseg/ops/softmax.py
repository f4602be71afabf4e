"""Softmax and its logarithm along one axis."""

from __future__ import annotations

import numpy as np

from npseg import kernels
from npseg.autograd import differentiable
from npseg.errors import ArgumentError
from npseg.ops import memory

__all__ = ["log_softmax", "softmax"]


@differentiable
def softmax(x, axis: int = -1):
    """exp(x) normalised to sum to one along `axis`; the last axis holds the channels and is fastest.

    >>> softmax([[0.0, 0.0], [0.0, np.log(3.0)]]).data.round(4)
    array([[0.5 , 0.5 ],
           [0.25, 0.75]], dtype=float32)
    """
    return _along(x, axis, "softmax", kernels.softmax.softmax, kernels.softmax.softmax_backward)


@differentiable
def log_softmax(x, axis: int = -1):
    """The logarithm of softmax, exact where softmax itself would round to zero.

    >>> log_softmax([[0.0, 0.0], [0.0, 100.0]]).data.round(4)
    array([[  -0.6931,   -0.6931],
           [-100.    ,    0.    ]], dtype=float32)
    """
    return _along(x, axis, "log_softmax", kernels.softmax.log_softmax, kernels.softmax.log_softmax_backward)


def _along(x, axis, name, forward, backward):
    if not isinstance(axis, (int, np.integer)) or not -x.ndim <= axis < x.ndim:
        raise ArgumentError(f"{name}: axis={axis!r}; expected an axis of shape {x.shape}")
    rows = np.ascontiguousarray(np.moveaxis(x, axis, -1))
    y = memory.empty(rows.shape, rows.dtype)
    width = max(rows.shape[-1], 1)
    forward(rows.reshape(-1, width), y.reshape(-1, width))

    def pullback(dy, wanted):
        gradient = np.ascontiguousarray(np.moveaxis(dy, axis, -1))
        dx = memory.empty(y.shape, y.dtype)
        backward(gradient.reshape(-1, width), y.reshape(-1, width), dx.reshape(-1, width))
        return (np.moveaxis(dx, -1, axis),)

    return np.moveaxis(y, -1, axis), pullback
