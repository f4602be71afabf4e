"""What a run tells about itself while it goes on. The command line draws it; tests and scripts may ignore it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from npseg.metrics import Scores
    from npseg.train.trainer import StepRecord

__all__ = ["Watcher"]


class Watcher:
    """Hears of everything and says nothing: override what is of interest."""

    def note(self, text: str) -> None:
        """A sentence for the user. It may come from another thread, while the main one is at work."""

    def reading(self, done: int, images: int) -> None:
        """`done` of `images` images and masks are found to be in order; this comes before training."""

    def begin(self, step: int, steps: int) -> None:
        """Training starts after `step` of `steps` steps."""

    def step(self, record: StepRecord) -> None:
        """A step is done."""

    def scoring(self, done: int, images: int) -> None:
        """`done` of `images` images are scored."""

    def scored(self, step: int, scores: Scores, best: bool) -> None:
        """The validation images are scored after `step` steps; `best` so far or not."""

    def end(self) -> None:
        """Training is over, for whatever reason."""
