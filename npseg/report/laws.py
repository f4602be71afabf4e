"""The page of `npseg laws`: libraries by laws, and every broken law with the programme that shows it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from npseg.report.page import UNDEFINED, data_table, document, escape, facts_list, section, write_page

__all__ = ["write_laws_report"]

Data = Mapping[str, Any]


def write_laws_report(path: str | Path, found: Data) -> Path:
    """Write a self-contained page of what `npseg.laws.report.document` holds. Returns the path."""
    libraries = _libraries(found)
    sections = [_matrix(found, libraries) if len(found["targets"]) > 1 else ""]
    sections += [_library(name, targets) for name, targets in libraries.items()]
    sections += [_laws(found["laws"]), _facts(found)]
    return write_page(path, document("Laws of segmentation", _lead(found, libraries), sections))


def _libraries(found: Data) -> dict[str, list[Data]]:
    """Targets by library; one that is of no library stands under its own name."""
    libraries: dict[str, list[Data]] = {}
    for target in found["targets"]:
        libraries.setdefault(target["library"] or target["name"], []).append(target)
    return libraries


def _lead(found: Data, libraries: Mapping[str, Sequence[Data]]) -> str:
    trials = [trial for target in found["targets"] for trial in target["trials"]]
    broken = [trial for trial in trials if trial["outcome"] == "fails"]
    words = f"{', '.join(libraries)}: {len(trials)} trials of {len(found['laws'])} laws, of which {len(broken)} fail."
    return words + (" The examination was broken off; trials are missing." if found["interrupted"] else "")


def _matrix(found: Data, libraries: Mapping[str, Sequence[Data]]) -> str:
    rows = []
    for law in found["laws"]:
        cells = [_cell(law["name"], name, targets) for name, targets in libraries.items()]
        rows.append([f'<a href="#{_anchor("law", law["name"])}">{law["number"]} {escape(law["name"])}</a>', *cells])
    head = ["law", *(f'<a href="#{_anchor("library", name)}">{escape(name)}</a>' for name in libraries)]
    note = (
        f"n of m: so many of the trials of a library fail, one trial for each measure and target. {UNDEFINED}: the law "
        "does not apply, or the library has no such measure."
    )
    table = f'<div class="matrix">{data_table("", head, rows)}</div>'
    return section("Libraries by laws", f'<p class="note">{escape(note)}</p>', table)


def _cell(law: str, library: str, targets: Sequence[Data]) -> str:
    outcomes = [trial["outcome"] for target in targets for trial in target["trials"] if trial["law"] == law]
    failed, tried = outcomes.count("fails"), len(outcomes) - outcomes.count("does not apply")
    if failed:
        return f'<a class="fails" href="#{_anchor("case", library, law)}">{failed} of {tried}</a>'
    return '<span class="holds">holds</span>' if tried else f'<span class="note">{UNDEFINED}</span>'


def _library(name: str, targets: Sequence[Data]) -> str:
    versions = {target["version"] for target in targets if target["version"]}
    parts, anchored = [f'<a id="{_anchor("library", name)}"></a>'], set[str]()
    for target in targets:
        parts.append(f"<h3>{escape(target['name'])}</h3>" if target["name"] != name else "")
        parts += [_conventions(target), _counts(target)]
        for trial in target["trials"]:
            if trial["outcome"] == "fails":
                anchor = "" if trial["law"] in anchored else f' id="{_anchor("case", name, trial["law"])}"'
                anchored.add(trial["law"])
                parts.append(_broken(trial, anchor))
        parts.append(_others(target))
    return section(" ".join([name, *sorted(versions)]), *parts)


def _conventions(target: Data) -> str:
    groups: dict[str, list[str]] = {}
    for measure, known in target["conventions"].items():
        said = ", ".join(f"{name} = {one['value']} ({one['origin']})" for name, one in sorted(known.items()))
        groups.setdefault(said or "none declared, none shown by its answers", []).append(measure)
    lines = [escape(f"{', '.join(measures)}: {said}") for said, measures in groups.items()]
    notes = "".join(f'<p class="note">{escape(note)}</p>' for note in target["notes"])
    return f'<p class="note">Conventions of {"<br>".join(lines)}</p>{notes}'


def _counts(target: Data) -> str:
    outcomes = [trial["outcome"] for trial in target["trials"]]
    words = {"fails": "fail", "holds": "hold", "does not apply": "do not apply"}
    counts = {outcome: outcomes.count(outcome) for outcome in words if outcome in outcomes}
    said = [f"{count} {outcome if count == 1 else words[outcome]}" for outcome, count in counts.items()]
    return f"<p>{', '.join(said) or 'no law is for these measures'}</p>"


def _broken(trial: Data, anchor: str) -> str:
    expected = f'<p class="note">Expected: {escape(trial["expected"])}</p>' if trial["expected"] else ""
    return (
        f'<details class="broken"><summary><strong>{trial["number"]} {escape(trial["law"])}</strong>, '
        f"{escape(trial['measure'])}: {escape(trial['reason'])}</summary>{expected}"
        # The link leads inside, so that following it opens what is folded.
        f"<pre{anchor}><code>{escape(trial['programme'].rstrip())}</code></pre></details>"
    )


def _others(target: Data) -> str:
    """What held or does not apply, folded away."""
    rows = [
        [
            f"{trial['number']} {escape(trial['law'])}",
            escape(trial["measure"]),
            trial["outcome"],
            escape(trial["reason"]),
        ]
        for trial in target["trials"]
        if trial["outcome"] != "fails"
    ]
    if not rows:
        return ""
    table = data_table("", ["law", "measure", "", ""], rows)
    return f'<details class="others"><summary>what holds or does not apply</summary>{table}</details>'


def _laws(laws: Sequence[Data]) -> str:
    items = []
    for law in laws:
        presumes = "; ".join(f"{name} = {' or '.join(values)}" for name, values in law["presumes"].items())
        note = law["source"] + (f" Presumes {presumes}." if presumes else "")
        items.append(
            f'<dt id="{_anchor("law", law["name"])}">{law["number"]} {escape(law["name"])}</dt>'
            f"<dd>{escape(law['statement'])}<br><code>{escape(law['symbols'])}</code>"
            f'<span class="note"> {escape(note)}</span></dd>'
        )
    return section("The laws", f'<dl class="laws">{"".join(items)}</dl>')


def _facts(found: Data) -> str:
    facts = {"npseg": found["npseg"], "seed": found["seed"], "cases drawn for each law": found["max_examples"]}
    return section("How it was tried", facts_list(facts))


def _anchor(*words: str) -> str:
    """A name that can be linked to.

    >>> _anchor("case", "seg-metrics", "within bounds")
    'case-seg-metrics-within-bounds'
    """
    return "-".join(re.sub(r"[^A-Za-z0-9]+", "-", word).strip("-") for word in words)
