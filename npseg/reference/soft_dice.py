"""Soft Dice: the overlap itself as a loss."""

from __future__ import annotations

import numpy as np

from npseg.reference.softmax import softmax, softmax_input_gradient

__all__ = ["soft_dice", "soft_dice_gradient"]


def soft_dice(
    logits: np.ndarray,
    labels: np.ndarray,
    *,
    smooth: float = 1.0,
    squared: bool = False,
    ignore_index: int | None = 255,
) -> np.floating:
    """One minus the mean over the classes present of (2 sum p g + smooth) / (sum p + sum g + smooth).

    logits (..., K), labels (...) integers -> scalar; p is the softmax, g the 0/1 truth, the sums run over all pixels
    that count. `squared` divides by sum p^2 + sum g^2. Where no pixel counts the loss is 0. Sudre et al. 2017,
    section 2; Milletari et al. 2016, eq. 1.

    >>> float(soft_dice(np.zeros((2, 2)), np.array([0, 1]), smooth=0.0))
    0.5
    """
    rows, g, present = _counted(logits, labels, ignore_index)
    if not present.any():
        return logits.dtype.type(0)
    p = softmax(rows)
    above = 2 * (p * g).sum(axis=0) + smooth
    below = (p**2 if squared else p).sum(axis=0) + g.sum(axis=0) + smooth
    return 1 - (above[present] / below[present]).mean()


def soft_dice_gradient(
    logits: np.ndarray,
    labels: np.ndarray,
    *,
    smooth: float = 1.0,
    squared: bool = False,
    ignore_index: int | None = 255,
) -> np.ndarray:
    """Gradient of `soft_dice` in the logits: the quotient rule in p, then the gradient of softmax.

    >>> soft_dice_gradient(np.zeros((2, 2)), np.array([0, 1]), smooth=0.0).tolist()
    [[-0.125, 0.125], [0.125, -0.125]]
    """
    gradient = np.zeros_like(logits)
    rows, g, present = _counted(logits, labels, ignore_index)
    if not present.any():
        return gradient
    p = softmax(rows)
    above = 2 * (p * g).sum(axis=0) + smooth
    below = (p**2 if squared else p).sum(axis=0) + g.sum(axis=0) + smooth
    below = np.where(present, below, 1)  # an absent class takes no part
    slope = (2 * g * below - above * (2 * p if squared else 1)) / below**2
    kept = np.ones(labels.shape, bool) if ignore_index is None else labels != ignore_index
    gradient[kept] = softmax_input_gradient(rows, -slope * present / present.sum())
    return gradient


def _counted(
    logits: np.ndarray, labels: np.ndarray, ignore_index: int | None
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Logits (P, K) and one-hot labels (P, K) of the pixels that count, and the classes (K,) found among them."""
    kept = np.ones(labels.shape, bool) if ignore_index is None else labels != ignore_index
    g = labels[kept][:, None] == np.arange(logits.shape[-1])
    return logits[kept], g, g.any(axis=0)
