"""The table from operators, NumPy functions and methods to differentiable functions. Empty until ops fills it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from npseg.errors import GradientError

__all__ = ["TABLE", "lookup", "register"]

TABLE: dict[Any, Callable] = {}


def register(function: Callable, *keys: Any) -> None:
    """Enter `function` under method names (`"sum"`), operator names (`"add"`) or NumPy functions (`np.exp`)."""
    for key in keys:
        TABLE[key] = function


def lookup(key: Any) -> Callable:
    """The function registered for `key`; `GradientError` when there is none."""
    try:
        return TABLE[key]
    except KeyError:
        name = key if isinstance(key, str) else getattr(key, "__name__", str(key))
        hint = "import npseg.ops first" if not TABLE else "use tensor.data for plain NumPy, without gradient"
        raise GradientError(f"Tensor: there is no differentiable {name!r}; {hint}") from None
