"""Put a target on trial: find out its conventions, compare them with its documentation, and try every law on it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from npseg.laws.engine import Trial, try_law, try_laws
from npseg.laws.law import LAWS, Law
from npseg.laws.measures import MEASURES
from npseg.laws.probing import DOCUMENTED, QUESTIONS, observed
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
    """Try `laws` (all, if left out) on a target, `max_examples` cases each; the same seed draws the same cases."""
    import npseg.laws.catalogue  # noqa: F401 - the laws enter the register when their files are read

    laws = sorted(LAWS.values(), key=lambda law: law.number) if laws is None else laws
    conventions, trials = {}, []
    for name in target.measures:
        shown = observed(target, name)
        promised = {
            key: value for key, value in target.declared.items() if key in QUESTIONS.get(MEASURES[name].family, {})
        }
        conventions[name] = {**shown, **promised}
        for convention, value in promised.items():
            trials.append(_documented(target, name, convention, value))
    trials += try_laws(target, laws, conventions, max_examples=max_examples, seed=seed, progress=progress)
    return Verdict(target, tuple(trials), conventions)


def _documented(target: Target, measure: str, convention: str, value: str) -> Trial:
    question = QUESTIONS[MEASURES[measure].family][convention]
    law = replace(DOCUMENTED, name=f"as-documented-{convention}", always=({"question": question, "documented": value},))
    return try_law(target, law, (measure,), {})
