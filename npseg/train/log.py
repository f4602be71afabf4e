"""`metrics.jsonl`: a line of JSON per step and per scoring, cut back when a run is resumed."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

from npseg.errors import TrainingError
from npseg.files import disk_error, write_whole

__all__ = ["MetricsLog", "read_log"]


class MetricsLog:
    """Appends lines to `metrics.jsonl`. Every line has a `step`, the number of steps done when it was written.

    Each line is handed to the operating system at once, so a killed process loses none that it wrote. Opening
    with `keep_to` drops lines of later steps, and a last line that was cut short.
    """

    def __init__(self, path: str | os.PathLike[str], keep_to: int = 0) -> None:
        self.path = Path(path)
        kept = [record for record in read_log(self.path) if record["step"] <= keep_to]
        write_whole(self.path, "".join(_line(record) for record in kept), error=TrainingError)
        try:
            self._file = open(self.path, "ab", buffering=0)  # noqa: SIM115 (closed by `close`)
        except OSError as error:
            raise disk_error(self.path, error, TrainingError) from error

    def write(self, record: Mapping[str, Any]) -> None:
        """Append one record; numbers that are not finite become null."""
        line = _line(record).encode("utf-8")
        try:
            written = self._file.write(line)
            while written < len(line):
                written += self._file.write(line[written:])
        except OSError as error:
            raise disk_error(self.path, error, TrainingError) from error

    def sync(self) -> None:
        """Wait until the lines are on the disk; called before a checkpoint that counts on them."""
        try:
            os.fsync(self._file.fileno())
        except OSError as error:
            raise disk_error(self.path, error, TrainingError) from error

    def close(self) -> None:
        self._file.close()

    def __enter__(self) -> MetricsLog:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def read_log(path: str | os.PathLike[str]) -> list[dict[str, Any]]:
    """The records of a `metrics.jsonl`, without lines that are damaged or cut short; none if it is absent."""
    try:
        lines = Path(path).read_bytes().split(b"\n")
    except FileNotFoundError:
        return []
    except OSError as error:
        raise disk_error(path, error, TrainingError) from error
    records = []
    for line in lines:
        try:
            record = json.loads(line)
        except ValueError:
            continue
        if isinstance(record, dict) and isinstance(record.get("step"), int):
            records.append(record)
    return records


def _line(record: Mapping[str, Any]) -> str:
    return json.dumps(_finite(record), allow_nan=False) + "\n"


def _finite(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
