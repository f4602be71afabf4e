"""Find what a user names as `module:callable`."""

from __future__ import annotations

import importlib
import os
import sys
import traceback
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from npseg.errors import ArgumentError, near_matches

__all__ = ["load_callable"]


def load_callable(caller: str, text: str) -> Callable[..., Any]:
    """The callable that `"module:callable"` names; modules of the working directory come first.

    Raises `ArgumentError` for what is written otherwise, cannot be imported, is not there, or cannot be called.

    >>> load_callable("laws", "math:sqrt")(4.0)
    2.0
    """
    module_name, colon, path = text.partition(":")
    if not colon or not module_name or not path:
        raise ArgumentError(
            f"{caller}: expected a target written module:callable, such as my_metrics:miou, got {text!r}"
        )
    found = _import(caller, module_name)
    for depth, name in enumerate(path.split(".")):
        if not hasattr(found, name):
            where = ".".join([module_name, *path.split(".")[:depth]])
            known = [key for key in vars(found) if not key.startswith("_") and callable(getattr(found, key))]
            raise ArgumentError(f"{caller}: {where} has no {name!r}{_near(name, known)}")
        found = getattr(found, name)
    if not callable(found):
        raise ArgumentError(f"{caller}: {text} is {type(found).__name__}, which cannot be called; name a function")
    return found


def _import(caller: str, name: str) -> Any:
    here = os.getcwd()
    if sys.path[:1] != [here]:
        sys.path.insert(0, here)
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name is not None and (name == error.name or name.startswith(f"{error.name}.")):
            raise ArgumentError(
                f"{caller}: there is no module {error.name!r} in {here} or among the installed ones"
                f"{_near(error.name, _modules_here())}"
            ) from None
        raise ArgumentError(_broken_import(caller, name, error)) from error
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # a module may do anything while it is imported, even exit
        raise ArgumentError(_broken_import(caller, name, error)) from error


def _broken_import(caller: str, name: str, error: BaseException) -> str:
    """Which line of whose file stopped the import."""
    if isinstance(error, SyntaxError):
        place = f" ({error.filename}:{error.lineno})"
    else:
        frames = [f for f in traceback.extract_tb(error.__traceback__) if not f.filename.startswith("<frozen")]
        frames = [f for f in frames if f.filename not in (__file__, importlib.__file__)]
        place = f" ({frames[-1].filename}:{frames[-1].lineno})" if frames else ""
    words = error.msg if isinstance(error, SyntaxError) else error
    return f"{caller}: module {name} cannot be imported: {type(error).__name__}: {words}{place}"


def _modules_here() -> list[str]:
    return [path.stem for path in Path.cwd().iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()]


def _near(name: str, known: Iterable[str]) -> str:
    return near_matches(name, known) if (known := list(known)) else ""
