"""Put a target on trial: find out its conventions, compare them with its documentation, and try every law on it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from npseg.laws.docket import Docket
from npseg.laws.engine import Trial
from npseg.laws.law import Law
from npseg.laws.target import Target

__all__ = ["Verdict", "examine"]


@dataclass(frozen=True)
class Verdict:
    """All trials of one target, and the conventions under which they were held."""

    target: Target
    trials: tuple[Trial, ...]
    conventions: Mapping[str, Mapping[str, str]]
    """Of each measure: declared ones as declared, the others as inferred."""

    @property
    def failures(self) -> list[Trial]:
        return [trial for trial in self.trials if trial.outcome == "fails"]


def examine(
    target: Target,
    *,
    laws: Sequence[Law] | None = None,
    max_examples: int = 100,
    seed: int = 0,
    progress: Callable[[Law, str], None] | None = None,
) -> Verdict:
    """Try `laws` (all, if left out) on a target, `max_examples` cases each; the same seed draws the same cases.

    `progress` is told of each trial before it begins: the law, and the measure.
    """
    docket, trials = Docket(target, laws=laws, max_examples=max_examples, seed=seed), []
    for entry in docket.entries:
        if progress is not None:
            progress(entry.law, entry.measure)
        trials.append(docket.hear(entry))
    return Verdict(target, tuple(trials), docket.conventions)
