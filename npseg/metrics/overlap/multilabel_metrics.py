"""Scores of a whole data set with several labels to a pixel, batch by batch, from exact counts of every image."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Unpack

import numpy as np

from npseg.errors import ArgumentError, ShapeError
from npseg.metrics.overlap.averages import Averages
from npseg.metrics.overlap.class_counts import ClassCounts
from npseg.metrics.overlap.confusion import check_num_classes
from npseg.metrics.overlap.multilabel import multilabel_counts
from npseg.metrics.overlap.named_scores import score_of_counts
from npseg.metrics.overlap.names import name_classes
from npseg.metrics.states import require_state, require_twin

__all__ = ["MultilabelMetrics", "MultilabelScores"]

_STATE_VERSION = 1
_SETTINGS = ("num_classes", "class_names")


@dataclass(frozen=True)
class MultilabelScores:
    """What was counted: `counts` of each image and class, int64 `(N, K)`, and the names of the classes."""

    counts: ClassCounts
    class_names: tuple[str, ...]

    def score(
        self, name: str = "iou", *, alpha: float | None = None, beta: float | None = None, **options: Unpack[Averages]
    ) -> float | np.ndarray:
        """Any score that `multilabel_score` has, under any convention."""
        return score_of_counts("MultilabelScores.score", self.counts, name, alpha=alpha, beta=beta, options=options)

    @property
    def iou(self) -> np.ndarray:
        """Of each class, `(K,)`, over all images; NaN where a class is on neither side."""
        return np.asarray(self.score("iou", average=None))

    @property
    def dice(self) -> np.ndarray:
        """Of each class, `(K,)`, over all images; NaN where a class is on neither side."""
        return np.asarray(self.score("dice", average=None))

    @property
    def miou(self) -> float:
        """Mean of the IoU of classes that are somewhere; NaN if none is."""
        return float(self.score("iou"))

    @property
    def mean_dice(self) -> float:
        """Mean of the Dice of classes that are somewhere; NaN if none is."""
        return float(self.score("dice"))


class MultilabelMetrics:
    """Accumulates planes of 0 and 1, `(N, ..., K)`: TP, FP, FN and TN of each image and class.

    Only counts are kept, so neither the order of images, nor how they are batched, nor on which machine each was
    counted (`merge`) changes a bit of a score.

    >>> metrics = MultilabelMetrics(2, class_names=["road", "shadow"])
    >>> metrics.update([[[1, 0], [0, 0], [1, 1]]], [[[1, 0], [1, 0], [1, 0]]])
    >>> metrics.update([[[1, 1], [0, 1], [0, 1]]], [[[1, 1], [0, 1], [0, 1]]])
    >>> scores = metrics.compute()
    >>> scores.iou
    array([0.75, 0.75])
    >>> scores.score("recall", aggregate="image", average="micro")
    0.8333333333333333
    """

    def __init__(self, num_classes: int, class_names: Sequence[str] | None = None) -> None:
        self.num_classes = check_num_classes("MultilabelMetrics", num_classes)
        self.class_names = name_classes("MultilabelMetrics", self.num_classes, class_names)
        self.reset()

    def update(self, y_true: Any, y_pred: Any, *, ignore: Any = None) -> None:
        """Count a batch; arguments and errors as of `multilabel_counts`. When this raises, nothing was counted."""
        counts = multilabel_counts(y_true, y_pred, ignore=ignore)
        if counts.tp.shape[1] != self.num_classes:
            raise ShapeError(
                f"MultilabelMetrics.update: y_true has {counts.tp.shape[1]} planes along its last axis, "
                f"num_classes is {self.num_classes}; expected (N, ..., K) with one plane for each class"
            )
        self._parts.append(np.stack(counts))

    def merge(self, other: MultilabelMetrics) -> MultilabelMetrics:
        """Add the images of another accumulator with the same settings after these; returns self."""
        require_twin(self, other, _SETTINGS)
        self._parts += list(other._parts)
        return self

    def reset(self) -> None:
        """Forget everything counted."""
        self._parts: list[np.ndarray] = []

    def compute(self) -> MultilabelScores:
        """The scores so far. Changes nothing, so it can be called at any time and as often as wanted."""
        return MultilabelScores(ClassCounts(*self._counts()), self.class_names)

    def state_dict(self) -> dict[str, Any]:
        """Everything needed to go on elsewhere: plain data, and `counts`, int64 `(4, N, K)`: TP, FP, FN, TN."""
        return {
            "version": _STATE_VERSION,
            "num_classes": self.num_classes,
            "class_names": list(self.class_names),
            "counts": self._counts(),
        }

    @classmethod
    def from_state_dict(cls, state: Mapping[str, Any]) -> MultilabelMetrics:
        """The accumulator that `state_dict` described; `counts` may be nested lists, as read from JSON.

        >>> metrics = MultilabelMetrics(1)
        >>> metrics.update([[[1], [0]]], [[[1], [1]]])
        >>> MultilabelMetrics.from_state_dict(metrics.state_dict()).compute().miou
        0.5
        """
        function = "MultilabelMetrics.from_state_dict"
        require_state(function, state, (_STATE_VERSION,), (*_SETTINGS, "counts"))
        metrics = cls(state["num_classes"], state["class_names"])
        counts = np.asarray(state["counts"])
        if counts.size == 0:
            return metrics
        expected = (4, "N", metrics.num_classes)
        fits = counts.ndim == 3 and (counts.shape[0], counts.shape[2]) == (4, metrics.num_classes)
        if not fits or counts.dtype.kind not in "iu" or (counts < 0).any():
            raise ArgumentError(
                f"{function}: counts are {counts.dtype} of shape {counts.shape}, expected counts of shape {expected}; "
                "the state is damaged"
            )
        metrics._parts.append(counts.astype(np.int64))
        return metrics

    def _counts(self) -> np.ndarray:
        """All images so far, `(4, N, K)` int64."""
        return np.concatenate([np.zeros((4, 0, self.num_classes), np.int64), *self._parts], axis=1)
