"""The directory of a run: which files it holds, and whether it may be written."""

from __future__ import annotations

import contextlib
import os
from dataclasses import dataclass
from pathlib import Path

from npseg.errors import CheckpointError, ConfigError, TrainingError
from npseg.files import disk_error, part_of, write_whole
from npseg.train.checkpoint import Checkpoint, read_checkpoint
from npseg.train.config import RunConfig

__all__ = ["RunDirectory"]

CONFIG, METRICS, BEST, LAST, REPORT = (
    "config.json", "metrics.jsonl", "best.safetensors", "last.safetensors", "report.html",
)  # fmt: skip


@dataclass(frozen=True)
class RunDirectory:
    """Paths of a run, and the few questions asked of them."""

    path: Path

    @classmethod
    def at(cls, path: str | os.PathLike[str]) -> RunDirectory:
        return cls(Path(path))

    @property
    def config(self) -> Path:
        return self.path / CONFIG

    @property
    def metrics(self) -> Path:
        return self.path / METRICS

    @property
    def best(self) -> Path:
        return self.path / BEST

    @property
    def last(self) -> Path:
        return self.path / LAST

    @property
    def report(self) -> Path:
        return self.path / REPORT

    def holds_run(self) -> bool:
        """Whether any file of a run is there."""
        return any((self.path / name).exists() for name in (CONFIG, METRICS, BEST, LAST, REPORT))

    def require_free(self) -> None:
        """Raise `ConfigError` when a run is here already, or when this cannot become a directory."""
        self.require_directory()
        if self.holds_run() and not self.config.exists():
            raise ConfigError(f"{self.path}: holds files that npseg would replace; choose another --out")
        if self.holds_run():
            raise ConfigError(f"{self.path}: already holds a run; go on with it by --resume, or choose another --out")

    def require_directory(self) -> None:
        if self.path.exists() and not self.path.is_dir():
            raise ConfigError(f"{self.path}: is a file; --out must name a directory, which is made if need be")

    def create(self) -> None:
        """Make the directory, without what a killed process left half-written. Raises a worded error."""
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            for path in (self.config, self.metrics, self.best, self.last):
                part_of(path).unlink(missing_ok=True)
        except OSError as error:
            raise disk_error(self.path, error, TrainingError) from error

    def clear(self) -> None:
        """Remove what an earlier run left in its files, so that nothing of it is mixed with a new one."""
        _remove(self.last, self.best, self.metrics, self.report)

    def discard(self) -> None:
        """Remove a run that came to nothing, and the directory if nothing else is in it."""
        self.clear()
        _remove(self.config)
        with contextlib.suppress(OSError):  # it holds other files
            self.path.rmdir()

    def read_config(self) -> RunConfig:
        """The stored configuration, with the model's defaults for what it lacks.

        Raises `ConfigError` when there is none or it cannot be read.
        """
        try:
            text = self.config.read_text(encoding="utf-8")
        except FileNotFoundError as error:
            raise ConfigError(f"{self.path}: holds no run ({CONFIG} is missing)") from error
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(f"{self.config}: cannot be read ({error})") from error
        return RunConfig.from_json(text, str(self.config)).filled()

    def write_config(self, config: RunConfig) -> None:
        write_whole(self.config, config.to_json(), error=TrainingError)

    def read_last(self) -> Checkpoint:
        """The last checkpoint, with advice when the training has not come that far."""
        if not self.last.exists():
            if self.config.exists():
                raise CheckpointError(
                    f"{self.path}: the run has no checkpoint yet; go on with it by `npseg train ... --resume`"
                )
            raise CheckpointError(
                f"{self.path}: holds no run; give the --out directory of `npseg train`, or a checkpoint file in it"
            )
        return read_checkpoint(self.last)

    def require_same_model(self, checkpoint: Checkpoint, path: Path) -> None:
        """Raise `CheckpointError` when `path` holds another model than the configuration beside it asks for."""
        if not self.config.exists():
            return
        wanted = self.read_config().model
        # None is the model's own choice, in the files of older runs.
        settings = {key: value for key, value in wanted.settings.items() if value is not None}
        settings["name"] = wanted.name
        other = {key: checkpoint.model.get(key) for key in settings if checkpoint.model.get(key) != settings[key]}
        if other:
            listed = ", ".join(f"{key}={value!r} instead of {settings[key]!r}" for key, value in other.items())
            raise CheckpointError(
                f"{path}: is of another architecture than the run {self.path}: it has model.{listed}; "
                "it was copied from another run, or config.json was edited"
            )


def _remove(*paths: Path) -> None:
    for path in paths:
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            raise disk_error(path, error, TrainingError) from error
