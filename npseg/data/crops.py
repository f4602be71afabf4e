"""How large training crops should be where the images are small: a crop that no image fills is padding for the rest."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from npseg.data.config import DataConfig
from npseg.data.files import read_sides
from npseg.data.folder import declared_splits, open_folder
from npseg.data.sources import existing_path, is_builtin
from npseg.errors import NpsegError

__all__ = ["fitting_crop", "share_of_padding", "small_images"]

# Models take any size, but the coarsest maps of the FCNs come out even only at these.
_MULTIPLE = 32


def small_images(source: str | Path, config: DataConfig) -> list[tuple[int, int]]:
    """Shorter and longer side of every training image, if all are too small for crops of `config.crop_size`; else none.

    Where splits are still to be made, every image counts. Only heads of files are read, and those up to the first image
    that is large enough. The built-in sets suit their recipes, and are not looked at.
    """
    if is_builtin(source):
        return []
    sides = []
    try:
        folder = open_folder(existing_path(source), config)
        splits = declared_splits(folder) or ["train"] * len(folder.layout.records)
        for record, split in zip(folder.layout.records, splits):
            if split == "train":
                sides.append(read_sides(record.image))
                if fitting_crop(sides[-1:]) >= config.crop_size:
                    return []
    except NpsegError:
        return []  # whatever is wrong with the source is said by whoever reads it next
    return sides


def fitting_crop(sides: Sequence[tuple[int, int]]) -> int:
    """The smallest crop that a model halves evenly and that holds the largest square within any image.

    Squares, since a crop as long as a narrow image is long would be padded beside it.

    >>> fitting_crop([(60, 60), (40, 200)])
    64
    """
    largest = max(shorter for shorter, _ in sides)
    return -(-largest // _MULTIPLE) * _MULTIPLE


def share_of_padding(sides: Sequence[tuple[int, int]], crop_size: int) -> float:
    """The share of crops of that size, as many of each image, that lies outside of the images.

    >>> share_of_padding([(64, 64)], 256)
    0.9375
    """
    inside = sum(min(shorter, crop_size) * min(longer, crop_size) for shorter, longer in sides)
    return 1 - inside / (len(sides) * crop_size**2)
