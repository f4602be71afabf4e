"""A metric with one fault planted in it, which at least one law must find."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from npseg.laws.target import Target

__all__ = ["Mutant", "as_mutants"]


@dataclass(frozen=True)
class Mutant:
    """A right implementation but for one fault, which its name and a sentence tell."""

    name: str
    fault: str
    target: Target = field(repr=False)


def as_mutants(
    measure: str,
    declared: Mapping[str, str],
    *functions: Callable[..., Any],
    beside: Mapping[str, Callable[..., Any]] | None = None,
) -> list[Mutant]:
    """Mutants of one measure: the name of each is that of its function, the fault the first line of its docstring.

    `beside` are right measures of the same implementation, for laws that relate several to each other.
    """
    return [
        Mutant(
            function.__name__.replace("_", "-"),
            (function.__doc__ or "").strip().splitlines()[0],
            Target(function.__name__.replace("_", "-"), {**(beside or {}), measure: function}, declared),
        )
        for function in functions
    ]
