"""Cross-entropy, soft Dice and focal loss of one logits tensor: their weighted sum, in one sweep each way."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from npseg import kernels
from npseg.arrays import as_numpy
from npseg.autograd import differentiable
from npseg.errors import ArgumentError, ShapeError
from npseg.ops import memory
from npseg.ops.labels import class_numbers

__all__ = ["Values", "pixel_losses", "sweep"]


class Values(NamedTuple):
    """The three losses, unweighted; 0 for one that was not asked for."""

    cross_entropy: float
    dice: float
    focal: float


@differentiable(extras=3)
def pixel_losses(
    logits,
    labels,
    *,
    cross_entropy: float = 1.0,
    dice: float = 1.0,
    focal: float = 1.0,
    weight=None,
    label_smoothing: float = 0.0,
    smooth: float = 1.0,
    squared: bool = False,
    gamma: float = 2.0,
    alpha=None,
    ignore_index: int | None = 255,
):
    """cross_entropy * ops.cross_entropy + dice * ops.soft_dice + focal * ops.focal, at the cost of about one of them.

    Args:
        logits: (..., K).
        labels: (...) integers in [0, K), or `ignore_index` (None: no such value).
        cross_entropy, dice, focal: factors of the three; 0 leaves one out.
        weight, label_smoothing: of cross-entropy. smooth, squared: of Dice. gamma, alpha: of the focal loss. As there.

    Returns the sum, a scalar, and the three values without their factors as arrays without gradients, in the order of
    the factors.

    >>> total, entropy, dice, focal = pixel_losses([[0.0, 0.0], [0.0, 0.0]], np.array([0, 1]), focal=0.0)
    >>> [value.round(4).item() for value in (total.data.astype(float), entropy.astype(float), dice.astype(float))]
    [1.0265, 0.6931, 0.3333]
    """
    factors = (cross_entropy, dice, focal)
    if not all(math.isfinite(factor) for factor in factors):
        raise ArgumentError(f"pixel_losses: the factors of the losses are {factors}; expected finite numbers")
    values, pullback = sweep(
        "pixel_losses", logits, labels, ignore_index, Values(*factors), weight=weight, label_smoothing=label_smoothing,
        smooth=smooth, squared=squared, gamma=gamma, alpha=alpha,
    )  # fmt: skip
    total = math.fsum(factor * value for factor, value in zip(factors, values))
    return tuple(np.asarray(value, logits.dtype) for value in (total, *values)), pullback


def sweep(
    op: str,
    logits: np.ndarray,
    labels: Any,
    ignore_index: int | None,
    factors: Values,
    *,
    weight: Any = None,
    label_smoothing: float = 0.0,
    smooth: float = 1.0,
    squared: bool = False,
    gamma: float = 2.0,
    alpha: Any = None,
) -> tuple[Values, Callable[[np.ndarray, tuple[bool, ...]], tuple[np.ndarray]]]:
    """The losses whose factor is not 0, and the pullback of their sum with these factors; `op` is for messages."""
    if not logits.ndim:
        raise ShapeError(f"{op}: logits are a single number; expected shape (..., K) with the classes last")
    classes = logits.shape[-1]
    numbers = class_numbers(op, logits.shape, labels, ignore_index)
    if not 0 <= label_smoothing < 1:
        raise ArgumentError(f"{op}: label_smoothing is {label_smoothing}; expected a share in [0, 1)")
    if not (math.isfinite(gamma) and gamma >= 0):
        raise ArgumentError(f"{op}: gamma is {gamma}; expected a number >= 0")
    if not (math.isfinite(smooth) and smooth >= 0):
        raise ArgumentError(f"{op}: smooth is {smooth}; expected a number of pixels >= 0")
    weights, alphas = (_class_weight(op, given, classes).astype(logits.dtype) for given in (weight, alpha))
    if not logits.size:
        return Values(0.0, 0.0, 0.0), lambda dy, wanted: (np.zeros_like(logits),)
    rows = logits.reshape(-1, classes)
    told = kernels.pixel_losses.Options(weights, float(label_smoothing), alphas, float(gamma), bool(squared))
    sums = kernels.pixel_losses.forward(rows, numbers, told, focal=factors.focal != 0, dice=factors.dice != 0)
    # A class that no label names has no share in Dice; it may have nothing in its divisor either, so any will do.
    present = sums.truth > 0
    share = present / max(int(present.sum()), 1)
    above, below = 2 * sums.overlap + smooth, sums.spread + sums.truth + smooth + ~present
    values = Values(
        cross_entropy=sums.cost / sums.mass if factors.cross_entropy and sums.mass > 0 else 0.0,
        dice=float(present.any()) - float((share * above / below).sum()) if factors.dice else 0.0,
        focal=sums.focal / max(sums.pixels, 1),
    )

    def pullback(dy: np.ndarray, wanted: tuple[bool, ...]) -> tuple[np.ndarray]:
        dlogits, slope = memory.empty(rows.shape, rows.dtype), float(dy)
        scales = (
            slope * factors.cross_entropy / sums.mass if sums.mass > 0 else 0.0,
            slope * factors.focal / max(sums.pixels, 1),
        )
        of_overlap, of_spread = np.zeros((2, classes))  # 0 times a sum that is NaN would not be 0
        if factors.dice:
            of_overlap = slope * factors.dice * -2 * share / below
            of_spread = slope * factors.dice * share * above / below**2
        kernels.pixel_losses.backward(rows, numbers, told, scales, of_overlap, of_spread, dlogits)
        return (dlogits.reshape(logits.shape),)

    return values, pullback


def _class_weight(op: str, weight: Any, classes: int) -> np.ndarray:
    """Weights as a (K,) array, ones for None; an error when they cannot weigh the classes."""
    if weight is None:
        return np.ones(classes)
    weight = as_numpy(weight, name="weight")
    if weight.shape != (classes,):
        raise ShapeError(f"{op}: weight has shape {weight.shape}; expected one number per class, ({classes},)")
    if not (np.isfinite(weight).all() and (weight >= 0).all() and weight.any()):
        raise ArgumentError(f"{op}: weight is {weight.tolist()}; expected finite numbers >= 0, not all zero")
    return weight
