"""A plugin for pytest: `pytest --npseg-target=module:callable` adds a test for each law.

pytest loads this file in every session of whoever has npseg installed, so it imports nothing until it is asked.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from npseg.laws.pytest_marks import Check

__all__: list[str] = []

_OPTIONS = {
    "target": ("module:callable", "the metric, loss or operator that the laws are tried on"),
    "metric": ("NAME", "what it measures (miou, dice, ...), if its name does not say so"),
    "gradient": ("module:callable", "of a loss or operator of arrays: what gives its gradient"),
    "convention": ("NAME=VALUE,...", "what it promises, as absent=skip"),
    "max-examples": ("N", "cases drawn for each law (100)"),
    "seed": ("N", "the same seed draws the same cases (0)"),
    "xfails": ("FILE", "failures that are known: lines `law: reason`"),
}


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("npseg", "laws of segmentation metrics (npseg)")
    for name, (metavar, words) in _OPTIONS.items():
        group.addoption(f"--npseg-{name}", metavar=metavar, help=words)


def pytest_configure(config: pytest.Config) -> None:
    given = _given(config)
    if given and "target" not in given:
        raise pytest.UsageError(f"--npseg-{next(iter(given))} needs --npseg-target=module:callable")


def pytest_report_header(config: pytest.Config) -> str | None:
    given = _given(config)
    return "npseg laws: " + ", ".join(f"{name} {value}" for name, value in given.items()) if given else None


@pytest.hookimpl(tryfirst=True)  # before -k and -m choose
def pytest_collection_modifyitems(session: pytest.Session, config: pytest.Config, items: list[pytest.Item]) -> None:
    if not (given := _given(config)):
        return
    laws = _Laws.from_parent(session, name=given["target"], nodeid=given["target"], checks=_checks(given))
    laws.ihook.pytest_collectstart(collector=laws)
    report = laws.ihook.pytest_make_collect_report(collector=laws)
    items += report.result
    laws.ihook.pytest_collectreport(report=report)  # else the count of collected tests lacks these


def _checks(given: dict[str, str]) -> list[Check]:
    from npseg.errors import NpsegError

    max_examples, seed = _count(given, "max-examples", 100, 1), _count(given, "seed", 0, 0)
    try:
        from npseg.laws.adapters.own import own_target
        from npseg.laws.conventions import parse_conventions
        from npseg.laws.expectations import read_expectations
        from npseg.laws.pytest_marks import checks

        declared = parse_conventions("--npseg-convention", given.get("convention", ""))
        measures = [given["metric"]] if "metric" in given else ()
        target = own_target(given["target"], measures, gradient=given.get("gradient"), declared=declared)
        expectations = read_expectations(given["xfails"]) if "xfails" in given else []
        return checks(target, expectations, max_examples=max_examples, seed=seed)
    except NpsegError as error:
        raise pytest.UsageError(str(error)) from None


class _Laws(pytest.Collector):
    """All laws of the target named on the command line."""

    def __init__(self, *, checks: list[Check], **others: Any) -> None:
        super().__init__(**others)
        self._checks = checks

    def collect(self) -> list[pytest.Item]:
        return [_LawItem.from_parent(self, name=check.id, check=check) for check in self._checks]


class _LawItem(pytest.Item):
    """One law on one measure."""

    def __init__(self, *, check: Check, **others: Any) -> None:
        super().__init__(**others)
        self._check = check
        for mark in check.marks():
            self.add_marker(mark)

    def runtest(self) -> None:
        self._check()

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        from npseg.laws.pytest_marks import BrokenLaw

        return str(excinfo.value) if isinstance(excinfo.value, BrokenLaw) else super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Any, int | None, str]:
        return self.path, None, f"law {self.name}"


def _given(config: pytest.Config) -> dict[str, str]:
    """The options of this plugin that were given."""
    values = {name: config.getoption(f"--npseg-{name}", None) for name in _OPTIONS}
    return {name: value for name, value in values.items() if value is not None}


def _count(given: dict[str, str], name: str, default: int, least: int) -> int:
    text = given.get(name, str(default))
    if not text.isdecimal() or int(text) < least:
        raise pytest.UsageError(f"--npseg-{name}: expected a whole number from {least}, got {text!r}")
    return int(text)
