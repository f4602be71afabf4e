"""The work of `npseg laws`: choose targets and laws, try them, and say what was found."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import typer

from npseg.cli.errors import EXIT_INTERRUPTED
from npseg.cli.law_peers import try_peers
from npseg.cli.law_targets import chosen_targets
from npseg.cli.options import write_json
from npseg.cli.progress import working
from npseg.errors import ArgumentError
from npseg.laws import LAWS
from npseg.laws.docket import Docket, Entry
from npseg.laws.engine import Trial
from npseg.laws.examination import Verdict
from npseg.laws.expectations import Expectation, check_expectations, read_expectations
from npseg.laws.law import Law, find_laws
from npseg.laws.probing import DOCUMENTED
from npseg.laws.report import Findings, document, explanation, findings_text, listing, matrix_text, summary
from npseg.laws.report.document import law_document

__all__ = ["Request", "run", "show_laws"]

EXIT_BROKEN = 1
_PLAIN_WIDTH = 100
_COLOURS = {"holds": "green", "does not apply": "bright_black", "fails as expected": "yellow"}


@dataclass(frozen=True)
class Request:
    """The options as they were given."""

    target: str | None
    metric: str | None
    gradient: str | None
    adapter: str | None
    convention: str | None
    max_examples: int
    seed: int
    laws: tuple[str, ...]
    xfails: Path | None
    peers: bool
    json_file: str | None
    html: Path | None


def show_laws(name: str | None, json_file: str | None) -> None:
    """All laws, or those of one name or number in full."""
    laws = sorted(LAWS.values(), key=lambda law: law.number) if name is None else find_laws("laws", name)
    if json_file != "-":
        in_full = "\n\n".join(explanation(law, width=_width()) for law in laws)
        typer.echo(listing(laws, width=_width()) if name is None else in_full)
    if json_file is not None:
        write_json(json_file, [law_document(law) for law in laws])


def run(request: Request) -> None:
    """Try, print, write, and leave with the exit code that fits."""
    wanted = [law for name in request.laws for law in _laws_named(name)]
    expectations = read_expectations(request.xfails) if request.xfails is not None else []
    _check_places(request)
    with redirect_stdout(sys.stderr):  # stdout is for the verdict; what a target prints is not part of it
        targets = chosen_targets(request)
    dockets = [Docket(one, max_examples=request.max_examples, seed=request.seed) for one in targets]
    check_expectations(expectations, dockets)
    plans = [(docket, entries) for docket in dockets if (entries := _chosen(docket, wanted))]
    if not plans:
        measures = ", ".join(dict.fromkeys(name for target in targets for name in target.measures))
        raise ArgumentError(f"laws: none of the laws chosen is for {measures}; `npseg laws --list` lists them all")
    telling = request.json_file != "-"
    lost: list[str] = []
    if request.peers:
        # Of all libraries the matrix is enough; their counterexamples would fill a hundred screens.
        content, lost = try_peers(request, plans, expectations)
    else:
        found, interrupted = _try_all(plans, expectations, _say if telling else None)
        content = document(found, max_examples=request.max_examples, seed=request.seed, interrupted=interrupted)
    if telling and len(plans) > 1:
        typer.echo(f"{matrix_text(content, width=_width())}\n\nall together: {summary(content['counts'])}")
    if telling and request.peers and request.html is None:
        typer.echo("--html FILE writes what fails, each with a programme that shows it")
    if request.json_file is not None:
        write_json(request.json_file, content)
    if request.html is not None:
        from npseg.report import write_laws_report

        write_laws_report(request.html, content)
    _leave(content, sum(len(entries) for _, entries in plans), lost)


def _try_all(
    plans: list[tuple[Docket, list[Entry]]],
    expectations: list[Expectation],
    tell: Callable[[Findings], None] | None,
) -> tuple[list[Findings], bool]:
    """The findings of each target, told of as soon as they are there; and whether Ctrl-C came before the last."""
    found: list[Findings] = []
    for docket, entries in plans:
        findings, interrupted = _try_one(docket, entries, expectations)
        if findings.each:
            found.append(findings)
            if tell is not None:
                tell(findings)
        if interrupted:
            return found, True
        if tell is not None and len(plans) > 1:
            typer.echo()
    return found, False


def _try_one(docket: Docket, entries: list[Entry], expectations: list[Expectation]) -> tuple[Findings, bool]:
    trials: list[Trial] = []
    name, conventions, interrupted = docket.target.name, {}, False
    with working() as show, redirect_stdout(sys.stderr):
        try:
            show(f"{name}: what are its conventions?")
            conventions = dict(docket.conventions)
            for number, entry in enumerate(entries, start=1):
                law = f"law {entry.law.number}, {entry.law.name}, {entry.measure}"
                show(f"{name}: {law} ({number} of {len(entries)})")
                trials.append(docket.hear(entry))
        except KeyboardInterrupt:
            interrupted = True
    return Findings(Verdict(docket.target, tuple(trials), conventions), expectations), interrupted


def _say(findings: Findings) -> None:
    typer.echo(findings_text(findings, width=_width(), paint=_paint))


def _laws_named(name: str) -> list[Law]:
    return [DOCUMENTED] if DOCUMENTED.answers_to(name) else find_laws("laws", name)


def _chosen(docket: Docket, wanted: list[Law]) -> list[Entry]:
    """The entries of the laws wanted; with them what is promised of their measures, for a promise excuses laws."""
    if not wanted:
        return docket.entries
    names = {law.name for law in wanted}
    chosen = [entry for entry in docket.entries if entry.law.name in names]
    measures = {name for entry in chosen for name in entry.measures}
    return [
        entry
        for entry in docket.entries
        if entry.law.name in names
        or (entry.law.number == 0 and (DOCUMENTED.name in names or not measures.isdisjoint(entry.measures)))
    ]


def _leave(content: Mapping[str, Any], planned: int, lost: Sequence[str]) -> None:
    trials = [trial for target in content["targets"] for trial in target["trials"]]
    if content["interrupted"]:
        typer.echo(
            f"interrupted after {len(trials)} of {planned} trials; what was found by then stands above", err=True
        )
        raise typer.Exit(EXIT_INTERRUPTED)
    if lost or any(trial["wrong"] for trial in trials):
        raise typer.Exit(EXIT_BROKEN)


def _check_places(request: Request) -> None:
    """Refuse a place that cannot be written now, not after minutes of work."""
    for option, place in (("--json", request.json_file), ("--html", request.html)):
        if place is None or place == "-":
            continue
        path = Path(place)
        if path.is_dir():
            raise ArgumentError(f"laws: {option} {path}: is a folder; name a file")
        if not path.parent.is_dir():
            raise ArgumentError(f"laws: {option} {path}: is in a folder that does not exist; make it first")


def _width() -> int:
    return shutil.get_terminal_size((_PLAIN_WIDTH, 24)).columns if sys.stdout.isatty() else _PLAIN_WIDTH


def _paint(text: str, outcome: str) -> str:
    return typer.style(text, fg=_COLOURS.get(outcome, "red"))
