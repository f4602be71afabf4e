"""Which files are images, which are their masks, and what the folders say about splits.

Recognised: the VOC layout, the CamVid layout in SegNet's form, a list file, and plain folders: `images/` and
`masks/` (and the usual synonyms) with `train`, `val`, `test` above or below them or not at all, or masks
beside the images with a suffix (`a.png`, `a_mask.png`).
"""

from __future__ import annotations

import csv
import os
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from npseg.data.dataset import SPLITS
from npseg.data.files import IMAGE_SUFFIXES
from npseg.data.known_classes import (
    CAMVID_CLASSES,
    CAMVID_COLOURS,
    CAMVID_VOID,
    VOC_BORDER_COLOUR,
    VOC_CLASSES,
)
from npseg.data.palette import voc_palette
from npseg.data.problems import Problem, counted
from npseg.errors import DataError

__all__ = ["Layout", "Record", "find_layout"]

IMAGE_FOLDERS = ("images", "image", "imgs", "img", "jpegimages")
MASK_FOLDERS = (
    "masks", "mask", "labels", "label", "annotations", "annotation", "segmentation", "segmentations", "gt",
    "ground_truth", "groundtruth",
)  # fmt: skip
MASK_SUFFIXES = ("_mask", "_masks", "_label", "_labels", "_gt", "_seg", "-mask", "-label")
IMAGE_SUFFIX_WORDS = ("_image", "_img", "_sat")
SPLIT_FOLDERS = {
    "train": "train", "training": "train", "val": "val", "valid": "val", "validation": "val",
    "test": "test", "testing": "test",
}  # fmt: skip
_SUFFIXES = ", ".join(IMAGE_SUFFIXES)
_VOC_MASKS = ("SegmentationClass", "SegmentationClassPNG", "SegmentationClassNpy")


@dataclass(frozen=True)
class Record:
    """An image and its mask on disk. `name` is the path of the image below the data set, as messages show it."""

    name: str
    image: Path
    mask: Path
    split: str | None = None


@dataclass
class Layout:
    """What the folders tell. `classes`, `ignore` and `colours` are set where the layout is that of a published set."""

    kind: str
    records: list[Record] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    classes: tuple[str, ...] = ()
    ignore: int | None = None
    colours: np.ndarray | None = None
    ignore_colour: tuple[int, int, int] | None = None


def find_layout(source: Path, images: str = "", masks: str = "") -> Layout:
    """Recognise the layout of a folder or list file. `images` and `masks` name the two folders, when given.

    Faults of single files go to `.problems`; raises `DataError` when nothing is recognised at all.
    """
    if source.is_file():
        return _list_file(source)
    if not source.is_dir():
        raise DataError(f"{source}: there is no such folder, list file or data set")
    layout = None
    if not images and not masks:
        layout = _voc(source) or _camvid(source)
    layout = layout or _plain(source, images, masks)
    if not layout.records and not layout.problems:
        raise DataError(
            f"{source}: no images found. Expected images/ and masks/ with files of equal names (also train/, val/, "
            "test/ above or below them), the VOC or CamVid layout, or a list file with image,mask in each line; "
            "unusual folders can be named with --set data.images=... and data.masks=..."
        )
    unpaired = all(problem.kind in ("no image", "no mask") for problem in layout.problems)
    if not layout.records and len(layout.problems) > 1 and unpaired:
        files = ", ".join(problem.file for problem in (layout.problems[0], layout.problems[-1]))
        layout.problems.insert(0, Problem("layout", str(source), _nothing_matches(source, files)))
    layout.records.sort(key=lambda record: record.name)
    return layout


def _nothing_matches(source: Path, files: str) -> str:
    return (
        f"{source}: no image has a mask of the same name (found for instance {files}). Images and masks must have "
        "equal names up to a suffix such as _mask. Name unusual folders with --set data.images=... and data.masks=..., "
        "or write a list file with image,mask in each line"
    )


def _plain(root: Path, images: str, masks: str) -> Layout:
    """Each file gets a role and a split from the folders above it; what remains of its path is its key."""
    found = _files(root)
    files = [_Placed.of(root, path, images, masks) for path in found if _is_image_name(path.name)]
    roles = {placed.role for placed in files}
    if "mask" not in roles:
        # No folder of masks: they lie beside the images and are told by their names.
        for placed in files:
            if _stripped(placed.key, MASK_SUFFIXES) != placed.key:
                placed.role = "mask"
    if "image" not in roles:
        for placed in files:
            placed.role = placed.role or "image"
    foreign = [_Placed.of(root, path, images, masks) for path in found if not _is_image_name(path.name)]
    return _paired("folders", root, files, foreign)


class _Placed:
    """A file with what the folders above it say."""

    def __init__(self, path: Path, role: str | None, split: str | None, key: str) -> None:
        self.path, self.role, self.split, self.key = path, role, split, key

    @classmethod
    def of(cls, root: Path, path: Path, images: str, masks: str) -> _Placed:
        relative = path.relative_to(root)
        role, split, rest = None, None, []
        parts = list(relative.parent.parts)
        for named, what in ((images, "image"), (masks, "mask")):
            below = Path(named).parts if named else ()
            if below and tuple(parts[: len(below)]) == below:
                role, parts = what, parts[len(below) :]
        for part in parts:
            word = part.lower()
            if role is None and not images and word in IMAGE_FOLDERS:
                role = "image"
            elif role is None and not masks and word in MASK_FOLDERS:
                role = "mask"
            elif split is None and word in SPLIT_FOLDERS:
                split = SPLIT_FOLDERS[word]
            else:
                rest.append(part)
        return cls(path, role, split, "/".join([*rest, path.stem]))


def _paired(kind: str, root: Path, files: Iterable[_Placed], foreign: Iterable[_Placed] = ()) -> Layout:
    """Pairs of images and masks; a file of a `foreign` suffix may explain why a partner is missing."""
    layout = Layout(kind)
    unread = {(p.role, p.split, _stripped(p.key, MASK_SUFFIXES)): p.path for p in foreign if p.role is not None}
    masks: dict[tuple[str | None, str], list[Path]] = defaultdict(list)
    images: dict[tuple[str | None, str], list[_Placed]] = defaultdict(list)
    for placed in files:
        if placed.role == "mask":
            masks[placed.split, placed.key].append(placed.path)
        elif placed.role == "image":
            images[placed.split, placed.key].append(placed)
    by_stripped: dict[tuple[str | None, str], list[Path]] = defaultdict(list)
    for (split, key), paths in masks.items():
        by_stripped[split, _stripped(key, MASK_SUFFIXES)] += paths
    used: set[Path] = set()
    for (split, key), candidates in images.items():
        name = candidates[0].path.relative_to(root).as_posix()
        bare = _stripped(key, IMAGE_SUFFIX_WORDS)
        found = masks.get((split, key)) or by_stripped.get((split, key)) or by_stripped.get((split, bare)) or []
        used.update(found)
        if len(candidates) > 1 or len(found) > 1:
            several = ", ".join(str(p) for p in ([c.path for c in candidates] if len(candidates) > 1 else found))
            layout.problems.append(
                Problem("ambiguous", name, f"{several}: several files for one name; keep one or rename the others")
            )
        elif not found and ("mask", split, key) in unread:
            layout.problems.append(_unread(root, unread["mask", split, key]))
        elif not found:
            layout.problems.append(Problem("no mask", name, _no_mask(candidates[0].path)))
        else:
            layout.records.append(Record(name, candidates[0].path, found[0], split))
    for (split, key), paths in masks.items():
        for path in paths:
            image = unread.get(("image", split, _stripped(key, MASK_SUFFIXES)))
            if path not in used and image is not None:
                layout.problems.append(_unread(root, image))
            elif path not in used:
                layout.problems.append(Problem("no image", path.relative_to(root).as_posix(), _no_image(path)))
    return layout


def _no_mask(image: Path) -> str:
    return f"{image}: the image has no mask of the same name; add the mask or remove the image"


def _no_image(mask: Path) -> str:
    return f"{mask}: the mask has no image of the same name; add the image or remove the mask"


def _unread(root: Path, path: Path) -> Problem:
    message = f"{path}: files with the suffix {path.suffix!r} are not read; save it as PNG ({_SUFFIXES} are read)"
    return Problem("unreadable", path.relative_to(root).as_posix(), message)


def _voc(root: Path) -> Layout | None:
    """JPEGImages, SegmentationClass, ImageSets/Segmentation/{train,val}.txt; labelme's export has no ImageSets."""
    candidates = [root, *sorted(root.glob("VOC*")), *sorted(root.glob("VOCdevkit/*"))]
    home = next((c for c in candidates if (c / "JPEGImages").is_dir() and _voc_masks(c) is not None), None)
    if home is None:
        return None
    images = {path.stem: path for path in _image_files(home / "JPEGImages")}
    mask_folder = _voc_masks(home)
    masks = {path.stem: path for path in _image_files(mask_folder)} if mask_folder is not None else {}
    layout = Layout("VOC", ignore=255)
    listed = _voc_lists(home)
    layout.classes = _voc_class_names(home)
    if layout.classes:
        layout.colours, layout.ignore_colour = voc_palette(len(layout.classes)), VOC_BORDER_COLOUR
    for stem, mask in masks.items():
        if stem in images:
            if listed and stem not in listed:
                continue
            name = images[stem].relative_to(root).as_posix()
            layout.records.append(Record(name, images[stem], mask, listed.get(stem)))
        else:
            layout.problems.append(Problem("no image", mask.relative_to(root).as_posix(), _no_image(mask)))
    for stem, split in listed.items():
        if stem not in images or stem not in masks:
            what, where = ("image", "JPEGImages") if stem not in images else ("mask", "SegmentationClass")
            message = f"{home}: the list of {split} names {stem!r}, which has no {what} in {where}"
            layout.problems.append(Problem(f"no {what}", stem, message))
    unused = len(images) - len(layout.records)
    if unused > 0:
        layout.notes.append(
            f"without a mask or in no list, and so not used: {unused} of {counted(len(images), 'image')}."
        )
    return layout


def _voc_masks(home: Path) -> Path | None:
    return next((home / name for name in _VOC_MASKS if (home / name).is_dir()), None)


def _voc_lists(home: Path) -> dict[str, str]:
    splits: dict[str, str] = {}
    for split in SPLITS:
        path = home / "ImageSets" / "Segmentation" / f"{split}.txt"
        if path.is_file():
            for line in path.read_text(encoding="utf-8").split("\n"):
                if line.strip():
                    splits.setdefault(line.split()[0], split)
    return splits


def _voc_class_names(home: Path) -> tuple[str, ...]:
    """VOC's own 21 for folders called VOC...; those of labelme's class_names.txt; else none."""
    listed = home / "class_names.txt"
    if listed.is_file():
        names = [line.strip() for line in listed.read_text(encoding="utf-8").splitlines() if line.strip()]
        return tuple(name.strip("_") for name in names if name != "__ignore__")
    if any(part.lower().startswith("voc20") for part in home.resolve().parts[-1:]):
        return VOC_CLASSES
    return ()


def _camvid(root: Path) -> Layout | None:
    """Folders `train` and `trainannot` (and so on) side by side, as SegNet's authors published CamVid."""
    pairs = [(word, root / word, root / f"{word}annot") for word in SPLIT_FOLDERS]
    pairs = [(word, images, masks) for word, images, masks in pairs if images.is_dir() and masks.is_dir()]
    if not pairs:
        return None
    files = []
    for word, images, masks in pairs:
        for folder, role in ((images, "image"), (masks, "mask")):
            files += [_Placed(path, role, SPLIT_FOLDERS[word], path.stem) for path in _image_files(folder)]
    layout = _paired("CamVid", root, files)
    layout.classes, layout.ignore, layout.colours = CAMVID_CLASSES, CAMVID_VOID, CAMVID_COLOURS
    return layout


def _list_file(path: Path) -> Layout:
    """Lines of `image,mask` or `image,mask,split`, relative to the list; commas, tabs or blanks between them."""
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{path}: cannot be read as a list of image,mask lines ({error})") from error
    layout = Layout("list")
    for number, line in enumerate(lines, start=1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        fields = _fields(line)
        if [field.lower() for field in fields[:2]] == ["image", "mask"]:
            continue
        if len(fields) not in (2, 3) or not all(fields[:2]):
            raise DataError(f"{path}, line {number}: expected image,mask or image,mask,split, got {line!r}")
        split = None
        if len(fields) == 3 and fields[2]:
            split = SPLIT_FOLDERS.get(fields[2].lower())
            if split is None:
                raise DataError(f"{path}, line {number}: the split must be train, val or test, got {fields[2]!r}")
        image, mask = path.parent / fields[0], path.parent / fields[1]
        for what, file, other in (("no image", image, "image"), ("no mask", mask, "mask")):
            if not file.is_file():
                message = f"{file}: there is no such {other} file ({path.name}, line {number})"
                layout.problems.append(Problem(what, fields[0], message))
        if image.is_file() and mask.is_file():
            layout.records.append(Record(fields[0], image, mask, split))
    if not layout.records and not layout.problems:
        raise DataError(f"{path}: the list is empty; write image,mask in each line")
    layout.records.sort(key=lambda record: record.name)
    return layout


def _fields(line: str) -> list[str]:
    if "," in line:
        return [field.strip() for field in next(csv.reader([line]))]
    return [field.strip() for field in (line.split("\t") if "\t" in line else line.split())]


def _image_files(folder: Path) -> list[Path]:
    """Files below a folder with the suffix of an image, sorted."""
    return [path for path in _files(folder) if _is_image_name(path.name)]


def _files(folder: Path) -> list[Path]:
    """Files below a folder, sorted; hidden files and folders (`._a.png`, `.git`) are passed over."""
    found: list[Path] = []
    entered: set[str] = set()
    # Links are followed (big disks are often linked in), each folder once, so that a loop ends.
    for here, folders, files in os.walk(folder, followlinks=True):
        real = os.path.realpath(here)
        folders[:] = sorted(name for name in folders if not name.startswith(".") and real not in entered)
        if real not in entered:
            found += [Path(here, name) for name in files if not name.startswith(".")]
        entered.add(real)
    return sorted(found)


def _is_image_name(name: str) -> bool:
    return name.lower().endswith(IMAGE_SUFFIXES)


def _stripped(key: str, suffixes: tuple[str, ...]) -> str:
    for suffix in suffixes:
        if key.lower().endswith(suffix) and len(key) > len(suffix):
            return key[: -len(suffix)]
    return key
