"""Checks of model settings, which may come from a command line or a file and be of any type."""

from __future__ import annotations

from typing import Any

import numpy as np

from npseg.errors import ConfigError, near_matches

__all__ = ["require_bool", "require_choice", "require_int", "require_number"]


def require_int(model: str, setting: str, value: Any, *, minimum: int) -> None:
    """`ConfigError` unless `value` is an integer of at least `minimum`."""
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < minimum:
        raise ConfigError(f"{model}: {setting} is {value!r}; expected an integer of at least {minimum}")


def require_number(model: str, setting: str, value: Any, low: float, high: float) -> None:
    """`ConfigError` unless low <= value < high."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not low <= value < high:
        raise ConfigError(f"{model}: {setting} is {value!r}; expected a number in [{low:g}, {high:g})")


def require_bool(model: str, setting: str, value: Any) -> None:
    """`ConfigError` unless `value` is True or False."""
    if not isinstance(value, bool):
        raise ConfigError(f"{model}: {setting} is {value!r}; expected true or false")


def require_choice(model: str, setting: str, value: Any, known: tuple[str, ...]) -> None:
    """`ConfigError` unless `value` is one of `known`."""
    if value not in known:
        raise ConfigError(f"{model}: {setting} is {value!r}{near_matches(str(value), known)}")
