"""Files that are there whole or not at all, and words for the disk errors that prevent it."""

from __future__ import annotations

import contextlib
import errno
import os
from pathlib import Path

from npseg.errors import NpsegError

__all__ = ["disk_error", "part_of", "write_whole"]


def write_whole(path: str | os.PathLike[str], content: bytes | str, *, error: type[NpsegError] = NpsegError) -> None:
    """Write beside the final place, then rename: a reader sees the old file or the new one, never a part.

    Raises a worded `error` when the disk is full or the place cannot be written; the old file stays.
    """
    path = Path(path)
    beside = part_of(path)
    try:
        with open(beside, "wb") as file:
            file.write(content.encode("utf-8") if isinstance(content, str) else content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(beside, path)
    except OSError as cause:
        with contextlib.suppress(OSError):  # a leftover beside the file is harmless; the error that led here says more
            beside.unlink(missing_ok=True)
        raise disk_error(path, cause, error) from cause


def part_of(path: Path) -> Path:
    """Where a file is while it is written; a killed process may leave it behind."""
    return path.with_name(f".{path.name}.part")


def disk_error(path: str | os.PathLike[str], cause: OSError, error: type[NpsegError] = NpsegError) -> NpsegError:
    """Words for an `OSError` met while writing `path`."""
    if cause.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return error(
            f"{os.fspath(path)}: no space left on the device ({cause.strerror}); nothing is half-written and the files "
            "written before are whole. Free some space and run the command again"
        )
    return error(f"{os.fspath(path)}: cannot be written ({cause.strerror or cause})")
