"""Update rules of the optimisers, each in one sweep over the weights, their gradient and what is kept of the past.

An update reads and writes every number once and computes little, so memory sets its time. All arrays are flat and of
one type; `piece` is how many numbers one turn of the parallel loop takes.
"""

from __future__ import annotations

import numpy as np

from npseg.kernels._jit import jit, prange

__all__ = ["adam", "sgd", "square_sum"]


def adam(
    w: np.ndarray,
    g: np.ndarray,
    mean: np.ndarray,
    square: np.ndarray,
    betas: tuple[float, float],
    eps: float,
    rate: float,
    correction: float,
    penalty: float,
    shrink: float,
    piece: int,
) -> None:
    """w = shrink w - rate mean / (sqrt(square) / correction + eps), after both moments took in g + penalty w.

    Kingma and Ba 2015, algorithm 1, in the order in which PyTorch computes it: rate is lr / (1 - beta_1^t), correction
    is sqrt(1 - beta_2^t). Adam penalises (penalty > 0), AdamW shrinks (shrink < 1).
    """
    number = w.dtype.type
    numbers = (1 - betas[0], betas[1], 1 - betas[1], eps, rate, 1 / correction, penalty, shrink)
    _adam(w, g, mean, square, *(number(x) for x in numbers), piece)


@jit(parallel=True)
def _adam(w, g, mean, square, new, keep, fresh, eps, rate, inverse, penalty, shrink, piece):
    for b in prange((w.size + piece - 1) // piece):
        begin, end = b * piece, min((b + 1) * piece, w.size)
        _adam_piece(
            w[begin:end], g[begin:end], mean[begin:end], square[begin:end],
            new, keep, fresh, eps, rate, inverse, penalty, shrink,
        )  # fmt: skip


@jit
def _adam_piece(w, g, mean, square, new, keep, fresh, eps, rate, inverse, penalty, shrink):
    for i in range(w.size):
        slope = g[i] + penalty * w[i]
        mean[i] += new * (slope - mean[i])
        square[i] = keep * square[i] + fresh * (slope * slope)
        w[i] = shrink * w[i] - rate * (mean[i] / (np.sqrt(square[i]) * inverse + eps))


def sgd(
    w: np.ndarray,
    g: np.ndarray,
    velocity: np.ndarray | None,
    momentum: float,
    nesterov: bool,
    rate: float,
    penalty: float,
    piece: int,
) -> None:
    """velocity = momentum velocity + g + penalty w; w = w - rate velocity. Without velocity the step is g + penalty w.

    Sutskever et al. 2013, section 2; with `nesterov` the step looks ahead, g + momentum velocity.
    """
    number = w.dtype.type
    kept = w if velocity is None else velocity
    _sgd(w, g, kept, velocity is not None, number(momentum), nesterov, number(rate), number(penalty), piece)


@jit(parallel=True)
def _sgd(w, g, velocity, remembers, momentum, nesterov, rate, penalty, piece):
    for b in prange((w.size + piece - 1) // piece):
        begin, end = b * piece, min((b + 1) * piece, w.size)
        _sgd_piece(
            w[begin:end], g[begin:end], velocity[begin:end], remembers, momentum, nesterov, rate, penalty
        )  # fmt: skip


@jit
def _sgd_piece(w, g, velocity, remembers, momentum, nesterov, rate, penalty):
    if not remembers:
        for i in range(w.size):
            w[i] -= rate * (g[i] + penalty * w[i])
    elif not nesterov:
        for i in range(w.size):
            velocity[i] = momentum * velocity[i] + (g[i] + penalty * w[i])
            w[i] -= rate * velocity[i]
    else:
        for i in range(w.size):
            slope = g[i] + penalty * w[i]
            velocity[i] = momentum * velocity[i] + slope
            w[i] -= rate * (slope + momentum * velocity[i])


@jit
def square_sum(x):
    """Sum of the squares of a flat array, added up in float64, where those of float32 cannot overflow."""
    total = 0.0
    for i in range(x.size):
        total += np.float64(x[i]) * np.float64(x[i])
    return total
