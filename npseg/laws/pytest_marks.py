"""Laws as tests of pytest: one for each law, in a test file or from the command line."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from npseg.laws.adapters.own import own_target
from npseg.laws.conventions import check_conventions, parse_conventions
from npseg.laws.docket import Docket, Entry
from npseg.laws.engine import Trial
from npseg.laws.expectations import Expectation, check_expectations, expectation_for, expectations_of
from npseg.laws.law import Law
from npseg.laws.report import counterexample
from npseg.laws.target import Target

__all__ = ["BrokenLaw", "Check", "checks", "parametrize"]


class BrokenLaw(AssertionError):
    """A law does not hold; the message holds the programme that shows it."""


class Check:
    """One law on one measure, as a function without arguments that raises `BrokenLaw` or skips the test."""

    def __init__(self, docket: Docket, entry: Entry, expectation: Expectation | None) -> None:
        self._docket, self._entry, self.expectation = docket, entry, expectation

    def __repr__(self) -> str:
        return f"Check({self.id})"

    @property
    def id(self) -> str:
        """The law, and the measure where it is one of several."""
        one = len(self._docket.target.measures) == 1
        return self._entry.law.name if one else f"{self._entry.law.name}-{self._entry.measure.replace(' ', '-')}"

    def __call__(self) -> None:
        __tracebackhide__ = True
        import pytest

        trial = self._docket.hear(self._entry)
        if trial.outcome == "fails":
            raise BrokenLaw(_words(self._docket.target, trial))
        if trial.outcome == "does not apply":
            if self.expectation is not None:
                pytest.fail(f"expected to fail, and does not apply: {trial.reason}", pytrace=False)
            pytest.skip(trial.reason)

    def marks(self) -> tuple[Any, ...]:
        """A strict xfail mark if it is expected to fail, else none."""
        import pytest

        if self.expectation is None:
            return ()
        return (pytest.mark.xfail(reason=self.expectation.reason, raises=BrokenLaw, strict=True),)


def checks(
    target: Target,
    expectations: Sequence[Expectation] = (),
    *,
    laws: Sequence[Law] | None = None,
    max_examples: int = 100,
    seed: int = 0,
) -> list[Check]:
    """A check for every law that the target has measures for. Raises `ArgumentError` for an expectation of nothing."""
    docket = Docket(target, laws=laws, max_examples=max_examples, seed=seed)
    check_expectations(expectations, [docket])
    return [
        Check(docket, entry, expectation_for(expectations, target.name, entry.law, entry.measure))
        for entry in docket.entries
    ]


def parametrize(
    implementation: Callable[..., Any] | Target,
    *,
    metric: str | None = None,
    gradient: Callable[..., Any] | None = None,
    convention: Mapping[str, str] | str = "",
    expected_failures: Mapping[str, str] | None = None,
    max_examples: int = 100,
    seed: int = 0,
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Decorate a test that takes `check`: pytest runs it once for every law.

    `metric` says what the implementation measures, if its name does not; `gradient` gives the gradient of a loss or an
    operator of arrays. `convention` says what it promises; what is left out is inferred from its answers.
    `expected_failures` maps the name of a law to the reason why it fails: such a test is a strict xfail. A law that
    does not apply is skipped with the reason. Raises `ArgumentError` for names that do not exist and expectations that
    match nothing.

    >>> import npseg.laws
    >>> def accuracy(y_true, y_pred, num_classes, ignore_index=None):
    ...     return float((y_true == y_pred).mean())
    >>> @npseg.laws.parametrize(accuracy, convention={"aggregate": "dataset"})
    ... def test_accuracy(check):
    ...     check()
    """
    import pytest

    if isinstance(implementation, Target):
        target = implementation
    else:
        declared = (
            parse_conventions("parametrize", convention)
            if isinstance(convention, str)
            else check_conventions("parametrize", convention)
        )
        target = own_target(implementation, [metric] if metric else (), gradient=gradient, declared=declared)
    expectations = expectations_of("parametrize", expected_failures or {})
    found = checks(target, expectations, max_examples=max_examples, seed=seed)
    return pytest.mark.parametrize("check", [pytest.param(one, id=one.id, marks=one.marks()) for one in found])


def _words(target: Target, trial: Trial) -> str:
    law = trial.law
    return (
        f"law {law.number}, {law.name}, is broken by {trial.measure}: {trial.reason}\n\n{counterexample(target, trial)}"
    )
