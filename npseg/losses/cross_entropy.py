"""Cross-entropy over the classes of each pixel."""

from __future__ import annotations

from typing import Any

import numpy as np

from npseg import ops
from npseg.arrays import as_numpy
from npseg.autograd import Tensor
from npseg.errors import ArgumentError, ShapeError
from npseg.losses.labels import check_labels

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
    labels, _ = check_labels("cross_entropy", logits, labels, ignore_index)
    if not 0 <= label_smoothing < 1:
        raise ArgumentError(f"cross_entropy: label_smoothing is {label_smoothing}; expected a share in [0, 1)")
    if weight is not None:
        weight = class_weight("cross_entropy", weight, logits.shape[-1])
    return ops.cross_entropy(
        logits,
        labels,
        weight=weight,
        ignore_index=-1 if ignore_index is None else ignore_index,  # no checked label is negative
        label_smoothing=label_smoothing,
    )


def class_weight(loss: str, weight: Any, classes: int) -> np.ndarray:
    """Weights as a (K,) array; `ShapeError` or `ArgumentError` when they cannot weigh the classes."""
    weight = as_numpy(weight, name="weight")
    if weight.shape != (classes,):
        raise ShapeError(f"{loss}: weight has shape {weight.shape}; expected one number per class, ({classes},)")
    if not (np.isfinite(weight).all() and (weight >= 0).all() and weight.any()):
        raise ArgumentError(f"{loss}: weight is {weight.tolist()}; expected finite numbers >= 0, not all zero")
    return weight
