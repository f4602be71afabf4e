"""Where predictions go, what they may replace, and the list of them."""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from npseg.cli.options import write_json
from npseg.cli.trained import Trained
from npseg.errors import ConfigError, DataError, NpsegError

__all__ = ["Target", "overlays_of", "plan", "predict_all", "require_writable"]

LIST = "predictions.json"


@dataclass(frozen=True)
class Target:
    """An image and the names of its results in the output directory."""

    image: Path
    labels: str
    overlay: str


def plan(images: Sequence[Path], out: Path) -> list[Target]:
    """Names for the results: the image's stem, or more of its path where stems collide.

    >>> [target.labels for target in plan([Path("a/x.png"), Path("b/x.png"), Path("b/y.tif")], Path("out"))]
    ['a__x.png', 'b__x.png', 'y.png']
    """
    unique: dict[Path, Path] = {}
    for image in images:
        if image.is_dir():
            raise DataError(f"{image}: is a folder; name the images in it, for instance {image}/*.png")
        unique.setdefault(image.absolute(), image)
    names = _names(list(unique))
    return [Target(image, f"{name}.png", f"{name}_overlay.png") for image, name in zip(unique.values(), names)]


def _names(paths: list[Path]) -> list[str]:
    levels = max((len(path.parts) for path in paths), default=1)
    names = [path.stem for path in paths]
    # Each round, names that collide take one more folder in front; equal to the end, they keep their suffix.
    for depth in range(2, levels + 1):
        clashing = _clashing(names)
        if not clashing:
            return names
        names = [
            "__".join((*_folders(path, depth), path.stem)) if i in clashing else names[i]
            for i, path in enumerate(paths)
        ]
    clashing = _clashing(names)
    suffixed = [f"{name}_{paths[i].suffix.lstrip('.')}" if i in clashing else name for i, name in enumerate(names)]
    still = _clashing(suffixed)
    return [f"{name}_{i + 1}" if i in still else name for i, name in enumerate(suffixed)]


def _folders(path: Path, depth: int) -> tuple[str, ...]:
    return tuple(part.strip("/\\:") for part in path.parts[-depth:-1])


def _clashing(names: list[str]) -> set[int]:
    """Indices of names whose files would meet, also on disks that do not tell capitals from small letters."""
    owners: dict[str, set[int]] = {}
    for index, name in enumerate(names):
        for file in (name, f"{name}_overlay"):
            owners.setdefault(file.casefold(), set()).add(index)
    return {index for meeting in owners.values() if len(meeting) > 1 for index in meeting}


def overlays_of(out: Path) -> list[Path]:
    """The overlays among the results in a folder: pictures, no labels. None where nothing was predicted."""
    try:
        listed = _read_list(out / LIST)
    except ConfigError:  # somebody else's file of that name says nothing about overlays
        return []
    overlays = [out / entry["overlay"] for entry in listed.get("images", [])]
    return overlays + [out / name for name in listed.get("unfinished", []) if name.endswith("_overlay.png")]


def require_writable(out: Path, targets: Sequence[Target], trained: Trained) -> None:
    """Raise `ConfigError` rather than replace what is not a result of the same checkpoint."""
    if out.exists() and not out.is_dir():
        raise ConfigError(f"{out}: is a file; --out must name a directory, which is made if need be")
    ours = _earlier_results(out, trained)
    inputs = {target.image.resolve() for target in targets}
    for target in targets:
        for name in (target.labels, target.overlay):
            path = out / name
            if path.resolve() in inputs:
                raise ConfigError(f"{path}: is one of the images to predict; choose another --out")
            if path.exists() and name not in ours:
                raise ConfigError(
                    f"{path}: is there already and is not a result of {trained.path}; choose another --out, or "
                    "move it away"
                )


def _earlier_results(out: Path, trained: Trained) -> set[str]:
    """Names that an earlier prediction with the same checkpoint wrote here, or was about to write."""
    listed = _read_list(out / LIST)
    if listed and listed.get("checkpoint") != _fingerprint(trained.path):
        raise ConfigError(
            f"{out / LIST}: lists predictions of another checkpoint than {trained.path}; choose another --out, or "
            "move them away"
        )
    written = {name for entry in listed.get("images", []) for name in (entry["labels"], entry["overlay"])}
    return written | set(listed.get("unfinished", []))


def _read_list(path: Path) -> dict[str, Any]:
    try:
        listed = json.loads(path.read_text(encoding="utf-8"))
        complete = all({"labels", "overlay"} <= entry.keys() for entry in listed["images"])
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        complete = False
    if not complete:
        raise ConfigError(f"{path}: is not a list of predictions; choose another --out, or move it away")
    return dict(listed)


def _fingerprint(path: Path) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def predict_all(trained: Trained, out: Path, targets: Sequence[Target], progress: Callable[[int, int], Any]) -> None:
    """Write the results of every target, and the list of them."""
    from npseg.data import overlay, read_image, write_image, write_index_png

    out.mkdir(parents=True, exist_ok=True)
    fingerprint = _fingerprint(trained.path)
    entries = {entry["labels"]: entry for entry in _read_list(out / LIST).get("images", [])}
    ahead = [name for target in targets for name in (target.labels, target.overlay)]

    def write_list(**more: Any) -> None:
        document = {"checkpoint": fingerprint, "classes": trained.classes, "images": list(entries.values()), **more}
        write_json(str(out / LIST), document)

    # The names come first, so that an interrupted prediction can be run again over its own results.
    write_list(unfinished=ahead)
    try:
        for done, target in enumerate(targets, start=1):
            image = read_image(target.image)
            labels = trained.predictor.labels(image)
            write_index_png(out / target.labels, labels, trained.palette)
            write_image(out / target.overlay, overlay(image, labels, trained.palette))
            entries[target.labels] = _entry(target, labels, trained.classes)
            progress(done, len(targets))
    except (Exception, KeyboardInterrupt):
        with contextlib.suppress(NpsegError):  # where the disk is full, the list above stays
            write_list(unfinished=ahead)
        raise
    write_list()


def _entry(target: Target, labels: np.ndarray, classes: Sequence[str]) -> dict[str, Any]:
    counts = np.bincount(labels.ravel(), minlength=len(classes))
    return {
        "image": str(target.image),
        "labels": target.labels,
        "overlay": target.overlay,
        "pixels": {name: int(count) for name, count in zip(classes, counts)},
    }
