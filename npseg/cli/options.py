"""Settings given on the command line, as layers of the configuration."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from npseg.errors import ConfigError

if TYPE_CHECKING:
    from npseg.train import Layer

__all__ = ["training_layers", "write_json"]


def training_layers(
    *,
    data: str | None,
    model: str | None,
    steps: int | None,
    epochs: int | None,
    seed: int | None,
    config: Path | None,
    settings: Sequence[str],
) -> list[Layer]:
    """The layers of `npseg train`, weakest first: the file, --set, the other flags."""
    from npseg.train import Layer, from_pairs, from_toml

    if steps is not None and epochs is not None:
        raise ConfigError("--steps and --epochs exclude each other; give one of them")
    layers = [from_toml(config)] if config is not None else []
    if settings:
        layers.append(from_pairs(settings))
    flags: dict[str, tuple[str, Any]] = {
        "--data": ("data.source", data),
        "--model": ("model.name", model),
        "--steps": ("train.steps", steps),
        "--epochs": ("train.epochs", epochs),
        "--seed": ("seed", seed),
    }
    layers += [Layer(flag, {key: value}) for flag, (key, value) in flags.items() if value is not None]
    return layers


def write_json(target: str, document: Any) -> None:
    """Write JSON to the file `target`, whole or not at all; "-" is stdout."""
    from npseg.files import write_whole

    text = json.dumps(document, indent=2, allow_nan=False) + "\n"
    if target == "-":
        typer.echo(text, nl=False)
    else:
        write_whole(target, text)
