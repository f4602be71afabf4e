"""Limit the length of the gradient."""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np

from npseg import kernels
from npseg.autograd import Tensor
from npseg.errors import ArgumentError

__all__ = ["clip_grad_norm"]


def clip_grad_norm(parameters: Iterable[Tensor], max_norm: float) -> float:
    """Scale all gradients so that their common Euclidean norm is at most `max_norm`; returns the norm before.

    Pascanu et al. 2013, algorithm 1. A norm that is not finite leaves the gradients as they are; the caller should
    then stop.

    >>> w = Tensor([0.0, 0.0], requires_grad=True)
    >>> w.grad = np.array([3.0, 4.0], np.float32)
    >>> clip_grad_norm([w], max_norm=1.0)
    5.0
    >>> w.grad
    array([0.6, 0.8], dtype=float32)
    """
    if not max_norm > 0:
        raise ArgumentError(f"clip_grad_norm: max_norm is {max_norm}; expected a number above 0")
    owners = [(p, p.grad) for p in parameters if p.grad is not None]
    norm = math.sqrt(math.fsum(_square(gradient) for _, gradient in owners))
    if max_norm < norm < math.inf:
        for p, gradient in owners:
            # Not in place: a gradient may be shared with another tensor.
            p.grad = gradient * p.dtype.type(max_norm / norm)
    return norm


def _square(gradient: np.ndarray) -> float:
    return float(kernels.update.square_sum(np.require(gradient, requirements=["C", "W"]).reshape(-1)))
