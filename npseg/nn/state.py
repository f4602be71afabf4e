"""Comparison of the arrays a model expects with the arrays a checkpoint holds, in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from npseg.errors import CheckpointError

__all__ = ["StateMatch", "match_state"]

_LISTED = 10  # names of each kind that an error shows


class StateMatch(NamedTuple):
    """What `load_state_dict(strict=False)` left alone: names the state lacks, and names the model lacks."""

    missing: tuple[str, ...]
    unexpected: tuple[str, ...]


def match_state(
    caller: str,
    expected: Mapping[str, np.ndarray],
    given: Mapping[str, np.ndarray],
    *,
    strict: bool = True,
    may_miss: frozenset[str] = frozenset(),
) -> StateMatch:
    """Compare names, shapes and number types of `given` with those of `expected`.

    A wrong shape always raises `CheckpointError`; with `strict`, so do names that are missing (except those
    in `may_miss`) or unexpected. The message lists all of them, kind by kind, up to ten of each.
    """
    missing = tuple(name for name in expected if name not in given)
    unexpected = tuple(name for name in given if name not in expected)
    shared = [name for name in expected if name in given]
    shapes = [
        f"{name} is {_shape(given[name])}, the model needs {_shape(expected[name])}"
        for name in shared
        if given[name].shape != expected[name].shape
    ]
    kinds = [f"{name} has type {given[name].dtype}" for name in shared if given[name].dtype.kind not in "fiub"]
    lines: list[str] = []
    if strict:
        lines += _section("missing", [name for name in missing if name not in may_miss])
        lines += _section("unexpected", unexpected)
    lines += _section("of another shape", shapes)
    lines += _section("not numeric", kinds)
    if lines:
        advice = "Build the model with the configuration of the checkpoint"
        if strict and not (shapes or kinds):
            advice += ", or pass strict=False to load the names that agree"
        raise CheckpointError(
            f"{caller}: the state does not fit the model ({len(shared)} of {len(expected)} names agree)\n"
            + "\n".join(lines)
            + f"\n{advice}."
        )
    return StateMatch(missing, unexpected)


def _section(title: str, items: tuple[str, ...] | list[str]) -> list[str]:
    if not items:
        return []
    lines = [f"  {len(items)} {title}:"] + [f"    {item}" for item in items[:_LISTED]]
    if len(items) > _LISTED:
        lines.append(f"    ... and {len(items) - _LISTED} more")
    return lines


def _shape(array: np.ndarray) -> str:
    return "x".join(str(n) for n in array.shape) or "a scalar"
