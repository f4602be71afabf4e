"""Checkpoints: one safetensors file with weights, the state of optimiser and run, and what using the model takes.

The last is the model's arguments, the classes and their colours, and the scaling of intensities. The same state
gives the same bytes: no time, path or host goes in. The safetensors library writes the metadata table in random
order, so there is one key, holding JSON with sorted keys.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from npseg.errors import ArgumentError, CheckpointError, ShapeError
from npseg.interop.safetensors import read_safetensors, write_safetensors

__all__ = ["Checkpoint", "read_checkpoint", "write_checkpoint"]

FORMAT = 1
_MODEL, _OPTIMISER = "model.", "optimiser."


@dataclass
class Checkpoint:
    """What a checkpoint file holds.

    `model` is the model's `config` (its name and all arguments), `data` describes the data set (`classes`,
    `palette`, `ignore_index`) and `intensity` is `Intensity.to_dict()`. `progress` is the state of the run;
    `steps` is the length it was planned for.
    """

    model: dict[str, Any]
    weights: dict[str, np.ndarray]
    step: int
    optimiser: dict[str, np.ndarray] = field(default_factory=dict)
    data: dict[str, Any] = field(default_factory=dict)
    intensity: dict[str, Any] = field(default_factory=dict)
    progress: dict[str, Any] = field(default_factory=dict)
    steps: int = 0

    def build_model(self) -> Any:
        """The model with its trained weights. Raises `CheckpointError` when the two do not fit together."""
        from npseg.models import create_model

        arguments = dict(self.model)
        try:
            model = create_model(arguments.pop("name"), **arguments)
        except (KeyError, TypeError, ValueError) as error:
            raise CheckpointError(
                f"the checkpoint is of a model that this npseg cannot build ({error}); "
                "it was written by another version, or is not a checkpoint of npseg"
            ) from error
        self.load_into(model)
        return model

    def load_into(self, model: Any) -> None:
        """Put the weights into a model of the same architecture, or raise `CheckpointError`."""
        try:
            model.load_state_dict(self.weights)
        except (ArgumentError, CheckpointError, ShapeError, KeyError) as error:
            name = self.model.get("name", "another model")
            raise CheckpointError(
                f"the weights in the checkpoint (of {name!r}) do not fit the model: {error}"
            ) from error


def write_checkpoint(path: str | os.PathLike[str], checkpoint: Checkpoint) -> None:
    """Write a checkpoint whole or not at all. Raises a worded error when the disk is full."""
    arrays = {_MODEL + name: array for name, array in checkpoint.weights.items()}
    arrays |= {_OPTIMISER + name: array for name, array in checkpoint.optimiser.items()}
    about = {
        "format": FORMAT,
        "model": checkpoint.model,
        "step": checkpoint.step,
        "steps": checkpoint.steps,
        "data": checkpoint.data,
        "intensity": checkpoint.intensity,
        "progress": checkpoint.progress,
    }
    write_safetensors(path, arrays, about)


def read_checkpoint(path: str | os.PathLike[str]) -> Checkpoint:
    """Read a checkpoint of npseg. Raises `CheckpointError` when it is missing, truncated or foreign."""
    path = Path(path)
    arrays, about = read_safetensors(path)
    if not about:
        raise CheckpointError(
            f"{path}: a safetensors file, but not a checkpoint of an npseg run; weights of other programs are loaded "
            "with npseg.interop"
        )
    try:
        if about["format"] > FORMAT:
            raise CheckpointError(
                f"{path}: written in format {about['format']} by a newer npseg; this one reads up to {FORMAT}, "
                "so upgrade npseg"
            )
        return Checkpoint(
            model=dict(about["model"]),
            weights=_under(_MODEL, arrays),
            step=int(about["step"]),
            optimiser=_under(_OPTIMISER, arrays),
            data=dict(about["data"]),
            intensity=dict(about["intensity"]),
            progress=dict(about["progress"]),
            steps=int(about["steps"]),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise CheckpointError(
            f"{path}: a safetensors file, but not a checkpoint of an npseg run (its description lacks or garbles "
            f"{error})"
        ) from error


def _under(prefix: str, arrays: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    return {name[len(prefix) :]: array for name, array in arrays.items() if name.startswith(prefix)}
