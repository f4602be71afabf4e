"""The confusion matrix: how many pixels of each class were given each label. Every score derives from it."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from npseg.arrays import as_numpy
from npseg.errors import ArgumentError, DTypeError, ShapeError

__all__ = ["confusion_matrix", "image_confusion_matrices"]

_SHOWN_VALUES = 8
_MOST_CLASSES = 1 << 14


def confusion_matrix(
    y_true: Any,
    y_pred: Any,
    *,
    num_classes: int,
    ignore_index: int | None = None,
    out_of_range: Literal["raise", "warn"] = "raise",
) -> np.ndarray:
    """Count the pixels of each true class (rows) that were given each label (columns).

    `y_true` and `y_pred` are integer or Boolean arrays of one shape, for instance `(N, H, W)`, of any
    framework. Pixels whose truth is `ignore_index` do not count, whatever was predicted there: ignoring a
    pixel is deleting it. So predicting an ignored class where the truth is another one still is a mistake.

    A label outside `[0, num_classes)` on any other pixel raises `ArgumentError` with the values and how often
    they occur; with `out_of_range="warn"` those pixels are left out of the matrix, and a warning says so.

    Returns an int64 array `(num_classes, num_classes)`. Its sum is the number of valid pixels, its row sums
    the histogram of the truth; counts are exact up to 2**63 - 1.

    >>> confusion_matrix([0, 0, 1, 1, 255], [0, 1, 1, 1, 0], num_classes=2, ignore_index=255)
    array([[1, 1],
           [0, 2]])
    """
    if out_of_range not in ("raise", "warn"):
        raise ArgumentError(
            f"confusion_matrix: out_of_range is {out_of_range!r}; it must be 'raise' (an error) "
            "or 'warn' (leave those pixels out, with a warning)"
        )
    pair = read_label_maps("confusion_matrix", y_true, y_pred, num_classes, ignore_index)
    matrix, outside = pair.counted(pair.truth, pair.prediction)
    if outside:
        if out_of_range == "raise":
            raise ArgumentError(pair.describe_outside())
        warnings.warn(pair.describe_outside() + "; these pixels were left out", stacklevel=2)
    return matrix


def image_confusion_matrices(
    y_true: Any, y_pred: Any, *, num_classes: int, ignore_index: int | None = None
) -> np.ndarray:
    """The confusion matrix of each image of a batch `(N, ...)`, as `confusion_matrix` counts it: `(N, K, K)` int64.

    A single map `(H, W)` is refused rather than taken for rows that are images; pass it as `y[None]`.

    >>> image_confusion_matrices([[[0, 1]], [[1, 1]]], [[[0, 1]], [[0, 1]]], num_classes=2)
    array([[[1, 0],
            [0, 1]],
    <BLANKLINE>
           [[0, 0],
            [1, 1]]])
    """
    pair = read_label_maps("image_confusion_matrices", y_true, y_pred, num_classes, ignore_index)
    if pair.truth.ndim < 3:
        raise ShapeError(
            f"image_confusion_matrices: y_true has shape {pair.truth.shape}, expected (N, ...) with the images along "
            "the first axis; pass a single map as y[None]"
        )
    return pair.image_matrices()


@dataclass(frozen=True)
class LabelMaps:
    """Truth and prediction, checked."""

    function: str
    truth: np.ndarray
    prediction: np.ndarray
    num_classes: int
    ignore_index: int | None

    def counted(self, truth: np.ndarray, prediction: np.ndarray) -> tuple[np.ndarray, int]:
        """Confusion matrix of a part, `(K, K)` int64, and how many labels in it are out of range."""
        from npseg.kernels import confusion

        # An ignore value that the type of the mask cannot hold (255 in an int8 mask, -1 in a uint8 one) never occurs.
        has_ignore = self.ignore_index is not None and _fits(self.ignore_index, truth.dtype)
        ignore = truth.dtype.type(self.ignore_index if has_ignore else 0)
        return confusion.confusion_matrix(
            np.ravel(truth), np.ravel(prediction), self.num_classes, ignore, has_ignore
        )  # fmt: skip

    def image_matrices(self) -> np.ndarray:
        """One matrix for each image along the first axis, `(N, K, K)`; raises `ArgumentError` for strange labels."""
        matrices = np.zeros((len(self.truth), self.num_classes, self.num_classes), np.int64)
        for image, matrix in enumerate(matrices):
            matrix[...], outside = self.counted(self.truth[image], self.prediction[image])
            if outside:
                raise ArgumentError(self.describe_outside())
        return matrices

    def describe_outside(self) -> str:
        """The labels that are no class, in words."""
        kept = valid_pixels(self.truth, self.ignore_index)
        return _describe_outside(
            self.function, self.truth[kept], self.prediction[kept], self.num_classes, self.ignore_index
        )


def read_label_maps(
    function: str, y_true: Any, y_pred: Any, num_classes: int, ignore_index: int | None
) -> LabelMaps:  # fmt: skip
    """Truth and prediction of any framework, or a worded error of `function`."""
    num_classes = check_num_classes(function, num_classes)
    ignore_index = check_ignore_index(function, ignore_index)
    truth, prediction = as_labels(function, "y_true", y_true), as_labels(function, "y_pred", y_pred)
    check_same_shape(function, truth, prediction)
    return LabelMaps(function, truth, prediction, num_classes, ignore_index)


def check_num_classes(function: str, num_classes: int) -> int:
    """The number of classes as a plain int, or an `ArgumentError`."""
    if isinstance(num_classes, bool) or not isinstance(num_classes, int | np.integer) or num_classes < 1:
        raise ArgumentError(f"{function}: num_classes is {num_classes!r}; it must be an integer, at least 1")
    if num_classes > _MOST_CLASSES:
        raise ArgumentError(
            f"{function}: num_classes is {num_classes}, expected at most {_MOST_CLASSES}, whose confusion matrix takes "
            "2 GiB; if labels are ids of instances, pass their classes instead"
        )
    return int(num_classes)


def check_ignore_index(function: str, ignore_index: int | None) -> int | None:
    """The ignore value as a plain int or None, or an `ArgumentError`."""
    if ignore_index is None:
        return None
    if isinstance(ignore_index, bool) or not isinstance(ignore_index, int | np.integer):
        raise ArgumentError(f"{function}: ignore_index is {ignore_index!r}; it must be an integer or None")
    return int(ignore_index)


def as_labels(function: str, name: str, labels: Any) -> np.ndarray:
    """A label map of any framework as a NumPy integer array in native byte order."""
    array = as_numpy(labels, name=name)
    if array.dtype == np.bool_:
        return array.view(np.uint8)
    if array.size == 0 and isinstance(labels, list | tuple):
        return array.astype(np.int64)  # np.asarray([]) is float64, though no float was given
    if array.dtype.kind not in "iu":
        hint = (
            "take the argmax of scores over the class axis, or round, before scoring"
            if array.dtype.kind == "f"
            else "pass integer labels"
        )
        raise DTypeError(
            f"{function}: {name} has type {array.dtype} (shape {array.shape}), "
            f"expected integer or Boolean labels; {hint}"
        )
    return array.astype(array.dtype.newbyteorder("="), copy=False)


def check_same_shape(function: str, truth: np.ndarray, prediction: np.ndarray) -> None:
    """Raise `ShapeError` unless truth and prediction have one shape: nothing is broadcast."""
    if truth.shape == prediction.shape:
        return
    hint = "resize the prediction to the size of the mask"
    if truth.ndim != prediction.ndim:
        hint = "pass label maps, not one plane per class, with the same batch axes on both sides"
    raise ShapeError(f"{function}: y_true has shape {truth.shape}, y_pred has {prediction.shape}; {hint}")


def valid_pixels(truth: np.ndarray, ignore_index: int | None) -> np.ndarray:
    """Where the truth is not the ignore value, as a Boolean array of its shape."""
    if ignore_index is None or not _fits(ignore_index, truth.dtype):
        return np.ones(truth.shape, np.bool_)
    return truth != truth.dtype.type(ignore_index)


def _fits(value: int, dtype: np.dtype) -> bool:
    limits = np.iinfo(dtype)
    return int(limits.min) <= value <= int(limits.max)


def _describe_outside(
    function: str, truth: np.ndarray, prediction: np.ndarray, num_classes: int, ignore_index: int | None
) -> str:
    parts = []
    for name, labels in (("y_true", truth), ("y_pred", prediction)):
        values, counts = np.unique(labels[(labels < 0) | (labels >= num_classes)], return_counts=True)
        if values.size == 0:
            continue
        shown = ", ".join(f"{value} ({count} px)" for value, count in zip(values[:_SHOWN_VALUES], counts))
        more = f" and {values.size - _SHOWN_VALUES} more values" if values.size > _SHOWN_VALUES else ""
        parts.append(f"{name} holds {shown}{more}")
    ignored = "no value is ignored" if ignore_index is None else f"{ignore_index} in y_true is ignored"
    return (
        f"{function}: {'; '.join(parts)}; expected labels from 0 to {num_classes - 1}, and {ignored}; "
        "check num_classes= and ignore_index="
    )
