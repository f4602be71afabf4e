"""Cross-entropy of pixel labels: the price, in nats, of the probability given to the right class."""

from __future__ import annotations

import numpy as np

from npseg.reference.softmax import log_softmax, softmax

__all__ = ["cross_entropy", "cross_entropy_gradient"]


def cross_entropy(
    logits: np.ndarray,
    labels: np.ndarray,
    *,
    weight: np.ndarray | None = None,
    ignore_index: int | None = 255,
    label_smoothing: float = 0.0,
) -> np.floating:
    """The weighted mean of -log p[label] over the pixels that count.

    logits (..., K), labels (...) integers, weight (K,) -> scalar. Pixels labelled `ignore_index` leave the
    mean, in the sum and in the divisor; where none is left the loss is 0. Label smoothing moves the share
    `label_smoothing` of the target evenly to all classes (Szegedy et al. 2016, section 7). The divisor is the
    sum of the labels' weights, as in PyTorch.

    >>> logits = np.log(np.array([[1.0, 3.0], [1.0, 1.0], [5.0, 2.0]]))
    >>> float(np.exp(-cross_entropy(logits[:1], np.array([1]))).round(6))
    0.75
    >>> loss = cross_entropy(logits, np.array([1, 0, 255]))
    >>> float(np.exp(-2 * loss).round(6))  # 3/4 * 1/2; the third pixel is ignored
    0.375
    """
    targets, divisor = _targets(logits, labels, weight, ignore_index, label_smoothing)
    if divisor == 0:
        return logits.dtype.type(0)
    return -(targets * log_softmax(logits)).sum() / divisor


def cross_entropy_gradient(
    logits: np.ndarray,
    labels: np.ndarray,
    *,
    weight: np.ndarray | None = None,
    ignore_index: int | None = 255,
    label_smoothing: float = 0.0,
) -> np.ndarray:
    """Gradient of `cross_entropy` in the logits: probability minus target, weighted, over the divisor.

    >>> cross_entropy_gradient(np.zeros((2, 2)), np.array([1, 255])).tolist()
    [[0.5, -0.5], [0.0, 0.0]]
    """
    targets, divisor = _targets(logits, labels, weight, ignore_index, label_smoothing)
    if divisor == 0:
        return np.zeros_like(logits)
    return (softmax(logits) * targets.sum(axis=-1, keepdims=True) - targets) / divisor


def _targets(
    logits: np.ndarray,
    labels: np.ndarray,
    weight: np.ndarray | None,
    ignore_index: int | None,
    label_smoothing: float,
) -> tuple[np.ndarray, float]:
    """(how much of -log p each class of each pixel is charged, (..., K); what to divide the sum by)."""
    classes = logits.shape[-1]
    weight = np.ones(classes, logits.dtype) if weight is None else np.asarray(weight, logits.dtype)
    targets = np.zeros_like(logits)
    divisor = 0.0
    for pixel in np.ndindex(*labels.shape):
        label = labels[pixel]
        if label == ignore_index:
            continue
        targets[pixel] = label_smoothing / classes * weight
        targets[pixel][label] += (1 - label_smoothing) * weight[label]
        divisor += float(weight[label])
    return targets, divisor
