"""Boundary F1, boundary IoU and trimap IoU of a whole data set, whose images may have any sizes."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from npseg.errors import ArgumentError
from npseg.metrics.distance.bands import steps_of_lengths
from npseg.metrics.distance.boundary_f1 import TOLERANCE_OF_DIAGONAL, boundary_f1
from npseg.metrics.distance.boundary_iou import WIDTH_OF_DIAGONAL, WidthUnit, band_counts, band_steps
from npseg.metrics.distance.image_rows import ImageRows, exact_mean
from npseg.metrics.distance.label_maps import read_images
from npseg.metrics.distance.surface_dice import check_finite_tolerance
from npseg.metrics.distance.trimap import trimap_confusion
from npseg.metrics.overlap.class_rows import number
from npseg.metrics.overlap.confusion import check_ignore_index, check_num_classes
from npseg.metrics.overlap.formulas import class_iou
from npseg.metrics.overlap.image_counts import ImageId, check_ids
from npseg.metrics.overlap.names import name_classes
from npseg.metrics.states import require_state, require_twin

__all__ = ["BoundaryMetrics", "BoundaryScores"]

_STATE_VERSION = 1
_SETTINGS = (
    "num_classes", "tolerance", "width", "width_unit", "frame", "trimap_widths", "ignore_index", "class_names"
)  # fmt: skip
_F1 = "boundary_f1"


class BoundaryMetrics:
    """Accumulates how well outlines are met, image after image, each of its own size.

    - `tolerance`: of boundary F1, in pixels or in the unit of the spacing; None for 0.75 % of each image's diagonal
      (Csurka et al. 2013).
    - `width`, `width_unit` and `frame`: as of `boundary_iou`.
    - `trimap_widths`: those at which trimap IoU is wanted, in pixels or in the unit of the spacing; none if left out.
    - `ignore_index`: truth of pixels that do not count.

    Boundary IoU and trimap IoU come from counts over all images, boundary F1 is the mean over images of each image's
    mean over its classes. Neither the order of images nor on which machine each was counted (`merge`) changes a bit.

    >>> metrics = BoundaryMetrics(2, tolerance=1, width=1, width_unit="pixels", frame=False)
    >>> metrics.update([[0, 0, 1, 1]], [[0, 1, 1, 1]], image_id="a")
    >>> metrics.update([[0, 0, 0], [1, 1, 1]], [[0, 0, 0], [1, 1, 1]], image_id="b")
    >>> scores = metrics.compute()
    >>> scores.boundary_f1, scores.boundary_iou_per_class
    (1.0, array([0.6, 0.6]))
    """

    def __init__(
        self,
        num_classes: int,
        *,
        tolerance: float | None = None,
        width: float = WIDTH_OF_DIAGONAL,
        width_unit: WidthUnit = "diagonal",
        frame: bool = True,
        trimap_widths: Sequence[float] = (),
        ignore_index: int | None = None,
        class_names: Sequence[str] | None = None,
    ) -> None:
        function = "BoundaryMetrics"
        self.num_classes = check_num_classes(function, num_classes)
        self.tolerance = None if tolerance is None else check_finite_tolerance(function, tolerance)
        if not isinstance(frame, bool | np.bool_):
            raise ArgumentError(f"{function}: frame is {frame!r}; it must be True or False")
        self.frame, self.width_unit = bool(frame), width_unit
        self.ignore_index = check_ignore_index(function, ignore_index)
        self.class_names = name_classes(function, self.num_classes, class_names)
        band_steps(width, width_unit, (1, 1), (1.0, 1.0))
        self.width = _plain_number(width)
        if not isinstance(trimap_widths, Sequence | np.ndarray):
            raise ArgumentError(f"{function}: trimap_widths is {trimap_widths!r}; expected different widths")
        for one in trimap_widths:
            steps_of_lengths(function, one, (1.0,))
        self.trimap_widths = tuple(map(_plain_number, trimap_widths))
        if len(set(self.trimap_widths)) < len(self.trimap_widths):
            raise ArgumentError(f"{function}: trimap_widths is {trimap_widths!r}; expected different widths")
        self.reset()

    def update(
        self, y_true: Any, y_pred: Any, *, spacing: Any = None, image_id: ImageId | Sequence[ImageId] | None = None
    ) -> None:
        """Count label maps of one size: an image `(H, W)` or a batch `(N, H, W)`; with three numbers as `spacing`
        volumes, `(D, H, W)` or `(N, D, H, W)`. When it raises, nothing was counted.

        Raises as `boundary_iou` does, and `ArgumentError` for ids that do not fit or come again.
        """
        function = "BoundaryMetrics.update"
        options = {"num_classes": self.num_classes, "ignore_index": self.ignore_index, "spacing": spacing}
        images = read_images(function, y_true, y_pred, **options)
        ids = check_ids(function, "image_id", image_id, images.batch[0] if images.batch else None)
        self._rows.require_new(function, ids)
        tolerance = self.tolerance
        if tolerance is None:
            sides = (side * step for side, step in zip(images.truth.shape[1:], images.spacing))
            tolerance = TOLERANCE_OF_DIAGONAL * math.hypot(*sides)
        f1 = boundary_f1(images.truth, images.prediction, tolerance=tolerance, average=None, **options)
        bands = band_counts(
            images.truth, images.prediction, width=self.width, width_unit=self.width_unit, frame=self.frame, **options
        )
        trimaps = [
            trimap_confusion(images.truth, images.prediction, width=width, **options) for width in self.trimap_widths
        ]
        self._bands += bands
        for total, matrix in zip(self._trimaps, trimaps):
            total += matrix
        for row, one in zip(f1, ids):
            self._rows.append({_F1: row}, one)

    def merge(self, other: BoundaryMetrics) -> BoundaryMetrics:
        """Add the counts of another accumulator with the same settings, its images after these; returns self."""
        require_twin(self, other, _SETTINGS)
        self._rows.require_new("BoundaryMetrics.merge", other._rows.ids)
        self._rows.extend(other._rows.copy())
        self._bands += other._bands
        for mine, more in zip(self._trimaps, other._trimaps):
            mine += more
        return self

    def reset(self) -> None:
        """Forget everything counted."""
        self._rows = ImageRows((_F1,), self.num_classes)
        self._bands = np.zeros((2, self.num_classes), np.int64)
        self._trimaps = [np.zeros((self.num_classes, self.num_classes), np.int64) for _ in self.trimap_widths]

    def compute(self) -> BoundaryScores:
        """The scores so far. Changes nothing, so it can be called at any time and as often as wanted."""
        trimaps = {width: matrix.copy() for width, matrix in zip(self.trimap_widths, self._trimaps)}
        settings = {name: getattr(self, name) for name in _SETTINGS}
        if self.tolerance is None:
            settings["tolerance_of_diagonal"] = TOLERANCE_OF_DIAGONAL
        return BoundaryScores(self._rows.copy(), self._bands.copy(), trimaps, self.class_names, settings)

    def state_dict(self) -> dict[str, Any]:
        """Everything needed to go on elsewhere, as plain data that JSON can hold."""
        return {
            "version": _STATE_VERSION,
            **{name: getattr(self, name) for name in _SETTINGS},
            "trimap_widths": list(self.trimap_widths),
            "class_names": list(self.class_names),
            "images": self._rows.state(),
            "bands": self._bands.tolist(),
            "trimaps": [matrix.tolist() for matrix in self._trimaps],
        }

    @classmethod
    def from_state_dict(cls, state: Mapping[str, Any]) -> BoundaryMetrics:
        """The accumulator that `state_dict` described, also after a way through JSON.

        >>> metrics = BoundaryMetrics(2)
        >>> metrics.update([[0, 1]], [[0, 1]])
        >>> BoundaryMetrics.from_state_dict(metrics.state_dict()).compute().boundary_f1
        1.0
        """
        function = "BoundaryMetrics.from_state_dict"
        require_state(function, state, (_STATE_VERSION,), (*_SETTINGS, "images", "bands", "trimaps"))
        metrics = cls(state["num_classes"], **{name: state[name] for name in _SETTINGS if name != "num_classes"})
        metrics._rows = ImageRows.from_state(function, (_F1,), metrics.num_classes, state["images"], most=1.0)
        metrics._bands += _counts(function, "bands", state["bands"], metrics._bands.shape)
        expected = (len(metrics.trimap_widths), metrics.num_classes, metrics.num_classes)
        for total, matrix in zip(metrics._trimaps, _counts(function, "trimaps", state["trimaps"], expected)):
            total += matrix
        if (metrics._bands[0] > metrics._bands[1]).any():
            raise ArgumentError(f"{function}: bands have more in common than either has; the state is damaged")
        return metrics


@dataclass(frozen=True, eq=False)
class BoundaryScores:
    """How well outlines are met. `rows` are the images, `bands` `(2, K)` the pixels of bands of each class: in both,
    and in either; `trimaps` the confusion matrix near the true contours at each width."""

    rows: ImageRows
    bands: np.ndarray
    trimaps: Mapping[float, np.ndarray]
    class_names: tuple[str, ...]
    policy: Mapping[str, Any]

    @property
    def image_ids(self) -> tuple[ImageId | None, ...]:
        """Of each image what it was called, or None."""
        return tuple(self.rows.ids)

    @property
    def boundary_f1_per_image(self) -> np.ndarray:
        """Of each image and class, `(N, K)`, NaN for a class without outline on either side."""
        return self.rows.values(_F1)

    @property
    def boundary_f1(self) -> float:
        """Mean over the images of each image's mean over its classes. Csurka, Larlus and Perronnin 2013."""
        return exact_mean(exact_mean(image) for image in self.boundary_f1_per_image)

    @property
    def boundary_f1_per_class(self) -> np.ndarray:
        """Mean over the images in which a class has an outline, `(K,)`."""
        return np.array([exact_mean(column) for column in self.boundary_f1_per_image.T])

    @property
    def boundary_iou(self) -> float:
        """Mean over the classes of `boundary_iou_per_class`. Cheng et al. 2021."""
        return exact_mean(self.boundary_iou_per_class)

    @property
    def boundary_iou_per_class(self) -> np.ndarray:
        """Of each class over all images, `(K,)`, NaN for one without a band on either side."""
        common, either = self.bands
        return np.divide(common, either, out=np.full(either.shape, np.nan), where=either > 0)

    @property
    def trimap_iou(self) -> dict[float, float]:
        """Mean IoU near the true contours at each width, over all images. Krähenbühl and Koltun 2011, section 5."""
        return {width: exact_mean(class_iou(matrix)) for width, matrix in self.trimaps.items()}

    def to_json(self) -> dict[str, Any]:
        """Plain data for `json.dump`; what is undefined is None."""
        return {
            "boundary_f1": number(self.boundary_f1),
            "boundary_f1_per_class": [number(value) for value in self.boundary_f1_per_class],
            "boundary_iou": number(self.boundary_iou),
            "boundary_iou_per_class": [number(value) for value in self.boundary_iou_per_class],
            "trimap_iou": [{"width": width, "mean": number(value)} for width, value in self.trimap_iou.items()],
            "images": self.rows.state(),
            "policy": {
                **self.policy,
                "trimap_widths": list(self.trimaps),
                "class_names": list(self.class_names),
            },
        }


def _plain_number(value: Any) -> float:
    """A number of NumPy as one that JSON can hold; whole ones stay whole."""
    return int(value) if float(value).is_integer() else float(value)


def _counts(function: str, name: str, given: Any, shape: tuple[int, ...]) -> np.ndarray:
    try:
        counts = np.asarray(given).reshape(shape) if 0 in shape else np.asarray(given)
        counts = counts.astype(np.int64) if counts.size == 0 else counts
    except (TypeError, ValueError):
        counts = np.empty(0)
    if counts.shape != shape or counts.dtype.kind not in "iu" or (counts < 0).any():
        raise ArgumentError(
            f"{function}: {name} is {counts.dtype} of shape {counts.shape}, expected counts of shape {shape}; the "
            "state is damaged"
        )
    return counts.astype(np.int64)
