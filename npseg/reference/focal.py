"""Focal loss: cross-entropy that looks away from pixels already solved."""

from __future__ import annotations

import numpy as np

from npseg.reference.softmax import softmax

__all__ = ["focal", "focal_gradient"]


def focal(
    logits: np.ndarray,
    labels: np.ndarray,
    *,
    gamma: float = 2.0,
    alpha: np.ndarray | None = None,
    ignore_index: int | None = 255,
) -> np.floating:
    """The mean of -alpha (1 - p)^gamma log p over the pixels that count, p the probability of the label.

    logits (..., K), labels (...) integers, alpha (K,) -> scalar. Lin et al. 2017, eq. 5, with softmax in place of the
    sigmoid; where no pixel counts the loss is 0. With gamma = 0 it is cross-entropy.

    >>> logits = np.log(np.array([[1.0, 3.0], [1.0, 1.0]]))
    >>> float(np.exp(focal(logits, np.array([1, 255]), gamma=0)).round(6))  # 1 / p = 4 / 3
    1.333333
    """
    rows, labels, alphas = _counted(logits, labels, alpha, ignore_index)
    if not labels.size:
        return logits.dtype.type(0)
    p = np.take_along_axis(softmax(rows), labels[:, None], axis=1)[:, 0]
    return -(alphas * (1 - p) ** gamma * np.log(p)).mean()


def focal_gradient(
    logits: np.ndarray,
    labels: np.ndarray,
    *,
    gamma: float = 2.0,
    alpha: np.ndarray | None = None,
    ignore_index: int | None = 255,
) -> np.ndarray:
    """Gradient of `focal` in the logits: its slope in log p, times onehot - softmax, which is the slope of log p.

    >>> focal_gradient(np.zeros((2, 2)), np.array([1, 255]), gamma=0).tolist()
    [[0.5, -0.5], [0.0, 0.0]]
    """
    gradient = np.zeros_like(logits)
    rows, numbers, alphas = _counted(logits, labels, alpha, ignore_index)
    if not numbers.size:
        return gradient
    shares = softmax(rows)
    onehot = numbers[:, None] == np.arange(logits.shape[-1])
    p = shares[onehot]
    slope = alphas * (gamma * (1 - p) ** (gamma - 1) * p * np.log(p) - (1 - p) ** gamma) / numbers.size
    kept = np.ones(labels.shape, bool) if ignore_index is None else labels != ignore_index
    gradient[kept] = slope[:, None] * (onehot - shares)
    return gradient


def _counted(
    logits: np.ndarray, labels: np.ndarray, alpha: np.ndarray | None, ignore_index: int | None
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Logits (P, K) and labels (P,) of the pixels that count, and alpha at each label."""
    kept = np.ones(labels.shape, bool) if ignore_index is None else labels != ignore_index
    numbers = labels[kept].astype(np.int64)
    alphas = np.ones(numbers.size) if alpha is None else np.asarray(alpha, np.float64)[numbers]
    return logits[kept], numbers, alphas
