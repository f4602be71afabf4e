"""Stochastic gradient descent with momentum."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from npseg import kernels
from npseg.errors import ArgumentError
from npseg.optim.optimizer import Optimizer

__all__ = ["SGD"]


class SGD(Optimizer):
    """v = momentum v + g; w = w - lr v, with g the gradient plus weight_decay w. Sutskever et al. 2013, section 2.

    With `nesterov` the step is lr (g + momentum v). As in PyTorch, the learning rate stands outside v.

    >>> from npseg.nn import Parameter
    >>> w = Parameter([1.0])
    >>> optimiser = SGD([w], lr=0.1)
    >>> w.grad = np.array([2.0], np.float32)
    >>> optimiser.step()
    >>> w.data
    array([0.8], dtype=float32)
    """

    def __init__(
        self,
        parameters: Iterable[Any],
        lr: float,
        momentum: float = 0.0,
        weight_decay: float = 0.0,
        nesterov: bool = False,
    ):
        super().__init__(parameters, lr, weight_decay)
        if not 0 <= momentum < 1:
            raise ArgumentError(f"SGD: momentum is {momentum}; expected a number in [0, 1)")
        if nesterov and not momentum:
            raise ArgumentError("SGD: nesterov needs a momentum above 0, such as 0.9")
        self.momentum, self.nesterov = momentum, nesterov
        self.slots = ("momentum",) if momentum else ()

    def _update(
        self,
        w: np.ndarray,
        g: np.ndarray,
        slots: list[np.ndarray],
        step: int,
        lr: float,
        weight_decay: float,
        piece: int,
    ) -> None:
        velocity = slots[0] if slots else None
        kernels.update.sgd(w, g, velocity, self.momentum, self.nesterov, lr, weight_decay, piece)
