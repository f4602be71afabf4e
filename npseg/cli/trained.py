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
    from npseg.train import Checkpoint, RunDirectory

__all__ = ["Trained", "load_trained"]


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

    def load_source(self, data: str | None) -> DataSource:
        """The data of the run, or other `data` read with the settings of the run."""
        from npseg.train import RunConfig, load_source

        config = self.directory.read_config()
        if data is not None:
            nested = config.to_dict()
            nested["data"]["source"] = data
            config = RunConfig.from_dict(nested, "--data")
        source = load_source(config, lambda words: typer.echo(words, err=True))
        self._require_classes(source)
        return source

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
