"""Layers of settings: where each value came from, how text becomes a typed value, which layer wins.

A layer is a flat table of dotted keys ("optim.lr") with the words that name its origin in an error message.
Values from the command line are `Text`, and are read as the type that the setting wants.
"""

from __future__ import annotations

import dataclasses
import tomllib
import types
import typing
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Literal

from npseg.errors import ConfigError

__all__ = ["Layer", "Text", "coerce", "flatten", "from_pairs", "from_toml", "guess", "merge", "nest"]


class Text(str):
    """A value as it was typed, not yet read as any type."""

    __slots__ = ()


@dataclasses.dataclass(frozen=True)
class Layer:
    """Settings from one origin: dotted key to value."""

    origin: str
    values: Mapping[str, Any]


def flatten(nested: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Nested tables as one table of dotted keys.

    >>> flatten({"seed": 1, "optim": {"lr": 0.1, "betas": [0.9, 0.99]}})
    {'seed': 1, 'optim.lr': 0.1, 'optim.betas': [0.9, 0.99]}
    """
    flat: dict[str, Any] = {}
    for key, value in nested.items():
        if isinstance(value, Mapping):
            flat.update(flatten(value, f"{prefix}{key}."))
        else:
            flat[f"{prefix}{key}"] = value
    return flat


def nest(flat: Mapping[str, Any]) -> dict[str, Any]:
    """The inverse of `flatten` for one level of sections.

    >>> nest({"seed": 1, "optim.lr": 0.1})
    {'seed': 1, 'optim': {'lr': 0.1}}
    """
    nested: dict[str, Any] = {}
    for key, value in flat.items():
        section, dot, name = key.partition(".")
        if dot:
            nested.setdefault(section, {})[name] = value
        else:
            nested[key] = value
    return nested


def from_toml(path: str | Path) -> Layer:
    """Read a TOML file of settings. Raises `ConfigError` when it is missing or is not TOML."""
    path = Path(path)
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise ConfigError(f"--config: there is no file {path}") from error
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"--config: {path} cannot be read ({error})") from error
    try:
        nested = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"--config: {path} is not valid TOML: {error}") from error
    return Layer(str(path), flatten(nested))


def from_pairs(pairs: Iterable[str]) -> Layer:
    """Read `key=value` texts as they stand after --set.

    >>> dict(from_pairs(["optim.lr=0.01"]).values)
    {'optim.lr': '0.01'}
    """
    values: dict[str, Any] = {}
    for pair in pairs:
        key, equals, text = pair.partition("=")
        key = key.strip()
        if not equals or not key:
            raise ConfigError(f"--set: expected key=value, got {pair!r}; for instance --set optim.lr=0.001")
        values[key] = Text(text.strip())
    return Layer("--set", values)


# Setting one of these in a later layer takes the other away from the earlier ones.
_EITHER = {"train.steps": "train.epochs", "train.epochs": "train.steps"}


def merge(layers: Iterable[Layer]) -> dict[str, tuple[Any, str]]:
    """Lay the layers over each other, the last one on top: dotted key to (value, origin).

    `train.steps` and `train.epochs` exclude each other: the one set last wins, and the other becomes none.

    >>> merge([Layer("defaults", {"train.steps": 400}), Layer("--epochs", {"train.epochs": 3})])
    {'train.epochs': (3, '--epochs'), 'train.steps': (None, '--epochs')}
    """
    merged: dict[str, tuple[Any, str]] = {}
    for layer in layers:
        given = [key for key in _EITHER if _is_set(layer.values.get(key))]
        if len(given) == 2:
            raise ConfigError(f"{layer.origin}: train.steps and train.epochs exclude each other; give one of them")
        for key in given:
            merged[_EITHER[key]] = (None, layer.origin)
        for key, value in layer.values.items():
            if key not in _EITHER or _is_set(value):
                merged[key] = (value, layer.origin)
    return merged


def _is_set(value: Any) -> bool:
    return value is not None and not (isinstance(value, Text) and value.lower() in ("none", "null"))


def guess(text: str) -> Any:
    """Read text as the value it looks like: TOML first, then none, a comma-separated list, plain text.

    >>> guess("0.5"), guess("true"), guess("[1, 2]"), guess("1,2"), guess("none"), guess("transposed")
    (0.5, True, [1, 2], [1, 2], None, 'transposed')
    """
    if text.lower() in ("none", "null"):
        return None
    if text.lower() in ("true", "false"):
        return text.lower() == "true"
    try:
        parsed = tomllib.loads(f"value = {text}")
    except tomllib.TOMLDecodeError:
        parsed = {}
    if set(parsed) == {"value"} and isinstance(parsed["value"], bool | int | float | str | list):
        return parsed["value"]
    try:
        return float(text)
    except ValueError:
        pass
    if "," in text:
        return [guess(part.strip()) for part in text.split(",") if part.strip()]
    return str(text)


def coerce(value: Any, hint: Any, where: str) -> Any:
    """Turn `value` into the type `hint` of a setting; `where` names the setting and its origin in the error.

    >>> coerce(Text("1e-3"), float, "--set optim.lr"), coerce([1, 2], tuple[float, float], "x")
    (0.001, (1.0, 2.0))
    """
    try:
        return _coerce(value, hint)
    except _Mismatch:
        shown = repr(str(value)) if isinstance(value, str) else repr(value)
        raise ConfigError(f"{where}: expected {describe(hint)}, got {shown}") from None


class _Mismatch(Exception):
    """The value does not fit the type; `coerce` words it."""


def _coerce(value: Any, hint: Any) -> Any:
    origin = typing.get_origin(hint)
    if origin is Literal:
        for choice in typing.get_args(hint):
            if value == choice and type(choice) is not bool:
                return choice
        raise _Mismatch
    if origin in (typing.Union, types.UnionType):
        return _coerce_union(value, typing.get_args(hint))
    if origin in (tuple, list):
        return _coerce_sequence(value, hint)
    if hint is Any:
        return guess(value) if isinstance(value, Text) else value
    if hint is str:
        if isinstance(value, str):
            return str(value)
        raise _Mismatch
    return _coerce_scalar(guess(value) if isinstance(value, Text) else value, hint)


def _coerce_union(value: Any, members: tuple[Any, ...]) -> Any:
    if type(None) in members and not _is_set(value):
        return None
    # Text such as "3" fits str as well as int: the plain string is the last resort.
    for member in sorted((m for m in members if m is not type(None)), key=lambda m: m is str):
        try:
            return _coerce(value, member)
        except _Mismatch:
            continue
    raise _Mismatch


def _coerce_sequence(value: Any, hint: Any) -> Any:
    kind, arguments = typing.get_origin(hint), typing.get_args(hint)
    if isinstance(value, Text):
        value = guess(value)
        if not isinstance(value, list):
            value = [value]
    if not isinstance(value, list | tuple):
        raise _Mismatch
    if kind is tuple and not (len(arguments) == 2 and arguments[1] is Ellipsis):
        if len(arguments) != len(value):
            raise _Mismatch
        return tuple(_coerce(v, h) for v, h in zip(value, arguments))
    return kind(_coerce(v, arguments[0]) for v in value)


def _coerce_scalar(value: Any, hint: Any) -> Any:
    if hint is bool:
        fits = isinstance(value, bool)
    elif hint is int:
        fits = not isinstance(value, bool) and (
            isinstance(value, int) or (isinstance(value, float) and value.is_integer())
        )
    elif hint is float:
        fits = isinstance(value, int | float) and not isinstance(value, bool)
    else:
        return _coerce_mapping(value, hint)
    if not fits:
        raise _Mismatch
    return hint(value)


def _coerce_mapping(value: Any, hint: Any) -> Any:
    wanted = typing.get_origin(hint) or hint
    if isinstance(wanted, type) and isinstance(value, wanted):
        return value
    raise _Mismatch


_WORDS = {bool: "true or false", int: "a whole number", float: "a number", str: "text", type(None): "none"}


def describe(hint: Any) -> str:
    """Words for a type, for error messages.

    >>> describe(tuple[float, float]), describe(int | None)
    ('a list of 2 values (each a number)', 'a whole number or none')
    """
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin is Literal:
        return "one of " + ", ".join(repr(a) for a in arguments)
    if origin in (typing.Union, types.UnionType):
        return " or ".join(describe(a) for a in arguments)
    if origin in (tuple, list):
        if origin is tuple and Ellipsis not in arguments:
            return f"a list of {len(arguments)} values (each {describe(arguments[0])})"
        return f"a list (each {describe(arguments[0])})"
    return _WORDS.get(hint, getattr(hint, "__name__", str(hint)))
