"""A trained model from a run directory or a checkpoint file, ready to score and to predict."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import typer

from npseg.errors import CheckpointError, ConfigError, DataError

if TYPE_CHECKING:
    from npseg.data import DataSource, Intensity
    from npseg.infer import Predictor
    from npseg.train import Checkpoint, RunConfig, RunDirectory

__all__ = ["Trained", "load_trained"]

# They describe the folder that a run was trained on, and no other.
_OF_ONE_FOLDER = {f"data.{name}" for name in ("classes", "groups", "images", "masks", "split_seed", "splits")}


@dataclass(frozen=True)
class Trained:
    """A checkpoint that was read from `path` in the run `directory`, as a predictor."""

    path: Path
    directory: RunDirectory
    checkpoint: Checkpoint
    predictor: Predictor
    intensity: Intensity

    @property
    def classes(self) -> list[str]:
        return list(self.checkpoint.data["classes"])

    @property
    def palette(self) -> np.ndarray:
        return np.asarray(self.checkpoint.data["palette"], np.uint8)

    def load_source(self, data: str | None, settings: Sequence[str], *, whole: bool) -> DataSource:
        """The data of the run, or other `data` read with the settings of the run, and with `settings` on top.

        With `whole`, other data that declares no splits is a test split as a whole. What was inferred is told on
        stderr.
        """
        from npseg.train import Layer, RunConfig, from_pairs, load_source
        from npseg.train.settings import flatten

        asked = from_pairs(settings)
        for key in asked.values:
            if not key.startswith("data."):
                raise ConfigError(f"--set: {key}: scoring takes settings of the data only, such as data.channels=grey")
        values = flatten(self.directory.read_config().to_dict())
        if data is not None:
            values = {key: value for key, value in values.items() if key not in _OF_ONE_FOLDER}
            values["data.source"] = data
        config = RunConfig.from_layers([Layer("config.json", values), asked])
        if data is not None:
            config = RunConfig.from_layers([Layer("config.json", values | self._undeclared(config, whole)), asked])
        source = load_source(config, _tell)
        for note in source.notes:
            _tell(note)
        self._require_classes(source)
        return source

    def _undeclared(self, config: RunConfig, whole: bool) -> dict[str, Any]:
        """Settings that take the place of what a folder does not declare: the classes, and the splits."""
        from npseg.data.folder import open_folder
        from npseg.data.sources import existing_path, is_builtin

        if is_builtin(config.source):
            return {}
        folder = open_folder(existing_path(config.source), config.data)
        settings: dict[str, Any] = {}
        if not folder.classes:
            _tell(f"{config.source} names no classes: those of the run are taken ({', '.join(self.classes)}).")
            settings["data.classes"] = self.classes
        listed = folder.manifest.split_names is not None or folder.manifest.fractions is not None
        if whole and not listed and all(record.split is None for record in folder.layout.records):
            settings["data.splits"] = [0.0, 0.0, 1.0]
        return settings

    def check_images(self, images: Sequence[Path], progress: Callable[[int, int], Any]) -> None:
        """Read every image once: a damaged one must be found before the first result is written."""
        from npseg.data import read_image

        for done, image in enumerate(images, start=1):
            try:
                self.intensity.conform(read_image(image))
            except DataError as error:
                raise error if str(image) in str(error) else DataError(f"{image}: {error}") from error
            progress(done, len(images))

    def _require_classes(self, source: DataSource) -> None:
        now = list(source.info.classes)
        if len(now) != len(self.classes):
            raise DataError(
                f"{source.info.name}: has {len(now)} classes ({', '.join(now)}), the run {self.directory.path} was "
                f"trained on {len(self.classes)} ({', '.join(self.classes)}); score it on data with the same classes"
            )
        if now != self.classes and sorted(now) == sorted(self.classes):
            raise DataError(
                f"{source.info.name}: has the classes of the run {self.directory.path} in another order: "
                f"{', '.join(now)} instead of {', '.join(self.classes)}; renumber the labels of one of them"
            )
        if now != self.classes:
            _tell(f"classes of the data ({', '.join(now)}) are taken for those of the run ({', '.join(self.classes)})")


def _tell(words: str) -> None:
    typer.echo(words, err=True)


def load_trained(run: Path) -> Trained:
    """Read a run directory (its last checkpoint) or a checkpoint file."""
    from npseg.data import Intensity
    from npseg.infer import Predictor
    from npseg.train import RunDirectory, read_checkpoint

    if not run.exists():
        raise ConfigError(f"{run}: there is no such run; give the --out directory of `npseg train`")
    path = run if run.is_file() else RunDirectory.at(run).last
    directory = RunDirectory.at(path.parent)
    checkpoint = read_checkpoint(run) if run.is_file() else directory.read_last()
    directory.require_same_model(checkpoint, path)
    try:
        model = checkpoint.build_model()
        intensity = Intensity.from_dict(checkpoint.intensity)
        count = len(checkpoint.data["classes"])
    except CheckpointError as error:
        raise CheckpointError(f"{path}: {error}") from error
    except (KeyError, TypeError, DataError) as error:
        raise CheckpointError(f"{path}: not a checkpoint of an npseg run ({error})") from error
    outputs = checkpoint.model.get("num_classes", count)
    if outputs != count:
        raise CheckpointError(f"{path}: the model has {outputs} classes, but {count} are named; it was altered")
    return Trained(path, directory, checkpoint, Predictor(model, intensity.apply), intensity)
