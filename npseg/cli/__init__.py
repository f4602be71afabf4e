"""The command line. Nothing heavier than typer is imported before a command runs, so that --help is quick."""

from __future__ import annotations

from npseg.cli.app import app

__all__ = ["app", "main"]


def main() -> None:
    """Entry point of the `npseg` program."""
    app(prog_name="npseg")
