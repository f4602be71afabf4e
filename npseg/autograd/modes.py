"""What the current context records: gradients or not, and who watches the ops go by."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import numpy as np

__all__ = ["intercept", "interceptor", "is_grad_enabled", "no_grad", "observe", "observer"]

Observer = Callable[[str, tuple[np.ndarray | None, ...], np.ndarray, dict[str, Any]], None]

Interceptor = Callable[[str, tuple[Any, ...], dict[str, Any]], Any]

_grad_enabled: ContextVar[bool] = ContextVar("npseg_grad_enabled", default=True)
_observer: ContextVar[Observer | None] = ContextVar("npseg_observer", default=None)
_interceptor: ContextVar[Interceptor | None] = ContextVar("npseg_interceptor", default=None)


def is_grad_enabled() -> bool:
    """Whether ops in this context record their pullbacks."""
    return _grad_enabled.get()


@contextmanager
def no_grad() -> Iterator[None]:
    """Run ops without recording: nothing is kept for a backward pass. Also usable as a decorator, `@no_grad()`."""
    token = _grad_enabled.set(False)
    try:
        yield
    finally:
        _grad_enabled.reset(token)


@contextmanager
def observe(callback: Observer) -> Iterator[None]:
    """Call `callback(name, inputs, output, options)` after every op run in the block, for counting FLOPs and bytes."""
    token = _observer.set(callback)
    try:
        yield
    finally:
        _observer.reset(token)


def observer() -> Observer | None:
    """The callback in force, or None."""
    return _observer.get()


@contextmanager
def intercept(take: Interceptor) -> Iterator[None]:
    """Offer every op run in the block to `take(name, arguments, options)` first; NotImplemented runs the op itself."""
    token = _interceptor.set(take)
    try:
        yield
    finally:
        _interceptor.reset(token)


def interceptor() -> Interceptor | None:
    """The interceptor in force, or None."""
    return _interceptor.get()
