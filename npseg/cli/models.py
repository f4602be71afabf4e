"""`npseg models`."""

from __future__ import annotations

from typing import Annotated

import typer

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
