"""A model made ready for prediction."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from npseg import config
from npseg.arrays import as_numpy
from npseg.autograd import no_grad
from npseg.errors import ArgumentError
from npseg.nn.module import Module

__all__ = ["Compiled", "compile"]


class Compiled:
    """Runs a model in eval mode on arrays: convolution, norm and activation in one sweep, weights prepared once.

    Results differ from `model.eval()(images)` by rounding only. Parameters that are written later are noticed: by
    optimisers, `load_state_dict`, assignment, and in place, where samples are compared (after writing a few entries of
    `parameter.data[...]`, say `parameter.touch()`). `config.fusion` turns the whole off. The model keeps the mode that
    it had. Several Python threads may call at once.
    """

    def __init__(self, model: Module) -> None:
        from npseg.ops.fusion import KeptWeights

        if not isinstance(model, Module):
            raise ArgumentError(f"infer.compile: model must be an nn.Module, not {type(model).__name__}")
        self.model = model
        self._weights = KeptWeights()

    def __call__(self, images: Any) -> Any:
        """`(N, H, W, C)` -> what the model returns, as arrays: `(N, H, W, K)`, or a dict or list of them and None."""
        from npseg.ops.fusion import fusing

        with _evaluating(self.model), fusing(self._weights) if config.fusion else no_grad():
            output = self.model(images)
            return (
                {key: _arrays(value) for key, value in output.items()} if isinstance(output, dict) else _arrays(output)
            )


def compile(model: Module) -> Compiled:
    """Make `model` ready for prediction; see `Compiled`. Raises `ArgumentError` for what is no model.

    >>> import npseg
    >>> model = npseg.create_model("unet", in_channels=1, num_classes=2, base_channels=2, depth=1)
    >>> compile(model)([[[[0.5], [0.1]], [[0.2], [0.4]]]]).shape
    (1, 2, 2, 2)
    """
    return Compiled(model)


def _arrays(value: Any) -> Any:
    if isinstance(value, (list, tuple)):
        return [_arrays(one) for one in value]
    return None if value is None else as_numpy(value, name="output")


_lock = threading.Lock()
_running: dict[int, _Modes] = {}  # by id of the model; whoever runs keeps it alive


@dataclass
class _Modes:
    """Modes that the modules of a model had before the first of several calls at once, and how many calls there are."""

    before: list[tuple[Any, bool]]
    calls: int = 0

    def give_back(self) -> None:
        for module, training in self.before:
            module.training = training


@contextmanager
def _evaluating(model: Any) -> Iterator[None]:
    """In the block, the model is in eval mode. Of several blocks at once, in several threads, the last gives back."""
    with _lock:
        # Module by module: somebody may have frozen a part of a model that is in training.
        modes = _running.get(id(model))
        if modes is None:
            modes = _Modes([(module, module.training) for module in model.modules()])
            model.eval()
            _running[id(model)] = modes
        modes.calls += 1
    try:
        yield
    finally:
        with _lock:
            modes.calls -= 1
            if not modes.calls:
                _running.pop(id(model), None)  # gone if the process was forked inside the block
                modes.give_back()


def _after_fork() -> None:
    """A forked process has one thread: the calls of the others would never end, nor would their lock."""
    global _lock
    _lock = threading.Lock()
    for modes in _running.values():
        modes.give_back()
    _running.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
