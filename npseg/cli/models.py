"""`npseg models`."""

from __future__ import annotations

import dataclasses
from typing import Annotated, Any

import typer

from npseg.errors import ConfigError

__all__ = ["models"]


def models(
    name: Annotated[str | None, typer.Argument(metavar="[NAME]", help="A model; all are listed if left out.")] = None,
    size: Annotated[
        str, typer.Option("--size", metavar="HxW", help="Size of the image that is calculated for.")
    ] = "256x256",
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="An argument of the model, such as base_channels=16."),
    ] = None,
    json_file: Annotated[
        str | None, typer.Option("--json", metavar="FILE", help="Also write the numbers as JSON; - is stdout.")
    ] = None,
) -> None:
    """List the models, or show what one costs: parameters, FLOPs and memory for one image.

    Examples:

        npseg models

        npseg models unet --size 512x512 --set base_channels=16 --set num_classes=3
    """
    from npseg.cli.options import write_json
    from npseg.models import list_models, model_settings

    names = list_models() if name is None else [name]
    chosen = {key.removeprefix("model."): value for key, value in _settings(settings or []).items()}
    if name is None and chosen:
        raise ConfigError("models: --set needs the NAME of a model, for instance `npseg models unet --set depth=3`")
    height, width = _size(size)
    costs = {one: _cost(one, height, width, chosen) for one in names}
    if json_file != "-":
        typer.echo(f"for one image of {height} x {width} pixels; float32")
        typer.echo(f"{'model':10}  {'parameters':>12}  {'weights':>10}  {'GFLOP':>8}  {'activations':>12}")
        for one, cost in costs.items():
            typer.echo(
                f"{one:10}  {cost['parameters']:>12,}  {_mebibytes(cost['parameter_bytes']):>10}  "
                f"{cost['flops'] / 1e9:>8.2f}  {_mebibytes(cost['activation_bytes']):>12}"
            )
        if name is not None:
            typer.echo("\nsettings (change one with --set):")
            for key, default in model_settings(name).items():
                typer.echo(f"  {key} = {chosen.get(key, default)!r}")
    if json_file is not None:
        write_json(json_file, costs if name is None else costs[name])


def _settings(pairs: list[str]) -> dict[str, Any]:
    from npseg.train import from_pairs
    from npseg.train.settings import guess

    return {key: guess(text) for key, text in from_pairs(pairs).values.items()}


def _size(text: str) -> tuple[int, int]:
    """Height and width from "256x256" or "256".

    >>> _size("480x640"), _size("64")
    ((480, 640), (64, 64))
    """
    parts = text.lower().split("x")
    if len(parts) in (1, 2) and all(part.strip().isdecimal() and int(part) > 0 for part in parts):
        return int(parts[0]), int(parts[-1])
    raise ConfigError(f"--size: expected height x width in pixels, such as 256x256, got {text!r}")


def _cost(name: str, height: int, width: int, settings: dict[str, Any]) -> dict[str, Any]:
    from npseg.models import create_model, profile

    model = create_model(name, **settings)
    cost = profile(model, height, width)
    return {"name": name, **dataclasses.asdict(cost), "config": model.config}


def _mebibytes(count: int) -> str:
    return f"{count / (1 << 20):.1f} MiB"
