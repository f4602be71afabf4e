"""What was found out about one target, beside what was expected of it."""

from __future__ import annotations

import types
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from npseg.laws.engine import Trial
from npseg.laws.examination import Verdict
from npseg.laws.expectations import Expectation, Finding, expectation_for
from npseg.laws.reproduction import programme
from npseg.laws.target import Target

__all__ = ["Findings", "counterexample"]


@dataclass(frozen=True)
class Findings:
    """A verdict, and the failures that were expected. Its trials are fewer than planned if it was broken off."""

    verdict: Verdict
    expectations: Sequence[Expectation] = ()

    @property
    def target(self) -> Target:
        return self.verdict.target

    @cached_property
    def each(self) -> tuple[Finding, ...]:
        """Every trial with the expectation that it meets."""
        name = self.target.name
        return tuple(
            Finding(trial, expectation_for(self.expectations, name, trial.law, trial.measure))
            for trial in self.verdict.trials
        )

    @property
    def wrong(self) -> list[Finding]:
        """Those about which somebody has to do something."""
        return [finding for finding in self.each if finding.is_wrong]

    @property
    def broken(self) -> list[Finding]:
        """Those whose law fails, expected or not."""
        return [finding for finding in self.each if finding.trial.outcome == "fails"]

    @property
    def counts(self) -> Mapping[str, int]:
        """How many trials had each outcome."""
        return Counter(finding.outcome for finding in self.each)

    @property
    def conventions(self) -> dict[tuple[str, ...], Mapping[str, str]]:
        """Measures that follow the same conventions, and those."""
        groups: dict[tuple[tuple[str, str], ...], list[str]] = {}
        for measure, known in self.verdict.conventions.items():
            groups.setdefault(tuple(sorted(known.items())), []).append(measure)
        return {tuple(measures): dict(known) for known, measures in groups.items()}

    def origin(self, convention: str) -> str:
        """Whether a convention was declared, or inferred from the answers."""
        return "declared" if convention in self.target.declared else "inferred"


def counterexample(target: Target, trial: Trial) -> str:
    """The broken law as a programme of its own.

    Where a function's text cannot be had or does not stand alone (a method, a closure, a compiled function), the
    programme imports it, or says that it must be defined.
    """
    code = dict(target.code)
    for name, function in target.measures.items():
        if name not in code and not _stands_alone(function):
            code[name] = _import_of(name, function)
    try:
        return programme(replace(target, code=code), trial)
    except (OSError, KeyError, TypeError, ValueError):  # the text is in no file, or what it calls cannot be told
        code = {name: code.get(name, _import_of(name, function)) for name, function in target.measures.items()}
        return programme(replace(target, code=code), trial)


def _stands_alone(function: object) -> bool:
    """Whether it is a plain function of a module, whose text says all."""
    return isinstance(function, types.FunctionType) and not function.__closure__ and function.__name__ != "<lambda>"


def _import_of(name: str, function: object) -> str:
    """A line that brings the function in under the measure's name."""
    module, path = getattr(function, "__module__", None), getattr(function, "__qualname__", "")
    if module and path.isidentifier():
        return f"from {module} import {path}" + (f" as {name}" if path != name else "")
    return f"# `{name}` is {function!r}, which has no text of its own: define it here."
