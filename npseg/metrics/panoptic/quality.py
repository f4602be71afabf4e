"""Panoptic quality: are the objects found, and how well are they outlined?"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from npseg.arrays import as_numpy
from npseg.errors import ArgumentError, DTypeError, ShapeError
from npseg.metrics.overlap.confusion import as_labels, check_num_classes
from npseg.metrics.overlap.names import name_classes
from npseg.metrics.panoptic.matching import IOU_BITS, Matches, Pairs, count_pairs, match_segments
from npseg.metrics.panoptic.result import ClassQuality, PanopticQuality
from npseg.metrics.states import require_state, require_twin

__all__ = ["PanopticMetrics", "panoptic_quality"]

_STATE_VERSION = 1
_SETTINGS = ("num_classes", "things", "void", "class_names")
_COUNTS = ("true_positives", "false_positives", "false_negatives", "iou_units")
_SHOWN_VALUES = 8


def panoptic_quality(
    y_true: Any,
    y_pred: Any,
    *,
    num_classes: int,
    things: Iterable[int] | None = None,
    void: int | None = None,
    crowd: Any = None,
    class_names: Sequence[str] | None = None,
) -> PanopticQuality:
    """Panoptic quality (PQ), segmentation quality (SQ) and recognition quality (RQ), per class and on average.

    `y_true` and `y_pred` are each a tuple of two integer arrays, class map and instance map, `(H, W)` or
    `(N, H, W)`; or one array with both on its last axis, `(H, W, 2)` or `(N, H, W, 2)`. Nothing depends on where
    pixels lie, so a volume `(D, H, W)` goes in as one image `(D, H * W)`.

    Classes are 0 to `num_classes - 1`. A segment is, within one image, the pixels of one instance of a class in
    `things` (None: all classes are things) or all pixels of any other class (stuff; its instance ids are not
    looked at). Instance ids may be any integers.

    - `void`: a label outside every class. Void pixels of the truth leave every union. Void pixels of the prediction
      belong to no predicted segment, but the true segments keep them: abstaining never raises a score.
    - `crowd`: Boolean array of the class map's shape, True where the truth marks a group without telling instances
      apart (where a data set marks them by an id, `crowd=instances == that_id`). All crowd pixels of a class are one
      region. It need not be found.

    A true and a predicted segment of one class match when their intersection over union is more than 1/2. Other true
    segments are false negatives; other predicted ones are false positives, unless more than half of one lies on void
    or on crowd of its own class. Segments of all images are pooled.

    Raises `ShapeError` for shapes that differ, `DTypeError` for maps that are not integer, `ArgumentError` for other
    labels. Kirillov et al. 2019, "Panoptic Segmentation", section 4; crowds are treated as by panopticapi, except that
    it looks at only the last of several crowds of a class.

    Class 0 has two objects of two pixels: one found exactly, of the other one half, which is no more than half. So
    SQ is 1 and RQ is 1 / (1 + 1/2 + 1/2). The stuff class 1 has 4 pixels in common and 5 in the union:

    >>> truth = [[0, 0, 0, 0, 1, 1, 1, 1]], [[1, 1, 2, 2, 0, 0, 0, 0]]
    >>> prediction = [[0, 0, 0, 1, 1, 1, 1, 1]], [[7, 7, 9, 0, 0, 0, 0, 0]]
    >>> quality = panoptic_quality(truth, prediction, num_classes=2, things=[0])
    >>> [(row.pq, row.sq, row.rq) for row in quality.per_class]
    [(0.5, 1.0, 0.5), (0.8, 0.8, 1.0)]
    >>> quality.pq, quality.things.pq, quality.stuff.pq
    (0.65, 0.5, 0.8)
    """
    metrics = PanopticMetrics(num_classes, things=things, void=void, class_names=class_names)
    metrics.update(y_true, y_pred, crowd=crowd)
    return metrics.compute()


class PanopticMetrics:
    """Accumulates panoptic quality over any number of images; see `panoptic_quality` for the conventions.

    Counts of segments are integers. The IoU of a match is rounded to float64 once, as a multiple of 2**-53, and those
    multiples are added as integers of any size: so neither the order of images, nor how they are batched, nor on which
    machine each was counted (`merge`) changes a bit of the result. An image itself must not be cut.

    >>> metrics = PanopticMetrics(2, things=[0], class_names=["cell", "background"])
    >>> metrics.update(([[0, 0, 1, 1]], [[1, 1, 0, 0]]), ([[0, 0, 1, 1]], [[5, 5, 0, 0]]))
    >>> metrics.update(([[0, 0, 1, 1]], [[1, 1, 0, 0]]), ([[1, 1, 1, 1]], [[0, 0, 0, 0]]))
    >>> round(metrics.compute().per_class[0].pq, 4)
    0.6667
    """

    def __init__(
        self,
        num_classes: int,
        *,
        things: Iterable[int] | None = None,
        void: int | None = None,
        class_names: Sequence[str] | None = None,
    ) -> None:
        self.num_classes = check_num_classes("PanopticMetrics", num_classes)
        self.things = _check_things(self.num_classes, things)
        self.void = _check_void(void)
        self.class_names = name_classes("PanopticMetrics", self.num_classes, class_names)
        self._is_thing = np.isin(np.arange(self.num_classes), self.things)
        self.reset()

    def update(self, y_true: Any, y_pred: Any, *, crowd: Any = None) -> None:
        """Count one image or batch, as `panoptic_quality` describes them. When it raises, nothing was counted."""
        true_class, true_instance = _read_maps("y_true", y_true)
        predicted_class, predicted_instance = _read_maps("y_pred", y_pred)
        if true_class.shape != predicted_class.shape:
            raise ShapeError(
                f"panoptic_quality: the class map of y_true has shape {true_class.shape}, that of y_pred "
                f"{predicted_class.shape}; resize the prediction to the size of the truth, instance ids by nearest "
                "neighbour"
            )
        columns = [true_class, true_instance, predicted_class, predicted_instance]
        if crowd is not None:
            columns.append(_read_crowd(crowd, true_class.shape))
        images = true_class.shape[0] if true_class.ndim == 3 else 1
        pixels = true_class.shape[-2] * true_class.shape[-1]
        counted = []
        for image in zip(*(column.reshape(images, pixels) for column in columns)):
            (t, t_id, p, p_id, *marked), count = count_pairs(image)
            is_crowd = marked[0] if marked else np.zeros(t.shape, np.bool_)
            counted.append(self._match(Pairs(t, t_id, is_crowd, p, p_id, count)))
        for matches in counted:
            self._add(matches)

    def update_pairs(self, pairs: Pairs) -> None:
        """Count one image of which the groups of pixels are known already. When it raises, nothing was counted."""
        self._add(self._match(pairs))

    def merge(self, other: PanopticMetrics) -> PanopticMetrics:
        """Add the counts of another accumulator with the same classes and conventions; returns self."""
        require_twin(self, other, _SETTINGS)
        self._add(other._counts)
        return self

    def reset(self) -> None:
        """Forget everything counted."""
        zero = np.zeros(self.num_classes, np.int64)
        self._counts = Matches(zero, zero.copy(), zero.copy(), [0] * self.num_classes)

    def compute(self) -> PanopticQuality:
        """The scores so far. Changes nothing, so it can be called at any time and as often as wanted."""
        counts = self._counts
        rows = zip(
            self.class_names,
            self._is_thing.tolist(),
            counts.true_positives.tolist(),
            counts.false_positives.tolist(),
            counts.false_negatives.tolist(),
            counts.iou_units,
        )
        return PanopticQuality(tuple(ClassQuality(*row) for row in rows), self.void)

    def state_dict(self) -> dict[str, Any]:
        """Everything needed to go on elsewhere, as plain data; `iou_units` counts units of 2**-53."""
        return {
            "version": _STATE_VERSION,
            "num_classes": self.num_classes,
            "things": list(self.things),
            "void": self.void,
            "class_names": list(self.class_names),
            "true_positives": self._counts.true_positives.tolist(),
            "false_positives": self._counts.false_positives.tolist(),
            "false_negatives": self._counts.false_negatives.tolist(),
            "iou_units": list(self._counts.iou_units),
        }

    @classmethod
    def from_state_dict(cls, state: Mapping[str, Any]) -> PanopticMetrics:
        """The accumulator that `state_dict` described, also after a way through JSON.

        >>> metrics = PanopticMetrics(1)
        >>> metrics.update(([[0, 0, 0]], [[1, 1, 2]]), ([[0, 0, 0]], [[1, 1, 1]]))
        >>> PanopticMetrics.from_state_dict(metrics.state_dict()).compute().rq == metrics.compute().rq
        True
        """
        require_state("PanopticMetrics.from_state_dict", state, (_STATE_VERSION,), (*_SETTINGS, *_COUNTS))
        metrics = cls(
            state["num_classes"], things=state["things"], void=state["void"], class_names=state["class_names"]
        )
        for name in _COUNTS:
            values = state[name]
            if len(values) != metrics.num_classes or not all(isinstance(value, int) and value >= 0 for value in values):
                raise ArgumentError(
                    f"PanopticMetrics.from_state_dict: {name} is {values!r}, expected {metrics.num_classes} integers, "
                    "one count per class; the state is damaged"
                )
        for matches, units in zip(state["true_positives"], state["iou_units"]):
            if not matches << (IOU_BITS - 1) <= units <= matches << IOU_BITS:
                raise ArgumentError(
                    f"PanopticMetrics.from_state_dict: iou_units holds {units} for {matches} matches, "
                    "each of which lies between 1/2 and 1; the state is damaged"
                )
        found, spurious, missed = (np.array(state[name], np.int64) for name in _COUNTS[:3])
        metrics._add(Matches(found, spurious, missed, list(state["iou_units"])))
        return metrics

    def _match(self, pairs: Pairs) -> Matches:
        classes = {
            "y_true": self._known_classes("y_true", pairs.true_class, pairs.pixels),
            "y_pred": self._known_classes("y_pred", pairs.predicted_class, pairs.pixels),
        }
        return match_segments(
            pairs._replace(true_class=classes["y_true"], predicted_class=classes["y_pred"]), self._is_thing
        )

    def _add(self, matches: Matches) -> None:
        self._counts = Matches(
            self._counts.true_positives + matches.true_positives,
            self._counts.false_positives + matches.false_positives,
            self._counts.false_negatives + matches.false_negatives,
            [mine + more for mine, more in zip(self._counts.iou_units, matches.iou_units)],
        )

    def _known_classes(self, name: str, labels: np.ndarray, pixels: np.ndarray) -> np.ndarray:
        """Class labels as int64, void as `num_classes`."""
        void = np.zeros(labels.shape, np.bool_) if self.void is None else labels == self.void
        outside = ~void & ((labels < 0) | (labels >= self.num_classes))
        if outside.any():
            values, index = np.unique(labels[outside], return_inverse=True)
            counts = np.bincount(index, weights=pixels[outside]).astype(np.int64)
            shown = ", ".join(f"{value} ({count} px)" for value, count in zip(values[:_SHOWN_VALUES], counts))
            more = f" and {values.size - _SHOWN_VALUES} more values" if values.size > _SHOWN_VALUES else ""
            known = "there is no void label" if self.void is None else f"{self.void} is void"
            raise ArgumentError(
                f"panoptic_quality: the class map of {name} holds {shown}{more}; expected classes from 0 to "
                f"{self.num_classes - 1}, and {known}; check num_classes= and void="
            )
        classes = labels.astype(np.int64)
        classes[void] = self.num_classes
        return classes


def _check_things(num_classes: int, things: Iterable[int] | None) -> tuple[int, ...]:
    if things is None:
        return tuple(range(num_classes))
    if not isinstance(things, Iterable):
        raise ArgumentError(f"panoptic_quality: things is {things!r}; expected a list of classes, or None for all")
    given = list(things)
    for label in given:
        if isinstance(label, bool) or not isinstance(label, int | np.integer) or not 0 <= label < num_classes:
            raise ArgumentError(
                f"panoptic_quality: things holds {label!r}; expected classes with instances, "
                f"integers from 0 to {num_classes - 1}"
            )
    return tuple(sorted({int(label) for label in given}))


def _check_void(void: int | None) -> int | None:
    if void is None:
        return None
    if isinstance(void, bool) or not isinstance(void, int | np.integer):
        raise ArgumentError(f"panoptic_quality: void is {void!r}; it must be an integer label or None")
    return int(void)


def _read_maps(name: str, maps: Any) -> tuple[np.ndarray, np.ndarray]:
    """Class map and instance map, each (H, W) or (N, H, W)."""
    if isinstance(maps, tuple):
        if len(maps) != 2:
            raise ShapeError(
                f"panoptic_quality: {name} is a tuple of {len(maps)}, expected two arrays: (class map, instance map)"
            )
        classes = as_labels("panoptic_quality", f"the class map of {name}", maps[0])
        instances = as_labels("panoptic_quality", f"the instance map of {name}", maps[1])
    else:
        both = as_labels("panoptic_quality", name, maps)
        if both.ndim not in (3, 4) or both.shape[-1] != 2:
            raise ShapeError(
                f"panoptic_quality: {name} has shape {both.shape}, expected (H, W, 2) or (N, H, W, 2) with class and "
                "instance on the last axis; or pass a tuple of two arrays: (class map, instance map)"
            )
        classes, instances = both[..., 0], both[..., 1]
    if classes.shape != instances.shape:
        raise ShapeError(
            f"panoptic_quality: the class map of {name} has shape {classes.shape}, its instance map {instances.shape}; "
            "they must be of one shape"
        )
    if classes.ndim not in (2, 3):
        raise ShapeError(
            f"panoptic_quality: the maps of {name} have shape {classes.shape}, expected (H, W) or (N, H, W); "
            "reshape a volume (D, H, W) to one image (D, H * W)"
        )
    return classes, instances


def _read_crowd(crowd: Any, shape: tuple[int, ...]) -> np.ndarray:
    array = as_numpy(crowd, name="crowd")
    if array.dtype != np.bool_:
        raise DTypeError(
            f"panoptic_quality: crowd has type {array.dtype}, expected a Boolean array that is True on crowd pixels of "
            "the truth; for a data set that marks crowds by an id pass instances == id"
        )
    if array.shape != shape:
        raise ShapeError(
            f"panoptic_quality: crowd has shape {array.shape}, expected that of the class map of y_true, {shape}"
        )
    return array
