"""What accumulators have in common: whose counts may be added to whose, and whether a saved state is whole."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from npseg.errors import ArgumentError

__all__ = ["require_state", "require_twin"]


def require_twin(here: Any, other: Any, settings: Iterable[str]) -> None:
    """Raise `ArgumentError` unless both are accumulators of one kind with the same settings."""
    kind = type(here).__name__
    if not isinstance(other, type(here)):
        raise ArgumentError(f"{kind}.merge: other is {type(other).__name__}; expected another {kind}")
    for name in settings:
        if getattr(here, name) != getattr(other, name):
            raise ArgumentError(
                f"{kind}.merge: {name} is {getattr(other, name)!r} in other, {getattr(here, name)!r} here; merge only "
                "counts taken under one convention"
            )


def require_state(function: str, state: Any, versions: tuple[int, ...], names: Iterable[str]) -> None:
    """Raise `ArgumentError` unless a state is a mapping of one of those versions that has all those names."""
    if not isinstance(state, Mapping):
        raise ArgumentError(f"{function}: state is {type(state).__name__}; expected the dict that state_dict() gives")
    if state.get("version") not in versions:
        raise ArgumentError(
            f"{function}: state has version {state.get('version')!r}, expected {' or '.join(map(str, versions))}; it "
            "was not written by this release"
        )
    if missing := [name for name in names if name not in state]:
        raise ArgumentError(
            f"{function}: state has no {', '.join(missing)}; it is damaged, or of another kind of metrics"
        )
