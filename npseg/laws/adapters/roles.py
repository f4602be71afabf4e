"""What the arguments of a user's loss or operator mean, and wrappers made of that knowledge as text."""

from __future__ import annotations

import inspect
import linecache
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from npseg.errors import ArgumentError
from npseg.laws.adapters.calling import Where
from npseg.laws.target import Unsupported

__all__ = ["Roles", "compiled", "read_roles"]


class Roles:
    """The parameters of a function by their roles, and how a call is written."""

    def __init__(self, where: Where, named: Mapping[str, inspect.Parameter]) -> None:
        self.where, self._named = where, dict(named)
        self.called = where.name if where.importable else where.name.split(".")[-1]

    def __contains__(self, role: str) -> bool:
        return role in self._named

    def keyword(self, role: str) -> str:
        """What the function calls the role."""
        return self._named[role].name

    def requires(self, role: str) -> bool:
        """Whether the argument has no default."""
        return role in self._named and self._named[role].default is inspect.Parameter.empty

    def call(self, values: Mapping[str, str]) -> str:
        """A call with these expressions, by role, and with what `options` holds."""
        passed = [
            value if self._named[role].kind is inspect.Parameter.POSITIONAL_ONLY else f"{self.keyword(role)}={value}"
            for role, value in sorted(values.items(), key=lambda item: list(self._named).index(item[0]))
        ]
        return f"{self.called}({', '.join([*passed, '**options'])})"

    def refusal(self, role: str) -> str:
        """The line of a wrapper that says that the function has no such argument."""
        return f'    raise Unsupported("{self.called} takes no {role}")'

    def imports(self, framework: str) -> list[str]:
        """Lines that bring in what the call needs."""
        lines = [f"from {self.where.module} import {self.where.name.split('.')[0]}"] if self.where.importable else []
        return [*lines, *(["import torch"] if framework == "tensor" else [])]


def read_roles(
    caller: str,
    function: Callable[..., Any],
    where: Where,
    spellings: Mapping[str, Sequence[str]],
    needed: Sequence[str],
) -> Roles:
    """Give each parameter the role that its name spells; those `needed` that none spells take the first that are left.

    Raises `ArgumentError` if a needed role finds no parameter, or a parameter without default has no role.
    """
    hint = "write a wrapper around it whose arguments are " + ", ".join(spellings)
    if inspect.isclass(function):
        raise ArgumentError(f"{caller}: {where.title} is a class; {hint}")
    try:
        parameters = list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError) as error:
        raise ArgumentError(f"{caller}: {where.title} does not tell its arguments ({error}); {hint}") from error
    left = [one for one in parameters if one.kind not in (one.VAR_POSITIONAL, one.VAR_KEYWORD)]
    signature = f"{where.title}({', '.join(one.name for one in parameters)})"
    named: dict[str, inspect.Parameter] = {}
    for role, known in spellings.items():
        spelled = [one for word in known for one in left if one.name.lower() == word.lower()]
        if spelled:
            named[role] = spelled[0]
            left.remove(spelled[0])
    for role in needed:
        if role in named:
            continue
        first = next((one for one in left if one.default is one.empty), None)
        if first is None:
            raise ArgumentError(f"{caller}: {signature} has no argument for {role}; {hint}")
        named[role] = first
        left.remove(first)
    if unknown := [one.name for one in left if one.default is one.empty]:
        raise ArgumentError(
            f"{caller}: {signature} needs {' and '.join(unknown)}, and what that means is unknown; give it a default "
            f"value, or {hint}"
        )
    order = [one.name for one in parameters]
    return Roles(where, dict(sorted(named.items(), key=lambda item: order.index(item[1].name))))


def compiled(text: str, name: str, words: str, function: Callable[..., Any], where: Where) -> Callable[..., Any]:
    """The function `name` that `text` defines; `inspect` finds its text, so that a counterexample can print it."""
    file = f"<npseg.laws wrapper of {where.title}: {name}, {words}>"
    linecache.cache[file] = (len(text), None, text.splitlines(keepends=True), file)
    scope: dict[str, Any] = {"np": np, "Unsupported": Unsupported, "__name__": function.__module__}
    if not where.importable:
        scope[where.name.split(".")[-1]] = function
    exec(compile(text, file, "exec"), scope)  # the text is made of names that Python has parsed
    return scope[name]
