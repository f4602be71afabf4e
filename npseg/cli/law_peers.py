"""`npseg laws --peers`: every library in a process of its own, and one document of what all of them found.

Libraries change each other: one that sets a name in NumPy's module when it is imported repairs, or breaks, another one
that was not written for it. And one that crashes in compiled code must not take the findings on the others with it.
"""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from npseg.cli.errors import EXIT_INTERRUPTED
from npseg.laws.docket import Docket, Entry
from npseg.laws.expectations import Expectation
from npseg.laws.report import joined

if TYPE_CHECKING:
    from npseg.cli.examining import Request

__all__ = ["try_peers"]

_UNDERSTOOD = (0, 1, EXIT_INTERRUPTED)
_PATIENCE = 30  # seconds for a process that was interrupted to write what it has


def try_peers(
    request: Request, plans: Sequence[tuple[Docket, Sequence[Entry]]], expectations: Sequence[Expectation]
) -> tuple[dict[str, Any], list[str]]:
    """The document of all libraries, and those whose process ended without one."""
    libraries = list(dict.fromkeys(docket.target.library for docket, _ in plans))
    documents, lost = [], []
    with tempfile.TemporaryDirectory() as folder:
        for number, library in enumerate(libraries, start=1):
            typer.echo(f"{library} ({number} of {len(libraries)})", err=True)
            place, known = Path(folder) / f"{library}.json", Path(folder) / f"{library}.txt"
            known.write_text(_lines_for(library, plans, expectations), encoding="utf-8")
            arguments = [
                "laws", "--adapter", library, "--max-examples", str(request.max_examples), "--seed", str(request.seed),
                "--json", str(place), "--xfails", str(known),
            ]  # fmt: skip
            arguments += [word for law in request.laws for word in ("--law", law)]
            code, interrupted = _tried_apart(arguments)
            if place.exists():
                documents.append(json.loads(place.read_text(encoding="utf-8")))
            elif not interrupted:
                lost.append(library)
                typer.echo(_how_it_ended(library, code), err=True)
            if interrupted:
                break
    content = joined(documents, max_examples=request.max_examples, seed=request.seed)
    content["interrupted"] |= interrupted
    return content, lost


def _tried_apart(arguments: Sequence[str]) -> tuple[int, bool]:
    """Run this command in a process of its own; its exit code, and whether Ctrl-C came."""
    child = subprocess.Popen([sys.executable, "-m", "npseg.cli", *arguments], stdout=subprocess.DEVNULL)
    try:
        code = child.wait()
    except KeyboardInterrupt:
        # A terminal sends Ctrl-C to both; `kill` does not.
        child.send_signal(signal.SIGINT)
        try:
            return child.wait(_PATIENCE), True
        except subprocess.TimeoutExpired:
            child.kill()
            return child.wait(), True
    return code, code == EXIT_INTERRUPTED


def _lines_for(
    library: str, plans: Sequence[tuple[Docket, Sequence[Entry]]], expectations: Sequence[Expectation]
) -> str:
    """The expected failures that something of this library matches, as a file of them."""
    planned = [
        (docket.target.name, entry.law, entry.measure)
        for docket, _ in plans
        if docket.target.library == library
        for entry in docket.entries
    ]
    matching = [one for one in expectations if any(one.is_for(*trial) for trial in planned)]
    return "".join(f"{one.line}\n" for one in matching)


def _how_it_ended(library: str, code: int) -> str:
    if code in _UNDERSTOOD:
        how = "ended without its findings"
    elif code < 0:
        how = f"was ended by signal {-code}"
    else:
        how = f"ended with exit code {code}"
    return (
        f"laws: --peers: the process that tried {library} {how}, and nothing of it is in the table; to see why: "
        f"npseg laws --adapter {library}"
    )
