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
    # One name per process: two runs that write to one directory do not mix their halves.
    beside = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with open(beside, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(beside, path)
    except OSError as error:
        beside.unlink(missing_ok=True)
        raise CheckpointError(
            f"write_safetensors: cannot write {path}: {error.strerror or error}; "
            f"{len(content):,} bytes are needed in an existing, writable directory"
        ) from error


def read_safetensors(path: str | os.PathLike[str]) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """Read `(arrays, metadata)` from `path`.

    `metadata` is the dict given to `write_safetensors`, or `{}` for a file that another program wrote.
    Raises `CheckpointError` for a file that is absent, truncated, not safetensors, or of a type NumPy lacks.
    """
    from safetensors import SafetensorError, safe_open

    path = Path(path)
    if not path.is_file():
        raise CheckpointError(f"read_safetensors: there is no file {path}")
    try:
        with safe_open(path, framework="np") as file:
            notes = file.metadata() or {}
            arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (not a dict)
    except SafetensorError as error:
        raise CheckpointError(
            f"read_safetensors: {path} ({path.stat().st_size:,} bytes) is truncated or is not a safetensors "
            f"file ({error})"
        ) from error
    except OSError as error:
        raise CheckpointError(f"read_safetensors: cannot read {path}: {error.strerror or error}") from error
    except (TypeError, AttributeError, KeyError) as error:
        raise CheckpointError(
            f"read_safetensors: {path} holds a number type that NumPy lacks ({error}); save it as float32"
        ) from error
    try:
        metadata = json.loads(notes.get(_KEY, "{}"))
    except json.JSONDecodeError as error:
        raise CheckpointError(f"read_safetensors: the metadata of {path} is not JSON ({error})") from error
    if not isinstance(metadata, dict):
        raise CheckpointError(f"read_safetensors: the metadata of {path} is not a JSON object")
    return arrays, metadata


def _plain(name: str, array: np.ndarray) -> np.ndarray:
    """C-contiguous array: the library writes the buffer as it lies in memory."""
    array = np.asarray(array, order="C")
    if array.dtype.kind not in "fiub":
        raise ArgumentError(
            f"write_safetensors: array {name!r} has type {array.dtype}; pass floats, integers or bools"
        )
    return array
