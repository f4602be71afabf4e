"""Several labels to a pixel: a plane of 0 and 1 for each class, each a problem of its own, which may overlap."""

from __future__ import annotations

from typing import Any, Unpack

import numpy as np

from npseg.arrays import as_numpy
from npseg.errors import ArgumentError, DTypeError, ShapeError
from npseg.metrics.overlap.averages import Averages
from npseg.metrics.overlap.class_counts import ClassCounts
from npseg.metrics.overlap.confusion import as_labels, check_same_shape
from npseg.metrics.overlap.named_scores import score_of_counts

__all__ = ["multilabel_counts", "multilabel_score"]


def multilabel_counts(y_true: Any, y_pred: Any, *, ignore: Any = None) -> ClassCounts:
    """TP, FP, FN and TN of each image and class, int64 `(N, K)`, from planes `(N, ..., K)` of 0 and 1, classes last.

    `ignore` is a Boolean mask of the pixels that do not count, `(N, ...)` for all classes alike or `(N, ..., K)`.
    Counts are exact; those of batches may be concatenated, those of data sets added. Raises `ArgumentError` for numbers
    other than 0 and 1, `DTypeError` for floats (threshold probabilities first), `ShapeError` for shapes that differ.

    One image of three pixels, two classes; the last pixel is both:

    >>> counts = multilabel_counts([[[1, 0], [0, 0], [1, 1]]], [[[1, 0], [1, 0], [1, 0]]])
    >>> counts.tp.tolist(), counts.fp.tolist(), counts.fn.tolist(), counts.tn.tolist()
    ([[2, 0]], [[1, 0]], [[0, 1]], [[0, 2]])
    """
    function = "multilabel_counts"
    truth, prediction = _planes(function, "y_true", y_true), _planes(function, "y_pred", y_pred)
    if truth.ndim < 3 or 0 in truth.shape[-1:]:
        raise ShapeError(
            f"{function}: y_true has shape {truth.shape}, expected (N, ..., K): images first, classes last; pass one "
            "image as y[None]"
        )
    if truth.shape != prediction.shape:
        check_same_shape(function, truth, prediction)
    images, classes = truth.shape[0], truth.shape[-1]
    pixels = int(np.prod(truth.shape[1:-1]))
    valid: np.ndarray | int = pixels
    if ignore is not None:
        counting = ~_mask(function, ignore, truth.shape)
        truth, prediction = truth & counting, prediction & counting
        valid = np.broadcast_to(counting, truth.shape).reshape(images, pixels, classes).sum(axis=1, dtype=np.int64)
    flat = [part.reshape(images, pixels, classes) for part in (truth, prediction)]
    tp = (flat[0] & flat[1]).sum(axis=1, dtype=np.int64)
    fn, fp = (part.sum(axis=1, dtype=np.int64) - tp for part in flat)
    return ClassCounts(tp, fp, fn, valid - tp - fp - fn)


def multilabel_score(
    y_true: Any,
    y_pred: Any,
    score: str = "iou",
    *,
    ignore: Any = None,
    alpha: float | None = None,
    beta: float | None = None,
    **options: Unpack[Averages],
) -> float | np.ndarray:
    """A score of planes of 0 and 1, `(N, ..., K)`, under any convention.

    - `score`: "iou", "dice", "precision", "recall", "specificity", "fbeta" (with `beta`), "tversky" (with `alpha` and
      `beta`), with `aggregate`, `average`, `absent`, `include` or `exclude` as explained in
      `npseg.metrics.overlap.averages`; or "mean_accuracy", "frequency_weighted_iou", "generalized_dice", with
      `aggregate`, `include` or `exclude`.
    - `ignore`: see `multilabel_counts`, which also says what is raised.

    A class without a pixel on either side is absent. There is no confusion of one class with another here, and so
    neither kappa nor Matthews correlation; "micro" accuracy would count true negatives as right.

    >>> truth, prediction = [[[1, 0], [0, 0], [1, 1]]], [[[1, 0], [1, 0], [1, 0]]]
    >>> multilabel_score(truth, prediction, "recall", average=None)
    array([1., 0.])
    >>> multilabel_score(truth, prediction, average="micro")
    0.5
    """
    counts = multilabel_counts(y_true, y_pred, ignore=ignore)
    return score_of_counts("multilabel_score", counts, score, alpha=alpha, beta=beta, options=options)


def _planes(function: str, name: str, planes: Any) -> np.ndarray:
    array = as_labels(function, name, planes)
    if array.size and not 0 <= int(array.min()) <= int(array.max()) <= 1:
        raise ArgumentError(
            f"{function}: {name} holds numbers from {array.min()} to {array.max()}, expected planes of 0 and 1, one "
            "for each class; of label maps use the functions without multilabel in their names"
        )
    return array.astype(np.bool_)


def _mask(function: str, ignore: Any, shape: tuple[int, ...]) -> np.ndarray:
    mask = as_numpy(ignore, name="ignore")
    if mask.dtype != np.bool_:
        raise DTypeError(
            f"{function}: ignore has type {mask.dtype}, expected Booleans, True where a pixel does not count"
        )
    if mask.shape not in (shape, shape[:-1]):
        raise ShapeError(
            f"{function}: ignore has shape {mask.shape}, expected {shape[:-1]}, or {shape} with a plane for each class"
        )
    return mask if mask.shape == shape else mask[..., None]
