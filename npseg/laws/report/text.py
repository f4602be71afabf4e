"""What was found out about a target, for a terminal."""

from __future__ import annotations

import textwrap
from collections.abc import Callable

from npseg.laws.expectations import Finding
from npseg.laws.measures import MEASURES
from npseg.laws.report.findings import Findings, counterexample

__all__ = ["findings_text", "summary"]

Paint = Callable[[str, str], str]
_OUTCOMES = (
    "fails", "expected to fail, and holds", "expected to fail, and does not apply", "fails as expected", "holds",
    "does not apply",
)  # fmt: skip


def findings_text(findings: Findings, *, width: int = 100, paint: Paint | None = None) -> str:
    """Conventions, a line for each trial, and every broken law with the programme that shows it.

    `paint` colours a text by the outcome that it speaks of: `paint(text, outcome)`.
    """
    target = findings.target
    parts = [f"{target.name}: {', '.join(MEASURES[name].title for name in target.measures)}", *_conventions(findings)]
    if findings.each:
        parts += ["", *_table(findings.each, width, paint or _plain)]
    for finding in findings.broken:
        trial = finding.trial
        head = f"law {trial.law.number}, {trial.law.name}, is broken by {trial.measure}: {_line(trial.reason)}"
        if finding.expectation is not None:
            head += f"\nThis is expected: {finding.expectation.reason}"
        parts += ["", (paint or _plain)(head, finding.outcome), "", counterexample(target, trial).rstrip()]
    return "\n".join([*parts, "", summary([findings])])


def summary(all_findings: list[Findings]) -> str:
    """How many trials ended how, in one line.

    >>> summary([])
    'nothing was tried'
    """
    counts = {outcome: sum(findings.counts[outcome] for findings in all_findings) for outcome in _OUTCOMES}
    said = [f"{count} {outcome}" for outcome, count in counts.items() if count]
    return ", ".join(said) if said else "nothing was tried"


def _conventions(findings: Findings) -> list[str]:
    lines = []
    for measure, known in findings.verdict.conventions.items():
        said = ", ".join(f"{name}={value} ({findings.origin(name)})" for name, value in known.items())
        lines.append(f"conventions of {measure}: {said or 'none declared, none shown by its answers'}")
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
