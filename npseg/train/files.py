"""Files that are there whole or not at all, and words for the disk errors that prevent it."""

from __future__ import annotations

import errno
import os
from pathlib import Path

from npseg.errors import NpsegError, TrainingError

__all__ = ["disk_error", "part_of", "write_whole"]


def write_whole(path: str | os.PathLike[str], content: bytes | str) -> None:
    """Write beside the final place, then rename: a reader sees the old file or the new one, never a part.

    Raises a worded `TrainingError` when the disk is full or the place cannot be written; the old file stays.
    """
    path = Path(path)
    if isinstance(content, str):
        content = content.encode("utf-8")
    beside = part_of(path)
    try:
        with open(beside, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(beside, path)
    except OSError as error:
        _remove(beside)
        raise disk_error(path, error) from error


def part_of(path: Path) -> Path:
    """Where a file is while it is written; a killed process may leave it behind."""
    return path.with_name(f".{path.name}.part")


def disk_error(path: str | os.PathLike[str], error: OSError) -> NpsegError:
    """Words for an `OSError` met while writing `path`."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return TrainingError(
            f"{os.fspath(path)}: no space left on the device ({error.strerror}); nothing is half-written and the "
            "files written before are whole. Free some space and run the command again (training goes on with --resume)"
        )
    return TrainingError(f"{os.fspath(path)}: cannot be written ({error.strerror or error})")


def _remove(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
    except OSError:
        return  # a leftover beside the file is harmless; the error that led here says more
