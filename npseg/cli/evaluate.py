"""`npseg eval`."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

__all__ = ["evaluate"]


class Split(StrEnum):
    """The parts of a data set."""

    train = "train"
    val = "val"
    test = "test"


def evaluate(
    run: Annotated[
        Path,
        typer.Argument(metavar="RUN", help="Directory of a run (its last checkpoint), or one of its checkpoint files."),
    ],
    data: Annotated[
        str | None,
        typer.Option("--data", metavar="NAME|DIR", help="Other data than that of the run, with the same classes."),
    ] = None,
    split: Annotated[
        Split | None,
        typer.Option("--split", help="Which images to score; test if left out. Other data without splits is all test."),
    ] = None,
    settings: Annotated[
        list[str] | None,
        typer.Option(
            "--set", metavar="KEY=VALUE", help="A setting of the data, such as data.masks=labels; repeatable."
        ),
    ] = None,
    json_file: Annotated[
        str | None, typer.Option("--json", metavar="FILE", help="Also write the scores as JSON; - is stdout.")
    ] = None,
) -> None:
    """Score a trained model: IoU and Dice of each class, their means, pixel accuracy.

    Whole images are scored at their original size, all pixels together. Undefined scores (a class in neither
    truth nor prediction) are left out of the means and are null in JSON.

    Examples:

        npseg eval runs/shapes

        npseg eval runs/shapes/best.safetensors --split val --json scores.json
    """
    from npseg.cli.options import write_json
    from npseg.cli.progress import counting, telling_of_compilation
    from npseg.cli.stopping import stopping_safely
    from npseg.cli.trained import load_trained
    from npseg.train import evaluate as score

    trained = load_trained(run)
    source = trained.load_source(data, settings or [], whole=split is None)
    name = (split or Split.test).value
    dataset = source.split(name)
    count = "1 image" if len(dataset) == 1 else f"{len(dataset)} images"
    typer.echo(f"scoring {count} of the split {name}", err=True)
    with telling_of_compilation(), stopping_safely(), counting(f"scoring {name}") as progress:
        scores = score(trained.predictor, dataset, source.info, on_image=progress)
    if json_file != "-":
        typer.echo(
            f"{trained.checkpoint.model['name']} on {source.info.name} ({name}, {count}), "
            f"step {trained.checkpoint.step}"
        )
        typer.echo(scores.table())
    if json_file is not None:
        write_json(json_file, scores.to_json())
