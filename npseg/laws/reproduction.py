"""Print a broken law as a programme of its own, which needs neither npseg nor Hypothesis."""

from __future__ import annotations

import inspect
import textwrap
import types
from collections.abc import Callable
from typing import Any

import numpy as np

from npseg.laws.engine import Trial
from npseg.laws.law import Code
from npseg.laws.measures import COMPANIONS, MEASURES
from npseg.laws.target import Target

__all__ = ["programme", "written"]


def programme(target: Target, trial: Trial) -> str:
    """Python that runs the law on the smallest case found and prints how it is broken.

    It holds the text of the adapter, of the law and of the functions they call, as they are here.
    """
    law, names = trial.law, trial.measure.split(" and ")
    definitions = _Definitions()
    definitions.add(law.check)
    arguments = {}
    for name in names:
        arguments[name if law.needs else "score"] = definitions.add_measure(target, name)
    for name in COMPANIONS:
        if name in law.arguments:
            arguments[name] = definitions.add_measure(target, f"{names[0]}_{name}")
    if "tolerance" in law.arguments:
        arguments["tolerance"] = repr(target.tolerance)
    if "bounds" in law.arguments:
        arguments["bounds"] = repr(MEASURES[names[0]].bounds)
    if "conventions" in law.arguments:
        arguments["conventions"] = repr(dict(trial.conventions))
    for name, value in trial.case.items():
        arguments[name] = definitions.add_function(value) if callable(value) else written(value)
    call = "".join(f"    {name}={value},\n" for name, value in arguments.items())
    return (
        f"# {target.name}, {trial.measure}: law {law.number}, {law.name}\n# {law.statement}\n"
        f"{definitions.text()}\n\n\nprint({law.check.__name__}(\n{call}))\n"
    )


class _Definitions:
    """Texts of functions, each once, what is called before what calls it."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.imports: set[str] = {"import numpy as np"}
        self._seen: set[int] = set()

    def text(self) -> str:
        """All of it, imports first."""
        return "\n\n\n".join(["\n".join(sorted(self.imports)), *self.texts])

    def add_measure(self, target: Target, name: str) -> str:
        """Define a measure of the target; returns the name it has in the programme."""
        if name in target.code:
            if (text := target.code[name]) not in self.texts:
                self.texts.append(text)
            return name
        return self.add_function(target.measures[name])

    def add_function(self, function: Callable[..., Any]) -> str:
        """Define a function and what it calls; returns its name."""
        self.add(function)
        return function.__name__

    def add(self, function: Callable[..., Any]) -> None:
        if id(function) in self._seen:
            return
        self._seen.add(id(function))
        for name in sorted(_names_in(function.__code__)):
            self._add_global(name, function.__globals__)
        text = textwrap.dedent(inspect.getsource(function))
        tree_start = text.index("def ")  # decorators register the function here, and mean nothing elsewhere
        self.texts.append(text[tree_start:].rstrip())

    def _add_global(self, name: str, scope: dict[str, Any]) -> None:
        if name not in scope:
            return
        value = scope[name]
        if isinstance(value, types.ModuleType):
            alias = "" if value.__name__ == name else f" as {name}"
            self.imports.add(f"import {value.__name__}{alias}")
        elif (
            isinstance(value, types.FunctionType) and value.__module__.split(".")[0] == scope["__name__"].split(".")[0]
        ):
            self.add(value)
        elif isinstance(value, int | float | str | tuple | list | dict | np.ndarray):
            if (text := f"{name} = {written(value)}") not in self.texts:
                self.texts.append(text)
        elif not isinstance(value, type | types.FunctionType):
            self.imports.add(f"from {scope['__name__']} import {name}")  # an object that its own module makes
        elif value.__module__ != "npseg.laws.target":
            self.imports.add(f"from {value.__module__} import {name}")
        elif f"class {name}(Exception): ..." not in self.texts:
            self.texts.append(f"class {name}(Exception): ...")


def written(value: Any) -> str:
    """A value of a case as Python.

    >>> written(np.array([[0, 1]]))
    'np.array([[0, 1]])'
    >>> written(np.array([True]))
    'np.array([True])'
    """
    if isinstance(value, Code):
        return value.text
    if isinstance(value, np.ndarray):
        plain = value.dtype in (np.dtype(np.int64), np.dtype(np.float64), np.dtype(bool)) and value.size
        kind = "" if plain else f", dtype=np.{value.dtype.name}"
        if not value.size:
            return f"np.zeros({value.shape}, np.{value.dtype.name})"
        return f"np.array({_plain(value.tolist())}{kind})"
    if isinstance(value, list | tuple):
        inner = ", ".join(map(written, value))
        return f"[{inner}]" if isinstance(value, list) else f"({inner},)"
    return _plain(value)


def _plain(value: Any) -> str:
    return repr(value).replace("nan", "np.nan").replace("inf", "np.inf")


def _package(module: str) -> str:
    return module.split(".")[0]


def _names_in(code: types.CodeType) -> set[str]:
    names = set(code.co_names)
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            names |= _names_in(constant)
    return names
