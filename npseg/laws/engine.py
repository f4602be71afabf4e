"""Try a law on a target: draw cases until one breaks it, and make that one as small as it gets."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from npseg.laws.law import Code, Law
from npseg.laws.measures import COMPANIONS, MEASURES
from npseg.laws.probing import OTHER
from npseg.laws.target import Target, Unsupported

__all__ = ["Trial", "in_common", "subjects", "try_law"]

Outcome = Literal["holds", "fails", "does not apply"]


@dataclass(frozen=True)
class Trial:
    """What came of one law on one measure of a target."""

    law: Law
    measure: str
    """The measure, or several joined by " and "."""
    outcome: Outcome
    reason: str = ""
    """Why it fails or does not apply; a note where it holds."""
    case: Mapping[str, Any] = field(default_factory=dict)
    """The smallest case found that breaks the law."""
    conventions: Mapping[str, str] = field(default_factory=dict)
    """Those under which it was tried."""


class _BrokenError(Exception):
    """The law is broken; the engine's own way out of Hypothesis."""


def try_law(
    target: Target,
    law: Law,
    measures: tuple[str, ...],
    conventions: Mapping[str, str],
    *,
    max_examples: int = 100,
    seed: int = 0,
) -> Trial:
    """One law on one measure, or on those that it relates to each other. The same seed draws the same cases."""
    label = " and ".join(measures)
    for name, allowed in law.presumes.items():
        if _excuses(law, name, value := conventions.get(name)):
            return Trial(law, label, "does not apply", f"presumes {name}={' or '.join(allowed)}; here it is {value}")
    for name, excused in law.unless.items():
        if target.declared.get(name) in excused:
            return Trial(law, label, "does not apply", f"the documentation says {name}={target.declared[name]}")
    if law.of_the_arrays and target.rearranged:
        return Trial(law, label, "does not apply", "the function is given other arrays, made of those of the case")
    if lacking := _lacking(law, target, measures[0]):
        return Trial(law, label, "does not apply", f"needs {lacking}, which the target does not give")
    fixed = _fixed_arguments(law, target, measures)
    if conventions.get("dimension") == "2d" and law.family == "distance":
        fixed = {name: _of_planes(value) if callable(value) else value for name, value in fixed.items()}
    if "conventions" in law.arguments:
        fixed["conventions"] = dict(conventions)
    hearing = _Hearing(law, measures[0], fixed)
    try:
        hearing.hear(max_examples, seed)
    except _BrokenError:
        return Trial(law, label, "fails", hearing.sentence, hearing.case, dict(conventions))
    if hearing.unsupported and not hearing.heard:
        return Trial(law, label, "does not apply", hearing.unsupported)
    return Trial(law, label, "holds", f"{hearing.heard} cases")


class _Hearing:
    """Cases of one law heard one after another; keeps the last that broke it, which Hypothesis makes the smallest."""

    def __init__(self, law: Law, measure: str, fixed: Mapping[str, Any]) -> None:
        self._law, self._measure, self._fixed = law, measure, fixed
        self.heard, self.unsupported, self.sentence = 0, "", ""
        self.case: dict[str, Any] = {}

    def hear(self, max_examples: int, seed: int) -> None:
        import hypothesis
        from hypothesis import HealthCheck, Phase, given, settings

        for case in self._law.always:
            try:
                self._judge(dict(case))
            except Unsupported as answer:
                self.unsupported = str(answer)
        if (cases := self._law.cases(self._measure)) is None:
            return
        run = given(cases)(self._judge_drawn)
        run = settings(
            max_examples=max_examples, deadline=None, database=None, suppress_health_check=list(HealthCheck),
            report_multiple_bugs=False, phases=(Phase.generate, Phase.shrink), verbosity=hypothesis.Verbosity.quiet,
        )(run)  # fmt: skip
        try:
            hypothesis.seed(seed)(run)()
        except hypothesis.errors.Unsatisfiable:
            if not self.unsupported:
                raise
        except hypothesis.errors.Flaky:  # the same case broke the law once, and not another time
            if not self.sentence:
                raise
            raise _BrokenError(self.sentence) from None

    def _judge_drawn(self, case: dict[str, Any]) -> None:
        from hypothesis import reject

        try:
            self._judge(case)
        except Unsupported as answer:
            self.unsupported = str(answer)
            reject()

    def _judge(self, case: dict[str, Any]) -> None:
        drawn = _copied(case)
        values = {name: value.value() if isinstance(value, Code) else value for name, value in case.items()}
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                sentence = self._law.check(**self._fixed, **values)
        except Unsupported:
            raise
        except (Exception, SystemExit) as error:  # whatever a foreign library raises is its answer, an exit too
            sentence = f"raises {type(error).__name__}: {str(error).strip().splitlines()[0] if str(error) else ''}"
        self.heard += 1
        if sentence:
            self.case, self.sentence = drawn, sentence
            raise _BrokenError(sentence)


def _copied(case: Mapping[str, Any]) -> dict[str, Any]:
    """The case as it was drawn, even if the target writes into its arguments later."""
    import copy

    return {name: copy.deepcopy(value) for name, value in case.items()}


def subjects(law: Law, target: Target) -> list[tuple[str, ...]]:
    """The measures of the target that the law is for: one by one, or those that it relates to each other."""
    if law.needs:
        return [law.needs] if set(law.needs) <= set(target.measures) else []
    return [(name,) for name in law.of if name in target.measures]


def _lacking(law: Law, target: Target, measure: str) -> str:
    """The first companion of the measure that the law asks for and the target does not give, or nothing."""
    wanted = [f"{measure}_{name}" for name in COMPANIONS if name in law.arguments]
    return next((name for name in wanted if name not in target.measures), "")


def _fixed_arguments(law: Law, target: Target, measures: tuple[str, ...]) -> dict[str, Any]:
    """The arguments of the check that are the same for every case."""
    if law.needs:
        fixed: dict[str, Any] = {name: target.measures[name] for name in measures}
    else:
        fixed = {"score": target.measures[measures[0]]}
    for name in COMPANIONS:
        if name in law.arguments:
            fixed[name] = target.measures[f"{measures[0]}_{name}"]
    if "tolerance" in law.arguments:
        fixed["tolerance"] = target.tolerance
    if "ignored_by_default" in law.arguments:
        fixed["ignored_by_default"] = target.ignored_by_default
    if "measure" in law.arguments:
        fixed["measure"] = measures[0]
    if "bounds" in law.arguments:
        fixed["bounds"] = MEASURES[measures[0]].bounds
    return fixed


def _of_planes(measure: Callable[..., Any]) -> Callable[..., Any]:
    """A measure of images that is not asked about volumes, whatever it would do with them."""

    def score(a: Any, b: Any, **options: Any) -> Any:
        if getattr(a, "ndim", 2) != 2:
            raise Unsupported("it takes images, no volumes")
        return measure(a, b, **options)

    return score


def in_common(law: Law, conventions: Iterable[Mapping[str, str]]) -> dict[str, str]:
    """Conventions of measures taken together for one law.

    Where two differ, the one that the law does not presume stands: it is tried only if it could be on each measure by
    itself. If it presumes both, the first stands; that they differ is for the law to find.
    """
    merged: dict[str, str] = {}
    for one in conventions:
        for name, value in one.items():
            if name not in merged or (_excuses(law, name, value) and not _excuses(law, name, merged[name])):
                merged[name] = value
    return merged


def _excuses(law: Law, name: str, value: str | None) -> bool:
    """Whether the law says nothing under that value of a convention. What follows none of the known has no excuse."""
    return name in law.presumes and value not in (None, OTHER, *law.presumes[name])
