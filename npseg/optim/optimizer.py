"""What all update rules share: groups of parameters, the learning rate, and a state of named arrays."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np

from npseg.arrays import as_numpy
from npseg.autograd import Tensor
from npseg.errors import ArgumentError, CheckpointError

__all__ = ["Group", "Optimizer"]

_CHUNK = 1 << 15  # elements of a parameter that one thread updates at a time


class Group(NamedTuple):
    """Parameters that share their settings."""

    parameters: list[Tensor]
    weight_decay: float
    lr_scale: float  # their learning rate is the optimiser's, times this


class Optimizer:
    """Base of the update rules. Subclasses name their `slots` (arrays kept per parameter) and write `_update`.

    Args:
        parameters: tensors, or dicts with `params` and, where they differ from the defaults, `weight_decay` and
            `lr_scale` (their learning rate is `lr` times this). `decay_groups` makes such dicts.
        lr: learning rate, also an attribute that schedules assign before each step.
    """

    slots: tuple[str, ...] = ()

    def __init__(self, parameters: Iterable[Any], lr: float, weight_decay: float):
        _require(type(self).__name__, "lr", lr, lr >= 0, "a number >= 0")
        _require(type(self).__name__, "weight_decay", weight_decay, weight_decay >= 0, "a number >= 0")
        self.lr = lr
        self.groups = list(_groups(type(self).__name__, parameters, weight_decay))
        self._parameters = [p for group in self.groups for p in group.parameters]
        # Of each parameter: how often it was updated, and its slots once it has been.
        self._steps = np.zeros(len(self._parameters), np.int64)
        self._slots: list[dict[str, np.ndarray]] = [{} for _ in self._parameters]

    def zero_grad(self) -> None:
        """Forget the gradients."""
        for parameter in self._parameters:
            parameter.grad = None

    def step(self) -> None:
        """Update every parameter that has a gradient, in place."""
        owners = [group for group in self.groups for _ in group.parameters]
        for index, (parameter, group) in enumerate(zip(self._parameters, owners)):
            if parameter.grad is None:
                continue
            if not parameter.data.flags.c_contiguous:
                raise ArgumentError(
                    f"{type(self).__name__}.step: a parameter of shape {parameter.shape} is not contiguous "
                    "and cannot be updated in place; make it an nn.Parameter"
                )
            self._steps[index] += 1
            slots = self._slots[index]
            for name in self.slots:
                if name not in slots:
                    slots[name] = np.zeros_like(parameter.data)
            step, lr = int(self._steps[index]), float(self.lr * group.lr_scale)
            # Kernels are compiled for one type and layout; a gradient that has them is not copied.
            gradient = np.require(parameter.grad, parameter.dtype, ["C", "W"])
            w, g, *rest = (array.reshape(-1) for array in (parameter.data, gradient, *slots.values()))
            self._update(w, g, rest, step, lr, group.weight_decay, _CHUNK)
            parameter.touch()

    def _update(
        self,
        w: np.ndarray,
        g: np.ndarray,
        slots: list[np.ndarray],
        step: int,
        lr: float,
        weight_decay: float,
        piece: int,
    ) -> None:
        """Change a parameter `w`, flat, and its slots in place, in pieces; its gradient `g` is only read."""
        raise NotImplementedError(f"{type(self).__name__} has no update rule")

    def state_dict(self) -> dict[str, np.ndarray]:
        """Copies of the state: `steps` (P,), and `{slot}.{i}` for each slot of the i-th parameter."""
        state = {"steps": self._steps.copy()}
        for index, slots in enumerate(self._slots):
            state |= {f"{name}.{index}": array.copy() for name, array in slots.items()}
        return state

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Continue from `state_dict()` of an optimiser of the same kind over the same parameters.

        Raises `CheckpointError`, and changes nothing, when names or shapes disagree.
        """
        given = {name: as_numpy(array, name=name) for name, array in state.items()}
        steps = given.pop("steps", None)
        if steps is None or steps.shape != self._steps.shape:
            found = "none" if steps is None else str(steps.size)
            raise CheckpointError(
                f"{type(self).__name__}.load_state_dict: the state counts steps of {found} parameters, this "
                f"optimiser has {self._steps.size}; build model and optimiser with the configuration of the "
                "checkpoint"
            )
        slots: list[dict[str, np.ndarray]] = []
        for index, parameter in enumerate(self._parameters):
            names = self.slots if steps[index] else ()
            slots.append({name: self._slot(given, f"{name}.{index}", parameter) for name in names})
        if given:
            raise CheckpointError(
                f"{type(self).__name__}.load_state_dict: the state holds {', '.join(sorted(given)[:5])}, "
                "which this optimiser does not keep; it belongs to another optimiser"
            )
        self._steps, self._slots = steps.astype(np.int64), slots

    def _slot(self, given: dict[str, np.ndarray], name: str, parameter: Tensor) -> np.ndarray:
        array = given.pop(name, None)
        if array is None or array.shape != parameter.shape:
            found = "absent" if array is None else f"of shape {array.shape}"
            raise CheckpointError(
                f"{type(self).__name__}.load_state_dict: {name} is {found}, expected shape "
                f"{parameter.shape}; build model and optimiser with the configuration of the checkpoint"
            )
        return np.array(array, dtype=parameter.dtype, order="C")


def _groups(name: str, parameters: Iterable[Any], weight_decay: float) -> Iterator[Group]:
    entries = list(parameters)
    if entries and not isinstance(entries[0], Mapping):
        entries = [{"params": entries}]
    seen: set[int] = set()
    for entry in entries:
        unknown = set(entry) - {"params", "weight_decay", "lr_scale"}
        if unknown:
            raise ArgumentError(f"{name}: a group has {sorted(unknown)}; known are params, weight_decay, lr_scale")
        members = list(entry["params"])
        for p in members:
            if not isinstance(p, Tensor):
                raise ArgumentError(f"{name}: parameters hold a {type(p).__name__}; expected model.parameters()")
            if id(p) in seen:
                raise ArgumentError(f"{name}: a parameter of shape {p.shape} is given twice; it would move twice")
            seen.add(id(p))
        yield Group(members, entry.get("weight_decay", weight_decay), entry.get("lr_scale", 1.0))
    if not seen:
        raise ArgumentError(f"{name}: there are no parameters; was model.parameters() used up before?")


def _require(name: str, argument: str, value: Any, holds: bool, expected: str) -> None:
    if not holds:
        raise ArgumentError(f"{name}: {argument} is {value}; expected {expected}")
