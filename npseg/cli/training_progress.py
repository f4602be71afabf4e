"""Progress of training on stderr: a bar in a terminal, a line every few seconds anywhere else."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Any

import typer

from npseg.cli.progress import PLAIN_SECONDS, PlainCount
from npseg.train.watch import Watcher

if TYPE_CHECKING:
    from npseg.metrics import Scores
    from npseg.train import StepRecord

__all__ = ["PlainWatcher", "RichWatcher", "training_watcher"]


def training_watcher(label: str = "") -> Watcher:
    """The watcher that fits where stderr goes."""
    return RichWatcher(label) if sys.stderr.isatty() else PlainWatcher(label)


class PlainWatcher(Watcher):
    """Lines of text, for log files and pipes."""

    def __init__(self, label: str = "") -> None:
        self._label = f"{label}: " if label else ""
        self._steps = 0
        self._first = 0
        self._reading = PlainCount(f"{self._label}reading images")
        self._warm = self._said = 0.0

    def note(self, text: str) -> None:
        self._say(text)

    def reading(self, done: int, images: int) -> None:
        self._reading(done, images)

    def begin(self, step: int, steps: int) -> None:
        self._first, self._steps = step, steps
        self._warm = self._said = time.monotonic()
        if step >= steps:
            return
        self._say(f"training from step {step} to {steps}" if step else f"training for {_count(steps)}")

    def step(self, record: StepRecord) -> None:
        now = time.monotonic()
        done = record.step - self._first
        if done == 1:
            self._warm = now
        if done == 1 or record.step == self._steps or now - self._said >= PLAIN_SECONDS:
            self._said = now
            # The first step compiles, so it says nothing about those to come.
            each = (now - self._warm) / (done - 1) if done > 1 else 0.0
            left = f"  about {_clock(each * (self._steps - record.step))} left" if done > 1 else ""
            self._say(
                f"step {record.step}/{self._steps}  loss {record.loss:.4f}  lr {record.lr:.2e}  "
                f"{record.seconds + record.waited:.2f} s/step{left}"
            )

    def scored(self, step: int, scores: Scores, best: bool) -> None:
        self._said = time.monotonic()
        self._say(f"step {step}/{self._steps}  {_validation(scores, best)}")

    def _say(self, text: str) -> None:
        typer.echo(self._label + text, err=True)


class RichWatcher(Watcher):
    """A bar with loss, learning rate, validation mIoU and the time left."""

    def __init__(self, label: str = "") -> None:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

        self._label = label or "training"
        self._console = Console(stderr=True)
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=24),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            TextColumn("{task.fields[state]}"),
            console=self._console,
        )
        self._task: Any = None
        self._reading = PlainCount("reading images")
        self._miou = ""

    def note(self, text: str) -> None:
        self._console.print(text, markup=False, highlight=False)

    def reading(self, done: int, images: int) -> None:
        self._reading(done, images)

    def begin(self, step: int, steps: int) -> None:
        self._task = self._progress.add_task(self._label, total=steps, completed=step, state="")
        self._progress.start()

    def step(self, record: StepRecord) -> None:
        state = f"loss {record.loss:.4f}  lr {record.lr:.2e}{self._miou}"
        self._progress.update(self._task, completed=record.step, state=state)

    def scoring(self, done: int, images: int) -> None:
        self._progress.update(self._task, state=f"scoring {done}/{images}{self._miou}")

    def scored(self, step: int, scores: Scores, best: bool) -> None:
        self._miou = f"  val mIoU {scores.miou:.3f}"
        self._progress.update(self._task, state=self._miou.strip())

    def end(self) -> None:
        self._progress.stop()


def _count(steps: int) -> str:
    return "1 step" if steps == 1 else f"{steps} steps"


def _validation(scores: Scores, best: bool) -> str:
    return f"validation mIoU {scores.miou:.4f}, Dice {scores.mean_dice:.4f}" + (" (best so far)" if best else "")


def _clock(seconds: float) -> str:
    """Seconds as a person would say them.

    >>> _clock(42.4), _clock(150)
    ('42 s', '2 min 30 s')
    """
    whole = round(seconds)
    return f"{whole} s" if whole < 60 else f"{whole // 60} min {whole % 60} s"
