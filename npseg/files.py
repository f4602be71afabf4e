"""Files that are there whole or not at all, and words for the disk errors that prevent it."""

from __future__ import annotations

import contextlib
import errno
import os
import stat
from pathlib import Path

from npseg.errors import NpsegError

__all__ = ["disk_error", "part_of", "write_whole"]


def write_whole(path: str | os.PathLike[str], content: bytes | str, *, error: type[NpsegError] = NpsegError) -> None:
    """Write beside the final place, then rename: a reader sees the old file or the new one, never a part.

    A file that is there keeps its permissions, and a link leads where it did. What is no file, a pipe or /dev/stdout,
    is written to as it is. Raises a worded `error` when the disk is full or the place cannot be written; the old file
    stays.
    """
    path, data = Path(path), content.encode("utf-8") if isinstance(content, str) else content
    if _is_stream(path):
        try:  # not open(path, "wb"), which would empty a file that stdout goes to
            with open(os.open(path, os.O_WRONLY | os.O_APPEND), "wb") as stream:
                stream.write(data)
        except OSError as cause:
            raise disk_error(path, cause, error) from cause
        return
    path = Path(os.path.realpath(path))  # of a loop of links one of them, which cannot be written
    beside = part_of(path)
    try:
        with open(beside, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        if path.exists():
            os.chmod(beside, stat.S_IMODE(path.stat().st_mode))
        os.replace(beside, path)
    except OSError as cause:
        with contextlib.suppress(OSError):  # a leftover beside the file is harmless; the error that led here says more
            beside.unlink(missing_ok=True)
        raise disk_error(path, cause, error) from cause


def _is_stream(path: Path) -> bool:
    """Whether a place holds something that must not be replaced: a pipe, a terminal, an open file of this process."""
    if path.absolute().as_posix().startswith(("/dev/fd/", "/dev/std", "/proc/")):
        return True
    return path.exists() and not path.is_file() and not path.is_dir()


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
