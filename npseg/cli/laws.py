"""`npseg laws`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["laws"]


def laws(
    target: Annotated[
        str | None,
        typer.Argument(metavar="TARGET", help="The measure to try, written module:callable, as my_metrics:miou."),
    ] = None,
    metric: Annotated[
        str | None,
        typer.Option("--metric", metavar="NAME", help="What it measures (miou, dice, ...); else its own name says so."),
    ] = None,
    gradient: Annotated[
        str | None,
        typer.Option("--gradient", metavar="TARGET", help="Of a loss or operator of arrays: what gives its gradient."),
    ] = None,
    adapter: Annotated[
        str | None,
        typer.Option("--adapter", metavar="NAME", help="A library: try what it offers, or only its target TARGET."),
    ] = None,
    convention: Annotated[
        str | None,
        typer.Option("--convention", metavar="NAME=VALUE,...", help="What the target promises, as absent=skip."),
    ] = None,
    max_examples: Annotated[
        int, typer.Option("--max-examples", metavar="N", min=1, help="Cases drawn for each law.")
    ] = 100,
    seed: Annotated[int, typer.Option("--seed", metavar="N", min=0, help="The same seed draws the same cases.")] = 0,
    law: Annotated[
        list[str] | None,
        typer.Option("--law", metavar="NAME|NUMBER", help="Try only this law, or those of this number; repeatable."),
    ] = None,
    xfails: Annotated[
        Path | None,
        typer.Option("--xfails", metavar="FILE", help="Failures that are known: lines `law: reason`."),
    ] = None,
    peers: Annotated[
        bool, typer.Option("--peers", help="Try every library that has an adapter and is installed.")
    ] = False,
    mutants: Annotated[
        bool, typer.Option("--mutants", help="Try metrics with planted faults: which law finds which.")
    ] = False,
    json_file: Annotated[
        str | None, typer.Option("--json", metavar="FILE", help="Also write everything as JSON; - is stdout.")
    ] = None,
    html: Annotated[
        Path | None, typer.Option("--html", metavar="FILE", help="Also write everything as a page.")
    ] = None,
    list_laws: Annotated[bool, typer.Option("--list", help="List the laws, and try nothing.")] = False,
    explain: Annotated[
        str | None, typer.Option("--explain", metavar="NAME|NUMBER", help="Show a law in full, and try nothing.")
    ] = None,
) -> None:
    """Try the laws of segmentation on an implementation of a metric, a loss or an operator: yours, or a library's.

    A law is a property that every right implementation has: a score within its bounds, ignored pixels that do not
    count. Each holds, fails with the smallest case found, printed as a programme that shows it, or does not apply and
    why. Arguments are known by their names (y_true, y_pred, num_classes, ignore_index; logits, labels; x, weight; and
    the like). What is done with an absent class and so on is declared (--convention) or else inferred from the answers.

    The exit code is 0 if nothing fails unexpectedly, 1 if something does. A line of the --xfails file is `law: reason`
    or `target/measure law: reason`. Keep --max-examples and --seed beside such a file: a rare fault is found among many
    cases and not among few, and a line without its failure is one that is out of date. Laws of images of millions of
    pixels have the same few cases whatever --max-examples is.

    Examples:

        npseg laws my_metrics:miou --metric miou

        npseg laws my_metrics:miou --convention absent=skip,aggregate=dataset --xfails known.txt --json found.json

        npseg laws my_layers:conv2d --gradient my_layers:conv2d_backward

        npseg laws --peers --html peers.html

        npseg laws --list
    """
    from npseg.cli.examining import Request, run, show_laws

    if mutants:
        from npseg.cli.law_mutants import show_mutants

        show_mutants(max_examples=max_examples, seed=seed, json_file=json_file)
        return
    if list_laws or explain is not None:
        show_laws(explain, json_file)
        return
    run(
        Request(
            target=target, metric=metric, gradient=gradient, adapter=adapter, convention=convention,
            max_examples=max_examples, seed=seed, laws=tuple(law or ()), xfails=xfails, peers=peers,
            json_file=json_file, html=html,
        )
    )  # fmt: skip
