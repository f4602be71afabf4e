"""What the matrix of tests needs to know about an op, declared once."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

Draw = Callable[[np.random.Generator], tuple[np.ndarray, ...]]
Options = Mapping[str, Any] | Callable[[], Mapping[str, Any]]


def _call(function: Callable, inputs: tuple, options: Mapping[str, Any]) -> Any:
    return function(*inputs, **options)


@dataclass(frozen=True)
class OpCase:
    """One op in one configuration.

    op: its name in npseg.ops. label: the configuration, for the name of the test.
    draw: inputs that may carry gradients, float64, away from kinks.
    reference: the same function of arrays, slow and obvious.
    gradients: (inputs, dy, options) -> the inputs' gradients, by the reference; None where there is none.
    options: keyword arguments, or a function that makes them (a call uses up a random generator).
    call: how inputs and options become arguments.
    linear: which inputs the op is linear (or affine) in, the others held fixed.
    batched: which inputs hold one image after the other, so that none at all makes sense.
    torch: (torch, inputs, options) -> the same with PyTorch, from NHWC tensors to NHWC; None where it has none.
    """

    op: str
    label: str
    draw: Draw
    reference: Callable
    options: Options = field(default_factory=dict)
    gradients: Callable | None = None
    call: Callable = _call
    linear: tuple[int, ...] = ()
    batched: tuple[int, ...] = ()
    torch: Callable | None = None
    rtol64: float = 1e-10
    rtol32: float = 1e-5
    gradient_rtol32: float = 1e-5
    gradcheck_tolerance: float = 1e-6

    @property
    def id(self) -> str:
        return f"{self.op}-{self.label}"

    def rng(self, salt: int = 0) -> np.random.Generator:
        return np.random.default_rng([zlib.crc32(self.id.encode()), salt])

    def inputs(self, dtype: Any = np.float64) -> tuple[np.ndarray, ...]:
        return tuple(np.asarray(x, np.float64).astype(dtype) for x in self.draw(self.rng()))

    def fresh_options(self) -> dict[str, Any]:
        return dict(self.options() if callable(self.options) else self.options)

    def run(self, function: Callable, inputs: tuple) -> Any:
        """`function` on `inputs`, with this case's options."""
        return self.call(function, tuple(inputs), self.fresh_options())

    def expected(self, inputs: tuple) -> Any:
        return self.run(self.reference, tuple(np.asarray(x, np.float64) for x in inputs))


def first(result: Any) -> Any:
    """The output that carries gradients: ops may return further arrays behind it."""
    return result[0] if isinstance(result, tuple) else result


def direction(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    """Random numbers of size about one, none near zero, so that no entry escapes a test."""
    return np.asarray(rng.uniform(0.5, 1.5, shape) * rng.choice([-1.0, 1.0], shape))


def normal(rng: np.random.Generator, *shape: int) -> np.ndarray:
    return rng.standard_normal(shape)


def positive(rng: np.random.Generator, *shape: int) -> np.ndarray:
    return rng.uniform(0.5, 2.0, shape)


def distinct(rng: np.random.Generator, *shape: int) -> np.ndarray:
    """Random order of evenly spread numbers: no two are close, so no maximum is in doubt."""
    size = int(np.prod(shape))
    return rng.permutation(np.linspace(-1.0, 1.0, size + 1)[:size]).reshape(shape)


def away_from(kinks: tuple[float, ...], rng: np.random.Generator, *shape: int, scale: float = 2.0) -> np.ndarray:
    """Normal numbers, moved off by 0.05 where they are near a kink."""
    x = scale * rng.standard_normal(shape)
    for kink in kinks:
        near = np.abs(x - kink) < 0.05
        x[near] = kink + np.where(x[near] < kink, -0.05, 0.05)
    return x


def error(actual: Any, expected: Any) -> float:
    """max |a - b| / max |b| over an array."""
    actual, expected = np.asarray(actual, np.float64), np.asarray(expected, np.float64)
    assert actual.shape == expected.shape, f"shape is {actual.shape}, but should be {expected.shape}"
    if not expected.size:
        return 0.0
    difference = np.abs(actual - expected).max()
    return float(difference / (np.abs(expected).max() or 1.0))


def assert_close(actual: Any, expected: Any, tolerance: float, what: str) -> None:
    found = error(actual, expected)
    assert found <= tolerance, f"{what}: error {found:.3g}, allowed {tolerance:.3g}"


def nchw(t: Any) -> Any:
    return t.permute(0, 3, 1, 2)


def nhwc(t: Any) -> Any:
    return t.permute(0, 2, 3, 1)
