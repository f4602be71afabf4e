"""Checkpoints as safetensors files: named arrays and one JSON document, no pickle.

The metadata of the format is a map of strings, and the library writes that map in random order. We keep one
key that holds canonical JSON, so equal contents give equal bytes.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from npseg.errors import ArgumentError, CheckpointError
from npseg.files import write_whole

__all__ = ["read_safetensors", "write_safetensors"]

_KEY = "npseg"


def write_safetensors(
    path: str | os.PathLike[str], arrays: Mapping[str, np.ndarray], metadata: Mapping[str, Any] | None = None
) -> None:
    """Write named arrays and a JSON-able `metadata` dict to `path`.

    The file is written beside its final place and then renamed: a reader sees the old file or the new one,
    whole. Equal arrays and metadata give equal bytes. Raises `CheckpointError` when it cannot be written
    (the disk is full, the directory is missing) and `ArgumentError` when the metadata is not JSON or an array
    is not numeric.
    """
    from safetensors.numpy import save

    path = Path(path)
    tensors = {name: _plain(name, array) for name, array in arrays.items()}
    try:
        document = json.dumps(metadata or {}, sort_keys=True, separators=(",", ":"), allow_nan=False)
    except (TypeError, ValueError) as error:
        raise ArgumentError(
            f"write_safetensors: metadata must be JSON-able, without NaN ({error}); "
            "convert arrays with .tolist() and paths with str()"
        ) from error
    content = save(tensors, metadata={_KEY: document})
    write_whole(path, content, error=CheckpointError)


def read_safetensors(path: str | os.PathLike[str]) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """Read `(arrays, metadata)` from `path`.

    `metadata` is the dict given to `write_safetensors`, or `{}` for a file that another program wrote.
    Raises `CheckpointError` for a file that is absent, truncated, not safetensors, or of a type NumPy lacks.
    """
    from safetensors import SafetensorError, safe_open

    path = Path(path)
    _require_whole(path)
    try:
        with safe_open(path, framework="np") as file:
            notes = file.metadata() or {}
            arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (not a dict)
    except (SafetensorError, OSError, ValueError) as error:
        raise CheckpointError(f"{path}: not a readable safetensors file ({error})") from error
    except (TypeError, AttributeError, KeyError) as error:
        raise CheckpointError(f"{path}: holds a number type that NumPy lacks ({error}); save it as float32") from error
    try:
        metadata = json.loads(notes.get(_KEY, "{}"))
    except json.JSONDecodeError as error:
        raise CheckpointError(f"{path}: its npseg metadata is not JSON ({error})") from error
    if not isinstance(metadata, dict):
        raise CheckpointError(f"{path}: its npseg metadata is not a JSON object")
    return arrays, metadata


def _require_whole(path: Path) -> None:
    """Tell a truncated file from a foreign one: the header announces how long the file must be."""
    try:
        size = path.stat().st_size
        with open(path, "rb") as file:
            length = int.from_bytes(file.read(8), "little")
            header = file.read(min(length, size))
    except FileNotFoundError as error:
        raise CheckpointError(f"{path}: there is no such checkpoint") from error
    except OSError as error:
        raise CheckpointError(f"{path}: cannot be read ({error.strerror or error})") from error
    foreign = CheckpointError(
        f"{path}: not a safetensors file, so not a checkpoint of npseg; give a run directory made by `npseg train`, or "
        "save the weights as safetensors"
    )
    if size < 8:
        raise CheckpointError(f"{path}: truncated: it has {size} bytes; copy it again or train again")
    if header and not header.lstrip().startswith(b"{"):
        raise foreign
    if len(header) < length:
        raise CheckpointError(f"{path}: truncated within its header; copy it again or train again")
    try:
        table = json.loads(header)
        ends = [entry["data_offsets"][1] for name, entry in table.items() if name != "__metadata__"]
    except (ValueError, TypeError, KeyError, IndexError, AttributeError) as error:
        raise foreign from error
    expected = 8 + length + max(ends, default=0)
    if size < expected:
        raise CheckpointError(
            f"{path}: truncated: {size:,} of {expected:,} bytes are there; copy it again, or train again"
        )


def _plain(name: str, array: np.ndarray) -> np.ndarray:
    """C-contiguous array: the library writes the buffer as it lies in memory."""
    array = np.asarray(array, order="C")
    if array.dtype.kind not in "fiub":
        raise ArgumentError(f"write_safetensors: array {name!r} has type {array.dtype}; pass floats, integers or bools")
    return array
