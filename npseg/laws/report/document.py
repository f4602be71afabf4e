"""What was found out, as plain data."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import npseg
from npseg.laws.adapters import LIBRARIES
from npseg.laws.expectations import Finding
from npseg.laws.law import Law
from npseg.laws.report.findings import Findings, counterexample

__all__ = ["DOCUMENT", "document", "joined", "law_document"]

DOCUMENT = "npseg-laws/1"
"""Name and version of the form; fields are only ever added under the same version."""


def document(
    all_findings: Sequence[Findings], *, max_examples: int, seed: int, interrupted: bool = False
) -> dict[str, Any]:
    """Findings about any number of targets, for JSON. The same seed, targets and versions give the same document.

    ========================= ==========================================================================================
    `form`                    "npseg-laws/1"
    `npseg`                   version
    `seed`, `max_examples`    as they were given
    `interrupted`             whether trials are missing because it was broken off
    `counts`                  outcome to number of trials
    `laws`                    of every law tried: `number`, `name`, `family`, `statement`, `symbols`, `source`,
                              `presumes` (convention to the values allowed)
    `targets`                 of every target: `name`, `library`, `version` (null for what is no library),
                              `tolerance`, `notes` (sentences on how it was called), `conventions`, `trials`
    `conventions`             measure to convention to `value` and `origin` ("declared" or "inferred")
    `trials`                  `law` (name), `number`, `measure`, `outcome` ("holds", "fails", "does not apply"),
                              `reason`, `expected` (the reason why it should fail, or null), `wrong` (whether the
                              outcome is not what it should be), `programme` (what shows a failure, or null)
    ========================= ==========================================================================================
    """
    laws = {finding.trial.law.name: finding.trial.law for findings in all_findings for finding in findings.each}
    return _whole(
        interrupted, max_examples, seed,
        counts=sum((Counter(findings.counts) for findings in all_findings), Counter()),
        laws=[law_document(law) for law in laws.values()],
        targets=[_target(findings) for findings in all_findings],
    )  # fmt: skip


def joined(documents: Sequence[Mapping[str, Any]], *, max_examples: int, seed: int) -> dict[str, Any]:
    """One document of several that were made apart, with the same settings."""
    laws = {law["name"]: law for one in documents for law in one["laws"]}
    return _whole(
        any(one["interrupted"] for one in documents), max_examples, seed,
        counts=sum((Counter(one["counts"]) for one in documents), Counter()),
        laws=list(laws.values()),
        targets=[target for one in documents for target in one["targets"]],
    )  # fmt: skip


def _whole(
    interrupted: bool, max_examples: int, seed: int, *, counts: Counter[str], laws: list[dict], targets: list[dict]
) -> dict[str, Any]:
    return {
        "form": DOCUMENT,
        "npseg": npseg.__version__,
        "seed": seed,
        "max_examples": max_examples,
        "interrupted": interrupted,
        "counts": dict(sorted(counts.items())),
        "laws": sorted(laws, key=lambda law: (law["number"], law["name"])),
        "targets": targets,
    }


def law_document(law: Law) -> dict[str, Any]:
    """A law without its code."""
    return {
        "number": law.number,
        "name": law.name,
        "family": law.family,
        "statement": law.statement,
        "symbols": law.symbols,
        "source": law.source,
        "measures": list(law.of or law.needs),
        "presumes": {name: [str(value) for value in values] for name, values in law.presumes.items()},
    }


def _target(findings: Findings) -> dict[str, Any]:
    target = findings.target
    return {
        "name": target.name,
        "library": target.library,
        "version": _version(target.library),
        "tolerance": target.tolerance,
        "notes": list(target.notes),
        "conventions": {
            measure: {name: {"value": value, "origin": findings.origin(name)} for name, value in known.items()}
            for measure, known in findings.verdict.conventions.items()
        },
        "trials": [_trial(findings, finding) for finding in findings.each],
    }


def _trial(findings: Findings, finding: Finding) -> dict[str, Any]:
    trial = finding.trial
    return {
        "law": trial.law.name,
        "number": trial.law.number,
        "measure": trial.measure,
        "outcome": trial.outcome,
        "reason": trial.reason,
        "expected": finding.expectation.reason if finding.expectation else None,
        "wrong": finding.is_wrong,
        "programme": counterexample(findings.target, trial) if trial.outcome == "fails" else None,
    }


def _version(library: str) -> str | None:
    return LIBRARIES[library].installed_version if library in LIBRARIES else None
