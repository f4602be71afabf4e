"""Cross-entropy of logits against labels, from the logits to the scalar in one op."""

from __future__ import annotations

import numpy as np

from npseg import kernels
from npseg.arrays import as_numpy
from npseg.autograd import differentiable
from npseg.errors import ArgumentError, DTypeError, ShapeError

__all__ = ["cross_entropy"]

_NO_LABEL = np.iinfo(np.int64).min  # stands for "ignore nothing"


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
        labels: (...) integers in [0, K), or `ignore_index` (None: no such value). `losses.cross_entropy` checks them.
        weight: (K,) weights of the classes; the mean divides by the sum of the weights met.
        label_smoothing: this share of the target is spread evenly over all classes (Szegedy et al. 2016, section 7).

    Returns a scalar; 0 with zero gradients when every pixel is ignored. Conventions as in PyTorch's cross_entropy.

    >>> cross_entropy([[0.0, 0.0], [5.0, 0.0]], np.array([1, 255])).item()    # log 2; the second pixel is ignored
    0.6931471824645996
    """
    classes = logits.shape[-1] if logits.ndim else 0
    labels = as_numpy(labels, name="labels")
    if labels.shape != logits.shape[:-1]:
        raise ShapeError(
            f"cross_entropy: logits of shape {logits.shape} need labels of shape {logits.shape[:-1]}, got "
            f"{labels.shape}"
        )
    if labels.dtype.kind not in "iu":
        raise DTypeError(f"cross_entropy: labels have type {labels.dtype}; expected integers")
    weights = np.ones(classes, logits.dtype) if weight is None else as_numpy(weight).astype(logits.dtype)
    if weights.shape != (classes,):
        raise ShapeError(f"cross_entropy: weight has shape {weights.shape}; expected ({classes},), one for each class")
    if not 0.0 <= label_smoothing < 1.0:
        raise ArgumentError(f"cross_entropy: label_smoothing={label_smoothing}; expected a share in [0, 1)")
    ignore = _NO_LABEL if ignore_index is None else int(ignore_index)
    rows, flat = logits.reshape(-1, max(classes, 1)), labels.reshape(-1).astype(np.int64)
    lse = np.empty(len(rows))  # float64: large logits are subtracted from it
    smoothing = float(label_smoothing)
    cost, mass = kernels.cross_entropy.forward(rows, flat, weights, ignore, smoothing, lse)

    def pullback(dy, wanted):
        dlogits = np.zeros_like(logits)
        if mass > 0:
            scale = float(dy) / mass
            out = dlogits.reshape(rows.shape)
            kernels.cross_entropy.backward(rows, flat, weights, ignore, smoothing, lse, scale, out)
        return (dlogits,)

    return np.asarray(cost / mass if mass > 0 else 0.0, logits.dtype), pullback
