"""Print a broken law as a programme of its own, which needs neither npseg nor Hypothesis."""

from __future__ import annotations

import ast
import inspect
import itertools
import re
import sys
import textwrap
import types
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from npseg.laws.engine import Trial
from npseg.laws.law import Code
from npseg.laws.measures import COMPANIONS, MEASURES
from npseg.laws.target import Target

__all__ = ["programme", "written"]


def programme(target: Target, trial: Trial) -> str:
    """Python that runs the law on the smallest case found and prints how it is broken.

    It holds the text of the adapter, of the law and of the functions they call, as they are here. Where something
    cannot be written down, it stops with a sentence that says what to define in its place.
    """
    law, names = trial.law, trial.measure.split(" and ")
    definitions = _Definitions()
    arguments: dict[str, str] = {}
    for name in names:
        arguments[name if law.needs else "score"] = definitions.add_measure(target, name)
    for name in COMPANIONS:
        if name in law.arguments:
            arguments[name] = definitions.add_measure(target, f"{names[0]}_{name}")
    if "tolerance" in law.arguments:
        arguments["tolerance"] = repr(target.tolerance)
    if "ignored_by_default" in law.arguments:
        arguments["ignored_by_default"] = repr(target.ignored_by_default)
    if "measure" in law.arguments:
        arguments["measure"] = written(names[0])
    if "bounds" in law.arguments:
        arguments["bounds"] = written(MEASURES[names[0]].bounds)
    if "conventions" in law.arguments:
        arguments["conventions"] = repr(dict(trial.conventions))
    for name, value in trial.case.items():
        arguments[name] = definitions.add(value) if callable(value) else written(value)
    check = definitions.add(law.check)
    call = "".join(f"    {name}={value},\n" for name, value in arguments.items())
    run = f"print({check}(\n{call}))\n"
    if trial.reason.startswith("raises SystemExit"):  # else the programme would end without a word
        run = (
            f"try:\n{textwrap.indent(run, '    ')}except SystemExit as error:\n    print('raises SystemExit:', error)\n"
        )
    return (
        f"# {target.name}, {trial.measure}: law {law.number}, {law.name}\n# {law.statement}\n"
        f"{definitions.text()}\n\n\n{run}"
    )


_WRITABLE = (types.NoneType, int, float, str, tuple, list, dict, np.ndarray, np.generic)
"""What is written down with its value, not imported."""


class _Definitions:
    """Texts of functions, each once. Two functions or two constants of one name get different names."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.imports: set[str] = {"import numpy as np"}
        self._names: dict[int, str] = {}
        self._taken: set[str] = set()
        self._constants: dict[str, str] = {}

    def text(self) -> str:
        """All of it, imports first."""
        return "\n\n\n".join(["\n".join(sorted(self.imports)), *self.texts])

    def add_measure(self, target: Target, name: str) -> str:
        """Define a measure of the target; returns the name it has in the programme."""
        if name in target.code:
            self._taken.add(name)
            self._add_text(target.code[name])
            return name
        return self.add(target.measures[name])

    def add(self, function: Callable[..., Any]) -> str:
        """Define a function and, before it, what it calls; returns the name it has in the programme."""
        if id(function) in self._names:
            return self._names[id(function)]
        own = getattr(function, "__name__", type(function).__name__).replace("<lambda>", "score")
        name = next(one for one in _spellings(own) if one not in self._taken and one not in self._constants)
        self._names[id(function)] = name
        self._taken.add(name)
        text = _text_of(function)
        if text is None:
            self._ask_for(name, "the text of this function cannot be read")
            return name
        around = _variables_around(function)
        if around and any(isinstance(node, ast.Nonlocal) for node in ast.walk(ast.parse(text))):
            self._ask_for(name, "it changes variables of the function that it is defined in")
            return name
        scope, renamed = {**function.__globals__, **around}, {own: name}
        for used in sorted({*_names_in(function.__code__), *around}):
            if used in around and used != own:
                renamed[used] = self._add_variable(used, scope)
            elif used in scope and used != own:
                renamed[used] = self._add_global(used, scope)
        for before, after in renamed.items():
            text = text if before == after else re.sub(rf"(?<![\w.]){before}\b", after, text)
        self.texts.append(text)
        return name

    def _add_global(self, name: str, scope: dict[str, Any]) -> str:
        """Define what a function finds under that name in its module; returns the name it has in the programme."""
        value = scope[name]
        if isinstance(value, types.ModuleType):
            alias = "" if value.__name__ == name else f" as {name}"
            self.imports.add(f"import {value.__name__}{alias}")
        elif isinstance(value, types.FunctionType) and _package(value.__module__) == _package(scope["__name__"]):
            return self.add(value)
        elif isinstance(value, _WRITABLE):
            text = written(value)
            free = (one for one in _spellings(name) if one not in self._taken)
            alias = next(one for one in free if self._constants.get(one, text) == text)
            self._constants[alias] = text
            self._add_text(f"{alias} = {text}")
            return alias
        elif not isinstance(value, type | types.FunctionType) and not _is_importable(value):
            self.imports.add(f"from {scope['__name__']} import {name}")  # an object that its own module makes
        elif value.__module__ == "npseg.laws.target":
            self._add_text(f"class {name}(Exception): ...")
        else:
            self.imports.add(f"from {value.__module__} import {value.__name__}")
            return value.__name__
        return name

    def _add_variable(self, name: str, scope: dict[str, Any]) -> str:
        """Define a variable of the function around, as if it were one of the module."""
        value = scope[name]
        if isinstance(value, types.FunctionType) and "<locals>" in value.__qualname__:
            return self.add(value)
        if isinstance(value, types.ModuleType) or _is_plain(value) or _is_importable(value):
            return self._add_global(name, scope)
        self._ask_for(name, f"it is a variable of the function around, of type {type(value).__name__}")
        return name

    def _ask_for(self, name: str, reason: str) -> None:
        """Leave a place where the reader must define something."""
        self._add_text(f"raise SystemExit({f'define {name} here: {reason}'!r})")

    def _add_text(self, text: str) -> None:
        if text not in self.texts:
            self.texts.append(text)


def _text_of(function: Callable[..., Any]) -> str | None:
    """The text of a function without its decorators, which register it here and mean nothing elsewhere.

    None if it has none: a lambda, an object that can be called, something compiled.
    """
    if not isinstance(function, types.FunctionType):
        return None
    try:
        text = textwrap.dedent(inspect.getsource(function))
        statement = ast.parse(text).body[0]
    except (OSError, SyntaxError):
        return None
    if not isinstance(statement, ast.FunctionDef):
        return None
    return "\n".join(text.splitlines()[statement.lineno - 1 :]).rstrip()


def _variables_around(function: Callable[..., Any]) -> dict[str, Any]:
    """The variables of the function in which a function is defined that it reads; those set by now."""
    cells = zip(function.__code__.co_freevars, function.__closure__ or ())
    return {name: cell.cell_contents for name, cell in cells if cell != types.CellType()}  # an empty one is not set


def _is_plain(value: Any) -> bool:
    """Whether `written` gives back the value."""
    if isinstance(value, list | tuple):
        return all(map(_is_plain, value))
    if isinstance(value, dict):
        return all(isinstance(one, types.NoneType | int | float | str) for pair in value.items() for one in pair)
    return isinstance(value, _WRITABLE) and (not isinstance(value, np.ndarray) or value.dtype.kind in "biuf")


def _is_importable(value: Any) -> bool:
    """Whether a module has it under its own name: a function, compiled ones too, or a class."""
    module = sys.modules.get(getattr(value, "__module__", None) or "")
    return getattr(module, getattr(value, "__name__", " "), None) is value


def _spellings(name: str) -> Iterator[str]:
    yield name
    yield from (f"{name}_{number}" for number in itertools.count(2))


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
        return f"[{inner}]" if isinstance(value, list) else f"({inner},)" if value else "()"
    return _plain(value)


def _plain(value: Any) -> str:
    if isinstance(value, str):
        return repr(value)
    return repr(value).replace("nan", "np.nan").replace("inf", "np.inf")


def _package(module: str) -> str:
    return module.split(".")[0]


def _names_in(code: types.CodeType) -> set[str]:
    names = set(code.co_names)
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            names |= _names_in(constant)
    return names
