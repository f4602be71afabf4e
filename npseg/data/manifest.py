"""`dataset.toml`, the file beside the images that says what they are.

All keys are optional; names of files and folders are relative to it:

    name = "cells"
    images = "images"
    masks = "masks"
    ignore = 255
    ignore_colour = "#e0e0c0"
    mask_values = "auto"            # or "binary", or the raw value of each class: "0,128,255"

    [[classes]]
    name = "background"
    colour = "#000000"
    [[classes]]
    name = "nucleus"
    colour = "#42f5aa"

    [splits]                        # shares, or lists of image names, or files with one name in a line
    train = 0.8
    val = 0.2

    [groups]                        # what must not be split: a pattern over image names, or names to groups
    pattern = "^(patient[0-9]+)_"

    [recipe.model]                  # defaults for this data set, overridden by --config and --set
    base_channels = 16
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

import numpy as np

from npseg.data.config import AugmentConfig, DataConfig
from npseg.data.dataset import SPLITS
from npseg.data.masks import parse_mask_values
from npseg.data.palette import parse_colour
from npseg.errors import ConfigError, DataError, near_matches

__all__ = ["MANIFEST", "Manifest", "read_manifest"]

MANIFEST = "dataset.toml"
_KEYS = (
    "name", "images", "masks", "ignore", "ignore_colour", "mask_values", "channels", "classes", "splits", "groups",
    "recipe",
)  # fmt: skip
_SYNONYMS = {"ignore_index": "ignore", "ignore_color": "ignore_colour"}


@dataclass(frozen=True)
class Manifest:
    """What a `dataset.toml` declares; None or empty where it is silent."""

    name: str | None = None
    images: str | None = None
    masks: str | None = None
    ignore: int | None = None
    ignore_colour: tuple[int, int, int] | None = None
    mask_values: str | None = None
    channels: str | None = None
    classes: tuple[str, ...] = ()
    colours: np.ndarray | None = None
    fractions: tuple[float, float, float] | None = None
    split_names: dict[str, list[str]] | None = None
    group_pattern: str | None = None
    group_of: dict[str, str] = field(default_factory=dict)
    recipe: dict[str, Any] = field(default_factory=dict)


def read_manifest(root: Path) -> Manifest:
    """Read `dataset.toml` in a folder; without the file, an empty `Manifest`. Raises `DataError`."""
    path = root / MANIFEST
    if not path.is_file():
        return Manifest()
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise DataError(f"{path}: cannot be read as TOML ({error})") from error
    table = {_SYNONYMS.get(key, key): value for key, value in table.items()}
    _known(path, table, _KEYS, "key")
    try:
        names, colours, values = _classes(path, table.get("classes", []))
        fractions, split_names = _splits(path, root, table.get("splits", {}))
        pattern, group_of = _groups(path, table.get("groups", {}))
        ignore_colour = table.get("ignore_colour")
        recipe = _recipe(path, table)
        mask_values = values if values is not None else _mask_values(path, table.get("mask_values"))
        _judge_values(mask_values, recipe)
        return Manifest(
            name=_text(path, table, "name"),
            images=_text(path, table, "images"),
            masks=_text(path, table, "masks"),
            ignore=_whole(path, table, "ignore"),
            ignore_colour=None if ignore_colour is None else parse_colour(ignore_colour),
            mask_values=mask_values,
            channels=_text(path, table, "channels"),
            classes=names,
            colours=colours,
            fractions=fractions,
            split_names=split_names,
            group_pattern=pattern,
            group_of=group_of,
            recipe=recipe,
        )
    except (ConfigError, DataError) as error:
        raise (
            error if isinstance(error, DataError) and str(path) in str(error) else DataError(f"{path}: {error}")
        ) from error


def _classes(path: Path, declared: Any) -> tuple[tuple[str, ...], np.ndarray | None, str | None]:
    """Names, colours and raw values. Classes are tables, or just names."""
    if not isinstance(declared, list):
        raise DataError(f"{path}: classes must be a list of names, or [[classes]] tables, got {declared!r}")
    tables = [{"name": entry} if isinstance(entry, str) else _table(path, "classes", entry) for entry in declared]
    for entry in tables:
        _known(path, entry, ("name", "colour", "color", "value"), "key of [[classes]]")
        if not isinstance(entry.get("name"), str):
            raise DataError(f"{path}: each of [[classes]] needs a name, got {entry!r}")
    names = tuple(entry["name"] for entry in tables)
    if len(set(names)) != len(names):
        raise DataError(f"{path}: two classes have the same name: {', '.join(names)}")
    colours: list[Any] = [entry.get("colour", entry.get("color")) for entry in tables]
    values: list[Any] = [entry.get("value") for entry in tables]
    for what, given in (("colour", colours), ("value", values)):
        if any(v is None for v in given) and any(v is not None for v in given):
            raise DataError(f"{path}: either all classes declare a {what} or none does")
    palette = None
    if names and colours[0] is not None:
        palette = np.array([parse_colour(c) for c in colours], np.uint8)
        if len({tuple(c) for c in palette.tolist()}) != len(names):
            raise DataError(f"{path}: two classes have the same colour")
    raw = ",".join(str(int(v)) for v in values) if names and values[0] is not None else None
    return names, palette, raw


def _splits(
    path: Path, root: Path, declared: Any
) -> tuple[tuple[float, float, float] | None, dict[str, list[str]] | None]:
    declared = _table(path, "splits", declared)
    _known(path, declared, SPLITS, "split")
    if not declared:
        return None, None
    if all(isinstance(share, int | float) for share in declared.values()):
        shares = [float(declared.get(name, 0.0)) for name in SPLITS]
        if min(shares) < 0 or abs(sum(shares) - 1) > 1e-6:
            raise DataError(f"{path}: the shares of [splits] must sum to 1, got {declared}")
        return (shares[0], shares[1], shares[2]), None
    return None, {name: _names(path, root, name, given) for name, given in declared.items()}


def _names(path: Path, root: Path, split: str, given: Any) -> list[str]:
    if isinstance(given, str):
        listed = root / given
        try:
            lines = listed.read_text(encoding="utf-8").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            raise DataError(f"{path}: the list of split {split!r}, {listed}, cannot be read ({error})") from error
        return [line.strip() for line in lines if line.strip()]
    if isinstance(given, list) and all(isinstance(name, str) for name in given):
        return list(given)
    raise DataError(f"{path}: split {split!r} must be a share, a list of names or a file of names, got {given!r}")


def _groups(path: Path, declared: Any) -> tuple[str | None, dict[str, str]]:
    """A pattern, or a table of image name to group, or of group to image names."""
    if isinstance(declared, str):
        return declared, {}
    declared = _table(path, "groups", declared)
    pattern = declared.get("pattern", declared.get("regex"))
    if pattern is not None and not isinstance(pattern, str):
        raise DataError(f"{path}: groups.pattern must be a regular expression, got {pattern!r}")
    group_of: dict[str, str] = {}
    named = declared.get("names", {key: value for key, value in declared.items() if key not in ("pattern", "regex")})
    for key, value in _table(path, "groups.names", named).items():
        if isinstance(value, list):
            group_of.update((str(name), key) for name in value)
        else:
            group_of[key] = str(value)
    return pattern, group_of


def _recipe(path: Path, table: dict[str, Any]) -> dict[str, Any]:
    """The declared recipe, and in it how channels are read: whatever scales images later must know."""
    recipe = dict(_table(path, "recipe", table.get("recipe", {})))
    channels = _text(path, table, "channels")
    if channels is not None:
        recipe["data"] = {"channels": channels, **_table(path, "recipe.data", recipe.get("data", {}))}
    return recipe


def _judge_values(mask_values: str | None, recipe: dict[str, Any]) -> None:
    """Raise `ConfigError` for settings of the data that cannot be; names and types are judged where a run is made."""
    parse_mask_values(mask_values or "auto")
    for section, kind in (("data", DataConfig), ("augment", AugmentConfig)):
        given = recipe.get(section)
        known = {entry.name for entry in fields(kind)}
        if isinstance(given, dict):
            with suppress(TypeError):
                kind(**{key: value for key, value in given.items() if key in known})


def _mask_values(path: Path, given: Any) -> str | None:
    if given is None or isinstance(given, str):
        return given
    if isinstance(given, list) and all(isinstance(v, int) for v in given):
        return ",".join(str(v) for v in given)
    raise DataError(f'{path}: mask_values must be "auto", "binary" or a list of whole numbers, got {given!r}')


def _text(path: Path, table: dict[str, Any], key: str) -> str | None:
    value = table.get(key)
    if value is not None and not isinstance(value, str):
        raise DataError(f"{path}: {key} must be a text, got {value!r}")
    return value


def _whole(path: Path, table: dict[str, Any], key: str) -> int | None:
    value = table.get(key)
    if value is not None and (not isinstance(value, int) or isinstance(value, bool)):
        raise DataError(f"{path}: {key} must be a whole number, got {value!r}")
    return value


def _table(path: Path, what: str, value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise DataError(f"{path}: {what} must be a table, got {value!r}")
    return value


def _known(path: Path, table: Iterable[str], known: Iterable[str], what: str) -> None:
    for key in table:
        if key not in known:
            raise DataError(f"{path}: unknown {what} {key!r}{near_matches(key, known)}")
