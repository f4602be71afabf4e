"""The base of everything with parameters."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar

import numpy as np

from npseg.arrays import as_numpy
from npseg.errors import ArgumentError, DTypeError
from npseg.nn.parameter import Parameter
from npseg.nn.state import StateMatch, match_state

__all__ = ["Module"]

Self = TypeVar("Self", bound="Module")


class Module:
    """A function with parameters, buffers and submodules, which it finds among its own attributes.

    There is no registry and no call to `super().__init__()`: an attribute that is a `Parameter` is a
    parameter, one that is a `Module` is a child, and one named by `register_buffer` is a buffer (an array
    that is saved but not trained). Names are the paths to them, such as `encoder.0.weight`. Write `forward`,
    call the module.
    """

    training: bool = True
    buffer_names: tuple[str, ...] = ()

    def forward(self, *inputs: Any, **options: Any) -> Any:
        """What the module computes; subclasses define it."""
        raise NotImplementedError(f"{type(self).__name__} has no forward()")

    def __call__(self, *inputs: Any, **options: Any) -> Any:
        return self.forward(*inputs, **options)

    def __setattr__(self, name: str, value: Any) -> None:
        if isinstance(vars(self).get(name), Parameter) and not isinstance(value, (Parameter, type(None))):
            raise ArgumentError(
                f"{type(self).__name__}.{name} is a parameter and cannot become a {type(value).__name__}; "
                f"write its values with .{name}.data[...] = and .{name}.touch(), or assign a Parameter"
            )
        if isinstance(value, (list, tuple)) and any(isinstance(v, (Module, Parameter)) for v in value):
            raise ArgumentError(
                f"{type(self).__name__}.{name}: modules in a {type(value).__name__} would not be found; "
                "use nn.ModuleList or nn.Sequential"
            )
        super().__setattr__(name, value)

    def register_buffer(self, name: str, array: Any) -> None:
        """Keep `array` as an attribute that `state_dict` saves and no optimiser changes."""
        if name not in self.buffer_names:
            self.buffer_names = (*self.buffer_names, name)
        setattr(self, name, np.asarray(array))

    # -- what is inside --------------------------------------------------------------------------------------

    def named_children(self) -> Iterator[tuple[str, Module]]:
        """Direct submodules, in the order in which they were assigned."""
        for name, value in vars(self).items():
            if isinstance(value, Module):
                yield name, value

    def children(self) -> Iterator[Module]:
        """Direct submodules."""
        for _, child in self.named_children():
            yield child

    def named_modules(self, prefix: str = "") -> Iterator[tuple[str, Module]]:
        """This module (named `prefix`) and all below it, each followed by its children."""
        yield prefix, self
        for name, child in self.named_children():
            yield from child.named_modules(_join(prefix, name))

    def modules(self) -> Iterator[Module]:
        """This module and all below it."""
        for _, module in self.named_modules():
            yield module

    def named_parameters(self) -> Iterator[tuple[str, Parameter]]:
        """Parameters with their paths; one that is shared appears once, under its first name."""
        seen: set[int] = set()
        for name, _, _, value in self._entries():
            if isinstance(value, Parameter) and id(value) not in seen:
                seen.add(id(value))
                yield name, value

    def parameters(self) -> Iterator[Parameter]:
        """Parameters, each once."""
        for _, parameter in self.named_parameters():
            yield parameter

    def named_buffers(self) -> Iterator[tuple[str, np.ndarray]]:
        """Buffers with their paths."""
        for name, _, _, value in self._entries():
            if not isinstance(value, Parameter):
                yield name, value

    def buffers(self) -> Iterator[np.ndarray]:
        """Buffers, such as the running averages of a batch norm."""
        for _, buffer in self.named_buffers():
            yield buffer

    def named_arrays(self) -> Iterator[tuple[str, np.ndarray]]:
        """The arrays of parameters and buffers themselves, in the order of `state_dict`."""
        for name, _, _, value in self._entries():
            yield name, value.data if isinstance(value, Parameter) else value

    def _entries(self) -> Iterator[tuple[str, Module, str, Any]]:
        """(path, owner, attribute, value) of every parameter and buffer, in the order of a state dict."""
        for prefix, module in self.named_modules():
            for name, value in vars(module).items():
                if isinstance(value, Parameter):
                    yield _join(prefix, name), module, name, value
            for name in module.buffer_names:
                yield _join(prefix, name), module, name, getattr(module, name)

    # -- the state -------------------------------------------------------------------------------------------

    def state_dict(self) -> dict[str, np.ndarray]:
        """Copies of all parameters and buffers by path, in npseg's layouts (see `interop` for PyTorch's)."""
        return {name: array.copy() for name, array in self.named_arrays()}

    def load_state_dict(self, state: Mapping[str, Any], strict: bool = True) -> StateMatch:
        """Write arrays into the parameters and buffers of the same path, converted to their types.

        Raises `CheckpointError`, which lists every name that is missing, unexpected or of another shape, and then
        writes nothing. With `strict=False` only a wrong shape raises; the result says what was left alone.
        """
        given = {name: as_numpy(value, name=name) for name, value in state.items()}
        entries = list(self._entries())
        match = match_state("load_state_dict", dict(self.named_arrays()), given, strict=strict)
        for name, owner, attribute, value in entries:
            if name not in given:
                continue
            if isinstance(value, Parameter):
                value.data[...] = given[name]
                value.touch()
            else:
                setattr(owner, attribute, np.array(given[name], dtype=value.dtype))
        return match

    # -- modes -----------------------------------------------------------------------------------------------

    def train(self: Self, mode: bool = True) -> Self:
        """Switch to training (batch statistics, dropout) or, with `mode=False`, to evaluation; returns self."""
        for module in self.modules():
            module.training = mode
        return self

    def eval(self: Self) -> Self:
        """Switch to evaluation; returns self."""
        return self.train(False)

    def zero_grad(self) -> None:
        """Forget the gradients of all parameters."""
        for parameter in self.parameters():
            parameter.grad = None

    def apply(self: Self, function: Callable[[Module], Any]) -> Self:
        """Call `function` on every submodule, children first, then on this module; returns self."""
        for child in self.children():
            child.apply(function)
        function(self)
        return self

    def set_step(self, step: int) -> None:
        """Tell the random layers which training step comes next, so that a resumed run draws as the first one did.

        See `Dropout` for what happens without it.
        """
        for child in self.children():
            child.set_step(step)

    def to(self: Self, dtype: Any) -> Self:
        """Convert parameters and floating buffers to float32 or float64; returns self.

        Parameters become new objects: make optimisers afterwards.
        """
        dtype = np.dtype(dtype)
        if dtype not in (np.float32, np.float64):
            raise DTypeError(f"Module.to: dtype is {dtype}; expected float32 or float64")
        made: dict[int, Parameter] = {}
        for _, owner, attribute, value in list(self._entries()):
            if isinstance(value, Parameter):
                if id(value) not in made:
                    made[id(value)] = Parameter(value.data.astype(dtype), requires_grad=value.requires_grad)
                setattr(owner, attribute, made[id(value)])
            elif value.dtype.kind == "f":
                setattr(owner, attribute, value.astype(dtype))
        return self

    # -- initialisation and pictures -------------------------------------------------------------------------

    def reset_parameters(self, key: Any) -> None:
        """Draw the module's own parameters anew from `key` (see `nn.init.Key`); layers with parameters define it."""

    def extra_repr(self) -> str:
        """Arguments shown in the printed tree."""
        return ""

    def __repr__(self) -> str:
        count = sum(p.size for p in self.parameters())
        note = f"  # {count:,} parameters" if any(True for _ in self.named_children()) else ""
        return "\n".join([self._title() + note, *self._tree()])

    def _title(self) -> str:
        return f"{type(self).__name__}({self.extra_repr()})"

    def _tree(self, indent: str = "  ") -> Iterator[str]:
        for name, child in self.named_children():
            yield f"{indent}{name}: {child._title()}"
            yield from child._tree(indent + "  ")


def _join(prefix: str, name: str) -> str:
    return f"{prefix}.{name}" if prefix else name
