"""Activations, softmax and dropout."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from op_case import OpCase, away_from, normal

from npseg.reference import activation, dropout, softmax

SHAPE = (2, 3, 4, 5)


def _activation(
    op: str,
    *kinks: float,
    torch: Callable | str | None = None,
    label: str = "plain",
    shape: tuple = SHAPE,
    **options: Any,
) -> OpCase:
    derivative = getattr(activation, f"{op}_derivative")
    return OpCase(
        op=op,
        label=label,
        draw=lambda rng: (away_from(kinks, rng, *shape, scale=3.0),),
        reference=getattr(activation, op),
        options=options,
        gradients=lambda inputs, dy, o: (dy * derivative(inputs[0], **o),),
        batched=(0,) if shape else (),
        torch=torch if callable(torch) else lambda t, inputs, o: getattr(t.nn.functional, torch or op)(inputs[0], **o),
    )


def _extreme(op: str) -> OpCase:
    """Arguments where a careless exp overflows."""
    derivative = getattr(activation, f"{op}_derivative")
    return OpCase(
        op=op,
        label="extreme",
        draw=lambda rng: (np.array([-1000.0, -100.0, -40.0, -20.0, -1.0, 0.0, 1.0, 20.0, 40.0, 100.0, 1000.0]),),
        reference=getattr(activation, op),
        gradients=lambda inputs, dy, o: (dy * derivative(inputs[0]),),
        gradcheck_tolerance=1e-5,
        torch=lambda t, inputs, o: getattr(t.nn.functional, op)(inputs[0]),
    )


def _softmax(op: str, label: str, shape: tuple, offset: float = 0.0, **options: Any) -> OpCase:
    forward, backward = getattr(softmax, op), getattr(softmax, f"{op}_input_gradient")
    return OpCase(
        op=op,
        label=label,
        draw=lambda rng: (offset + 2 * normal(rng, *shape),),
        reference=forward,
        options=options,
        gradients=lambda inputs, dy, o: (backward(inputs[0], dy, **o),),
        batched=(0,) if len(shape) == 4 else (),
        # In float64: PyTorch adds the largest to the logarithm before it subtracts both, so large logits lose digits.
        torch=lambda t, inputs, o: getattr(t, op)(inputs[0].double(), dim=o.get("axis", -1)).to(inputs[0].dtype),
    )


def _dropout(label: str, shape: tuple, p: float, seed: int) -> OpCase:
    """The reference takes the mask, which the op draws: ones show it."""

    def options() -> dict[str, Any]:
        return {"p": p, "rng": np.random.default_rng(seed)}

    def keep(shape: tuple) -> np.ndarray:
        from npseg import ops

        return ops.dropout(np.ones(shape), **options()).data != 0

    reference: Callable = lambda x, p, rng: dropout.dropout(x, keep(x.shape), p)  # noqa: E731
    return OpCase(
        op="dropout",
        label=label,
        draw=lambda rng: (away_from((0.0,), rng, *shape),),
        reference=reference,
        options=options,
        gradients=lambda inputs, dy, o: (dropout.dropout(dy, keep(dy.shape), p),),
        linear=(0,),
        batched=(0,),
    )


CASES = [
    _activation("relu", 0.0),
    _activation("relu", 0.0, label="vector", shape=(7,)),
    _activation("relu6", 0.0, 6.0),
    _activation("leaky_relu", 0.0),
    _activation("leaky_relu", 0.0, label="slope", negative_slope=0.2),
    _activation("gelu"),
    _activation("silu"),
    _activation("sigmoid"),
    _activation("sigmoid", label="scalar", shape=()),
    # PyTorch's own hardsigmoid multiplies by one sixth as a float32, whatever the type.
    _activation("hard_sigmoid", -3.0, 3.0, torch=lambda t, inputs, o: t.nn.functional.relu6(inputs[0] + 3) / 6),
    _activation("hard_swish", -3.0, 3.0, torch="hardswish"),
    _activation("tanh"),
    *[_extreme(op) for op in ("sigmoid", "silu", "gelu", "tanh")],
    *[
        _softmax(op, label, shape, offset, **options)
        for op in ("softmax", "log_softmax")
        for label, shape, offset, options in [
            ("last", (2, 3, 2, 4), 0.0, {}),
            ("axis", (3, 4, 2), 0.0, {"axis": 1}),
            ("first-axis", (4, 3), 0.0, {"axis": 0}),
            ("one-class", (3, 1), 0.0, {}),
            ("large", (5, 3), 1000.0, {}),
        ]
    ],
    _dropout("half", (2, 3, 4, 5), 0.5, 1),
    _dropout("tenth", (4, 6), 0.1, 2),
    _dropout("none", (4, 3), 0.0, 3),
]
