"""Scores of a whole data set, batch by batch, in one int64 confusion matrix."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from npseg.errors import ArgumentError
from npseg.metrics.overlap.confusion import check_ignore_index, check_num_classes, confusion_matrix
from npseg.metrics.overlap.result import Scores, name_classes

__all__ = ["SegmentationMetrics"]

_STATE_VERSION = 1


class SegmentationMetrics:
    """Accumulates truth and prediction of any number of images; the scores are those of all pixels together.

    Because only counts are kept, neither the order of images, nor how they are batched or cut into tiles, nor
    on which machine each was counted (`merge`) changes a bit of the result.

    >>> metrics = SegmentationMetrics(2, ignore_index=255, class_names=["background", "cell"])
    >>> metrics.update([[0, 0], [1, 255]], [[0, 1], [1, 1]])
    >>> metrics.update([[1, 1]], [[1, 1]])
    >>> metrics.compute().iou
    array([0.5 , 0.75])
    """

    def __init__(
        self, num_classes: int, ignore_index: int | None = None, class_names: Sequence[str] | None = None
    ) -> None:
        self.num_classes = check_num_classes("SegmentationMetrics", num_classes)
        self.ignore_index = check_ignore_index("SegmentationMetrics", ignore_index)
        self.class_names = name_classes("SegmentationMetrics", self.num_classes, class_names)
        self._confusion = np.zeros((self.num_classes, self.num_classes), np.int64)

    @property
    def confusion(self) -> np.ndarray:
        """A copy of the counts so far, `(K, K)` int64, rows the truth."""
        return self._confusion.copy()

    def update(self, y_true: Any, y_pred: Any) -> None:
        """Count one image or batch of label maps. When it raises, nothing was counted."""
        self._confusion += confusion_matrix(
            y_true, y_pred, num_classes=self.num_classes, ignore_index=self.ignore_index
        )

    def merge(self, other: SegmentationMetrics) -> SegmentationMetrics:
        """Add the counts of another accumulator with the same classes and ignore value; returns self."""
        for name in ("num_classes", "ignore_index", "class_names"):
            if getattr(self, name) != getattr(other, name):
                raise ArgumentError(
                    f"SegmentationMetrics.merge: {name} is {getattr(other, name)!r} in other, "
                    f"{getattr(self, name)!r} here; merge only counts taken under one convention"
                )
        self._confusion += other._confusion
        return self

    def reset(self) -> None:
        """Forget everything counted."""
        self._confusion[...] = 0

    def compute(self) -> Scores:
        """The scores so far. Changes nothing, so it can be called at any time and as often as wanted."""
        return Scores(self.confusion, self.class_names, self.ignore_index)

    def state_dict(self) -> dict[str, Any]:
        """Everything needed to go on elsewhere; all but `confusion` (int64 array) is plain data."""
        return {
            "version": _STATE_VERSION,
            "num_classes": self.num_classes,
            "ignore_index": self.ignore_index,
            "class_names": list(self.class_names),
            "confusion": self.confusion,
        }

    @classmethod
    def from_state_dict(cls, state: Mapping[str, Any]) -> SegmentationMetrics:
        """The accumulator that `state_dict` described; `confusion` may be nested lists, as read from JSON.

        >>> metrics = SegmentationMetrics(2)
        >>> metrics.update([0, 1], [0, 0])
        >>> SegmentationMetrics.from_state_dict(metrics.state_dict()).compute().pixel_accuracy
        0.5
        """
        if state.get("version") != _STATE_VERSION:
            raise ArgumentError(
                f"SegmentationMetrics.from_state_dict: state has version {state.get('version')!r}, "
                f"expected {_STATE_VERSION}; it was not written by this release"
            )
        metrics = cls(state["num_classes"], state["ignore_index"], state["class_names"])
        confusion = np.asarray(state["confusion"])
        expected = metrics._confusion.shape
        if confusion.shape != expected or confusion.dtype.kind not in "iu" or (confusion < 0).any():
            raise ArgumentError(
                f"SegmentationMetrics.from_state_dict: confusion is {confusion.dtype} of shape "
                f"{confusion.shape}, expected counts of shape {expected}; the state is damaged"
            )
        metrics._confusion += confusion.astype(np.int64)
        return metrics
