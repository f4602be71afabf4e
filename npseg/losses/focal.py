"""Focal loss: cross-entropy that looks away from pixels already solved."""

from __future__ import annotations

from typing import Any

from npseg import ops
from npseg.autograd import Tensor

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

    >>> import numpy as np
    >>> loss = focal(Tensor([[0.0, 0.0]]), np.array([1]), gamma=2.0)
    >>> round(loss.item(), 4)  # (1 - 1/2)^2 log 2
    0.1733
    """
    return ops.focal(logits, labels, gamma=gamma, alpha=alpha, ignore_index=ignore_index)
