"""The tree of commands."""

from __future__ import annotations

from typing import Annotated

import typer

from npseg import __version__, config
from npseg.cli import data, demo, evaluate, laws, models, predict, score, train, warmup
from npseg.cli.errors import WordedGroup

__all__ = ["app"]

app = typer.Typer(
    cls=WordedGroup,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _show_version(value: bool) -> None:
    if value:
        typer.echo(f"npseg {__version__}")
        raise typer.Exit()


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """Semantic segmentation in NumPy and Numba: train, score and predict on a CPU.

    A first look (a few minutes, nothing to download):

        npseg demo

    Your own images in DIR/images and their masks in DIR/masks:

        npseg data check DIR

        npseg train --data DIR --model unet --out runs/first

        npseg eval runs/first --split test

        npseg predict runs/first new/*.png --out predictions

    Anybody's label maps, in two folders:

        npseg score TRUTH_DIR PRED_DIR

    Is a metric right? Yours, or a library's:

        npseg laws my_metrics:miou

    Each command explains itself: npseg train --help
    """
    config.current()  # a bad variable in the environment is told before any work is done


app.command("demo")(demo.demo)
app.command("train")(train.train)
app.command("eval")(evaluate.evaluate)
app.command("predict")(predict.predict)
app.command("score")(score.score)
app.command("laws")(laws.laws)
app.command("models")(models.models)
app.command("warmup")(warmup.warmup)
app.add_typer(data.app, name="data")
