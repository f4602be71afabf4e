"""`npseg demo`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from npseg.cli.errors import EXIT_INTERRUPTED

__all__ = ["demo"]


def demo(
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Directory for runs, results and report.")] = Path(
        "demo"
    ),
) -> None:
    """Train a small U-Net and a small FCN-8s, score both on images never trained on, and write a report.

    The images are drawn by npseg itself; nothing is downloaded. It takes a few minutes on two cores. DIR gets
    report.html, results.json and the two runs, which `npseg eval` and `npseg predict` take. Running it again replaces
    the results of the last time.

    Example:

        npseg demo --out demo
    """
    from npseg.cli.demonstration import demonstrate

    if not demonstrate(out):
        typer.echo("stopped; run `npseg demo` again to start afresh", err=True)
        raise typer.Exit(EXIT_INTERRUPTED)
