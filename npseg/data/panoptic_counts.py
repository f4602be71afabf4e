"""Counting folders of panoptic label maps while they are decoded; segments are matched image by image."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from npseg.data.label_folders import LabelFiles, read_label_map
from npseg.data.prefetch import prefetch
from npseg.data.problems import listed_labels
from npseg.errors import DataError
from npseg.metrics import PanopticMetrics
from npseg.metrics.panoptic.matching import Pairs, count_pairs

__all__ = ["DividedLabelFiles", "PanopticFiles", "count_panoptic_files"]


class PanopticFiles(Protocol):
    """Pairs of files to be counted one by one, each into an accumulator of its own, in any thread."""

    @property
    def image_ids(self) -> Sequence[Any]: ...

    def metrics(self) -> PanopticMetrics: ...

    def count(self, image_id: Any, metrics: PanopticMetrics) -> None: ...


@dataclass(frozen=True)
class DividedLabelFiles:
    """Label maps in which a pixel is `class * divisor + instance`.

    - `files`: truth and prediction of each image.
    - `void`: the class, before it is multiplied, of pixels of which the truth (or the prediction) says nothing.
    - `plain_classes`: a pixel below `divisor` is a class without instance, as in the `instanceIds` of Cityscapes
      (divisor 1000): stuff, void, or in the truth of a thing class a crowd.

    Any integer type will do; 16 bits hold classes up to 65 with a divisor of 1000.
    """

    files: Sequence[LabelFiles]
    num_classes: int
    divisor: int
    things: tuple[int, ...] | None = None
    void: int | None = None
    class_names: tuple[str, ...] | None = None
    plain_classes: bool = False

    @property
    def image_ids(self) -> range:
        """Places in `files`."""
        return range(len(self.files))

    def metrics(self) -> PanopticMetrics:
        """An empty accumulator for these classes."""
        return PanopticMetrics(self.num_classes, things=self.things, void=self.void, class_names=self.class_names)

    def count(self, image_id: int, metrics: PanopticMetrics) -> None:
        """Read a pair and count its segments. Raises `DataError` that names the file."""
        truth_path, (path,) = self.files[image_id].truth, self.files[image_id].predictions
        truth, prediction = read_label_map(truth_path), read_label_map(path)
        if truth.shape != prediction.shape:
            raise DataError(
                f"{path}: is {prediction.shape[1]} x {prediction.shape[0]} pixels (width x height), its truth "
                f"{truth_path} is {truth.shape[1]} x {truth.shape[0]}; write the prediction in the size of the truth, "
                "without interpolation between ids"
            )
        native = [labels.astype(labels.dtype.newbyteorder("="), copy=False).ravel() for labels in (truth, prediction)]
        (t, p), pixels = count_pairs(native)
        true_class, true_instance = self._divided(truth_path, t, pixels)
        predicted_class, predicted_instance = self._divided(path, p, pixels)
        crowd = np.zeros(pixels.shape, np.bool_)
        if self.plain_classes:
            crowd = (t < self.divisor) & np.isin(true_class, metrics.things)
        metrics.update_pairs(Pairs(true_class, true_instance, crowd, predicted_class, predicted_instance, pixels))

    def _divided(self, path: Path, values: np.ndarray, pixels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        classes, instances = np.divmod(values.astype(np.int64), self.divisor)
        if self.plain_classes:
            is_plain = (values >= 0) & (values < self.divisor)
            classes, instances = np.where(is_plain, values, classes), np.where(is_plain, 0, instances)
        outside = (classes < 0) | (classes >= self.num_classes)
        if self.void is not None:
            outside &= classes != self.void
        if outside.any():
            strays, place = np.unique(classes[outside], return_inverse=True)
            numbers = np.bincount(place, weights=pixels[outside]).astype(np.int64)
            listed = listed_labels(strays, numbers, rest="more")
            void = "no class is ignored" if self.void is None else f"{self.void} is ignored"
            raise DataError(
                f"{path}: holds the classes {listed}, by values from {values.min()} to {values.max()} divided by "
                f"{self.divisor}; expected classes from 0 to {self.num_classes - 1}, and {void}; check --num-classes, "
                "--ignore, --label-divisor and --plain-classes"
            )
        return classes, instances


def count_panoptic_files(
    files: PanopticFiles, *, workers: int = 1, progress: Callable[[int, int], object] | None = None
) -> PanopticMetrics:
    """Read and count all images by that many threads, each of which holds one pair at a time.

    `progress(done, total)` hears of each. The result is the same whatever `workers` is. Raises `DataError` for the
    first image, in order, that cannot be counted.
    """
    total, images = files.metrics(), len(files.image_ids)
    with prefetch(_Counting(files), 0, images, workers) as each:
        for done, metrics in enumerate(each, 1):
            total.merge(metrics)
            if progress is not None:
                progress(done, images)
    return total


class _Counting:
    """Image by image, for threads that fetch ahead."""

    def __init__(self, files: PanopticFiles) -> None:
        self._files = files

    def batch(self, step: int) -> PanopticMetrics:
        metrics = self._files.metrics()
        self._files.count(self._files.image_ids[step], metrics)
        return metrics
