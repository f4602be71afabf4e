"""Small data sets on disk for the tests of npseg.data."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from npseg import data

MakeFolder = Callable[..., Path]


def picture(seed: int, height: int = 12, width: int = 16, channels: int = 3) -> np.ndarray:
    pixels = np.random.default_rng(seed).integers(0, 256, (height, width, channels), dtype=np.uint8)
    return pixels[:, :, 0] if channels == 1 else pixels


def three_labels(height: int = 12, width: int = 16) -> np.ndarray:
    labels = np.zeros((height, width), np.uint8)
    labels[2:6, 2:6], labels[8:, 8:] = 1, 2
    return labels


@pytest.fixture
def make_folder(tmp_path: Path) -> MakeFolder:
    """`make_folder("set", ["a", "b"])` writes images/a.png, masks/a.png, ... and returns the folder."""

    def make(
        name: str = "set",
        stems: list[str] | None = None,
        images: str = "images",
        masks: str = "masks",
        suffix: str = "",
    ) -> Path:
        root = tmp_path / name
        for seed, stem in enumerate(stems if stems is not None else [f"im{i}" for i in range(6)]):
            image, mask = root / images / f"{stem}.png", root / masks / f"{stem}{suffix}.png"
            image.parent.mkdir(parents=True, exist_ok=True)
            mask.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(picture(seed)).save(image)
            data.write_index_png(mask, three_labels(), data.voc_palette())
        return root

    return make
