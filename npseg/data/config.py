"""The settings of the data: what the files mean, how they are cut into batches, how they are varied.

Simple types only, so that every field can be set from TOML and from the command line (`--set data.batch_size=4`).
Lists become tuples; values outside their range raise `ConfigError` when the settings are made.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

from npseg.errors import ConfigError, near_matches

__all__ = ["CHANNEL_MODES", "SAMPLINGS", "SCALINGS", "AugmentConfig", "DataConfig"]

SCALINGS = ("range", "percentile")
SAMPLINGS = ("uniform", "class_balanced")
CHANNEL_MODES = ("auto", "grey", "rgb", "max")


@dataclass(frozen=True)
class DataConfig:
    """How images and masks are read, split, scaled and put into batches. Empty or None: the data set decides.

    What the files mean (these win over `dataset.toml`):
    - `classes`: names of the classes 0, 1, ...
    - `ignore_index`: the label that counts for nothing.
    - `mask_values`: "auto" (a label is its class), "binary" (0 is background, all else foreground; JPEG is cut at 128)
      or the raw value of each class, as in "0,128,255" or a list (kept as such a text).
    - `colours`: one colour per class ("#rrggbb"), for masks painted in colours.
    - `images`, `masks`: names of the two folders, when they are unusual.
    - `channels`: "auto" (as in the file, without alpha), "grey" (mean), "rgb" (grey is repeated) or "max" (channel
      maximum).
    - `groups`: regular expression over image names; equal matches (or first groups) are never split.
    - `splits`: shares of train, val and test, where the data set brings no splits; `split_seed` shuffles.

    Intensities: `scaling` "range" (by the number type) or "percentile" (each image by its `percentiles`),
    then `normalise` per channel with mean and deviation learnt from the training split.

    Batches: `batch_size` crops of `crop_size` x `crop_size` pixels (a run on smaller images that sets none takes
    smaller ones); `sampling` "uniform" (each image once per epoch) or "class_balanced" (first a class, then an
    image and a crop that contain it); `rare_crop` is the share of crops placed on a rare class, which is one with
    less than `rare_below` of all labelled pixels; `workers` threads prepare batches ahead (0: none); decoded
    images are kept up to `cache_mb` megabytes.

    `shapes_size`, `shapes_counts`: side in pixels and number of train, val and test scenes of the `shapes` data.
    """

    classes: tuple[str, ...] = ()
    ignore_index: int | None = None
    mask_values: str | tuple[int, ...] = "auto"
    colours: tuple[str, ...] = ()
    images: str = ""
    masks: str = ""
    channels: str = "auto"
    groups: str = ""
    splits: tuple[float, float, float] = (0.7, 0.15, 0.15)
    split_seed: int = 0
    scaling: str = "range"
    percentiles: tuple[float, float] = (1.0, 99.8)
    normalise: bool = True
    batch_size: int = 4
    crop_size: int = 256
    sampling: str = "uniform"
    rare_crop: float = 0.0
    rare_below: float = 0.02
    workers: int = 1
    cache_mb: int = 1024
    shapes_size: int = 128
    shapes_counts: tuple[int, int, int] = (200, 40, 40)

    def __post_init__(self) -> None:
        _lists_to_tuples(self)
        if isinstance(self.mask_values, tuple):
            object.__setattr__(self, "mask_values", ",".join(map(str, self.mask_values)))
        _one_of("data.scaling", self.scaling, SCALINGS)
        _one_of("data.sampling", self.sampling, SAMPLINGS)
        _one_of("data.channels", self.channels, CHANNEL_MODES)
        for name in ("batch_size", "crop_size", "cache_mb"):
            _require(getattr(self, name) >= 1, f"data.{name}", "at least 1", getattr(self, name))
        _require(self.workers >= 0, "data.workers", "0 (no threads) or more", self.workers)
        _require(0 <= self.rare_crop <= 1, "data.rare_crop", "a probability from 0 to 1", self.rare_crop)
        low, high = _pair("data.percentiles", self.percentiles)
        _require(0 <= low < high <= 100, "data.percentiles", "0 <= low < high <= 100", self.percentiles)
        _require(
            len(self.splits) == 3 and min(self.splits) >= 0 and abs(sum(self.splits) - 1) < 1e-6,
            "data.splits",
            "three shares (train, val, test) that sum to 1",
            self.splits,
        )
        _require(
            len(self.shapes_counts) == 3 and min(self.shapes_counts) >= 0,
            "data.shapes_counts",
            "three counts (train, val, test)",
            self.shapes_counts,
        )
        _require(self.shapes_size >= 16, "data.shapes_size", "at least 16 pixels", self.shapes_size)


@dataclass(frozen=True)
class AugmentConfig:
    """How training crops are varied. `enabled=False` leaves plain random crops.

    Geometry: `scale` (smallest and largest zoom, drawn evenly in its logarithm), `rotate` (largest angle in
    degrees), `flip_horizontal`, `flip_vertical`, `rotate90`. Masks are never interpolated. What lies outside
    the image is mirrored, and its labels are the ignore value.

    Intensities, in units of the scaled image (0 to 1): `brightness` (largest shift), `contrast` (largest
    relative change about the mean), `gamma` (largest relative change of the exponent), `noise` (largest
    standard deviation). Zero switches each off.
    """

    enabled: bool = True
    scale: tuple[float, float] = (0.75, 1.33)
    rotate: float = 0.0
    flip_horizontal: bool = True
    flip_vertical: bool = False
    rotate90: bool = False
    brightness: float = 0.1
    contrast: float = 0.1
    gamma: float = 0.0
    noise: float = 0.0

    def __post_init__(self) -> None:
        _lists_to_tuples(self)
        low, high = _pair("augment.scale", self.scale)
        _require(0 < low <= high, "augment.scale", "0 < smallest <= largest", self.scale)
        _require(0 <= self.rotate <= 180, "augment.rotate", "0 to 180 degrees", self.rotate)
        for name in ("brightness", "noise"):
            _require(getattr(self, name) >= 0, f"augment.{name}", "0 (off) or more", getattr(self, name))
        for name in ("contrast", "gamma"):
            value = getattr(self, name)
            _require(0 <= value < 1, f"augment.{name}", "from 0 (off) to below 1", value)


def _lists_to_tuples(config: Any) -> None:
    for field in dataclasses.fields(config):
        value = getattr(config, field.name)
        if isinstance(value, list):
            object.__setattr__(config, field.name, tuple(value))


def _pair(name: str, value: Any) -> tuple[float, float]:
    _require(isinstance(value, tuple) and len(value) == 2, name, "two numbers", value)
    return value[0], value[1]


def _require(holds: bool, name: str, expected: str, value: Any) -> None:
    if not holds:
        raise ConfigError(f"{name} must be {expected}, got {value!r}")


def _one_of(name: str, value: str, known: tuple[str, ...]) -> None:
    if value not in known:
        raise ConfigError(f"{name}: unknown value {value!r}{near_matches(str(value), known)}")
