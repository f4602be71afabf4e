"""A training run in a directory: scored, saved, stopped and resumed, with the same bits at the end.

Every random number is a function of the seed and the step, so weights, the state of the optimiser, the step and
`Progress` are all that a checkpoint needs. `last.safetensors` is written before `best.safetensors`: whenever the
process dies, either `best` fits what `last` says, or the best weights are those in `last`.

Ctrl-C waits for the end of the step, so that it can be saved. Compiling kernels can make that a minute, and a step that
is broken off may have changed anything, so in the compiler the rule is: if every finished step is saved, as it is while
the first step of a process compiles, the step is given up and nothing is written. What is in the directory stands.
"""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from npseg.data import DataSource, Intensity
from npseg.errors import CheckpointError, ConfigError, DataError, NpsegError, TrainingError
from npseg.infer import Predictor
from npseg.kernels import compiling
from npseg.metrics import Scores
from npseg.train.checkpoint import Checkpoint, read_checkpoint, write_checkpoint
from npseg.train.config import RunConfig, differences
from npseg.train.directory import RunDirectory
from npseg.train.interrupt import Interrupts
from npseg.train.log import MetricsLog
from npseg.train.progress import Progress
from npseg.train.settings import Layer, flatten
from npseg.train.setup import build_model, build_trainer, load_source, resolve
from npseg.train.trainer import DivergedError, Trainer
from npseg.train.validate import evaluate
from npseg.train.watch import Watcher

__all__ = ["RunOutcome", "train_run"]

# They change how long a run takes, not what comes out.
_FREE_SETTINGS = {"data.workers", "data.cache_mb", "train.checkpoint_every"}
_LENGTH = {"train.steps", "train.epochs"}


@dataclass(frozen=True)
class RunOutcome:
    """What `train_run` leaves behind. `scores` are those of the validation images at the last step, if taken now."""

    directory: RunDirectory
    config: RunConfig
    source: DataSource
    model: Any
    predictor: Predictor
    progress: Progress
    step: int
    steps: int
    scores: Scores | None
    interrupted: bool


def train_run(
    layers: Sequence[Layer],
    out: str | os.PathLike[str],
    *,
    resume: bool = False,
    overwrite: bool = False,
    watcher: Watcher | None = None,
) -> RunOutcome:
    """Train as the settings in `layers` say (over the defaults and the recipe of the data set), in directory `out`.

    With `resume`, a run in `out` is continued from its last checkpoint; what `layers` set must agree with it. A
    directory without a run or without a checkpoint starts afresh. With `overwrite`, a run in `out` is replaced.
    Raises errors derived from `NpsegError` that are worded for the user.

    Ctrl-C saves after the step, and the outcome is `interrupted`. `KeyboardInterrupt` is raised, with `out` as it was
    last saved, if kernels are being compiled when no step is unsaved, or if it is pressed again some seconds later.

    >>> import tempfile
    >>> tiny = Layer("tiny", {"data.source": "shapes", "data.shapes_size": 16, "data.shapes_counts": [2, 1, 0],
    ...     "data.crop_size": 16, "data.batch_size": 1, "model.base_channels": 2, "model.depth": 1, "train.steps": 2})
    >>> train_run([tiny], tempfile.mkdtemp()).step
    2
    """
    watcher = watcher or Watcher()
    directory = RunDirectory.at(out)
    directory.require_directory()
    checkpoint: Checkpoint | None = None
    if resume and directory.last.exists():
        checkpoint = read_checkpoint(directory.last)
        directory.require_same_model(checkpoint, directory.last)
        config = _continued(directory.read_config(), layers, checkpoint)
    else:
        if resume and directory.config.exists():
            # Killed before its first checkpoint: nothing but the settings is there to go on with.
            layers = [Layer(str(directory.config), flatten(directory.read_config().to_dict())), *layers]
        elif not overwrite:
            directory.require_free()
        config = resolve(layers)
    source = load_source(config, watcher.note)
    for note in source.notes:
        watcher.note(note)
    session = _Session(config, source, directory, watcher, checkpoint)
    session.read_all()
    ours = not directory.holds_run()
    try:
        directory.create()
        if checkpoint is None:
            directory.clear()
        directory.write_config(config)
        return session.run()
    except NpsegError:
        # Without a checkpoint there is nothing to go on with, and what is left would only block the directory.
        if ours and not directory.last.exists():
            directory.discard()
        raise


def _continued(stored: RunConfig, layers: Sequence[Layer], checkpoint: Checkpoint) -> RunConfig:
    """The stored configuration with the wishes of the user, as far as a run can grant them half-way."""
    asked = RunConfig.from_layers([Layer("config.json", flatten(stored.to_dict())), *layers])
    changed = differences(stored, asked)
    refused = {key: pair for key, pair in changed.items() if key not in _FREE_SETTINGS}
    if refused and set(refused) <= _LENGTH:
        _require_extension(asked, checkpoint)
    elif refused:
        listed = "; ".join(f"{key} was {_show(old)}, now {_show(new)}" for key, (old, new) in refused.items())
        raise ConfigError(
            f"--resume: the run was started with other settings: {listed}. Leave them out to go on as before, or "
            "choose another --out for a new run"
        )
    return asked


def _require_extension(asked: RunConfig, checkpoint: Checkpoint) -> None:
    if asked.optim.schedule != "constant":
        raise ConfigError(
            f"--resume: the run was planned for {checkpoint.steps} steps, and optim.schedule={asked.optim.schedule!r} "
            "spreads the learning rate over all of them, so its length cannot change half-way (with "
            '"constant" it can); choose another --out for a run of another length'
        )
    if asked.train.steps is not None and asked.train.steps < checkpoint.step:
        raise ConfigError(
            f"--resume: the run has already done {checkpoint.step} steps, {asked.train.steps} are asked for"
        )


def _show(value: Any) -> str:
    return "not set" if value is None else repr(value)


_DIVERGED = "--resume would meet the same again, so choose another --out or delete this run"


_STOPPING = "stopping as soon as nothing is lost by it; Ctrl-C again stops at once"


class _Interrupted(KeyboardInterrupt):
    """Leaves a scoring half-way. As a mere `Exception` it could be lost in the compiler."""


class _Session:
    """One process's part of a run."""

    def __init__(
        self,
        config: RunConfig,
        source: DataSource,
        directory: RunDirectory,
        watcher: Watcher,
        checkpoint: Checkpoint | None,
    ) -> None:
        self.config, self.source, self.directory, self.watcher = config, source, directory, watcher
        training, self.validation = source.split("train"), source.split("val")
        self.training = training
        if checkpoint is None:
            self.intensity = Intensity.fit(training, config.data)
            self.progress = Progress()
        else:
            _require_same_classes(checkpoint, source)
            self.intensity = Intensity.from_dict(checkpoint.intensity)
            self.progress = Progress.from_dict(checkpoint.progress)
        self.model = build_model(config, self.intensity.in_channels, source.info)
        self.trainer: Trainer
        self.trainer, self.steps = build_trainer(config, self.model, source.info, training, self.intensity)
        if checkpoint is not None and config.optim.schedule != "constant" and checkpoint.steps != self.steps:
            if config.train.epochs is None:
                now = f"config.json says {self.steps}; put back what was there"
            else:
                now = f"{config.train.epochs} epochs of the data now take {self.steps}; bring the training images back"
            raise ConfigError(
                f"--resume: the run was planned for {checkpoint.steps} steps, {now}, or choose another --out for a "
                "new run"
            )
        self.predictor = Predictor(self.model, self.intensity.apply)
        self.eval_every = config.train.eval_interval(self.steps)
        self.scores: Scores | None = None
        self.saved_step = 0
        self.unsaved = False  # whether anything happened since
        self.scoring = False
        if checkpoint is not None:
            self._restore(checkpoint)

    def read_all(self) -> None:
        """Read every image and mask once: a damaged one must be found before the first step, not hours later."""
        splits = self.training, self.validation
        total, done = sum(len(split) for split in splits), 0
        for split in splits:
            for sample in split:
                if sample.mask is None:
                    raise DataError(f"{sample.name}: has no mask, and training needs one")
                try:
                    self.intensity.conform(sample.image)
                except DataError as error:
                    raise DataError(f"{sample.name}: {error}") from error
                done += 1
                self.watcher.reading(done, total)

    def run(self) -> RunOutcome:
        trainer = self.trainer
        with (
            Interrupts(noted=lambda: self.watcher.note(_STOPPING)) as interrupts,
            MetricsLog(self.directory.metrics, keep_to=trainer.step) as self.log,
            compiling.breaking_off(lambda: self._in_compiler(interrupts)),
        ):
            self.watcher.begin(trainer.step, self.steps)
            try:
                # A run that was interrupted when a scoring was due owes it.
                done = trainer.step > 0 and self._after_step(interrupts)
                if not done:
                    for record in trainer.run(self.steps - trainer.step):
                        self.unsaved = True
                        self.log.write(record.to_json())
                        self.watcher.step(record)
                        if self._after_step(interrupts):
                            break
            except DivergedError as error:
                raise DivergedError(f"{error}. {self._kept(_DIVERGED)}") from error
            except (CheckpointError, TrainingError) as error:  # from writing: it would fail once more
                raise TrainingError(f"{error}. {self._kept('go on with --resume')}") from error
            except NpsegError as error:
                if self.unsaved:
                    self._save()
                raise TrainingError(f"{error}. {self._kept('go on with --resume')}") from error
            finally:
                self.watcher.end()
            complete = self._finished() and not self._scoring_due()
            interrupted = interrupts.requested and not complete
        return RunOutcome(
            self.directory, self.config, self.source, self.model, self.predictor, self.progress, trainer.step,
            self.steps, self.scores, interrupted,
        )  # fmt: skip

    def _in_compiler(self, interrupts: Interrupts) -> None:
        """Grant a wish where it costs no finished step: a scoring changes nothing, a step that is given up might."""
        if self.scoring:
            interrupts.grant(_Interrupted)
        elif not self.unsaved:
            interrupts.grant()

    def _after_step(self, interrupts: Interrupts) -> bool:
        """Score and save where it is time; tells whether to stop here."""
        step = self.trainer.step
        best = False
        if self._scoring_due() and not interrupts.requested:
            best = self._score(interrupts)
        finished = self._finished()
        due = best or finished or interrupts.requested or step % self.config.train.checkpoint_every == 0
        if due and self.unsaved:
            self._save()
        return finished or interrupts.requested

    def _finished(self) -> bool:
        return self.trainer.step >= self.steps or self.progress.stopped

    def _scoring_due(self) -> bool:
        step = self.trainer.step
        return (step % self.eval_every == 0 or step >= self.steps) and self.progress.scored_step != step

    def _score(self, interrupts: Interrupts) -> bool:
        """Score the validation images; tells whether they are the best so far. An interrupt drops the scoring."""

        def on_image(done: int, images: int) -> None:
            interrupts.grant(_Interrupted)
            self.watcher.scoring(done, images)

        begun = time.perf_counter()
        self.scoring = True
        try:
            scores = evaluate(self.predictor, self.validation, self.source.info, on_image=on_image)
        except _Interrupted:
            return False
        finally:
            self.scoring = False
        step = self.trainer.step
        self.scores = scores
        best = self.progress.record(step, scores.miou, self.config.train.patience)
        self.unsaved = True
        self.log.write(_scoring_record(step, scores, best, time.perf_counter() - begun))
        self.watcher.scored(step, scores, best)
        return best

    def _checkpoint(self) -> Checkpoint:
        info = self.source.info
        return Checkpoint(
            model=dict(self.model.config),
            weights=self.model.state_dict(),
            step=self.trainer.step,
            steps=self.steps,
            optimiser=self.trainer.optimizer.state_dict(),
            data={
                "classes": list(info.classes),
                "palette": info.palette.tolist(),
                "ignore_index": info.ignore_index,
            },
            intensity=self.intensity.to_dict(),
            progress=self.progress.to_dict(),
        )

    def _save(self) -> None:
        self.log.sync()
        checkpoint = self._checkpoint()
        write_checkpoint(self.directory.last, checkpoint)
        if self.progress.best_step == checkpoint.step:
            self._save_best(checkpoint)
        self.saved_step, self.unsaved = checkpoint.step, False

    def _save_best(self, checkpoint: Checkpoint) -> None:
        checkpoint.optimiser = {}
        write_checkpoint(self.directory.best, checkpoint)

    def _restore(self, checkpoint: Checkpoint) -> None:
        checkpoint.load_into(self.model)
        self.trainer.optimizer.load_state_dict(checkpoint.optimiser)
        self.trainer.step = self.saved_step = checkpoint.step
        if self.progress.best_step in (0, _step_of_best(self.directory)):
            return
        if self.progress.best_step == checkpoint.step:
            # Killed between the two files: the best weights are the last ones.
            self._save_best(self._checkpoint())
        else:
            self.watcher.note(
                f"{self.directory.best} is not the checkpoint of step {self.progress.best_step} that the run "
                "remembers as its best, and that one cannot be made again; "
                + ("last.safetensors is whole" if self._finished() else "it is replaced when a better one comes")
            )

    def _kept(self, advice: str) -> str:
        if self.saved_step:
            return f"The checkpoint of step {self.saved_step} is kept in {self.directory.path}; {advice}"
        return "There was no checkpoint yet, so nothing is kept"


def _scoring_record(step: int, scores: Scores, best: bool, seconds: float) -> dict[str, Any]:
    """The line of `metrics.jsonl` for a scoring of the validation images."""
    named = {f"val_{name}": value for name, value in scores.to_json().items() if name != "policy"}
    return {"step": step, **named, "best": best, "seconds": round(seconds, 6)}


def _step_of_best(directory: RunDirectory) -> int | None:
    try:
        return read_checkpoint(directory.best).step
    except CheckpointError:
        return None


def _require_same_classes(checkpoint: Checkpoint, source: DataSource) -> None:
    before, now = list(checkpoint.data.get("classes", [])), list(source.info.classes)
    if before != now:
        raise ConfigError(
            f"--resume: the run was started on the classes {before}, the data now has {now}; "
            "bring the data back, or choose another --out for a new run"
        )
