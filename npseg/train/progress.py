"""Where a run stands, apart from weights: what is best so far, and whether it is time to stop."""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass
from typing import Any

from npseg.errors import CheckpointError

__all__ = ["Progress"]


@dataclass
class Progress:
    """Kept in every checkpoint. Steps count from 1; 0 means never.

    `best_miou` is None when no scoring had a defined mIoU. `misses` counts scorings in a row that were not the best
    so far.
    """

    scored_step: int = 0
    best_step: int = 0
    best_miou: float | None = None
    misses: int = 0
    stopped: bool = False

    def record(self, step: int, miou: float, patience: int) -> bool:
        """Take note of a scoring; tells whether it is the best so far. Ties go to the earlier one.

        >>> progress = Progress()
        >>> progress.record(10, 0.5, 1), progress.record(20, 0.4, 1), progress.stopped
        (True, False, True)
        """
        self.scored_step = step
        defined = None if math.isnan(miou) else float(miou)
        better = defined is not None and (self.best_miou is None or defined > self.best_miou)
        if better or self.best_step == 0:
            self.best_step, self.best_miou, self.misses = step, defined, 0
            return True
        self.misses += 1
        self.stopped = 0 < patience <= self.misses
        return False

    def to_dict(self) -> dict[str, Any]:
        return dataclasses.asdict(self)

    @classmethod
    def from_dict(cls, kept: dict[str, Any]) -> Progress:
        try:
            return cls(**kept)
        except TypeError as error:
            raise CheckpointError(f"the checkpoint's progress is not that of a run of npseg ({error})") from error
