"""Activation checkpointing: memory for time. Chen et al. 2016, "Training deep nets with sublinear memory cost"."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from npseg.autograd import Tensor, differentiable, is_grad_enabled, no_grad
from npseg.errors import ArgumentError, GradientError
from npseg.nn.dropout import Dropout
from npseg.nn.module import Module

__all__ = ["recompute"]


def recompute(function: Callable[..., Tensor], *inputs: Tensor, modules: Iterable[Module]) -> Tensor:
    """`function(*inputs)`, of which nothing is kept but the inputs: the backward pass computes the rest once more.

    Args:
        function: takes tensors, returns one; the same result for the same inputs.
        modules: those whose parameters it uses. Running averages of their norms move once, and their dropout draws
            the masks of the first time again.

    Gradients are those of `function`, bit for bit. Without anything that needs a gradient it is a plain call. Raises
    `ArgumentError` if `function` returns anything but a tensor.

    >>> import npseg
    >>> block = npseg.nn.Sequential(npseg.nn.Conv2d(1, 2, 3, padding=1), npseg.nn.ReLU())
    >>> y = recompute(block, npseg.Tensor(np.ones((1, 4, 4, 1), np.float32)), modules=[block])
    >>> y.sum().backward()
    >>> block.parameters().__next__().grad.shape
    (3, 3, 1, 2)
    """
    if not is_grad_enabled():
        return function(*inputs)
    members = [member for module in modules for member in module.modules()]
    parameters = list({id(p): p for member in members for p in vars(member).values() if _trains(p)}.values())
    return _recomputed(*inputs, *parameters, function=function, inputs=inputs, parameters=parameters, members=members)


@differentiable(inputs=None, name="recompute")
def _recomputed(*arrays, function, inputs: Sequence[Any], parameters: Sequence[Tensor], members: Sequence[Module]):
    count = len(inputs)
    draws = [(member, member.calls) for member in members if isinstance(member, Dropout)]
    with no_grad():
        result = function(*[Tensor.wrap(array) for array in arrays[:count]])
    if not isinstance(result, Tensor):
        raise ArgumentError(f"recompute: function must return one tensor, not {type(result).__name__}")
    value = result.data

    def pullback(dy, wanted):
        leaves = [Tensor(array, requires_grad=want) for array, want in zip(arrays[:count], wanted)]
        drawn = [(member, member.calls) for member, _ in draws]
        averages = [(member, name, getattr(member, name)) for member in members for name in member.buffer_names]
        # The parameters' own gradients wait aside: what comes here goes through the sweep that asked.
        before = [parameter.grad for parameter in parameters]
        try:
            for member, calls in draws:
                member.calls = calls
            for parameter in parameters:
                parameter.grad = None
            again = function(*leaves)
            if not np.array_equal(again.data, value, equal_nan=True):
                raise GradientError(
                    "recompute: the second run of the function gave another result than the first, so its gradient "
                    "would be wrong; it must depend on its inputs and the parameters of modules= only"
                )
            if again.requires_grad:
                again.backward(dy)
            return tuple(tensor.grad for tensor in (*leaves, *parameters))
        finally:
            for parameter, gradient in zip(parameters, before):
                parameter.grad = gradient
            for member, calls in drawn:
                member.calls = calls
            for member, name, average in averages:
                setattr(member, name, average)

    return value, pullback


def _trains(value: Any) -> bool:
    return isinstance(value, Tensor) and value.requires_grad
