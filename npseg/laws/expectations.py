"""Failures that are known and explained: a file of them, and what becomes of each.

A line of the file is `law: reason`, or `target/measure law: reason` for one measure of one target; `#` begins a
comment. An expected failure that does not come is an error, so that the file says what is true.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from npseg.errors import ArgumentError, near_matches
from npseg.laws.docket import Docket
from npseg.laws.engine import Trial
from npseg.laws.law import Law

__all__ = ["Expectation", "Finding", "check_expectations", "expectation_for", "expectations_of", "read_expectations"]


@dataclass(frozen=True)
class Expectation:
    """That a law fails, and why. An empty target or measure stands for any."""

    law: str
    reason: str
    target: str = ""
    measure: str = ""
    where: str = ""
    """What holds it, for messages: a file and line, or an argument."""

    @property
    def line(self) -> str:
        """As a line of a file.

        >>> _parse("known.txt:1", "mine:miou/iou symmetric: it is recall").line
        'mine:miou/iou symmetric: it is recall'
        """
        place = f"{self.target}/{self.measure} " if self.target else ""
        return f"{place}{self.law}: {self.reason}"

    def is_for(self, target: str, law: Law, measure: str) -> bool:
        return (
            self.law == law.name
            and self.target in ("", target)
            and self.measure in ("", measure)
        )  # fmt: skip


@dataclass(frozen=True)
class Finding:
    """A trial beside what was expected of it."""

    trial: Trial
    expectation: Expectation | None = None

    @property
    def outcome(self) -> str:
        """In words: the trial's own, or what became of the expectation."""
        if self.expectation is None:
            return self.trial.outcome
        if self.trial.outcome == "fails":
            return "fails as expected"
        return f"expected to fail, and {self.trial.outcome}"

    @property
    def is_wrong(self) -> bool:
        """Whether somebody has to do something: a law fails unexpectedly, or does not fail as expected."""
        return (self.trial.outcome == "fails") == (self.expectation is None)


def read_expectations(path: str | os.PathLike[str]) -> list[Expectation]:
    """Read a file of expected failures. Raises `ArgumentError` with the line that cannot be read."""
    try:
        text = Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        words = error.strerror if isinstance(error, OSError) else "it is not text in UTF-8"
        raise ArgumentError(f"{os.fspath(path)}: cannot be read as a file of expected failures ({words})") from error
    found = []
    for number, line in enumerate(text.splitlines(), start=1):
        if line.strip() and not line.lstrip().startswith("#"):
            found.append(_parse(f"{os.fspath(path)}:{number}", line.strip()))
    return found


def expectations_of(caller: str, given: Mapping[str, str]) -> list[Expectation]:
    """Expected failures from a mapping of law (or `target/measure law`) to reason. Raises `ArgumentError`.

    >>> expectations_of("parametrize", {"symmetric": "weighted by the truth"})[0].reason
    'weighted by the truth'
    """
    return [_parse(f"{caller}: expected_failures", f"{key}: {reason or ''}") for key, reason in given.items()]


def check_expectations(expectations: Iterable[Expectation], dockets: Sequence[Docket]) -> None:
    """Raise `ArgumentError` for an expectation that nothing to be tried matches."""
    for one in expectations:
        planned = [(docket.target.name, entry.law, entry.measure) for docket in dockets for entry in docket.entries]
        if any(one.is_for(*trial) for trial in planned):
            continue
        laws = {law.name for _, law, _ in planned}
        if one.law not in laws:
            named = sorted({law.name for _, law, _ in planned if law.answers_to(one.law)})
            advice = f"; name one of {', '.join(named)}" if named else near_matches(one.law, laws)
            problem = f"no law {one.law!r} is tried here{advice}"
        else:
            places = {
                f"{target}/{measure}" for target, law, measure in planned if one.law in (law.name, str(law.number))
            }
            problem = (
                f"law {one.law} is not tried on {one.target}/{one.measure}"
                f"{near_matches(f'{one.target}/{one.measure}', places)}"
            )
        raise ArgumentError(f"{one.where}: an expected failure matches nothing: {problem}")


def expectation_for(expectations: Iterable[Expectation], target: str, law: Law, measure: str) -> Expectation | None:
    """The expectation that a trial meets; the one that names the target, if there are two."""
    matching = [one for one in expectations if one.is_for(target, law, measure)]
    return max(matching, key=lambda one: bool(one.target), default=None)


def _parse(where: str, line: str) -> Expectation:
    """Raises `ArgumentError`.

    >>> one = _parse("xfails.txt:1", "mine:miou/iou symmetric: it is weighted: see #12")
    >>> one.target, one.measure, one.law, one.reason
    ('mine:miou', 'iou', 'symmetric', 'it is weighted: see #12')
    """
    head, colon, reason = (line + " ").partition(": ")
    *place, law = head.split(" ") if head.strip() else [""]
    target, slash, measure = " ".join(place).rpartition("/")
    if not colon or not law or (place and not (slash and target and measure)):
        raise ArgumentError(
            f"{where}: cannot read {line!r}; write `law: reason`, or `target/measure law: reason` for one measure"
        )
    if not reason.strip():
        raise ArgumentError(f"{where}: the expected failure of {law} has no reason; write `{head}: reason`")
    return Expectation(law, reason.strip(), target, measure, where)
