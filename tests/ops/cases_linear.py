"""Matrix products."""

from __future__ import annotations

import numpy as np
from op_case import OpCase, normal

from npseg.reference import linear as reference
from npseg.reference.arithmetic import sum_to_shape


def _linear(label: str, x: tuple, weight: tuple, bias: bool = False) -> OpCase:
    shapes = [x, weight, *([weight[1:]] if bias else [])]

    def gradients(inputs: tuple, dy: np.ndarray, options: dict) -> tuple:
        x, weight, *bias = inputs
        dx, dweight = reference.linear_input_gradient(dy, weight), reference.linear_weight_gradient(x, dy)
        return (dx, dweight, *[dy.reshape(-1, dy.shape[-1]).sum(axis=0) for _ in bias])

    return OpCase(
        op="linear",
        label=label,
        draw=lambda rng: tuple(normal(rng, *shape) for shape in shapes),
        reference=reference.linear,
        gradients=gradients,
        linear=(0, 1),
        batched=(0,) if len(x) > 1 else (),
        torch=lambda torch, inputs, o: torch.nn.functional.linear(inputs[0], inputs[1].T, *inputs[2:]),
    )


def _matmul(label: str, a: tuple, b: tuple) -> OpCase:
    def gradients(inputs: tuple, dy: np.ndarray, options: dict) -> tuple:
        a, b = inputs
        da = reference.matmul(dy, b.swapaxes(-1, -2))
        db = reference.matmul(a.swapaxes(-1, -2), dy)
        return sum_to_shape(da, a.shape), sum_to_shape(db, b.shape)

    return OpCase(
        op="matmul",
        label=label,
        draw=lambda rng: (normal(rng, *a), normal(rng, *b)),
        reference=reference.matmul,
        gradients=gradients,
        linear=(0, 1),
        torch=lambda torch, inputs, o: inputs[0] @ inputs[1],
    )


CASES = [
    _linear("rows", (5, 3), (3, 4)),
    _linear("bias", (5, 3), (3, 4), bias=True),
    _linear("images", (2, 3, 4, 3), (3, 2), bias=True),
    _linear("vector", (3,), (3, 2)),
    _matmul("matrices", (4, 3), (3, 5)),
    _matmul("batch", (2, 3, 4), (2, 4, 2)),
    _matmul("broadcast-right", (2, 3, 4), (4, 2)),
    _matmul("broadcast-both", (2, 1, 3, 4), (3, 4, 2)),
]
