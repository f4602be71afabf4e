"""Learning-rate schedules: pure functions from the step to a factor of the peak learning rate.

Steps count from 0. With warm-up, the factor first rises in a straight line, (step + 1) / warmup_steps, and the
schedule proper then runs over the steps that are left. `one_cycle` has a rise of its own, along a cosine:
`warmup_steps` > 0 sets its length, 0 keeps the usual 30 %. After the last step the factor stays where it ended.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from npseg.errors import ArgumentError, ConfigError, near_matches

__all__ = ["Schedule", "constant", "cosine", "make_schedule", "one_cycle", "poly"]

Schedule = Callable[[int], float]


def constant(total_steps: int, *, warmup_steps: int = 0) -> Schedule:
    """1 throughout, after the warm-up.

    >>> [constant(4, warmup_steps=2)(step) for step in range(4)]
    [0.5, 1.0, 1.0, 1.0]
    """
    return _after_warmup("constant", total_steps, warmup_steps, lambda share: 1.0)


def poly(total_steps: int, *, power: float = 0.9, warmup_steps: int = 0) -> Schedule:
    """(1 - step / total)^power. Chen et al. 2018 (DeepLab), section 4.1.

    >>> [poly(4, power=1.0)(step) for step in range(5)]
    [1.0, 0.75, 0.5, 0.25, 0.0]
    """
    if not power > 0:
        raise ArgumentError(f"poly: power is {power}; expected a number above 0")
    return _after_warmup("poly", total_steps, warmup_steps, lambda share: (1 - share) ** power)


def cosine(total_steps: int, *, warmup_steps: int = 0) -> Schedule:
    """Half a cosine from 1 to 0. Loshchilov and Hutter 2017, eq. 5, without restarts.

    >>> [round(cosine(4)(step), 3) for step in range(5)]
    [1.0, 0.854, 0.5, 0.146, 0.0]
    """
    return _after_warmup("cosine", total_steps, warmup_steps, lambda share: (1 + math.cos(math.pi * share)) / 2)


def one_cycle(
    total_steps: int,
    *,
    rise: float = 0.3,
    start: float = 1 / 25,
    end: float = 4e-6,
    warmup_steps: int | None = None,
) -> Schedule:
    """From `start` up to 1 over the first `rise` of the steps and down to `end` at the last, both along cosines.

    Smith and Topin 2019, in the form (and with the defaults) of PyTorch's OneCycleLR. `warmup_steps` > 0 gives the
    length of the rise in steps instead; None and 0 leave it to `rise`.

    >>> schedule = one_cycle(10, rise=0.5)
    >>> [round(schedule(step), 3) for step in (0, 2, 4, 9)]
    [0.04, 0.52, 1.0, 0.0]
    """
    _require_steps("one_cycle", total_steps, warmup_steps or 0)
    if not 0 <= rise <= 1:
        raise ArgumentError(f"one_cycle: rise is {rise}; expected a share in [0, 1]")
    top = rise * total_steps - 1 if not warmup_steps else float(warmup_steps)
    last = total_steps - 1

    def factor(step: int) -> float:
        if step <= top and top > 0:
            return _glide(start, 1.0, step / top)
        return _glide(1.0, end, min(1.0, (step - top) / (last - top)) if last > top else 1.0)

    return factor


_SCHEDULES: dict[str, Callable[..., Schedule]] = {
    "constant": constant,
    "cosine": cosine,
    "one_cycle": one_cycle,
    "poly": poly,
}


def make_schedule(name: str, total_steps: int, *, warmup_steps: int = 0, power: float = 0.9) -> Schedule:
    """The schedule called `name`; `power` is for poly alone. Raises `ConfigError` for an unknown name."""
    if name not in _SCHEDULES:
        raise ConfigError(f"schedule: unknown {name!r}{near_matches(name, _SCHEDULES)}")
    options: dict[str, Any] = {"power": power} if name == "poly" else {}
    return _SCHEDULES[name](total_steps, warmup_steps=warmup_steps, **options)


def _after_warmup(name: str, total_steps: int, warmup_steps: int, shape: Callable[[float], float]) -> Schedule:
    _require_steps(name, total_steps, warmup_steps)

    def factor(step: int) -> float:
        if step < warmup_steps:
            return (step + 1) / warmup_steps
        return shape(min(1.0, (step - warmup_steps) / (total_steps - warmup_steps)))

    return factor


def _require_steps(name: str, total_steps: int, warmup_steps: int) -> None:
    if total_steps < 1 or not 0 <= warmup_steps < total_steps:
        raise ArgumentError(
            f"{name}: total_steps={total_steps} and warmup_steps={warmup_steps}; expected at least one step "
            "after the warm-up"
        )


def _glide(begin: float, end: float, share: float) -> float:
    return end + (begin - end) / 2 * (1 + math.cos(math.pi * share))
