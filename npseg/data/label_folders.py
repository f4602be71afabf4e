"""Folders of label maps: which files of two or more folders belong together, and the numbers in them."""

from __future__ import annotations

import os
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from npseg.data.files import read_pixels
from npseg.data.masks import opaque
from npseg.data.problems import counted
from npseg.errors import DataError

__all__ = ["LABEL_SUFFIXES", "LabelFiles", "match_label_folders", "read_label_map"]

# No JPEG and no WebP: they smear labels, and stand beside masks as the images of these.
LABEL_SUFFIXES = (".png", ".tif", ".tiff", ".bmp", ".npy")
_NAMED = 5  # files that a message lists


@dataclass(frozen=True)
class LabelFiles:
    """One image: its name (the path in its folder, without suffix), the file of its truth and one per model."""

    image: str
    truth: Path
    predictions: tuple[Path, ...]


def match_label_folders(
    truth: str | Path, *predictions: str | Path, skip: Collection[Path] = ()
) -> list[LabelFiles]:  # fmt: skip
    """The label maps of a folder of truth with those of one or more folders of predictions, in order of their names.

    Files belong together when their paths within the folders agree without suffix; hidden files, those in `skip` and
    whatever is no label map by its suffix do not count. Raises `DataError` for a folder that is missing or empty, two
    files of one name, and files that are missing on either side.
    """
    folders = [Path(folder) for folder in (truth, *predictions)]
    found = [_label_maps(folder, skip) for folder in folders]
    for folder, files in zip(folders[1:], found[1:]):
        faults = _missing(found[0], files, folders[0], folder)
        if faults:
            raise DataError(
                f"{'; '.join(faults)}. A prediction must have the name of its truth, with any of the suffixes "
                f"{', '.join(LABEL_SUFFIXES)}"
            )
    return [
        LabelFiles(image, path, tuple(files[image] for files in found[1:])) for image, path in sorted(found[0].items())
    ]


def read_label_map(path: str | Path) -> np.ndarray:
    """The labels in a file `(H, W)`, of an integer type: the numbers as they stand, of palette files the indices.

    Raises `DataError` that names the file, for what cannot be read and what holds colours or fractions.
    """
    pixels = opaque(read_pixels(path).pixels)
    if pixels.ndim == 3 and pixels.shape[2] == 1:
        pixels = pixels[:, :, 0]
    if pixels.ndim == 3 and pixels.shape[2] == 3 and (pixels[:, :, :1] == pixels).all():
        pixels = pixels[:, :, 0]  # grey saved as colour
    if pixels.ndim == 3 and pixels.shape[2] == 3:
        raise DataError(
            f"{path}: is painted in colours, and which class each colour is cannot be told; save label maps as grey or "
            "palette PNG, in which a pixel is the number of its class"
        )
    if pixels.ndim != 2:
        raise DataError(f"{path}: has shape {pixels.shape}, expected one plane (H, W) of labels")
    if pixels.dtype.kind == "f":
        raise DataError(
            f"{path}: holds numbers of a type for fractions ({pixels.dtype}), and label maps hold integers: take the "
            "argmax of scores over the classes, cut probabilities at a threshold, or save labels as integers, first"
        )
    if pixels.dtype.kind == "b":
        pixels = pixels.view(np.uint8)
    if pixels.dtype.kind not in "iu":
        raise DataError(f"{path}: has type {pixels.dtype}, expected integers")
    return pixels


def _label_maps(folder: Path, skip: Collection[Path]) -> dict[str, Path]:
    """Label maps below a folder by their path without suffix."""
    if not folder.is_dir():
        what = "is a file; name the folder it is in" if folder.exists() else "there is no such folder"
        raise DataError(f"{folder}: {what}")
    found: dict[str, Path] = {}
    other = 0
    for path in _files_below(folder):
        if path.suffix.lower() not in LABEL_SUFFIXES:
            other += 1
            continue
        if path in skip:
            continue
        image = path.relative_to(folder).with_suffix("").as_posix()
        if image in found:
            raise DataError(
                f"{found[image]} and {path.name} have one name; keep one of them, or move one to another folder"
            )
        found[image] = path
    if not found:
        more = f", only {counted(other, 'other file')}" if other else ""
        raise DataError(
            f"{folder}: holds no label maps ({', '.join(LABEL_SUFFIXES)}){more}"
            + ("; JPEG and WebP smear labels, save label maps as PNG" if other else "")
        )
    return found


def _files_below(folder: Path) -> list[Path]:
    """All files that are not hidden, also in folders that links lead to; each real folder once."""
    found: list[Path] = []
    seen: set[str] = set()

    def refuse(error: OSError) -> None:
        raise error

    for place, folders, names in os.walk(folder, onerror=refuse, followlinks=True):
        real = os.path.realpath(place)
        if real in seen:
            folders.clear()
            continue
        seen.add(real)
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        found += [Path(place) / name for name in sorted(names) if not name.startswith(".")]
    return found


def _missing(truth: dict[str, Path], other: dict[str, Path], truth_folder: Path, folder: Path) -> list[str]:
    faults = []
    for lacking, here, there in ((folder, truth, other), (truth_folder, other, truth)):
        names = sorted(here.keys() - there.keys())
        if names:
            source = truth_folder if lacking is folder else folder
            faults.append(f"{lacking}: lacks {counted(len(names), 'file')} of {source}: {_listed(names)}")
    return faults


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more
