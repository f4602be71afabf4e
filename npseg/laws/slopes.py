"""Compare a derivative with what it is the limit of: differences of the function beside the point."""

from __future__ import annotations

import numpy as np

__all__ = ["off_slope", "patternless"]


def patternless(shape):
    """An array of that shape in which no two entries are related, the same each time."""
    return np.random.default_rng(0).uniform(0.5, 1.5, shape) * np.random.default_rng(1).choice([-1.0, 1.0], shape)


def off_slope(function, x, gradient, tolerance):
    """A sentence if `gradient` is not that of the number `function(x)`, else None.

    Along one direction that touches every entry, <gradient, direction> must lie between the slopes behind x and ahead
    of it: at a kink, any subgradient does. In the sentence is the entry that is off most.
    """
    # Twice differentiable functions bend by about the step; a function that keeps six digits only needs a wide one.
    step, allowed = (1e-5, 1e-5) if tolerance <= 1e-6 else (1e-2, 3e-2)
    here = float(function(x))

    def off(direction):
        slopes = sorted(
            [
                (float(function(x + step * direction)) - here) / step,
                (here - float(function(x - step * direction))) / step,
            ]
        )
        claimed = float(np.vdot(gradient, direction))
        slack = allowed * max(abs(claimed), abs(slopes[0]), abs(slopes[1]), 0.01)
        return max(slopes[0] - claimed, claimed - slopes[1]) - slack, claimed, slopes

    if not np.isfinite(gradient).all():
        return "the gradient is not finite"
    along = off(patternless(x.shape))
    if along[0] <= 0:
        return None
    place, worst = "along a direction of all entries", along
    for index in np.ndindex(*x.shape):
        unit = np.zeros(x.shape)
        unit[index] = 1.0
        found = off(unit)
        if (place.startswith("along") and found[0] > 0) or found[0] > worst[0]:
            place, worst = f"at {list(index)}", found
    return f"{place} the gradient is {worst[1]:.8g}, the slope is {sum(worst[2]) / 2:.8g}"
