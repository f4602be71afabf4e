"""`npseg laws --mutants`: which law finds which planted fault."""

from __future__ import annotations

import typer

from npseg.cli.errors import EXIT_INTERRUPTED
from npseg.cli.options import write_json
from npseg.cli.progress import working
from npseg.laws.mutants import all_mutants, who_kills_whom

__all__ = ["show_mutants"]

EXIT_SURVIVED = 1


def show_mutants(*, max_examples: int, seed: int, json_file: str | None) -> None:
    """Try every law on every mutant and print the table; exit code 1 if a mutant survives or a law kills none."""
    mutants = all_mutants()
    done = 0

    with working() as show:

        def progress(name: str) -> None:
            nonlocal done
            done += 1
            show(f"{name} ({done} of {len(mutants)})")

        try:
            table = who_kills_whom(mutants, max_examples=max_examples, seed=seed, progress=progress)
        except KeyboardInterrupt:
            typer.echo(f"interrupted at mutant {done} of {len(mutants)}; nothing was written", err=True)
            raise typer.Exit(EXIT_INTERRUPTED) from None
    if json_file != "-":
        typer.echo(table.table())
    if json_file is not None:
        write_json(json_file, table.to_json())
    if table.survivors or table.idle:
        raise typer.Exit(EXIT_SURVIVED)
