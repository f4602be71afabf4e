"""What a law is, and the register of all laws."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from npseg.errors import ArgumentError, near_matches

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

__all__ = ["LAWS", "Code", "Law", "find_laws", "law"]

LAWS: dict[str, Law] = {}
"""Every law by its name, in the order of their numbers once `npseg.laws` is imported."""


@dataclass(frozen=True)
class Code:
    """A value of a case given as an expression of NumPy, for arrays too large to print."""

    text: str

    def value(self) -> Any:
        import numpy as np

        return eval(self.text, {"np": np})  # the text is a law's own


@dataclass(frozen=True)
class Law:
    """A property that every right implementation of some measures has.

    `check` takes the measure (as `score`), the values of the case by name and, if it asks for them, `per_class` (the
    same measure for each class), `in_parts` (the same, counted piece by piece), `gradient` or `vjp` (its derivative),
    `measure` (its name), `bounds` (of the measure), `ignored_by_default` (of the target), `conventions` (of the
    measure, documented or inferred) and `tolerance` (relative, of a right answer). It returns a sentence when the law
    is broken, else None. It uses NumPy and functions beside it only, so that its text can be printed as a programme of
    its own.
    """

    number: int
    name: str
    family: str
    statement: str
    """In words."""
    symbols: str
    """The same in symbols."""
    source: str
    """Where it stands, or why it holds."""
    check: Callable[..., str | None]
    draw: Callable[..., SearchStrategy[dict[str, Any]]] | None
    """Makes the strategy of its cases, dictionaries of the check's arguments; its own argument `measure`, if it
    has one, is the name of the measure. None: only those of `always`."""
    of: tuple[str, ...] = ()
    """The measures it is for, each by itself."""
    needs: tuple[str, ...] = ()
    """Measures that it relates to each other; all are passed under their names."""
    presumes: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)
    """Conventions under which it holds: name to the values allowed."""
    always: tuple[Mapping[str, Any], ...] = ()
    """Cases tried besides those drawn: large ones, say."""
    of_the_arrays: bool = False
    """Whether it speaks of the very arrays, their type, layout or fate; of a rearranged target it says nothing."""
    unless: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)
    """Conventions under which it says nothing, but only where the documentation states them: name to the values."""

    @property
    def arguments(self) -> frozenset[str]:
        """The names that `check` takes."""
        return frozenset(inspect.signature(self.check).parameters)

    def answers_to(self, name: str) -> bool:
        """Whether that is its name or number."""
        return name in (self.name, str(self.number))

    def cases(self, measure: str) -> SearchStrategy[dict[str, Any]] | None:
        """The strategy of its cases for a measure; None if there are only those of `always`."""
        if self.draw is None:
            return None
        return self.draw(measure) if "measure" in inspect.signature(self.draw).parameters else self.draw()


def law(
    number: int,
    name: str,
    *,
    family: str,
    statement: str,
    symbols: str,
    source: str,
    draw: Callable[..., SearchStrategy[dict[str, Any]]] | None,
    of: tuple[str, ...] = (),
    needs: tuple[str, ...] = (),
    presumes: Mapping[str, tuple[Any, ...]] | None = None,
    always: tuple[Mapping[str, Any], ...] = (),
    of_the_arrays: bool = False,
    unless: Mapping[str, tuple[Any, ...]] | None = None,
) -> Callable[[Callable[..., str | None]], Callable[..., str | None]]:
    """Register the decorated check as a law; the function itself is returned, so that it can be called plainly."""

    def register(check: Callable[..., str | None]) -> Callable[..., str | None]:
        if name in LAWS:
            raise ArgumentError(f"law: there is a law {name!r} already (number {LAWS[name].number})")
        if bool(of) == bool(needs):
            raise ArgumentError(f"law: {name} must be `of` measures one by one, or `needs` several together")
        LAWS[name] = Law(
            number, name, family, statement, symbols, source, check, draw, of, needs, dict(presumes or {}), always,
            of_the_arrays, dict(unless or {}),
        )  # fmt: skip
        return check

    return register


def find_laws(caller: str, name: str) -> list[Law]:
    """The law of that name, or those of that number. Raises `ArgumentError` with near matches."""
    found = [one for one in LAWS.values() if one.answers_to(name)]
    if not found:
        raise ArgumentError(
            f"{caller}: there is no law {name!r}{near_matches(name, LAWS, listed_by='npseg laws --list')}"
        )
    return found
