"""A target of a function that laws can call as it stands: one of masks, of segments or of anything but label maps."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from npseg.errors import ArgumentError
from npseg.laws.adapters.calling import Where
from npseg.laws.adapters.roles import compiled
from npseg.laws.measures import FORMS, Measure
from npseg.laws.target import Target

__all__ = ["standard_target"]

EXTRAS = {
    "hausdorff_percentile": ", percentile=95.0",
    "surface_dice": ", tolerance_distance=1.0",
    "boundary_f1": ", tolerance_distance=1.0",
}
"""What laws pass to a measure besides what its family takes."""
SPELLINGS = {
    "spacing": ("spacing", "voxelspacing", "voxel_spacing", "pixel_spacing", "spacing_mm", "sampling"),
    "tolerance_distance": ("tolerance_distance", "tolerance", "tolerance_mm", "tau"),
}


def standard_target(
    function: Callable[..., Any],
    where: Where,
    measures: Sequence[Measure],
    declared: Mapping[str, str] | None,
    tolerance: float,
) -> Target:
    """A target of a function that has the arguments of the measures' family.

    What laws may leave out the function may lack: then it is `Unsupported`. Raises `ArgumentError` with the wrapper to
    write for a function that must be called otherwise.
    """
    found = {one.name: _standard(function, where, one) for one in measures}
    return Target(where.title, found, declared or {}, tolerance)


def _standard(function: Callable[..., Any], where: Where, measure: Measure) -> Callable[..., Any]:
    if inspect.isclass(function):
        raise ArgumentError(
            f"laws: {where.title} is a class, and what its methods mean is unknown; {_wrapper(measure)}"
        )
    try:
        own = inspect.signature(function)
    except (TypeError, ValueError):  # something compiled: what it takes shows when it is called
        return function
    needed, optional = _arguments(measure)
    open_ended = any(one.kind is one.VAR_KEYWORD for one in own.parameters.values())
    passed = {}
    for name in optional:
        spelled = [one for one in SPELLINGS.get(name, (name,)) if one in own.parameters]
        if spelled or open_ended:
            passed[name] = spelled[0] if spelled else name
    lacking = {name: default for name, default in optional.items() if name not in passed}
    try:
        own.bind(*needed, **dict.fromkeys(passed.values()))
    except TypeError as error:
        raise ArgumentError(
            f"laws: {where.title}{_names(own)} cannot be called as a {measure.title}: {error}; {_wrapper(measure)}"
        ) from error
    if fixed := [name for name, default in lacking.items() if default != "None"]:
        raise ArgumentError(
            f"laws: {where.title}{_names(own)} has no argument {' or '.join(fixed)}; {_wrapper(measure)}"
        )
    if not lacking and all(name == spelled for name, spelled in passed.items()):
        return function
    called = where.name if where.importable else where.name.split(".")[-1]
    lines = [f"from {where.module} import {where.name.split('.')[0]}", ""] if where.importable else []
    for name in lacking:
        lines += [f"if {name} is not None:", f'    raise Unsupported("{called} takes no {name}")']
    given = ", ".join([*needed, *(f"{spelled}={name}" for name, spelled in passed.items())])
    body = "\n".join(f"    {line}" if line else "" for line in [*lines, f"return {called}({given})"])
    name = f"{measure.name}_of_target"
    return compiled(f"def {name}({_head(measure)}):\n{body}\n", name, measure.family, function, where)


def _head(measure: Measure) -> str:
    """The arguments with which laws call a measure, as Python."""
    form = FORMS[measure.family]
    return form[form.index("(") + 1 : form.index(")")] + EXTRAS.get(measure.name, "")


def _arguments(measure: Measure) -> tuple[list[str], dict[str, str]]:
    """Those that laws always pass, by position, and those that they pass by name, with their defaults."""
    parts = [part.partition("=") for part in _head(measure).split(", ")]
    return [name for name, equals, _ in parts if not equals], {name: value for name, equals, value in parts if equals}


def _wrapper(measure: Measure) -> str:
    form = FORMS[measure.family]
    words = form[form.index(")") + 1 :].lstrip(": ")
    return (
        f"write a wrapper that takes what laws give, and point at it:\n\n    def {measure.name}({_head(measure)}):\n"
        f'        """{words[:1].upper()}{words[1:]}."""\n        return ...'
    )


def _names(own: inspect.Signature) -> str:
    return f"({', '.join(own.parameters)})"
