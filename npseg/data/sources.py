"""Data sets by name or folder."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from npseg.data.config import DataConfig
from npseg.data.dataset import DataSource
from npseg.errors import DataError, near_matches

__all__ = ["available", "fetch", "load", "recipe"]

_DESCRIPTIONS = {
    "shapes": "drawn scenes of 128 x 128: discs, polygons, stripes, wires, rare stars; made here, nothing to fetch",
    "nuclei": "fluorescence microscopy, 48 images: nuclei and rare micronuclei; 67 MB, fetched on first use (MIT)",
}


def available() -> list[tuple[str, str]]:
    """Name and description of each built-in data set."""
    return list(_DESCRIPTIONS.items())


def load(source: str | Path, config: DataConfig | None = None) -> DataSource:
    """A data set by its name (see `available`), folder or list file. Raises `DataError` with what to do.

    >>> load("shapes").info.classes
    ('background', 'disc', 'polygon', 'stripes', 'wire', 'star')
    """
    config = config or DataConfig()
    if is_builtin(source):
        if str(source) == "shapes":
            from npseg.data.shapes import load_shapes

            return load_shapes(config)
        from npseg.data.nuclei import load_nuclei

        return load_nuclei(config)
    from npseg.data.folder import load_folder

    return load_folder(existing_path(source), config)


def recipe(source: str | Path) -> dict[str, Any]:
    """The settings a data set recommends, as sections of the run configuration, without reading any image.

    What `load` returns depends on the `data` section, so a run asks for this first.
    """
    if is_builtin(source):
        if str(source) == "shapes":
            from npseg.data.shapes import RECIPE as SHAPES_RECIPE

            return SHAPES_RECIPE
        from npseg.data.nuclei import RECIPE as NUCLEI_RECIPE

        return NUCLEI_RECIPE
    from npseg.data.manifest import read_manifest

    path = existing_path(source)
    return read_manifest(path if path.is_dir() else path.parent).recipe


def fetch(name: str, progress: Any = None) -> Path:
    """Fetch a built-in data set into the cache and return its folder. `progress(words)` is told what happens."""
    if name == "nuclei":
        from npseg.data.nuclei import fetch_nuclei

        return fetch_nuclei(progress)
    if name == "shapes":
        raise DataError("shapes: is drawn when needed, there is nothing to fetch; use --data shapes")
    raise DataError(f"{name!r}: unknown data set{near_matches(name, ['nuclei'])}")


def is_builtin(source: str | Path) -> bool:
    """Whether a source is a name. A folder of that name is meant only when written as a path (`./shapes`)."""
    return str(source) in _DESCRIPTIONS


def existing_path(source: str | Path) -> Path:
    path = Path(source).expanduser()
    if not path.exists():
        raise DataError(
            f"{source}: there is no such data set, folder or list file{near_matches(str(source), _DESCRIPTIONS)}"
        )
    return path
