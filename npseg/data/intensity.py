"""From the numbers in a file to the numbers a network likes: scaled to 0..1, then normalised per channel."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from typing import Any

import numpy as np

from npseg.data.config import DataConfig
from npseg.data.dataset import Dataset
from npseg.errors import DataError

__all__ = ["Intensity", "conform_channels"]

_FIT_IMAGES = 256  # mean and deviation settle long before; more would only make the start slow
_SENSOR_RANGES = (255, 1023, 4095, 16383, 65535)  # of 8, 10, 12, 14 and 16 bits


@dataclass(frozen=True)
class Intensity:
    """How images become input of a network. Made by `fit` on the training split, stored in the run, used ever after.

    With `scaling` "range", 8-bit images are divided by 255 and 16-bit ones by the smallest sensor range (10,
    12, 14 or 16 bits) that held the training images; other types by the extremes met in training. With
    "percentile", each channel of each image goes from its own `percentiles` to 0..1 and is clipped there.
    """

    scaling: str
    percentiles: tuple[float, float]
    channels: str
    mean: tuple[float, ...]
    std: tuple[float, ...]
    limits: dict[str, tuple[float, float]] = field(default_factory=dict)

    @classmethod
    def fit(cls, dataset: Dataset, config: DataConfig) -> Intensity:
        """Learn ranges, means and deviations from the training split (at most 256 images, evenly spread)."""
        if len(dataset) == 0:
            raise DataError("Intensity.fit: the training split is empty")
        spread = np.linspace(0, len(dataset) - 1, min(len(dataset), _FIT_IMAGES))
        chosen = np.unique(spread.round().astype(int))
        channels = conform_channels(dataset[int(chosen[0])].image, config.channels).shape[2]
        plain = cls(config.scaling, config.percentiles, config.channels, (0.0,) * channels, (1.0,) * channels)
        if config.scaling == "range":
            plain = _with_limits(plain, _extremes(dataset, chosen))
        if not config.normalise:
            return plain
        count, total, squares = 0, np.zeros(channels), np.zeros(channels)
        for index in chosen:
            sample = dataset[int(index)]
            scaled = _named(plain.apply, sample.image, sample.name).reshape(-1, channels).astype(np.float64)
            count += len(scaled)
            total += scaled.sum(axis=0)
            squares += np.square(scaled).sum(axis=0)
        mean = total / count
        std = np.sqrt(np.maximum(squares / count - mean**2, 0.0))
        std = np.where(std < 1e-6, 1.0, std)  # a constant channel stays zero instead of becoming noise
        return replace(plain, mean=tuple(mean.tolist()), std=tuple(std.tolist()))

    @property
    def in_channels(self) -> int:
        return len(self.mean)

    def apply(self, image: np.ndarray) -> np.ndarray:
        """Image `(H, W, C)` or `(H, W)` of any type -> float32 `(H, W, in_channels)`."""
        image = self.conform(image)
        return self.normalise(self.scale(image, self.window(image)))

    def conform(self, image: np.ndarray) -> np.ndarray:
        """The image with the channels of the training images; raises `DataError` when it has others."""
        image = conform_channels(image, self.channels)
        if image.shape[2] != self.in_channels:
            number = image.shape[2]
            raise DataError(
                f"image has {number} channel{'s' * (number != 1)}, training images have {self.in_channels}: convert it "
                "(when training, --set data.channels=grey or rgb reads all images alike)"
            )
        return image

    def window(self, image: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Values that go to 0 and to 1, per channel. Of a whole image: a crop must be scaled like its image."""
        channels = image.shape[2]
        if self.scaling == "percentile":
            low, high = np.percentile(image.reshape(-1, channels), self.percentiles, axis=0)
            return low, high
        low, high = self.limits.get(image.dtype.name, _type_range(image.dtype))
        return np.full(channels, low), np.full(channels, high)

    def scale(self, image: np.ndarray, window: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
        """Scale an image or a crop to 0..1, float32."""
        low, high = window
        width = np.where(high > low, high - low, 1.0)
        scaled = (image - low.astype(np.float32)) * (1.0 / width).astype(np.float32)
        if self.scaling == "percentile":
            np.clip(scaled, 0.0, 1.0, out=scaled)
        return scaled.astype(np.float32, copy=False)

    def normalise(self, scaled: np.ndarray) -> np.ndarray:
        """Subtract the mean and divide by the deviation of the training images."""
        return (scaled - np.asarray(self.mean, np.float32)) / np.asarray(self.std, np.float32)

    def to_dict(self) -> dict[str, Any]:
        """Numbers, strings and lists only: `from_dict(json.loads(json.dumps(x.to_dict())))` is `x` again."""
        kept = asdict(self)
        for name in ("percentiles", "mean", "std"):
            kept[name] = list(kept[name])
        kept["limits"] = {name: list(pair) for name, pair in self.limits.items()}
        return kept

    @classmethod
    def from_dict(cls, kept: dict[str, Any]) -> Intensity:
        try:
            return cls(
                scaling=kept["scaling"],
                percentiles=(kept["percentiles"][0], kept["percentiles"][1]),
                channels=kept["channels"],
                mean=tuple(kept["mean"]),
                std=tuple(kept["std"]),
                limits={name: (pair[0], pair[1]) for name, pair in kept["limits"].items()},
            )
        except (KeyError, TypeError, IndexError) as error:
            raise DataError(f"Intensity.from_dict: not a stored intensity ({error!r})") from error


def conform_channels(image: np.ndarray, mode: str) -> np.ndarray:
    """`(H, W)` or `(H, W, C)` -> `(H, W, C')` by the setting `data.channels`.

    >>> conform_channels(np.zeros((2, 2), np.uint8), "rgb").shape
    (2, 2, 3)
    >>> conform_channels(np.array([[[1, 5, 3]]], np.uint8), "max").tolist()
    [[[5]]]
    """
    if image.ndim == 2:
        image = image[:, :, None]
    if image.ndim != 3:
        raise DataError(f"an image must be (H, W) or (H, W, C), got shape {image.shape}")
    channels = image.shape[2]
    if mode == "max" and channels > 1:
        return image.max(axis=2, keepdims=True)
    if mode == "grey" and channels > 1:
        mean = image.mean(axis=2, keepdims=True, dtype=np.float64)
        return (mean.round() if image.dtype.kind in "iub" else mean).astype(image.dtype)
    if mode == "rgb" and channels == 1:
        return np.repeat(image, 3, axis=2)
    return image


def _type_range(dtype: np.dtype) -> tuple[float, float]:
    if dtype.kind == "u":
        return 0.0, float(np.iinfo(dtype).max)
    if dtype.kind == "i":
        return float(np.iinfo(dtype).min), float(np.iinfo(dtype).max)
    return 0.0, 1.0


def _extremes(dataset: Dataset, chosen: np.ndarray) -> dict[str, tuple[float, float]]:
    found: dict[str, tuple[float, float]] = {}
    for index in chosen:
        image = dataset[int(index)].image
        low, high = found.get(image.dtype.name, (np.inf, -np.inf))
        found[image.dtype.name] = min(low, float(image.min())), max(high, float(image.max()))
    return found


def _with_limits(plain: Intensity, extremes: dict[str, tuple[float, float]]) -> Intensity:
    limits = {}
    for name, (low, high) in extremes.items():
        if name in ("uint8", "bool"):
            limits[name] = 0.0, _type_range(np.dtype(np.uint8))[1] if name == "uint8" else 1.0
        elif name == "uint16":
            limits[name] = 0.0, float(next(top for top in _SENSOR_RANGES[1:] if high <= top))
        else:
            limits[name] = low, high if high > low else low + 1.0
    return replace(plain, limits=limits)


def _named(apply: Any, image: np.ndarray, name: str) -> np.ndarray:
    try:
        return apply(image)
    except DataError as error:
        raise DataError(f"{name}: {error}") from error
