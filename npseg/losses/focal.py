"""Focal loss: cross-entropy that looks away from pixels already solved."""

from __future__ import annotations

from typing import Any

import numpy as np

from npseg import ops
from npseg.autograd import Tensor
from npseg.errors import ArgumentError
from npseg.losses.cross_entropy import class_weight
from npseg.losses.labels import check_labels

__all__ = ["focal"]


def focal(
    logits: Tensor, labels: Any, *, gamma: float = 2.0, alpha: Any = None, ignore_index: int | None = 255
) -> Tensor:
    """Mean over the pixels that count of -alpha (1 - p)^gamma log p, p the probability of the label.

    Lin et al. 2017, eq. 5, with softmax over K classes in place of two; the mean is over pixels (they divide
    by the number of anchors that hold an object).

    Args:
        logits: (..., K) scores. labels: (...) integers.
        gamma: how fast the weight falls as p rises; 0 is cross-entropy.
        alpha: None, or (K,) weight of each class. It does not enter the divisor.
        ignore_index: label of pixels that do not count, or None. When all are ignored the loss is 0.

    Raises as `cross_entropy` does.

    >>> loss = focal(Tensor([[0.0, 0.0]]), np.array([1]), gamma=2.0)
    >>> round(loss.item(), 4)  # (1 - 1/2)^2 log 2
    0.1733
    """
    labels, valid = check_labels("focal", logits, labels, ignore_index)
    if not (np.isfinite(gamma) and gamma >= 0):
        raise ArgumentError(f"focal: gamma is {gamma}; expected a number >= 0")
    classes = logits.shape[-1]
    if not valid.all():  # what is ignored is left out at once: it may hold anything, NaN as well
        logits, labels = logits[valid], labels[valid]
    share = np.full(labels.shape, 1 / max(labels.size, 1))
    if alpha is not None:
        share = share * class_weight("focal", alpha, classes)[labels]
    log_p = ops.sum(ops.log_softmax(logits) * _one_hot(labels, classes), axis=-1)
    if gamma == 0:
        return ops.sum(log_p * -share)
    # Away from zero, where (1 - p)^gamma has no slope for gamma < 1.
    missing = ops.maximum(1 - ops.exp(log_p), np.finfo(logits.dtype).tiny)
    return ops.sum(missing**gamma * log_p * -share)


def _one_hot(labels: np.ndarray, classes: int) -> np.ndarray:
    return labels[..., None] == np.arange(classes)
