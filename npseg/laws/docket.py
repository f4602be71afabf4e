"""What is to be tried on a target, in order: known before anything is tried, and tried one by one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from npseg.errors import ArgumentError
from npseg.laws.engine import Trial, in_common, subjects, try_law
from npseg.laws.law import LAWS, Law
from npseg.laws.measures import MEASURES
from npseg.laws.probing import DOCUMENTED, QUESTIONS, observed
from npseg.laws.target import Target

__all__ = ["Docket", "Entry", "check_promises"]


@dataclass(frozen=True)
class Entry:
    """One law on one measure of a target, or on those that the law relates to each other."""

    law: Law
    measures: tuple[str, ...]

    @property
    def measure(self) -> str:
        """The measures in one word, as `Trial.measure` has them."""
        return " and ".join(self.measures)


class Docket:
    """The entries of one target, and the trial of each.

    First what the documentation promises, then `laws` (all, if left out) in the order of their numbers.

    >>> def accuracy(y_true, y_pred, num_classes, ignore_index=None):
    ...     return float((y_true == y_pred).mean())
    >>> docket = Docket(Target("mine", {"pixel_accuracy": accuracy}), max_examples=20)
    >>> entry = next(entry for entry in docket.entries if entry.law.name == "symmetric")
    >>> docket.hear(entry).outcome
    'holds'
    """

    def __init__(
        self, target: Target, *, laws: Sequence[Law] | None = None, max_examples: int = 100, seed: int = 0
    ) -> None:
        self.target, self._max_examples, self._seed = target, max_examples, seed
        laws = sorted(LAWS.values(), key=lambda law: law.number) if laws is None else laws
        self.entries = _promises(target)
        self.entries += [Entry(law, measures) for law in laws for measures in subjects(law, target)]

    @cached_property
    def conventions(self) -> Mapping[str, Mapping[str, str]]:
        """Of each measure: declared ones as declared, the others as its answers show them."""
        return {name: {**observed(self.target, name), **_promised(self.target, name)} for name in self.target.measures}

    def hear(self, entry: Entry) -> Trial:
        """Try one entry; the same seed draws the same cases."""
        known = in_common(entry.law, (self.conventions[name] for name in entry.measures))
        return try_law(self.target, entry.law, entry.measures, known, max_examples=self._max_examples, seed=self._seed)


def check_promises(caller: str, target: Target) -> None:
    """Raise `ArgumentError` for a declared convention that means nothing to any of the target's measures."""
    known = {name for measure in target.measures for name in QUESTIONS.get(MEASURES[measure].family, {})}
    known |= {name for law in LAWS.values() if subjects(law, target) for name in law.unless}
    for name in target.declared:
        if name not in known:
            concern = f"those that do are {', '.join(sorted(known))}" if known else "no convention does"
            raise ArgumentError(f"{caller}: convention {name} does not concern {', '.join(target.measures)}; {concern}")


def _promised(target: Target, measure: str) -> dict[str, str]:
    """What the documentation says about conventions that a question can show for this measure."""
    asked = QUESTIONS.get(MEASURES[measure].family, {})
    return {name: value for name, value in target.declared.items() if name in asked}


def _promises(target: Target) -> list[Entry]:
    entries = []
    for measure in target.measures:
        for convention, value in _promised(target, measure).items():
            question = QUESTIONS[MEASURES[measure].family][convention]
            law = replace(
                DOCUMENTED,
                name=f"as-documented-{convention}",
                always=({"question": question, "documented": value},),
            )
            entries.append(Entry(law, (measure,)))
    return entries
