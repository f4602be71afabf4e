"""Random crops and what is done to them. Masks are picked, never interpolated.

A crop is drawn first as a handful of numbers (`Crop`), then cut: one affine map takes care of zoom and angle,
and where both are absent the pixels are copied exactly.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from npseg.data.config import AugmentConfig

__all__ = ["Crop", "cut_image", "cut_mask", "draw_crop", "vary_intensity"]

_FOCUS_MARGIN = 0.1  # share of the crop, at each side, where the pixel in focus is not placed


@dataclass(frozen=True)
class Crop:
    """A square window on an image: side in output pixels, centre in image pixels, zoom, angle in degrees, flips."""

    size: int
    centre: tuple[float, float]
    scale: float = 1.0
    angle: float = 0.0
    flip_vertical: bool = False
    flip_horizontal: bool = False
    quarter_turns: int = 0

    @property
    def exact(self) -> bool:
        return self.scale == 1.0 and self.angle == 0.0


def draw_crop(
    rng: np.random.Generator,
    shape: tuple[int, int],
    size: int,
    config: AugmentConfig,
    focus: tuple[int, int] | None = None,
) -> Crop:
    """Draw a window of `size` x `size` output pixels on an image of `shape` (H, W), with the pixel `focus` in it.

    An image smaller than the window lies somewhere inside it, whole.
    """
    on = config.enabled
    low, high = config.scale if on else (1.0, 1.0)
    scale = float(np.exp(rng.uniform(np.log(low), np.log(high)))) if high > low else float(low)
    angle = float(rng.uniform(-config.rotate, config.rotate)) if on and config.rotate > 0 else 0.0
    centre = np.zeros(2)
    if focus is not None:
        reach = size * (0.5 - _FOCUS_MARGIN)
        centre = np.asarray(focus) - _output_to_image(scale, angle) @ rng.uniform(-reach, reach, 2)
    for axis in range(2):
        half = size / scale / 2
        first, last = sorted((half - 0.5, shape[axis] - 0.5 - half))
        drawn = rng.uniform(first, last)
        centre[axis] = drawn if focus is None else np.clip(centre[axis], first, last)
    return Crop(
        size=size,
        centre=(float(centre[0]), float(centre[1])),
        scale=scale,
        angle=angle,
        flip_vertical=bool(on and config.flip_vertical and rng.random() < 0.5),
        flip_horizontal=bool(on and config.flip_horizontal and rng.random() < 0.5),
        quarter_turns=int(rng.integers(4)) if on and config.rotate90 else 0,
    )


def cut_image(image: np.ndarray, crop: Crop) -> np.ndarray:
    """`(H, W, C)` -> `(size, size, C)` of the same type: bilinear, mirrored outside of the image."""
    if crop.exact:
        rows, columns = _window(crop)
        cut = image[np.ix_(_mirrored(rows, image.shape[0]), _mirrored(columns, image.shape[1]))]
        return _turned(cut, crop)
    from scipy import ndimage

    matrix, offset = _affine(crop)
    cut = np.empty((crop.size, crop.size, image.shape[2]), image.dtype)
    for channel in range(image.shape[2]):
        ndimage.affine_transform(
            image[:, :, channel], matrix, offset, output_shape=cut.shape[:2], output=cut[:, :, channel],
            order=1, mode="reflect", prefilter=False,
        )  # fmt: skip
    return _turned(cut, crop)


def cut_mask(mask: np.ndarray, crop: Crop, padding_label: int) -> np.ndarray:
    """`(H, W)` -> `(size, size)` int32: the nearest label, `padding_label` outside of the image."""
    if crop.exact:
        rows, columns = _window(crop)
        picked = mask[np.ix_(_mirrored(rows, mask.shape[0]), _mirrored(columns, mask.shape[1]))]
    else:
        # Rounded by hand: an interpolation routine of order 0 also drops the outer half of the border pixels.
        matrix, offset = _affine(crop)
        grid = np.indices((crop.size, crop.size)).reshape(2, -1)
        nearest = np.rint(matrix @ grid + offset[:, None]).astype(np.int64)
        rows, columns = nearest.reshape(2, crop.size, crop.size)
        picked = mask[_mirrored(rows, mask.shape[0]), _mirrored(columns, mask.shape[1])]
    outside_rows = (rows < 0) | (rows >= mask.shape[0])
    outside_columns = (columns < 0) | (columns >= mask.shape[1])
    outside = outside_rows[:, None] | outside_columns if crop.exact else outside_rows | outside_columns
    return _turned(np.where(outside, np.int32(padding_label), picked).astype(np.int32, copy=False), crop)


def vary_intensity(rng: np.random.Generator, scaled: np.ndarray, config: AugmentConfig) -> np.ndarray:
    """Brightness, contrast, gamma and noise of an image `(H, W, C)` scaled to 0..1; float32 in and out."""
    if not config.enabled:
        return scaled
    if config.gamma:
        exponent = np.exp(rng.uniform(np.log(1 - config.gamma), -np.log(1 - config.gamma)))
        scaled = np.power(np.maximum(scaled, 0.0), np.float32(exponent))
    if config.contrast:
        mean = scaled.mean(dtype=np.float64).astype(np.float32)
        scaled = (scaled - mean) * np.float32(rng.uniform(1 - config.contrast, 1 + config.contrast)) + mean
    if config.brightness:
        scaled = scaled + np.float32(rng.uniform(-config.brightness, config.brightness))
    if config.noise:
        deviation = np.float32(rng.uniform(0, config.noise))
        scaled = scaled + deviation * rng.standard_normal(scaled.shape, dtype=np.float32)
    return scaled


def _output_to_image(scale: float, angle: float) -> np.ndarray:
    cosine, sine = np.cos(np.radians(angle)), np.sin(np.radians(angle))
    return np.array([[cosine, -sine], [sine, cosine]]) / scale


def _affine(crop: Crop) -> tuple[np.ndarray, np.ndarray]:
    """Matrix and offset from output pixel (row, column) to image position."""
    matrix = _output_to_image(crop.scale, crop.angle)
    middle = (crop.size - 1) / 2
    return matrix, np.asarray(crop.centre) - matrix @ np.array([middle, middle])


def _window(crop: Crop) -> tuple[np.ndarray, np.ndarray]:
    first = [int(np.rint(c - (crop.size - 1) / 2)) for c in crop.centre]
    steps = np.arange(crop.size)
    return first[0] + steps, first[1] + steps


def _mirrored(positions: np.ndarray, length: int) -> np.ndarray:
    """Positions on an endless line -> positions in 0..length-1, as between two mirrors (edge pixels are repeated)."""
    folded = positions % (2 * length)
    return np.where(folded < length, folded, 2 * length - 1 - folded)


def _turned(array: np.ndarray, crop: Crop) -> np.ndarray:
    if crop.flip_vertical:
        array = array[::-1]
    if crop.flip_horizontal:
        array = array[:, ::-1]
    return np.ascontiguousarray(np.rot90(array, crop.quarter_turns, axes=(0, 1)))
