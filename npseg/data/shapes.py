"""`shapes`: drawn scenes with exact labels, for machines without data.

Each scene is a function of (split, index): discs shaded like balls, flat polygons, striped blobs, thin wires
and, rarely, a small star, thrown over each other in random order on a mottled ground, with soft shadows,
vignetting and noise. Colour hints; form, shading and texture tell the class.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from npseg.data.config import DataConfig
from npseg.data.dataset import SPLITS, Dataset, DatasetInfo, DataSource, Sample
from npseg.randomness import Purpose, generator

__all__ = ["CLASSES", "RECIPE", "load_shapes", "scene"]

CLASSES = ("background", "disc", "polygon", "stripes", "wire", "star")
BACKGROUND, DISC, POLYGON, STRIPES, WIRE, STAR = range(6)
_PALETTE = ((24, 24, 32), (66, 133, 244), (240, 140, 40), (60, 180, 90), (220, 60, 130), (250, 225, 60))
_DESIGN_SIDE = 128  # sizes of objects are given in pixels of a scene of this side
_WORLD = 2015  # seed of all scenes: the data set is one and the same for everybody

RECIPE = {
    "data": {"crop_size": 96, "batch_size": 8, "rare_crop": 0.5},
    "augment": {"scale": [0.8, 1.25], "flip_vertical": True, "brightness": 0.1, "contrast": 0.1},
    "model": {"base_channels": 16},
    # Unweighted, a short training leaves the stars dead: 0.5 % of the pixels.
    "loss": {"cross_entropy": 1.0, "dice": 1.0, "class_weights": [1, 1, 1, 1, 1, 4]},
    "optim": {"name": "adamw", "lr": 0.004, "schedule": "one_cycle"},
    "train": {"steps": 250},
}

_COOL, _WARM = (0.4, 0.8), (0.85, 1.2)  # hues that discs and polygons like best

Grid = tuple[np.ndarray, np.ndarray]
Colour = np.ndarray
Object = tuple[np.ndarray, np.ndarray, int, float]  # signed distance, paint, label, strength of shadow


def load_shapes(config: DataConfig) -> DataSource:
    """The synthetic data set; scenes are drawn when first asked for and kept."""
    info = DatasetInfo("shapes", CLASSES, np.array(_PALETTE, np.uint8), None, 3, RECIPE)
    side = config.shapes_size

    def split(number: int, name: str, count: int) -> Dataset:
        names = [f"{name}_{index:04d}" for index in range(count)]

        def read(index: int) -> Sample:
            image, mask = scene(number, index, side)
            return Sample(image, mask, names[index])

        return Dataset(names, read, cache_mb=config.cache_mb)

    splits = {name: split(i, name, config.shapes_counts[i]) for i, name in enumerate(SPLITS)}
    return DataSource(info, splits)


def scene(split: int, index: int, side: int = _DESIGN_SIDE) -> tuple[np.ndarray, np.ndarray]:
    """Draw one scene: image `(side, side, 3)` uint8 and labels `(side, side)` uint8."""
    # The split goes into the epoch's place, so that no two splits share a scene.
    rng = generator(_WORLD, Purpose.SCENE, split, index)
    unit = side / _DESIGN_SIDE
    rows, columns = np.mgrid[0:side, 0:side].astype(np.float32)
    grid = ((rows + 0.5) / unit, (columns + 0.5) / unit)
    image = _ground(rng, grid)
    mask = np.full((side, side), BACKGROUND, np.uint8)

    objects = [_draw_disc] * rng.integers(1, 4) + [_draw_polygon] * rng.integers(1, 4)
    objects += [_draw_stripes] * rng.integers(1, 3) + [_draw_wire] * rng.integers(1, 4)
    order = rng.permutation(len(objects))
    stars = [_draw_star] * rng.integers(0, 3)
    for draw in [objects[i] for i in order] + stars:
        distance, paint, label, shadow = draw(rng, grid)
        image = _cast_shadow(image, distance, shadow)
        cover = np.clip(0.5 - distance * unit, 0.0, 1.0)[:, :, None]
        image = image * (1 - cover) + paint * cover
        mask[distance < 0] = label
    return _photograph(rng, image, grid), mask


def _draw_disc(rng: np.random.Generator, grid: Grid) -> Object:
    row, column = rng.uniform(8, 120, 2)
    radius = rng.uniform(9, 22)
    dy, dx = grid[0] - row, grid[1] - column
    distance = np.hypot(dy, dx) - radius
    light = np.radians(rng.uniform(200, 250))
    # A sphere lit from the upper left: diffuse term from its normal, and a highlight.
    height = np.sqrt(np.maximum(0.0, 1 - (dy**2 + dx**2) / radius**2))
    facing = (dy * np.sin(light) + dx * np.cos(light)) / radius * 0.65 + height * 0.75
    shade = 0.3 + 0.7 * np.clip(facing, 0, 1)
    glint = np.clip((facing - 0.93) / 0.07, 0, 1) ** 2
    paint = _vivid(rng, _COOL) * shade[:, :, None] + 0.7 * glint[:, :, None]
    return distance, paint, DISC, 0.45


def _draw_polygon(rng: np.random.Generator, grid: Grid) -> Object:
    row, column = rng.uniform(8, 120, 2)
    dy, dx = grid[0] - row, grid[1] - column
    corners = int(rng.choice([3, 4, 4, 5]))
    turns = 2 * np.pi * (np.arange(corners) + rng.uniform(0, 1) + rng.uniform(-0.12, 0.12, corners)) / corners
    reach = rng.uniform(9, 17) * rng.uniform(0.8, 1.2, corners) * (0.75 if corners == 3 else 1.0)
    distance = np.max([dy * np.sin(t) + dx * np.cos(t) - r for t, r in zip(turns, reach)], axis=0)
    slope = rng.uniform(-0.006, 0.006, 2)
    tone = _vivid(rng, _WARM) * (0.85 + dy * slope[0] + dx * slope[1])[:, :, None]
    rim = np.clip((distance + 2.2) / 0.8, 0, 1)[:, :, None]  # a dark edge of two pixels
    return distance, tone * (1 - 0.6 * rim), POLYGON, 0.45


def _draw_stripes(rng: np.random.Generator, grid: Grid) -> Object:
    row, column = rng.uniform(12, 116, 2)
    dy, dx = grid[0] - row, grid[1] - column
    turn = np.arctan2(dy, dx)
    wobble = sum(rng.uniform(-0.16, 0.16) * np.cos(k * turn + rng.uniform(0, 2 * np.pi)) for k in (2, 3, 4))
    distance = np.hypot(dy, dx) - rng.uniform(14, 24) * (1 + wobble)
    along = np.radians(rng.uniform(0, 180))
    wave = np.sin((dy * np.sin(along) + dx * np.cos(along)) * 2 * np.pi / rng.uniform(5, 9))
    blend = np.clip(0.5 + 1.5 * wave, 0, 1)[:, :, None]
    first, second = _vivid(rng), _vivid(rng) * 0.45
    return distance, first * blend + second * (1 - blend), STRIPES, 0.3


def _draw_wire(rng: np.random.Generator, grid: Grid) -> Object:
    side = _DESIGN_SIDE
    turn = rng.uniform(0, 2 * np.pi)
    across = np.array([np.sin(turn), np.cos(turn)])
    middle = rng.uniform(0.25, 0.75, 2) * side
    ends = middle + np.outer([-0.75, -0.25, 0.25, 0.75], across) * side
    ends += rng.uniform(-0.22, 0.22, (4, 2)) * side
    t = np.linspace(0, 1, 33)
    bezier = np.stack([(1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t**2 * (1 - t), t**3], axis=1)
    path = bezier @ ends
    nearest = np.full(grid[0].shape, np.inf, np.float32)
    for (y0, x0), (y1, x1) in pairwise(path):
        ey, ex = y1 - y0, x1 - x0
        share = np.clip(((grid[0] - y0) * ey + (grid[1] - x0) * ex) / (ey * ey + ex * ex + 1e-9), 0, 1)
        np.minimum(nearest, (grid[0] - y0 - share * ey) ** 2 + (grid[1] - x0 - share * ex) ** 2, out=nearest)
    distance = np.sqrt(nearest)
    radius = rng.uniform(1.1, 1.8)
    tone = rng.uniform(0.85, 1.0) * np.array([1.0, 0.98, 0.94])
    # Lit along its middle, like a cord.
    paint = tone * (1.1 - 0.35 * np.clip(distance / radius, 0, 1))[:, :, None]
    return distance - radius, paint, WIRE, 0.25


def _draw_star(rng: np.random.Generator, grid: Grid) -> Object:
    row, column = rng.uniform(10, 118, 2)
    radius = rng.uniform(6, 9)
    dy, dx = grid[0] - row, grid[1] - column
    fifth = 2 * np.pi / 5
    # Fold the plane into half of one of five points; the edge is then a line from the tip to the notch.
    turn = np.abs((np.arctan2(dy, dx) + rng.uniform(0, fifth)) % fifth - fifth / 2)
    distance_out, aside = np.hypot(dy, dx) * np.cos(turn), np.hypot(dy, dx) * np.sin(turn)
    notch_out, notch_aside = 0.45 * radius * np.cos(fifth / 2), 0.45 * radius * np.sin(fifth / 2)
    normal = np.array([notch_aside, radius - notch_out])
    normal /= np.hypot(*normal)
    distance = (distance_out - radius) * normal[0] + aside * normal[1]
    gold = np.array([1.0, 0.84, 0.2]) * rng.uniform(0.9, 1.05)
    paint = gold * (1.1 - 0.35 * np.clip(np.hypot(dy, dx) / radius, 0, 1))[:, :, None]
    return distance, paint, STAR, 0.5


def _ground(rng: np.random.Generator, grid: Grid) -> np.ndarray:
    """Two muted tones mixed by slow waves, with a fine grain."""
    tones = [_hsv(rng.uniform(0, 1), rng.uniform(0.05, 0.25), rng.uniform(0.35, 0.75)) for _ in range(2)]
    mix = np.zeros_like(grid[0])
    for _ in range(4):
        wave = rng.uniform(-1, 1, 2) * 2 * np.pi / rng.uniform(40, 140)
        mix += np.sin(grid[0] * wave[0] + grid[1] * wave[1] + rng.uniform(0, 2 * np.pi))
    mix = np.clip(0.5 + 0.25 * mix, 0, 1)[:, :, None]
    # A stream of its own, so that what is drawn next does not depend on the number of pixels.
    grain = rng.spawn(1)[0].normal(0, 0.02, grid[0].shape)[:, :, None]
    return tones[0] * mix + tones[1] * (1 - mix) + grain


def _cast_shadow(image: np.ndarray, distance: np.ndarray, strength: float) -> np.ndarray:
    """Darken what lies to the lower right of an object, softly."""
    side = distance.shape[0]
    shift = max(1, round(3 * side / _DESIGN_SIDE))
    moved = np.pad(distance, ((shift, 0), (shift, 0)), mode="edge")[:side, :side]
    shade = strength * np.clip(0.5 - moved / 5, 0, 1)
    return image * (1 - shade[:, :, None])


def _photograph(rng: np.random.Generator, image: np.ndarray, grid: Grid) -> np.ndarray:
    """Vignetting, exposure and sensor noise, then 8 bits."""
    middle = _DESIGN_SIDE / 2
    falloff = 1 - rng.uniform(0, 0.25) * ((grid[0] - middle) ** 2 + (grid[1] - middle) ** 2) / (2 * middle**2)
    image = image * falloff[:, :, None] * rng.uniform(0.85, 1.1)
    image = image + rng.normal(0, rng.uniform(0.01, 0.035), image.shape)
    return np.rint(np.clip(image, 0, 1) * 255).astype(np.uint8)


def _vivid(rng: np.random.Generator, hues: tuple[float, float] | None = None) -> Colour:
    """A strong colour; four times in five from a range of hues, if one is given."""
    low, high = hues if hues is not None and rng.random() < 0.8 else (0.0, 1.0)
    return _hsv(rng.uniform(low, high), rng.uniform(0.45, 0.9), rng.uniform(0.7, 1.0))


def _hsv(hue: float, saturation: float, value: float) -> Colour:
    """Hue, saturation, value, each 0 to 1 -> red, green, blue."""
    wheel = np.abs((hue + np.array([0, 2 / 3, 1 / 3])) % 1 * 6 - 3) - 1
    return value * (1 - saturation * (1 - np.clip(wheel, 0, 1)))
