"""Elementwise arithmetic with broadcasting."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from op_case import OpCase, away_from, distinct, normal, positive

from npseg.reference.arithmetic import sum_to_shape

# Shapes of two operands that broadcast in different ways.
PAIRS = {
    "same": ((2, 3, 4), (2, 3, 4)),
    "channels": ((2, 3, 4), (4,)),
    "both": ((2, 1, 4), (3, 1)),
    "scalar": ((2, 3), ()),
    "scalar-left": ((), (2, 3)),
}


def _binary(
    op: str,
    function: Callable,
    partials: Callable,
    draw: Callable = normal,
    linear: tuple[int, ...] = (),
) -> list[OpCase]:
    """`partials(a, b)` are the derivatives of the function in a and b, elementwise."""

    def gradients(inputs: tuple, dy: np.ndarray, options: dict) -> tuple:
        return tuple(sum_to_shape(dy * p, x.shape) for p, x in zip(partials(*inputs), inputs))

    return [
        OpCase(
            op=op,
            label=label,
            draw=lambda rng, a=a, b=b: _split(draw(rng, int(np.prod(a)) + int(np.prod(b))), a, b),
            reference=function,
            gradients=gradients,
            linear=linear,
            torch=lambda t, inputs, o: getattr(t, op)(*inputs),
        )
        for label, (a, b) in PAIRS.items()
    ]


def _split(numbers: np.ndarray, a: tuple, b: tuple) -> tuple[np.ndarray, np.ndarray]:
    size = int(np.prod(a))
    return numbers[:size].reshape(a), numbers[size:].reshape(b)


def _unary(
    op: str,
    function: Callable,
    derivative: Callable,
    draw: Callable,
    linear: bool = False,
    label: str = "plain",
    shape: tuple = (2, 3, 4),
) -> OpCase:
    return OpCase(
        op=op,
        label=label,
        draw=lambda rng: (draw(rng, *shape),),
        reference=function,
        gradients=lambda inputs, dy, o: (dy * derivative(inputs[0]),),
        linear=(0,) if linear else (),
        torch=lambda t, inputs, o: getattr(t, op)(inputs[0]),
    )


def _off_zero(rng: np.random.Generator, *shape: int) -> np.ndarray:
    return away_from((0.0,), rng, *shape)


def _clip(label: str, low: float | None, high: float | None) -> OpCase:
    bounds = tuple(b for b in (low, high) if b is not None)
    lower, upper = (-np.inf if low is None else low), (np.inf if high is None else high)
    return OpCase(
        op="clip",
        label=label,
        draw=lambda rng: (away_from(bounds, rng, 3, 4, 5),),
        reference=np.clip,
        options={"low": low, "high": high},
        call=lambda function, inputs, o: function(inputs[0], o["low"], o["high"]),
        gradients=lambda inputs, dy, o: (dy * ((inputs[0] > lower) & (inputs[0] < upper)),),
        torch=lambda t, inputs, o: t.clamp(inputs[0], low, high),
    )


def _constant_power(label: str, exponent: float, draw: Callable) -> OpCase:
    return OpCase(
        op="power",
        label=label,
        draw=lambda rng: (draw(rng, 3, 4),),
        reference=np.power,
        call=lambda function, inputs, o: function(*inputs, exponent),
        gradients=lambda inputs, dy, o: (dy * exponent * inputs[0] ** (exponent - 1),),
        torch=lambda t, inputs, o: inputs[0] ** exponent,
    )


CASES = [
    *_binary("add", np.add, lambda a, b: (np.ones(()), np.ones(())), linear=(0, 1)),
    *_binary("subtract", np.subtract, lambda a, b: (np.ones(()), -np.ones(())), linear=(0, 1)),
    *_binary("multiply", np.multiply, lambda a, b: (b, a), linear=(0, 1)),
    *_binary("divide", np.divide, lambda a, b: (1 / b, -a / b**2), _off_zero, linear=(0,)),
    *_binary("maximum", np.maximum, lambda a, b: (a > b, b > a), distinct),
    *_binary("minimum", np.minimum, lambda a, b: (a < b, b < a), distinct),
    _constant_power("square", 2, normal),
    _constant_power("cube-of-negative", 3, _off_zero),
    _constant_power("root", 0.5, positive),
    _constant_power("inverse", -1, _off_zero),
    _unary("negative", np.negative, lambda x: -np.ones_like(x), normal, linear=True),
    _unary("exp", np.exp, np.exp, normal),
    _unary("exp", np.exp, np.exp, normal, label="scalar", shape=()),
    _unary("log", np.log, lambda x: 1 / x, positive),
    _unary("sqrt", np.sqrt, lambda x: 0.5 / np.sqrt(x), positive),
    _unary("abs", np.abs, np.sign, _off_zero),
    _clip("both", -1.0, 1.5),
    _clip("low", 0.5, None),
    _clip("high", None, 0.5),
]
