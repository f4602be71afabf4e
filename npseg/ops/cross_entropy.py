"""Cross-entropy of logits against labels, from the logits to the scalar in one op."""

from __future__ import annotations

import numpy as np

from npseg.autograd import differentiable
from npseg.ops.pixel_losses import Values, sweep

__all__ = ["cross_entropy"]


@differentiable
def cross_entropy(
    logits,
    labels,
    *,
    weight=None,
    ignore_index: int | None = 255,
    label_smoothing: float = 0.0,
):
    """Mean of -log softmax(logits)[label] over the pixels that are not ignored.

    Args:
        logits: (..., K).
        labels: (...) integers in [0, K), or `ignore_index` (None: no such value).
        weight: (K,) weights of the classes; the mean divides by the sum of the weights met.
        label_smoothing: this share of the target is spread evenly over all classes (Szegedy et al. 2016, section 7).

    Returns a scalar; 0 with zero gradients when every pixel is ignored. Conventions as in PyTorch's cross_entropy.

    >>> cross_entropy([[0.0, 0.0], [5.0, 0.0]], np.array([1, 255])).item()    # log 2; the second pixel is ignored
    0.6931471824645996
    """
    values, pullback = sweep(
        "cross_entropy", logits, labels, ignore_index, Values(cross_entropy=1, dice=0, focal=0), weight=weight,
        label_smoothing=label_smoothing,
    )  # fmt: skip
    return np.asarray(values.cross_entropy, logits.dtype), pullback
