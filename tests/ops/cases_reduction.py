"""Reductions over one axis, several, or all."""

from __future__ import annotations

from typing import Any

import numpy as np
from op_case import OpCase, distinct, normal

from npseg.reference import reduction as reference

SHAPE = (2, 3, 4)
AXES: dict[str, dict[str, Any]] = {
    "all": {},
    "last": {"axis": -1},
    "first-kept": {"axis": 0, "keepdims": True},
    "two": {"axis": (0, 2)},
    "two-kept": {"axis": (-1, 1), "keepdims": True},
    "all-kept": {"keepdims": True},
}


def _cases(op: str, function: Any, gradient: Any, draw: Any, linear: bool = False) -> list[OpCase]:
    def gradients(inputs: tuple, dy: np.ndarray, options: dict) -> tuple:
        x, axis = inputs[0], options.get("axis")
        reduced = x.sum(axis=axis).shape
        return (gradient(x, np.reshape(dy, reduced), axis),)

    def torch_reduce(torch: Any, inputs: tuple, options: dict) -> Any:
        axis = options.get("axis", tuple(range(len(SHAPE))))
        extra = {"correction": 0} if op == "var" else {}
        name = {"max": "amax", "min": "amin"}.get(op, op)
        return getattr(torch, name)(inputs[0], dim=axis, keepdim=options.get("keepdims", False), **extra)

    return [
        OpCase(
            op=op,
            label=label,
            draw=lambda rng: (draw(rng, *SHAPE),),
            reference=function,
            options=options,
            gradients=gradients,
            linear=(0,) if linear else (),
            torch=torch_reduce,
        )
        for label, options in AXES.items()
    ]


CASES = [
    *_cases("sum", np.sum, reference.sum_gradient, normal, linear=True),
    *_cases("mean", np.mean, reference.mean_gradient, normal, linear=True),
    *_cases("max", np.max, reference.max_gradient, distinct),
    *_cases("min", np.min, lambda x, dy, axis: reference.max_gradient(-x, dy, axis), distinct),
    *_cases("var", reference.var, reference.var_gradient, normal),
]
