"""What was found out about a target, for a terminal."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Mapping

from npseg.laws.expectations import Finding
from npseg.laws.measures import MEASURES
from npseg.laws.report.findings import Findings, counterexample

__all__ = ["findings_text", "summary"]

Paint = Callable[[str, str], str]
_PLURALS = {
    "fails": "fail",
    "expected to fail, and holds": "expected to fail, and hold",
    "expected to fail, and does not apply": "expected to fail, and do not apply",
    "fails as expected": "fail as expected",
    "holds": "hold",
    "does not apply": "do not apply",
}
"""Outcomes as a summary names them, in the order of their importance."""


def findings_text(findings: Findings, *, width: int = 100, paint: Paint | None = None) -> str:
    """Conventions, a line for each trial, and every broken law with the programme that shows it.

    `paint` colours a text by the outcome that it speaks of: `paint(text, outcome)`.
    """
    target = findings.target
    titles = ", ".join(MEASURES[name].title for name in target.measures)
    parts = [*textwrap.wrap(f"{target.name}: {titles}", width, subsequent_indent="  "), *_conventions(findings, width)]
    for note in target.notes:
        parts += textwrap.wrap(note, width, subsequent_indent="  ")
    if findings.each:
        parts += ["", *_table(findings.each, width, paint or _plain)]
    for finding in findings.broken:
        trial = finding.trial
        head = f"law {trial.law.number}, {trial.law.name}, is broken by {trial.measure}: {_line(trial.reason)}"
        if finding.expectation is not None:
            head += f"\nThis is expected: {finding.expectation.reason}"
        parts += ["", (paint or _plain)(head, finding.outcome), "", counterexample(target, trial).rstrip()]
    return "\n".join([*parts, "", summary(findings.counts)])


def summary(counts: Mapping[str, int]) -> str:
    """How many trials ended how, in one line; `counts` by outcome, as `Findings` and a `document` have them.

    >>> summary({"holds": 2, "fails": 1})
    '1 fails, 2 hold'
    """
    known = [(outcome, counts.get(outcome, 0)) for outcome in _PLURALS]
    said = [f"{count} {outcome if count == 1 else _PLURALS[outcome]}" for outcome, count in known if count]
    return ", ".join(said) if said else "nothing was tried"


def _conventions(findings: Findings, width: int) -> list[str]:
    lines = []
    for measures, known in findings.conventions.items():
        said = ", ".join(f"{name}={value} ({findings.origin(name)})" for name, value in known.items())
        words = f"conventions of {', '.join(measures)}: {said or 'none declared, none shown by its answers'}"
        lines += textwrap.wrap(words, width, subsequent_indent="  ")
    return lines


def _table(findings: tuple[Finding, ...], width: int, paint: Paint) -> list[str]:
    """Number, law, measure, outcome, and the reason folded beside them."""
    heads = [(str(f.trial.law.number), f.trial.law.name, f.trial.measure, f.outcome) for f in findings]
    widths = [max(len(head[column]) for head in heads) for column in range(4)]
    left = sum(widths) + 2 * len(widths)
    lines = []
    for finding, (number, law, measure, outcome) in zip(findings, heads):
        start = f"{number:>{widths[0]}}  {law:{widths[1]}}  {measure:{widths[2]}}  "
        end = " " * (widths[3] - len(outcome))
        reason = _line(finding.trial.reason)
        folded = textwrap.wrap(reason, max(width - left, 30)) or [""]
        lines.append((start + paint(outcome, outcome) + f"{end}  {folded[0]}").rstrip())
        lines += [" " * left + more for more in folded[1:]]
    return lines


def _line(text: str) -> str:
    """A text on one line; numbers printed by NumPy come on several."""
    return " ".join(text.split())


def _plain(text: str, outcome: str) -> str:
    return text
