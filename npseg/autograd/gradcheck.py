"""Check a pullback against finite differences, in one random direction."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from npseg.autograd.modes import no_grad
from npseg.autograd.tensor import Tensor
from npseg.errors import DTypeError, GradientError

__all__ = ["gradcheck"]


def gradcheck(
    function: Callable[..., Any],
    *inputs: Any,
    eps: float = 1e-6,
    tolerance: float = 1e-6,
    seed: int = 0,
    directions: int = 1,
) -> bool:
    """Whether the gradients of `function(*inputs)` agree with central differences.

    For a random direction v of the inputs and u of the output, <u, J v> by two extra forward passes must equal
    <J' u, v> by the backward pass; the cost does not grow with the number of inputs. (The idea is that of
    HIPS/autograd's combined check.) Entries of v keep away from zero, so that no input escapes unseen.

    Args:
        function: takes tensors, returns a tensor (or a tuple whose first entry is one).
        inputs: float64 tensors or arrays. Tensors with `requires_grad=False` are held fixed.
        eps: step along v.
        tolerance: allowed difference, relative to the larger of the two sides or to 1, whichever is larger: a
            gradient much smaller than 1 should be scaled up before it is checked.
        seed: of the random directions.
        directions: how many to try.

    Returns True; raises `GradientError` with both numbers when they disagree, and `DTypeError` for float32 inputs,
    whose rounding would hide a wrong gradient.

    >>> import npseg.ops as ops
    >>> gradcheck(lambda x: ops.exp(x), np.array([0.0, 1.0]))
    True
    """
    tensors = [x if isinstance(x, Tensor) else Tensor(x, requires_grad=True) for x in inputs]
    for position, t in enumerate(tensors):
        if t.dtype != np.float64:
            raise DTypeError(f"gradcheck: input {position} is {t.dtype}; expected float64, convert with astype(float)")
    free = [t.requires_grad for t in tensors]
    if not any(free):
        raise GradientError("gradcheck: no input requires a gradient; pass arrays, or tensors with requires_grad=True")
    rng = np.random.default_rng(seed)
    base = [t.data.copy() for t in tensors]
    for _ in range(directions):
        v = [_direction(rng, b.shape) if f else np.zeros_like(b) for b, f in zip(base, free)]

        leaves = [Tensor(b, requires_grad=f) for b, f in zip(base, free)]
        y = _first(function(*leaves))
        u = _direction(rng, y.shape)
        if y.requires_grad:
            y.backward(u)
        analytic = sum(float(np.vdot(t.grad, d)) for t, d in zip(leaves, v) if t.grad is not None)

        with no_grad():
            ahead = _first(function(*[Tensor(b + eps * d) for b, d in zip(base, v)])).data
            behind = _first(function(*[Tensor(b - eps * d) for b, d in zip(base, v)])).data
        numeric = float(np.vdot(u, ahead - behind)) / (2 * eps)

        scale = max(abs(analytic), abs(numeric), 1.0)
        if not abs(analytic - numeric) <= tolerance * scale:
            raise GradientError(
                f"gradcheck: the backward pass gives {analytic:.12g} along a random direction, central differences "
                f"give {numeric:.12g} (difference {abs(analytic - numeric):.3g}, allowed {tolerance * scale:.3g}); "
                "the pullback is wrong, or an input sits on a kink"
            )
    return True


def _first(result: Any) -> Tensor:
    return result[0] if isinstance(result, tuple) else result


def _direction(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    return rng.uniform(0.5, 1.5, shape) * rng.choice([-1.0, 1.0], shape)
