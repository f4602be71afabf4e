"""What `npseg laws` puts on trial."""

from __future__ import annotations

from typing import TYPE_CHECKING

from npseg.errors import ArgumentError
from npseg.laws.conventions import parse_conventions
from npseg.laws.loading import load_target
from npseg.laws.target import Target

if TYPE_CHECKING:
    from npseg.cli.examining import Request

__all__ = ["chosen_targets"]


def chosen_targets(request: Request) -> list[Target]:
    """One target of the user's. Raises `ArgumentError` for options that exclude each other."""
    declared = parse_conventions("laws: --convention", request.convention or "")
    if request.target is None:
        raise ArgumentError("laws: expected a target written module:callable, such as my_metrics:miou")
    return [load_target("laws", request.target, metric=request.metric, declared=declared)]
