"""Scores of a whole data set, batch by batch, from exact counts of every image."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np

from npseg.errors import ArgumentError
from npseg.metrics.overlap.confusion import check_ignore_index, check_num_classes, read_label_maps
from npseg.metrics.overlap.image_counts import ImageCounts, ImageId, check_ids
from npseg.metrics.overlap.names import name_classes
from npseg.metrics.overlap.result import Scores
from npseg.metrics.states import require_state, require_twin

__all__ = ["SegmentationMetrics"]

_STATE_VERSION = 2
_OLD_VERSION = 1  # a sum over all images, and nothing of each
_SETTINGS = ("num_classes", "ignore_index", "class_names", "per_image", "repeated_ids")
_OLD_NAMES = ("num_classes", "ignore_index", "class_names", "confusion")
_SHOWN_IDS = 5


class SegmentationMetrics:
    """Accumulates truth and prediction of any number of images: a confusion matrix for each, or of all together.

    Because only counts are kept, neither the order of images, nor how they are batched, nor on which machine each was
    counted (`merge`) changes a bit of a score; of scores of the data set, nor does how images are cut into tiles.

    - `num_classes`; `ignore_index`: truth of pixels that do not count; `class_names`: one for each class.
    - `per_image=False` keeps the sum alone: memory stays the same however many images come, and `compute()` has no
      scores by image, no intervals and no worst images.
    - `repeated_ids`: what it means when an `image_id` comes again. "raise", because a sampler that pads its last batch
      would count images twice; "add" if images come in tiles, whose counts then add up to those of the image.

    >>> metrics = SegmentationMetrics(2, ignore_index=255, class_names=["background", "cell"])
    >>> metrics.update([[0, 0], [1, 255]], [[0, 1], [1, 1]], image_id="a.png")
    >>> metrics.update([[1, 1]], [[1, 1]], image_id="b.png")
    >>> metrics.compute().iou
    array([0.5 , 0.75])
    >>> metrics.compute().worst(1)[0].image_id
    'a.png'
    """

    def __init__(
        self,
        num_classes: int,
        ignore_index: int | None = None,
        class_names: Sequence[str] | None = None,
        *,
        per_image: bool = True,
        repeated_ids: Literal["raise", "add"] = "raise",
    ) -> None:
        if repeated_ids not in ("raise", "add"):
            raise ArgumentError(
                f"SegmentationMetrics: repeated_ids is {repeated_ids!r}; it must be 'raise' or 'add' (counts of one id "
                "add up, for tiles)"
            )
        self.num_classes = check_num_classes("SegmentationMetrics", num_classes)
        self.ignore_index = check_ignore_index("SegmentationMetrics", ignore_index)
        self.class_names = name_classes("SegmentationMetrics", self.num_classes, class_names)
        self.per_image, self.repeated_ids = bool(per_image), repeated_ids
        self.reset()

    @property
    def confusion(self) -> np.ndarray:
        """A copy of the counts so far, `(K, K)` int64, rows the truth."""
        return self._confusion.copy()

    def update(
        self, y_true: Any, y_pred: Any, image_id: ImageId | Sequence[ImageId] | None = None
    ) -> None:  # fmt: skip
        """Count label maps of one shape: `(N, H, W)`, or more axes, are N images; `(H, W)` or fewer are one.

        A single volume `(D, H, W)` is passed as `volume[None]`; otherwise its slices are images. `image_id` is a str or
        an int, for a batch a sequence of N; without, every image is one of its own. When this raises, nothing was
        counted. Raises as `confusion_matrix` does, and `ArgumentError` for ids that do not fit or come again.
        """
        function = "SegmentationMetrics.update"
        pair = read_label_maps(function, y_true, y_pred, self.num_classes, self.ignore_index)
        batch = pair.truth.ndim > 2
        ids = check_ids(function, "image_id", image_id, len(pair.truth) if batch else None)
        self._refuse_repeated(function, ids)
        if not self.per_image or not batch:
            matrix, outside = pair.counted(pair.truth, pair.prediction)
            if outside:
                raise ArgumentError(pair.describe_outside())
            matrices = matrix[None]
        else:
            matrices = pair.image_matrices()
        self._confusion += matrices.sum(axis=0)
        if self.per_image:
            for matrix, one in zip(matrices, ids):
                self._images.append(matrix, one)

    def merge(self, other: SegmentationMetrics) -> SegmentationMetrics:
        """Add the counts of another accumulator with the same settings, its images after these; returns self.

        Ids that both have follow `repeated_ids`; when this raises, nothing was added.
        """
        require_twin(self, other, _SETTINGS)
        self._refuse_repeated("SegmentationMetrics.merge", other._images.ids)
        self._confusion += other._confusion
        for matrix, image_id in list(other._images):
            self._images.append(matrix, image_id)
        return self

    def reset(self) -> None:
        """Forget everything counted."""
        self._confusion = np.zeros((self.num_classes, self.num_classes), np.int64)
        self._images = ImageCounts(self.num_classes)

    def compute(self) -> Scores:
        """The scores so far. Changes nothing, so it can be called at any time and as often as wanted."""
        images = self._images.copy() if self.per_image else None
        return Scores(self.confusion, self.class_names, self.ignore_index, images)

    def state_dict(self) -> dict[str, Any]:
        """Everything needed to go on elsewhere; all but `confusion` (int64 array) is plain data."""
        return {
            "version": _STATE_VERSION,
            **{name: getattr(self, name) for name in _SETTINGS},
            "class_names": list(self.class_names),
            "confusion": self.confusion,
            "images": self._images.state() if self.per_image else None,
        }

    @classmethod
    def from_state_dict(cls, state: Mapping[str, Any]) -> SegmentationMetrics:
        """The accumulator that `state_dict` described; `confusion` may be nested lists, as read from JSON.

        States of version 1, which held the sum over all images alone, become accumulators with `per_image=False`.

        >>> metrics = SegmentationMetrics(2)
        >>> metrics.update([0, 1], [0, 0])
        >>> SegmentationMetrics.from_state_dict(metrics.state_dict()).compute().pixel_accuracy
        0.5
        """
        function = "SegmentationMetrics.from_state_dict"
        require_state(function, state, (_OLD_VERSION, _STATE_VERSION), _OLD_NAMES)
        if state["version"] == _STATE_VERSION:
            require_state(function, state, (_STATE_VERSION,), (*_SETTINGS, "images"))
        metrics = cls(
            state["num_classes"],
            state["ignore_index"],
            state["class_names"],
            per_image=state.get("per_image", False),  # version 1 has neither
            repeated_ids=state.get("repeated_ids", "raise"),
        )
        confusion = np.asarray(state["confusion"])
        expected = metrics._confusion.shape
        if confusion.shape != expected or confusion.dtype.kind not in "iu" or (confusion < 0).any():
            raise ArgumentError(
                f"{function}: confusion is {confusion.dtype} of shape {confusion.shape}, expected counts of shape "
                f"{expected}; the state is damaged"
            )
        metrics._confusion += confusion.astype(np.int64)
        if metrics.per_image:
            metrics._images = ImageCounts.from_state(metrics.num_classes, state["images"])
            if not np.array_equal(metrics._images.total(), metrics._confusion):
                raise ArgumentError(f"{function}: the images do not add up to confusion; the state is damaged")
        return metrics

    def _refuse_repeated(self, function: str, ids: Sequence[ImageId | None]) -> None:
        again = self._images.repeated(ids) if self.repeated_ids == "raise" else []
        if again:
            more = f" and {len(again) - _SHOWN_IDS} more" if len(again) > _SHOWN_IDS else ""
            raise ArgumentError(
                f"{function}: image {', '.join(map(repr, again[:_SHOWN_IDS]))}{more} was counted before; count every "
                "image once, or pass repeated_ids='add' to SegmentationMetrics if images come in tiles"
            )
