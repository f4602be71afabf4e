"""Settings of the engine: which algorithm, how exact, on how many threads.

- `conv_algorithm`: how 3x3 convolutions are computed, `"auto"`, `"winograd4"`, `"winograd2"` or `"direct"`;
- `precision`: `"fast"`, or `"precise"`: no Winograd. Errors in float32, relative to the largest result, against float64
  (3x3, 64 channels, normal numbers): 1e-6 direct and by `"winograd2"`, whose sums are shorter, and in gradients of
  weights, which add up all pixels, to 3e-6; 1e-5 by `"winograd4"`. Of 512 channels: 3e-6, 1e-6, and 2e-5.
  Winograd works in tiles: NaN or Inf in one pixel may reach every output of its tile, not only those under the kernel;
- `fusion`: `True`, or `False`: convolution, norm and activation run one after the other, each as its own op;
- `threads`: a number from 1, or `None` for all that the machine gives; a larger number counts as all.

The environment variables `NPSEG_CONV_ALGORITHM`, `NPSEG_PRECISION`, `NPSEG_FUSION` (0 or 1) and `NPSEG_NUM_THREADS`
give other defaults.

Reading a name gives the value in force: of the innermost `use` block of this context (see `contextvars`), else the
default of the process, which `set` or an assignment changes for all threads at once, else that of the environment.
A new Python thread begins with the defaults, outside of all `use` blocks; a spawned process with its environment.

>>> from npseg import config
>>> config.conv_algorithm
'auto'
>>> with config.use(conv_algorithm="direct", threads=1):
...     config.conv_algorithm, config.threads
('direct', 1)
>>> @config.use(fusion=False)
... def plainly():
...     return config.fusion
>>> plainly(), config.fusion
(False, True)
"""

from __future__ import annotations

import operator
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from npseg.errors import ConfigError, near_matches

__all__ = ["current", "set", "use"]

_MISSING: Any = object()
_TRUE, _FALSE = ("1", "true", "yes", "on"), ("0", "false", "no", "off")


@dataclass(frozen=True, eq=False)
class _Setting:
    """One setting: `check(where, value)` gives the value to keep or raises, `parse` the same from text."""

    variable: str
    default: Any
    check: Callable[[str, Any], Any]
    parse: Callable[[str, str], Any]
    here: ContextVar[Any]

    def from_environment(self) -> Any:
        text = os.environ.get(self.variable, "").strip()
        return self.parse(self.variable, text) if text else self.default


def set(**settings: Any) -> None:
    """Change defaults of the process, for all threads: `config.set(conv_algorithm="direct", threads=2)`.

    All values are checked before the first is taken. Raises `ConfigError`.
    """
    _defaults.update(_checked("config.set", settings))


def use(**settings: Any) -> Any:
    """A context manager, and a decorator, in which settings have other values: in this context only.

    Raises `ConfigError` at once, not when the block is entered.
    """
    return _use(_checked("config.use", settings))


def current() -> dict[str, Any]:
    """All settings and the values in force, for instance to keep beside a measurement. Raises `ConfigError`."""
    return {name: _value(name) for name in _SETTINGS}


def __getattr__(name: str) -> Any:
    raise AttributeError(f"npseg.config has no setting {name!r}{near_matches(name, _SETTINGS)}")


def __dir__() -> list[str]:
    return sorted([*__all__, *_SETTINGS])


def _value(name: str) -> Any:
    value = _SETTINGS[name].here.get()
    if value is not _MISSING:
        return value
    value = _defaults.get(name, _MISSING)
    if value is _MISSING:
        # Read late, so that a bad variable is an error of the command that needs it, not of `import npseg`.
        value = _defaults.setdefault(name, _SETTINGS[name].from_environment())
    return value


@contextmanager
def _use(settings: dict[str, Any]) -> Iterator[None]:
    tokens = [(_SETTINGS[name].here, _SETTINGS[name].here.set(value)) for name, value in settings.items()]
    try:
        yield
    finally:
        for variable, token in reversed(tokens):
            variable.reset(token)


def _checked(function: str, settings: dict[str, Any]) -> dict[str, Any]:
    for name in settings:
        if name not in _SETTINGS:
            raise ConfigError(f"{function}: unknown setting {name!r}{near_matches(name, _SETTINGS)}")
    return {name: _SETTINGS[name].check(f"{function}: {name}", value) for name, value in settings.items()}


def _choice(name: str, variable: str, *values: str) -> _Setting:
    def check(where: str, value: Any) -> str:
        if isinstance(value, str) and value in values:
            return value
        near = near_matches(value, values) if isinstance(value, str) else ""
        hint = near if "did you mean" in near else ""
        raise ConfigError(f"{where}: expected one of {', '.join(map(repr, values))}, got {value!r}{hint}")

    return _Setting(variable, values[0], check, lambda where, text: check(where, text.lower()), _context(name))


def _switch(name: str, variable: str, default: bool) -> _Setting:
    def check(where: str, value: Any) -> bool:
        if isinstance(value, bool):
            return value
        raise ConfigError(f"{where}: expected True or False, got {value!r}")

    def parse(where: str, text: str) -> bool:
        if text.lower() in _TRUE + _FALSE:
            return text.lower() in _TRUE
        raise ConfigError(f"{where}: expected one of {', '.join(_TRUE + _FALSE)}, got {text!r}")

    return _Setting(variable, default, check, parse, _context(name))


def _thread_count(name: str, variable: str) -> _Setting:
    def check(where: str, value: Any) -> int | None:
        if value is None:
            return None
        try:
            number = _MISSING if isinstance(value, bool) else operator.index(value)
        except TypeError:
            number = _MISSING
        if number is _MISSING or number < 1:
            raise ConfigError(f"{where}: expected a number from 1, or None for all threads, got {value!r}")
        return int(number)

    def parse(where: str, text: str) -> int:
        if text.isascii() and text.isdigit() and int(text) > 0:
            return int(text)
        raise ConfigError(f"{where}: expected a number from 1 (all threads if it is not set), got {text!r}")

    return _Setting(variable, None, check, parse, _context(name))


def _context(name: str) -> ContextVar[Any]:
    return ContextVar(f"npseg_{name}", default=_MISSING)


_SETTINGS: dict[str, _Setting] = {
    "conv_algorithm": _choice("conv_algorithm", "NPSEG_CONV_ALGORITHM", "auto", "winograd4", "winograd2", "direct"),
    "precision": _choice("precision", "NPSEG_PRECISION", "fast", "precise"),
    "fusion": _switch("fusion", "NPSEG_FUSION", True),
    "threads": _thread_count("threads", "NPSEG_NUM_THREADS"),
}
_defaults: dict[str, Any] = {}  # those that `set` has made, and those already read from the environment


class _Module(ModuleType):
    """Makes `config.threads = 1` mean `config.set(threads=1)`; a plain module would just hide the setting."""

    def __setattr__(self, name: str, value: Any) -> None:
        if name in _SETTINGS:
            set(**{name: value})
        elif name.startswith("_") or name in self.__dict__:
            super().__setattr__(name, value)
        else:
            raise ConfigError(f"npseg.config: unknown setting {name!r}{near_matches(name, _SETTINGS)}")


def _property(name: str) -> property:
    return property(lambda module: _value(name))


for _name in _SETTINGS:  # `__getattr__` alone would do, but it is asked last: every kernel call reads `threads`
    setattr(_Module, _name, _property(_name))
sys.modules[__name__].__class__ = _Module
