"""Lift a function of arrays, which returns its value and its pullback, to a function of tensors."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterator
from typing import Any, overload

import numpy as np

from npseg.arrays import as_numpy
from npseg.autograd import modes
from npseg.autograd.late import kept_by_nodes
from npseg.autograd.tape import Node
from npseg.autograd.tensor import Tensor
from npseg.errors import DTypeError

__all__ = ["differentiable"]


@overload
def differentiable(function: Callable[..., Any], /) -> Callable[..., Tensor]: ...
@overload
def differentiable(
    *, inputs: int | None = 1, strided: bool = False, lends: bool = False, remakes: bool = False, name: str = ""
) -> Callable[[Callable[..., Any]], Callable[..., Tensor]]: ...
@overload
def differentiable(
    *,
    inputs: int | None = 1,
    extras: int,
    strided: bool = False,
    lends: bool = False,
    remakes: bool = False,
    name: str = "",
) -> Callable[[Callable[..., Any]], Callable[..., Any]]: ...
def differentiable(
    function: Callable | None = None,
    *,
    inputs: int | None = 1,
    extras: int = 0,
    strided: bool = False,
    lends: bool = False,
    remakes: bool = False,
    name: str = "",
) -> Any:
    """Make an op of `function(arrays..., options...) -> (value, pullback)`.

    Args:
        inputs: how many of the first parameters are tensors (None for all positional arguments). The rest are options.
            A tensor parameter with default None may be left out.
        extras: how many further outputs follow the value; they come as plain arrays and carry no gradient.
        strided: the function (not its pullback) takes arrays of any memory layout. Otherwise they are made C-contiguous
            and writable first, so that kernels are compiled for one layout.
        lends: the pullback gets the arrays of the call as further arguments, instead of keeping them. So those that
            can be made again need not stay in memory.
        remakes: the function returns `(value, pullback, make)`, and `make(arrays...)` the value once more, bit for bit,
            at the price of a sweep over memory. Nodes then keep the recipe, not the value.
        name: what messages call the op, where the function itself is private.

    The pullback takes `(dy, wanted)` and returns one gradient per input, None where `wanted` says that nobody asks.
    A gradient it returns may be `dy` itself, and must otherwise be new memory, which may be written later; two of them
    may be one array. With `extras`, the function returns `((value, extra, ...), pullback)`.

    Tensors of one call must share their type, float32 or float64; arrays and scalars are cast to it.

    >>> @differentiable
    ... def double(x):
    ...     return 2 * x, lambda dy, wanted: (2 * dy,)
    >>> x = Tensor([3.0], requires_grad=True)
    >>> double(x).backward()
    >>> x.grad
    array([2.], dtype=float32)
    """
    if function is None:
        return functools.partial(
            differentiable, inputs=inputs, extras=extras, strided=strided, lends=lends, remakes=remakes, name=name
        )
    title = name or function.__name__
    parameters = list(inspect.signature(function).parameters.values())[:inputs] if inputs is not None else []
    names = [parameter.name for parameter in parameters]
    required = sum(parameter.default is inspect.Parameter.empty for parameter in parameters)

    @functools.wraps(function)
    def op(*args: Any, **options: Any) -> Any:
        take = None if extras else modes.interceptor()  # which stands in for the value alone
        if take is not None and (taken := take(title, args, options)) is not NotImplemented:
            return taken
        if inputs is not None:
            for parameter in names[len(args) :]:  # tensors given by keyword take their place
                if parameter not in options:
                    break
                args = (*args, options.pop(parameter))
        count = len(args) if inputs is None else min(inputs, len(args))
        operands, rest = args[:count], args[count:]
        for position, parameter in enumerate(names[count:], start=count):
            if parameter in options:  # an optional tensor behind one that was left out
                operands = (*operands, *([None] * (position - len(operands))), options.pop(parameter))
        for parameter, operand in zip(names[:required], operands):
            if operand is None:
                raise DTypeError(f"{title}: {parameter} is None; expected a tensor or an array")
        numeric = tuple(_numeric(x, title) for x in operands)
        dtype = _common_type(title, operands, numeric)
        arrays = tuple(_cast(x, dtype, strided) for x in numeric)
        result, pullback, *recipe = function(*arrays, *rest, **options)
        value, further = (result[0], result[1:]) if extras else (result, ())
        if (callback := modes.observer()) is not None:
            callback(title, arrays, value, options)
        node = None
        if modes.is_grad_enabled() and any(isinstance(x, Tensor) and x.requires_grad for x in operands):
            tensors = tuple(kept_by_nodes(x) if isinstance(x, Tensor) else None for x in operands)

            def lent() -> Iterator[np.ndarray | None]:
                for tensor, array in zip(tensors, constants):
                    yield array if tensor is None else _cast(tensor.data, dtype, strided)

            constants = tuple(array if tensor is None else None for tensor, array in zip(tensors, arrays))
            node = Node(
                title,
                tensors,
                (lambda dy, wanted: pullback(dy, wanted, *lent())) if lends else pullback,
                (lambda: recipe[0](*lent())) if remakes else None,
            )
        tensor = Tensor.wrap(np.asarray(value), node)
        if node is not None:
            node.made(tensor)
        return (tensor, *further) if extras else tensor

    return op


def _numeric(x: Any, name: str) -> np.ndarray | None:
    if x is None:
        return None
    array = x.data if isinstance(x, Tensor) else as_numpy(x, name=f"argument of {name}")
    if array.dtype.kind not in "fiub":
        raise DTypeError(f"{name}: an array of type {array.dtype} is not numeric; expected float32 or float64")
    return array


def _common_type(name: str, operands: tuple[Any, ...], arrays: tuple[np.ndarray | None, ...]) -> np.dtype:
    """The type that all tensors have; without tensors float64 if an array has it. Python numbers have no say."""
    types = {x.dtype for x in operands if isinstance(x, Tensor)}
    if len(types) > 1:
        raise DTypeError(
            f"{name}: tensors of different types, "
            + ", ".join(f"{x.dtype} of shape {x.shape}" for x in operands if isinstance(x, Tensor))
            + "; convert one with Tensor(t.data, dtype=...)"
        )
    if types:
        return types.pop()
    plain = (bool, int, float, list, tuple)
    typed = (array for x, array in zip(operands, arrays) if array is not None and type(x) not in plain)
    return np.dtype(np.float64) if any(array.dtype == np.float64 for array in typed) else np.dtype(np.float32)


def _cast(array: np.ndarray | None, dtype: np.dtype, strided: bool) -> np.ndarray | None:
    if array is None:
        return None
    if strided:
        return array.astype(dtype, copy=False)
    return np.require(array, dtype, ["C", "W"])
