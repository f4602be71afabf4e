"""The command line. Nothing heavier than typer is imported before a command runs, so that --help is quick."""

from __future__ import annotations

import sys

__all__ = ["main"]


def main() -> None:
    """Entry point of the `npseg` program."""
    try:
        from npseg.cli.app import app  # inside, because Ctrl-C may come while it is loaded

        app(prog_name="npseg")
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        raise SystemExit(130) from None
