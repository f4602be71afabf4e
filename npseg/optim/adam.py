"""Adam and AdamW."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np

from npseg import kernels
from npseg.errors import ArgumentError
from npseg.optim.optimizer import Optimizer

__all__ = ["Adam", "AdamW"]


class Adam(Optimizer):
    """Steps scaled by running moments of the gradient. Kingma and Ba 2015, algorithm 1.

    `weight_decay` is added to the gradient, as the L2 penalty of the paper's time; see `AdamW`.

    >>> from npseg.nn import Parameter
    >>> w = Parameter([1.0])
    >>> optimiser = Adam([w], lr=0.1)
    >>> w.grad = np.array([5.0], np.float32)
    >>> optimiser.step()  # the first step has length lr whatever the gradient
    >>> w.data
    array([0.9], dtype=float32)
    """

    slots = ("mean", "square")
    decoupled = False

    def __init__(
        self,
        parameters: Iterable[Any],
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
    ):
        super().__init__(parameters, lr, weight_decay)
        if len(betas) != 2 or not all(0 <= beta < 1 for beta in betas):
            raise ArgumentError(f"{type(self).__name__}: betas are {betas}; expected two numbers in [0, 1)")
        if not eps > 0:
            raise ArgumentError(f"{type(self).__name__}: eps is {eps}; expected a number above 0")
        self.betas, self.eps = (betas[0], betas[1]), eps

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
        mean, square = slots
        b1, b2 = self.betas
        kernels.update.adam(
            w, g, mean, square, self.betas, self.eps, lr / (1 - b1**step), math.sqrt(1 - b2**step),
            0.0 if self.decoupled else weight_decay, 1 - lr * weight_decay if self.decoupled else 1.0, piece,
        )  # fmt: skip


class AdamW(Adam):
    """Adam whose weight decay shrinks the weights themselves. Loshchilov and Hutter 2019, algorithm 2."""

    decoupled = True

    def __init__(
        self,
        parameters: Iterable[Any],
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 1e-2,
    ):
        super().__init__(parameters, lr, betas, eps, weight_decay)
