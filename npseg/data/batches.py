"""Training batches as a pure function of the seed and the step."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from npseg.data.augment import cut_image, cut_mask, draw_crop, vary_intensity
from npseg.data.config import AugmentConfig, DataConfig
from npseg.data.dataset import Dataset, DatasetInfo
from npseg.data.intensity import Intensity
from npseg.data.sampling import Draw, class_counts, draw_sample, pixel_of_class, rare_classes
from npseg.errors import DataError
from npseg.randomness import Purpose, generator

__all__ = ["Batch", "TrainingBatches"]

Transform = Callable[..., dict[str, Any]]


@dataclass(frozen=True)
class Batch:
    """`images` float32 `(N, H, W, C)`, `labels` int32 `(N, H, W)`, and the names of the images they were cut from."""

    images: np.ndarray
    labels: np.ndarray
    names: list[str]


class TrainingBatches:
    """Random crops of a training split, varied and normalised.

    `batch(step)` depends on (seed, step) only, so batches can be prepared ahead, in any order and in any
    thread, and a resumed run sees what an uninterrupted one would have seen. Images that are smaller than the
    crop are mirrored; the labels outside of them are `info.padding_label`, which the loss must ignore.

    `transform(image=, mask=)` gets each crop in the number type of its file, before scaling, and returns a
    dict with both (as albumentations' do). The mask is uint8 where all labels fit. It must not change the
    size of the crop, and its own randomness is its own affair.
    """

    def __init__(
        self,
        dataset: Dataset,
        intensity: Intensity,
        info: DatasetInfo,
        data_config: DataConfig,
        augment_config: AugmentConfig,
        seed: int,
        transform: Transform | None = None,
    ) -> None:
        if len(dataset) == 0:
            raise DataError(f"{info.name}: the training split is empty")
        self.steps_per_epoch = -(-len(dataset) // data_config.batch_size)
        self._dataset, self._intensity, self._info = dataset, intensity, info
        self._data, self._augment = data_config, augment_config
        self._seed, self._transform = seed, transform
        self._windows: dict[int, tuple[np.ndarray, np.ndarray]] = {}
        self._lock = threading.Lock()
        self._counts: np.ndarray | None = None
        self._rare: np.ndarray | None = None
        if data_config.sampling == "class_balanced" or data_config.rare_crop > 0:
            self._counts = class_counts(dataset, info.num_classes)
            self._rare = rare_classes(self._counts, data_config.rare_below)
            if not self._counts.any():
                raise DataError(f"{info.name}: no pixel of the training split has a label")

    def batch(self, step: int) -> Batch:
        """The batch of that step, counted from 0. Epochs follow each other without a gap or a short batch."""
        size = self._data.batch_size
        crops = [self._crop(*divmod(step * size + place, len(self._dataset))) for place in range(size)]
        images, labels, names = zip(*crops)
        return Batch(np.stack(images), np.stack(labels), list(names))

    def _crop(self, epoch: int, place: int) -> tuple[np.ndarray, np.ndarray, str]:
        draw = draw_sample(
            self._seed, epoch, place, len(self._dataset), counts=self._counts,
            balanced=self._data.sampling == "class_balanced", rare=self._rare, rare_crop=self._data.rare_crop,
        )  # fmt: skip
        name = self._dataset.names[draw.index]
        try:
            return self._cut(draw, generator(self._seed, Purpose.AUGMENT, epoch, place))
        except DataError as error:
            if f"{name}:" in str(error):
                raise
            raise DataError(f"{name}: {error}") from error
        except Exception as error:
            error.add_note(f"while a training crop of {name} was prepared")
            raise

    def _cut(self, draw: Draw, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, str]:
        sample = self._dataset[draw.index]
        if sample.mask is None:
            raise DataError(f"{sample.name}: has no mask, and training needs one")
        image = self._intensity.conform(sample.image)
        focus = None if draw.focus is None else pixel_of_class(rng, sample.mask, draw.focus)
        crop = draw_crop(rng, sample.mask.shape, self._data.crop_size, self._augment, focus)
        cut, labels = cut_image(image, crop), cut_mask(sample.mask, crop, self._info.padding_label)
        if self._transform is not None:
            cut, labels = self._transformed(cut, labels)
        scaled = self._intensity.scale(cut, self._window(draw.index, image))
        scaled = vary_intensity(rng, scaled, self._augment)
        return self._intensity.normalise(scaled), labels, sample.name

    def _window(self, index: int, image: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        with self._lock:
            kept = self._windows.get(index)
        if kept is None:
            kept = self._intensity.window(image)
            with self._lock:
                self._windows[index] = kept
        return kept

    def _transformed(self, image: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        expected = image.shape
        small = self._info.num_classes <= 256 and 0 <= self._info.padding_label <= 255
        result = self._transform(image=image, mask=labels.astype(np.uint8) if small else labels)  # type: ignore[misc]
        if not isinstance(result, dict) or not {"image", "mask"} <= result.keys():
            raise DataError("transform(image=, mask=): must return a dict with 'image' and 'mask'")
        image, labels = np.asarray(result["image"]), np.asarray(result["mask"])
        if image.shape != expected or labels.shape != expected[:2]:
            raise DataError(
                f"transform: got a crop of shape {expected} and returned image {image.shape} and mask "
                f"{labels.shape}; it must keep the size (set data.crop_size and augment.scale instead)"
            )
        return image, labels.astype(np.int32)
