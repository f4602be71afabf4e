"""`npseg data list | fetch | check | show`."""

from __future__ import annotations

import typer

__all__ = ["app"]

app = typer.Typer(no_args_is_help=True, help="Find, fetch, check and look at data sets.")


@app.command("list")
def list_() -> None:
    """List the data sets that --data knows by name."""


@app.command("fetch")
def fetch(name: str) -> None:
    """Fetch."""
