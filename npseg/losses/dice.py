"""Soft Dice: the overlap itself as a loss."""

from __future__ import annotations

from typing import Any

from npseg import ops
from npseg.autograd import Tensor

__all__ = ["soft_dice"]


def soft_dice(
    logits: Tensor,
    labels: Any,
    *,
    smooth: float = 1.0,
    squared: bool = False,
    ignore_index: int | None = 255,
) -> Tensor:
    """One minus the mean over classes of (2 sum p g + smooth) / (sum p + sum g + smooth).

    p is the softmax probability and g the 0/1 truth of a class; the sums run over all pixels of the batch
    that count, so an image without a class does no harm. The mean is over the classes present in the labels
    that count; when there are none the loss is 0. Sudre et al. 2017, section 2; with `squared` the divisor is
    sum p^2 + sum g^2, as in Milletari et al. 2016, eq. 1.

    Args:
        logits: (..., K) scores. labels: (...) integers.
        smooth: pixels added above and below, against noise of tiny classes.
        ignore_index: label of pixels that do not count, or None.

    Raises as `cross_entropy` does.

    >>> import numpy as np
    >>> loss = soft_dice(Tensor([[0.0, 0.0], [0.0, 0.0]]), np.array([0, 1]), smooth=0.0)
    >>> loss.item()  # each class: 2 * 0.5 / (1 + 1) = 1/2
    0.5
    """
    return ops.soft_dice(logits, labels, smooth=smooth, squared=squared, ignore_index=ignore_index)
