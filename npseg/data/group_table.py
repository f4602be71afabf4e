"""Which patient, video or place each image belongs to, from a table."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from npseg.data.files import IMAGE_SUFFIXES
from npseg.data.problems import counted
from npseg.errors import DataError

__all__ = ["read_groups"]

_NAMED = 5  # images that a message lists


def read_groups(path: str | Path, images: Sequence[str]) -> list[str]:
    """The group of each image, from a CSV file with the rows `path of the image, group`.

    `images` are paths without suffix; in the table they may have one. A header and rows of other images do no harm.
    Raises `DataError` for a file that cannot be read, a row without group, an image in two groups, and images that the
    table does not have.
    """
    known = set(images)
    groups: dict[str, str] = {}
    try:
        with open(path, encoding="utf-8-sig", newline="") as file:
            rows = list(csv.reader(file))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise DataError(f"{path}: cannot be read as a table of groups ({reason})") from error
    for number, row in enumerate(rows, start=1):
        if not any(cell.strip() for cell in row):
            continue
        image, group = _image(row[0], known), row[1].strip() if len(row) > 1 else ""
        if image is None:
            continue
        if not group:
            raise DataError(f"{path}: line {number} has no group for {row[0]!r}; write one image and its group a line")
        if groups.setdefault(image, group) != group:
            raise DataError(f"{path}: {image} is in two groups, {groups[image]} and {group}; an image belongs to one")
    missing = [image for image in images if image not in groups]
    if missing:
        more = f" and {len(missing) - _NAMED} more" if len(missing) > _NAMED else ""
        raise DataError(
            f"{path}: {counted(len(missing), 'image')} without a group: {', '.join(missing[:_NAMED])}{more}; every "
            "line is the path of an image in the folder of the truth, a comma and its group"
        )
    return [groups[image] for image in images]


def _image(text: str, known: set[str]) -> str | None:
    """The image that a path names, with a suffix or without."""
    path = PurePosixPath(text.strip().replace("\\", "/"))
    if path.as_posix() in known:
        return path.as_posix()
    bare = path.with_suffix("").as_posix() if path.suffix.lower() in IMAGE_SUFFIXES else ""
    return bare if bare in known else None
