"""How far apart neighbours are along each axis, as users give it."""

from __future__ import annotations

from typing import Any

import numpy as np

from npseg.errors import ArgumentError

__all__ = ["check_spacing", "spatial_axes"]


def spatial_axes(spacing: Any) -> int:
    """Axes of an image that has this spacing: three numbers belong to a volume, anything else to a plane.

    >>> spatial_axes(None), spatial_axes(0.5), spatial_axes((5, 1, 1))
    (2, 2, 3)
    """
    try:
        return 3 if spacing is not None and np.shape(spacing) == (3,) else 2
    except ValueError:  # ragged, which `check_spacing` says
        return 2


def check_spacing(function: str, spacing: Any, ndim: int) -> tuple[float, ...]:
    """The spacing of every axis as plain floats, or an `ArgumentError`."""
    try:
        steps = np.ones(ndim) if spacing is None else np.broadcast_to(np.asarray(spacing, np.float64), (ndim,))
    except (TypeError, ValueError):
        steps = np.zeros(ndim)
    if not (np.isfinite(steps) & (steps > 0)).all():
        raise ArgumentError(
            f"{function}: spacing is {spacing!r}; it must be a positive number, or {ndim} of them in the order of "
            f"the axes, {'(y, x)' if ndim == 2 else '(z, y, x)'}"
        )
    return tuple(steps.tolist())
