"""What is put on trial: an implementation of one or more measures, and what its documentation promises."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from npseg.laws.conventions import check_conventions
from npseg.laws.measures import find_measure

__all__ = ["Target", "Unsupported"]


class Unsupported(Exception):
    """Raised by an adapter for an input that the library does not take, by its own documentation."""


@dataclass(frozen=True)
class Target:
    """Measures in the form that `measures.FORMS` gives, by their names.

    `declared` is what the documentation says of conventions; what it does not say is inferred by probing.
    `tolerance` is relative: 1e-5 suits float32. `code` is a programme without npseg that defines each measure under its
    name, for counterexamples; the text of the functions themselves if it is left out.
    """

    name: str
    measures: Mapping[str, Callable[..., Any]]
    declared: Mapping[str, str] = field(default_factory=dict)
    tolerance: float = 1e-6
    code: Mapping[str, str] = field(default_factory=dict)
    library: str = ""
    ignored_by_default: int | None = None
    """The label that is ignored where no `ignore_index` is passed."""
    rearranged: bool = False
    """Whether functions are given other arrays than laws give to the measures, made of them."""
    notes: tuple[str, ...] = ()
    """What a reader of the verdict should know of how the target was called."""

    def __post_init__(self) -> None:
        measures = {find_measure("Target", name).name: function for name, function in self.measures.items()}
        object.__setattr__(self, "measures", measures)
        object.__setattr__(self, "declared", check_conventions("Target", self.declared))

    @property
    def parameters(self) -> dict[str, frozenset[str]]:
        """Names of the arguments that each measure takes."""
        return {name: frozenset(inspect.signature(f).parameters) for name, f in self.measures.items()}
