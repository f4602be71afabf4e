"""Focal loss of logits against labels."""

from __future__ import annotations

import numpy as np

from npseg.autograd import differentiable
from npseg.ops.pixel_losses import Values, sweep

__all__ = ["focal"]


@differentiable
def focal(logits, labels, *, gamma: float = 2.0, alpha=None, ignore_index: int | None = 255):
    """Mean of -alpha (1 - p)^gamma log p over the pixels that are not ignored, p the softmax at the label.

    Args:
        logits: (..., K).
        labels: (...) integers in [0, K), or `ignore_index` (None: no such value).
        alpha: (K,) weights of the classes, or None. They do not enter the divisor, the number of pixels.

    Returns a scalar; 0 with zero gradients when every pixel is ignored. Lin et al. 2017, eq. 5.

    >>> focal([[0.0, 0.0], [5.0, 0.0]], np.array([1, 255])).item()    # (1 - 1/2)^2 log 2; the second is ignored
    0.1732867956161499
    """
    values, pullback = sweep(
        "focal", logits, labels, ignore_index, Values(cross_entropy=0, dice=0, focal=1), gamma=gamma, alpha=alpha
    )
    return np.asarray(values.focal, logits.dtype), pullback
