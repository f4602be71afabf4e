"""Elementwise arithmetic, with NumPy's broadcasting."""

from __future__ import annotations

import numpy as np

from npseg.autograd import differentiable
from npseg.errors import ArgumentError
from npseg.ops.broadcast import require_broadcast, sum_to_shape

__all__ = [
    "abs", "add", "clip", "divide", "exp", "log", "maximum", "minimum", "multiply", "negative", "power", "sqrt",
    "subtract",
]  # fmt: skip


@differentiable(inputs=2, strided=True)
def add(a, b):
    """a + b.

    >>> add([1.0, 2.0], 10.0).data
    array([11., 12.], dtype=float32)
    """
    require_broadcast("add", a, b)

    def pullback(dy, wanted):
        return (
            sum_to_shape(dy, a.shape) if wanted[0] else None,
            sum_to_shape(dy, b.shape) if wanted[1] else None,
        )

    return a + b, pullback


@differentiable(inputs=2, strided=True)
def subtract(a, b):
    """a - b.

    >>> subtract([1.0, 2.0], 10.0).data
    array([-9., -8.], dtype=float32)
    """
    require_broadcast("subtract", a, b)

    def pullback(dy, wanted):
        return (
            sum_to_shape(dy, a.shape) if wanted[0] else None,
            sum_to_shape(-dy, b.shape) if wanted[1] else None,
        )

    return a - b, pullback


@differentiable(inputs=2, strided=True)
def multiply(a, b):
    """a * b.

    >>> multiply([1.0, 2.0], 10.0).data
    array([10., 20.], dtype=float32)
    """
    require_broadcast("multiply", a, b)

    def pullback(dy, wanted):
        return (
            sum_to_shape(dy * b, a.shape) if wanted[0] else None,
            sum_to_shape(dy * a, b.shape) if wanted[1] else None,
        )

    return a * b, pullback


@differentiable(inputs=2, strided=True)
def divide(a, b):
    """a / b.

    >>> divide([1.0, 2.0], 10.0).data
    array([0.1, 0.2], dtype=float32)
    """
    require_broadcast("divide", a, b)
    y = a / b

    def pullback(dy, wanted):
        return (
            sum_to_shape(dy / b, a.shape) if wanted[0] else None,
            sum_to_shape(-dy * y / b, b.shape) if wanted[1] else None,
        )

    return y, pullback


@differentiable(strided=True)
def power(a, exponent: float):
    """a ** exponent for a fixed number as the exponent.

    >>> power([2.0, 3.0], 2).data
    array([4., 9.], dtype=float32)
    """
    if not isinstance(exponent, (int, float, np.integer, np.floating)):
        raise ArgumentError(
            f"power: exponent is a {type(exponent).__name__}; expected a number. For a tensor write exp(b * log(a))"
        )
    k = a.dtype.type(exponent)

    def pullback(dy, wanted):
        return (dy * k * a ** (k - 1) if k else np.zeros_like(a),)

    return a**k, pullback


@differentiable(strided=True)
def negative(a):
    """-a.

    >>> negative([1.0]).data
    array([-1.], dtype=float32)
    """
    return -a, lambda dy, wanted: (-dy,)


@differentiable(strided=True)
def exp(a):
    """e ** a.

    >>> exp([0.0, 1.0]).data.round(4)
    array([1.    , 2.7183], dtype=float32)
    """
    y = np.exp(a)
    return y, lambda dy, wanted: (dy * y,)


@differentiable(strided=True)
def log(a):
    """Natural logarithm.

    >>> log([1.0, 2.0]).data.round(4)
    array([0.    , 0.6931], dtype=float32)
    """
    return np.log(a), lambda dy, wanted: (dy / a,)


@differentiable(strided=True)
def sqrt(a):
    """Square root.

    >>> sqrt([9.0]).data
    array([3.], dtype=float32)
    """
    y = np.sqrt(a)
    return y, lambda dy, wanted: (dy / (2 * y),)


@differentiable(strided=True)
def abs(a):
    """Absolute value; the gradient at 0 is 0.

    >>> abs([-2.0, 3.0]).data
    array([2., 3.], dtype=float32)
    """
    return np.abs(a), lambda dy, wanted: (dy * np.sign(a),)


@differentiable(inputs=2, strided=True)
def maximum(a, b):
    """The larger of the two, elementwise; where they are equal each gets half of the gradient.

    >>> maximum([1.0, 5.0], 3.0).data
    array([3., 5.], dtype=float32)
    """
    require_broadcast("maximum", a, b)
    return np.maximum(a, b), _choice(a, b, lambda x, y: x > y)


@differentiable(inputs=2, strided=True)
def minimum(a, b):
    """The smaller of the two, elementwise; where they are equal each gets half of the gradient.

    >>> minimum([1.0, 5.0], 3.0).data
    array([1., 3.], dtype=float32)
    """
    require_broadcast("minimum", a, b)
    return np.minimum(a, b), _choice(a, b, lambda x, y: x < y)


@differentiable(strided=True)
def clip(a, low: float | None = None, high: float | None = None):
    """Values below `low` become `low`, above `high` become `high`; no gradient flows to what was cut.

    >>> clip([-1.0, 0.5, 2.0], 0.0, 1.0).data
    array([0. , 0.5, 1. ], dtype=float32)
    """
    if low is not None and high is not None and low > high:
        raise ArgumentError(f"clip: low={low} is above high={high}; exchange them")
    y = np.clip(a, low, high)
    return y.astype(a.dtype, copy=False), lambda dy, wanted: (dy * (y == a),)


def _choice(a, b, wins):
    """The pullback of an op that passes on one of its two inputs."""

    def pullback(dy, wanted):
        half = dy.dtype.type(0.5) * (a == b)
        return (
            sum_to_shape(dy * (wins(a, b) + half), a.shape) if wanted[0] else None,
            sum_to_shape(dy * (wins(b, a) + half), b.shape) if wanted[1] else None,
        )

    return pullback
