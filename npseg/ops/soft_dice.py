"""Soft Dice of logits against labels, as a loss."""

from __future__ import annotations

import numpy as np

from npseg.autograd import differentiable
from npseg.ops.pixel_losses import Values, sweep

__all__ = ["soft_dice"]


@differentiable
def soft_dice(logits, labels, *, smooth: float = 1.0, squared: bool = False, ignore_index: int | None = 255):
    """One minus the mean over the classes present of (2 sum p g + smooth) / (sum p + sum g + smooth).

    p is the softmax of a class and g its 0/1 truth, summed over all pixels that are not ignored; `squared` divides by
    sum p^2 + sum g^2 instead.

    Args:
        logits: (..., K).
        labels: (...) integers in [0, K), or `ignore_index` (None: no such value).

    Returns a scalar; 0 with zero gradients when every pixel is ignored. Sudre et al. 2017, section 2; Milletari et al.
    2016, eq. 1.

    >>> soft_dice([[0.0, 0.0], [0.0, 0.0]], np.array([0, 1]), smooth=0.0).item()    # each class: 2 * 0.5 / (1 + 1)
    0.5
    """
    values, pullback = sweep(
        "soft_dice", logits, labels, ignore_index, Values(cross_entropy=0, dice=1, focal=0), smooth=smooth,
        squared=squared,
    )  # fmt: skip
    return np.asarray(values.dice, logits.dtype), pullback
