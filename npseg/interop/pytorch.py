"""PyTorch state dicts in and out: names, layouts and the habits of published checkpoints. PyTorch is not needed.

| layer | PyTorch | npseg |
|---|---|---|
| convolution | (out, in / groups, kh, kw) | (kh, kw, in / groups, out) |
| transposed convolution | (in, out / groups, kh, kw) | (kh, kw, out / groups, in) |
| linear | (out, in) | (in, out) |
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from npseg import nn
from npseg.arrays import as_numpy
from npseg.backbones import VGG16
from npseg.errors import DTypeError
from npseg.interop.vgg import fold_biases, from_torchvision, is_torchvision_vgg, lacks
from npseg.nn.state import StateMatch, match_state

__all__ = ["load_torch", "torch_state_dict"]

# Axes of the PyTorch array, in the order of ours, by the layer that owns the weight.
_AXES: dict[type[nn.Module], tuple[int, ...]] = {
    nn.Conv2d: (2, 3, 1, 0),
    nn.ConvTranspose2d: (2, 3, 1, 0),
    nn.Linear: (1, 0),
}
# Entries that are not weights: the grey values of milesial's masks.
_NOT_WEIGHTS = ("mask_values",)


def load_torch(model: nn.Module, state: Mapping[str, Any], strict: bool = True) -> StateMatch:
    """Write a PyTorch state dict into `model`, by name.

    Args:
        state: {name: array}; NumPy arrays or PyTorch tensors. `module.` in front of all names (DataParallel) and
            milesial's `mask_values` are dropped. FCN also takes the names of torchvision's VGG-16, with and without
            batch norm: `features.*` become the backbone, `classifier.0` and `.3` become fc6 and fc7 where they fit,
            and the scoring and upsampling layers, which a classifier lacks, keep their values.
        strict: whether missing and unexpected names raise.

    Returns which names were missing and unexpected. Raises `CheckpointError`, and changes nothing, when names or
    shapes disagree (shapes are given in PyTorch's layout), and `DTypeError` for entries that are not arrays.
    """
    state = _weights(state)
    axes = _layouts(model)
    expected = {name: _to_torch(array, axes.get(name)) for name, array in model.named_arrays()}
    may_miss: frozenset[str] = frozenset()
    if isinstance(model, VGG16):
        if is_torchvision_vgg(state):
            state = from_torchvision(state, expected)
            may_miss = lacks(expected, state)
        state = fold_biases(state, expected)
    match = match_state("load_torch", expected, state, strict=strict, may_miss=may_miss)
    ours = {name: _from_torch(array, axes.get(name)) for name, array in state.items() if name in expected}
    model.load_state_dict(ours, strict=False)
    return match


def torch_state_dict(model: nn.Module) -> dict[str, np.ndarray]:
    """Parameters and buffers as PyTorch lays them out, C-contiguous: the inverse of `load_torch`.

    In PyTorch: `torch_model.load_state_dict({k: torch.from_numpy(v) for k, v in state.items()})`.
    """
    axes = _layouts(model)
    return {name: np.array(_to_torch(array, axes.get(name)), order="C") for name, array in model.named_arrays()}


def _weights(state: Mapping[str, Any]) -> dict[str, np.ndarray]:
    """The entries that are arrays, under their plain names."""
    if not isinstance(state, Mapping):
        raise DTypeError(
            f"load_torch: state is a {type(state).__name__}; expected a dict of names and arrays, such as "
            "torch_model.state_dict()"
        )
    names = [name for name in state if name not in _NOT_WEIGHTS]
    for name in names:
        if isinstance(state[name], (Mapping, str)) or state[name] is None:
            nested = [key for key in names if isinstance(state[key], Mapping) and len(state[key])]
            advice = f"; pass state[{nested[0]!r}]" if nested else ""
            raise DTypeError(f"load_torch: {name} is a {type(state[name]).__name__}, not an array{advice}")
    prefix = "module." if names and all(name.startswith("module.") for name in names) else ""
    return {name.removeprefix(prefix): as_numpy(state[name], name=name) for name in names}


def _layouts(model: nn.Module) -> dict[str, tuple[int, ...]]:
    """For the name of every weight whose layout differs: PyTorch's axes in our order."""
    found = {}
    for path, module in model.named_modules():
        for kind, axes in _AXES.items():
            if isinstance(module, kind):
                found[f"{path}.weight" if path else "weight"] = axes
    return found


def _from_torch(array: np.ndarray, axes: tuple[int, ...] | None) -> np.ndarray:
    return array if axes is None else array.transpose(axes)


def _to_torch(array: np.ndarray, axes: tuple[int, ...] | None) -> np.ndarray:
    return array if axes is None else array.transpose(np.argsort(axes))
