"""`npseg train`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from npseg.cli.errors import EXIT_INTERRUPTED

if TYPE_CHECKING:
    from npseg.train import RunOutcome

__all__ = ["train"]


def train(
    out: Annotated[Path, typer.Option("--out", metavar="RUN", help="Directory of the run; made if need be.")],
    data: Annotated[
        str | None,
        typer.Option("--data", metavar="NAME|DIR", help="A data set of `npseg data list`, or a folder of images."),
    ] = None,
    model: Annotated[
        str | None, typer.Option("--model", metavar="NAME", help="A model of `npseg models`; unet if left out.")
    ] = None,
    steps: Annotated[int | None, typer.Option("--steps", min=1, help="Length of the run in steps.")] = None,
    epochs: Annotated[
        int | None, typer.Option("--epochs", min=1, help="Length of the run in passes over the training images.")
    ] = None,
    config: Annotated[
        Path | None,
        typer.Option("--config", metavar="FILE.toml", help="Settings in sections: optim.lr is lr under \\[optim]."),
    ] = None,
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="One setting, such as optim.lr=0.001; may be repeated."),
    ] = None,
    seed: Annotated[int | None, typer.Option("--seed", min=0, help="Seed of all random numbers.")] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with the run in RUN, if there is one.")] = False,
) -> None:
    """Train a model; RUN gets the settings, metrics, checkpoints and a report.

    Examples:

        npseg train --data shapes --model unet --out runs/shapes

        npseg train --data photos --model fcn8s --out runs/photos --epochs 20 --set data.crop_size=192

    Ctrl-C saves after the step and stops; the same command with --resume goes on from there, and ends with the same
    bits as a run that was never stopped. While kernels are compiled for the first step, Ctrl-C does not wait for it.
    Settings: defaults, then the recipe of the data set, then --config, then --set and the other options.
    RUN/config.json shows all of them.
    """
    from npseg.cli.options import training_layers
    from npseg.cli.progress import telling_of_compilation
    from npseg.cli.training_progress import training_watcher
    from npseg.train import train_run

    layers = training_layers(
        data=data, model=model, steps=steps, epochs=epochs, seed=seed, config=config, settings=settings or []
    )
    watcher = training_watcher()
    with telling_of_compilation(watcher.note):
        outcome = train_run(layers, out, resume=resume, watcher=watcher)
    if outcome.interrupted:
        typer.echo(f"stopped after step {outcome.step} of {outcome.steps} and saved; go on with --resume", err=True)
        raise typer.Exit(EXIT_INTERRUPTED)
    _conclude(outcome)


def _conclude(outcome: RunOutcome) -> None:
    from npseg.cli.reports import report_run, time_of_steps

    if outcome.progress.stopped and outcome.step < outcome.steps:
        typer.echo(
            f"stopped early after step {outcome.step}: no better validation mIoU since step "
            f"{outcome.progress.best_step}"
        )
    scores = report_run(outcome)
    typer.echo(time_of_steps(outcome), err=True)
    typer.echo(f"\n{outcome.config.model.name} on {outcome.source.info.name}, validation, step {outcome.step}")
    typer.echo(scores.table())
    typer.echo(f"\nrun:    {outcome.directory.path}\nreport: {outcome.directory.report}")
