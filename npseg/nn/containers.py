"""Modules that hold modules in order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from npseg.nn.activations import ReLU
from npseg.nn.convolution import Conv2d
from npseg.nn.module import Module
from npseg.nn.normalization import BatchNorm2d

__all__ = ["ModuleList", "Sequential"]


class ModuleList(Module):
    """A list of modules, named "0", "1", ...; it has no forward of its own."""

    def __init__(self, modules: Iterable[Module] = ()):
        for module in modules:
            self.append(module)

    def append(self, module: Module) -> None:
        """Add one at the end."""
        setattr(self, str(len(self)), module)

    def __len__(self) -> int:
        return sum(1 for _ in self.children())

    def __iter__(self) -> Iterator[Module]:
        return self.children()

    def __getitem__(self, index: int) -> Module:
        return list(self.children())[index]


class Sequential(ModuleList):
    """Modules called one after another, each on the output of the one before.

    A `Conv2d` gathers the statistics for the `BatchNorm2d` behind it (`BatchNorm2d.convolved`), which runs as one with
    a `ReLU` behind that.

    >>> from npseg import nn
    >>> Sequential(nn.Linear(3, 5), nn.ReLU(), nn.Linear(5, 2))
    Sequential()  # 32 parameters
      0: Linear(3, 5)
      1: ReLU()
      2: Linear(5, 2)
    """

    def __init__(self, *modules: Module):
        super().__init__(modules)

    def forward(self, x: Any) -> Any:
        rest: list[Any] = list(self.children())
        moments = None  # of x, where a convolution has gathered them
        while rest:
            # Exactly these: a subclass, or a module with a forward of its own, may do otherwise.
            kinds = [None if "forward" in vars(module) else type(module) for module in rest[:2]]
            module = rest.pop(0)
            if kinds == [Conv2d, BatchNorm2d]:
                x, moments = rest[0].convolved(module, x)
                continue
            if kinds == [BatchNorm2d, ReLU]:
                rest.pop(0)
                x = module.forward_relu(x, moments)
            else:
                x = module(x, moments) if kinds[0] is BatchNorm2d else module(x)
            moments = None
        return x
