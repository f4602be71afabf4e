"""What every source of data hands over: samples, data sets, and what is known about them."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from npseg.errors import DataError

__all__ = ["SPLITS", "DataSource", "Dataset", "DatasetInfo", "Sample"]

SPLITS = ("train", "val", "test")
MEGABYTE = 1 << 20


@dataclass(frozen=True)
class Sample:
    """One image `(H, W, C)` in the number type of its file, and its labels `(H, W)`, or None where there are none."""

    image: np.ndarray
    mask: np.ndarray | None
    name: str
    group: str | None = None


@dataclass(frozen=True)
class DatasetInfo:
    """What a model and a trainer must know about a data set.

    `palette` is `(K, 3)` uint8. `recipe` holds sections of the run configuration, such as
    `{"model": {"base_channels": 16}}`.
    """

    name: str
    classes: tuple[str, ...]
    palette: np.ndarray
    ignore_index: int | None = None
    in_channels: int = 3
    recipe: dict[str, Any] = field(default_factory=dict)

    @property
    def num_classes(self) -> int:
        return len(self.classes)

    @property
    def padding_label(self) -> int:
        """The label of pixels outside the image: the ignore value, or one that no class has (255, else -1).

        Whatever trains on batches passes this on as `ignore_index` to its loss.
        """
        if self.ignore_index is not None:
            return self.ignore_index
        return 255 if self.num_classes <= 255 else -1


class Dataset:
    """A list of samples that are read when asked for; decoded ones are kept as long as they fit.

    `read(i)` returns the i-th `Sample`; it may be called from several threads. `read_mask(i)` is for those
    who want the mask alone, without paying for the image. Arrays are handed out read-only.
    """

    def __init__(
        self,
        names: Sequence[str],
        read: Callable[[int], Sample],
        *,
        read_mask: Callable[[int], np.ndarray | None] | None = None,
        groups: Sequence[str | None] | None = None,
        cache_mb: float = 1024,
    ) -> None:
        self.names = list(names)
        self.groups: list[str | None] = list(groups) if groups is not None else [None] * len(self.names)
        self._read, self._read_mask = read, read_mask
        self._kept: OrderedDict[int, Sample] = OrderedDict()
        self._capacity = self._room = int(cache_mb * MEGABYTE)
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self.names)

    def __getitem__(self, index: int) -> Sample:
        if index < 0:
            index += len(self)
        if not 0 <= index < len(self):
            raise IndexError(f"Dataset: index {index} is outside of {len(self)} samples")
        with self._lock:
            if index in self._kept:
                self._kept.move_to_end(index)
                return self._kept[index]
        sample = self._read(index)
        sample.image.flags.writeable = False
        if sample.mask is not None:
            sample.mask.flags.writeable = False
        self._keep(index, sample)
        return sample

    def __iter__(self) -> Iterator[Sample]:
        for index in range(len(self)):
            yield self[index]

    def mask(self, index: int) -> np.ndarray | None:
        """The labels of one sample, without reading its image where that is possible."""
        with self._lock:
            kept = self._kept.get(index)
        if kept is not None or self._read_mask is None:
            return self[index].mask
        return self._read_mask(index)

    def _keep(self, index: int, sample: Sample) -> None:
        with self._lock:
            if index in self._kept or _bytes(sample) > self._capacity:
                return
            self._kept[index] = sample
            self._room -= _bytes(sample)
            while self._room < 0:
                _, dropped = self._kept.popitem(last=False)
                self._room += _bytes(dropped)


def _bytes(sample: Sample) -> int:
    return sample.image.nbytes + (0 if sample.mask is None else sample.mask.nbytes)


@dataclass
class DataSource:
    """A data set with its splits. `notes` says what was inferred, one sentence each, to show to the user."""

    info: DatasetInfo
    splits: dict[str, Dataset]
    notes: list[str] = field(default_factory=list)

    def split(self, name: str) -> Dataset:
        """The split of that name; raises `DataError` when there is none or it is empty."""
        found = self.splits.get(name)
        if found is None or len(found) == 0:
            there = ", ".join(f"{key} ({len(value)})" for key, value in self.splits.items() if len(value))
            raise DataError(
                f"{self.info.name}: the split {name!r} is empty; there are: {there or 'no images at all'}. "
                "Set shares with --set data.splits=0.7,0.15,0.15 or name files in dataset.toml"
            )
        return found
