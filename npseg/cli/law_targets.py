"""What `npseg laws` puts on trial: a function of the user's, what a library offers, or all libraries."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from npseg.errors import ArgumentError, MissingExtraError, near_matches
from npseg.laws import adapters
from npseg.laws.adapters.own import own_target
from npseg.laws.conventions import parse_conventions
from npseg.laws.target import Target

if TYPE_CHECKING:
    from npseg.cli.examining import Request

__all__ = ["chosen_targets"]


def chosen_targets(request: Request) -> list[Target]:
    """The targets that the options name. Raises `ArgumentError` for options that exclude each other."""
    if request.peers:
        _refuse(request, "--peers", "TARGET", "--adapter", "--metric", "--convention", "--gradient")
        return _all_peers()
    if request.adapter not in (None, "callable"):
        _refuse(request, f"--adapter {request.adapter}", "--metric", "--convention", "--gradient")
        return _of_library(str(request.adapter), request.target)
    if request.target is None:
        raise ArgumentError(
            "laws: expected a target written module:callable, such as my_metrics:miou, or --adapter NAME, or --peers; "
            f"there are adapters for {', '.join(adapters.LIBRARIES)}"
        )
    declared = parse_conventions("laws: --convention", request.convention or "")
    measures = request.metric.split(",") if request.metric else ()
    return [own_target(request.target, measures, gradient=request.gradient, declared=declared)]


def _all_peers() -> list[Target]:
    libraries = adapters.installed()
    if not libraries:
        known = ", ".join(adapters.LIBRARIES)
        raise ArgumentError(
            f"laws: --peers: none of the libraries that have an adapter is installed ({known}); install them with: "
            'pip install "npseg[peers]"'
        )
    found = []
    for library in libraries:
        try:
            found += adapters.targets(library.name)
        except MissingExtraError as error:  # it is there, but not whole: the others are put on trial all the same
            typer.echo(str(error), err=True)
    return found


def _of_library(name: str, wanted: str | None) -> list[Target]:
    found = adapters.targets(name)
    if wanted is None:
        return found
    chosen = [target for target in found if target.name == wanted]
    if not chosen:
        known = [target.name for target in found]
        raise ArgumentError(f"laws: adapter {name} has no target {wanted!r}{near_matches(wanted, known)}")
    return chosen


def _refuse(request: Request, reason: str, *options: str) -> None:
    """What an adapter says already cannot be given besides."""
    values = {
        "TARGET": request.target,
        "--adapter": request.adapter,
        "--metric": request.metric,
        "--convention": request.convention,
        "--gradient": request.gradient,
    }
    for option in options:
        if values[option] is not None:
            raise ArgumentError(
                f"laws: {reason} and {option} exclude each other: the adapter says what its targets measure and promise"
            )
