"""Cross-entropy over the classes of each pixel."""

from __future__ import annotations

from typing import Any

from npseg import ops
from npseg.autograd import Tensor

__all__ = ["cross_entropy"]


def cross_entropy(
    logits: Tensor,
    labels: Any,
    *,
    weight: Any = None,
    ignore_index: int | None = 255,
    label_smoothing: float = 0.0,
) -> Tensor:
    """Mean over the pixels that count of -log softmax(logits) at the label.

    Args:
        logits: (..., K) scores. labels: (...) integers, any type.
        weight: (K,) weight of each class; the mean is then divided by the sum of the weights of the pixels.
        ignore_index: label of pixels that do not count, or None. They leave the mean; when all are ignored the loss
            is 0 with zero gradients.
        label_smoothing: share of the target spread evenly over all classes, in [0, 1). Szegedy et al. 2016,
            section 7.

    Raises `ArgumentError` for labels outside the classes, `ShapeError` for shapes that do not go together.

    >>> import numpy as np
    >>> loss = cross_entropy(Tensor([[0.0, 0.0], [3.0, 9.0]]), np.array([0, 255]))
    >>> round(loss.item(), 4)  # log 2; the second pixel is ignored
    0.6931
    """
    return ops.cross_entropy(logits, labels, weight=weight, ignore_index=ignore_index, label_smoothing=label_smoothing)
