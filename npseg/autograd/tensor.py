"""The tensor: an array, its gradient, and the node that made it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NoReturn

import numpy as np

from npseg.arrays import as_numpy
from npseg.autograd import dispatch, tape
from npseg.errors import DTypeError, GradientError, ShapeError

__all__ = ["Tensor"]

_FLOATS = (np.dtype(np.float32), np.dtype(np.float64))


class Tensor:
    """A float32 or float64 array that remembers how it was made.

    Args:
        data: anything array-like; lists and integers become float32, float64 arrays stay float64.
        requires_grad: whether `backward()` shall leave a gradient in `.grad`.
        dtype: float32 or float64, to convert.

    `data` is the NumPy array, `grad` a NumPy array of the same shape or None. Assigning to `data` or to
    `tensor[...]`, and `touch()` after writing into the array, move the version counter: `backward()` refuses to
    use a tensor that was written after the forward pass. Writing into `data[...]` itself is seen in parameters and
    inputs; in large results of ops only samples are compared, so say `touch()` there.

    >>> x = Tensor([1.0, 2.0], requires_grad=True)
    >>> y = (x * x).sum()
    >>> y.backward()
    >>> x.grad
    array([2., 4.], dtype=float32)
    """

    __slots__ = ("__weakref__", "_data", "_versions", "grad", "node", "requires_grad")

    def __init__(self, data: Any, requires_grad: bool = False, dtype: Any = None):
        self._data = _float_array(data, dtype)
        self.grad: np.ndarray | None = None
        self.requires_grad = bool(requires_grad)
        self.node: tape.Node | None = None
        self._versions = [0]  # shared by the tensors over one array

    @classmethod
    def wrap(cls, array: np.ndarray, node: tape.Node | None = None) -> Tensor:
        """The tensor of an op's result: no copy, no conversion."""
        tensor = Tensor.__new__(Tensor)
        tensor._data = array
        tensor.grad = None
        tensor.requires_grad = node is not None
        tensor.node = node
        tensor._versions = [0]
        return tensor

    @property
    def version(self) -> int:
        """How often the array was written."""
        return self._versions[0]

    @property
    def absent(self) -> bool:
        """Whether the array has yet to be made; see `late.LateTensor`."""
        return False

    # -- the array ---------------------------------------------------------------------------------------------

    @property
    def data(self) -> np.ndarray:
        """The array itself, not a copy."""
        return self._data

    @data.setter
    def data(self, value: Any) -> None:
        array = _float_array(value, None)
        if array.shape != self._data.shape or array.dtype != self._data.dtype:
            raise ShapeError(
                f"Tensor.data: expected {self._data.dtype} of shape {self._data.shape}, got {array.dtype} of shape "
                f"{array.shape}; make a new Tensor for another shape or type"
            )
        self._data = array
        self.touch()

    def touch(self) -> None:
        """Say that `data` was written in place: moves the version counter."""
        self._versions[0] += 1

    def numpy(self) -> np.ndarray:
        """The array; the same as `.data`."""
        return self._data

    def item(self) -> float:
        """The value of a tensor with one element."""
        if self._data.size != 1:
            raise ShapeError(f"item: expected one element, got shape {self.shape}; index or reduce the tensor first")
        return float(self._data.reshape(-1)[0])

    def detach(self) -> Tensor:
        """A tensor over the same array that no gradient flows through."""
        detached = Tensor.wrap(self._data)
        detached._versions = self._versions
        return detached

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the array."""
        return self._data.shape

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return self._data.ndim

    @property
    def size(self) -> int:
        """Number of elements."""
        return self._data.size

    @property
    def dtype(self) -> np.dtype:
        """float32 or float64."""
        return self._data.dtype

    @property
    def T(self) -> Tensor:
        """The tensor with its axes reversed."""
        return self.transpose()

    def __iter__(self) -> Iterator[Tensor]:
        return (self[i] for i in range(len(self)))

    def __len__(self) -> int:
        if not self._data.ndim:
            raise ShapeError("len: a scalar tensor has no length")
        return len(self._data)

    def __float__(self) -> float:
        return self.item()

    def __bool__(self) -> bool:
        return bool(self._data)

    def __repr__(self) -> str:
        text = np.array2string(self._data, prefix="Tensor(", separator=", ", threshold=20, edgeitems=2)
        tail = ", requires_grad=True" if self.requires_grad else ""
        kind = "" if self.dtype == np.float32 else f", dtype={self.dtype}"
        size = f", shape={self.shape}" if self.size > 20 else ""
        return f"Tensor({text}{size}{kind}{tail})"

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        return np.array(self._data, dtype=dtype, copy=copy)

    # -- gradients ---------------------------------------------------------------------------------------------

    def backward(self, seed: Any = None) -> None:
        """Add d(self)/d(leaf) to the `.grad` of every leaf that requires a gradient.

        Args:
            seed: gradient of the final quantity with respect to this tensor, of this tensor's shape; a tensor with
                one element needs none.

        Raises `GradientError` when nothing was recorded, when the graph was used before, or when a tensor it needs
        was written since the forward pass; `ShapeError` when a seed is missing or has another shape.
        """
        if not self.requires_grad:
            raise GradientError(
                "backward: this tensor does not depend on anything that requires a gradient; create parameters with "
                "requires_grad=True and run the forward pass outside no_grad()"
            )
        if seed is None:
            if self.size != 1:
                raise ShapeError(
                    f"backward: a tensor of shape {self.shape} needs a seed of that shape; reduce it to a scalar with "
                    ".sum() or .mean(), or pass backward(seed)"
                )
            seed_array = np.ones(self.shape, self.dtype)
        else:
            seed_array = as_numpy(seed, name="seed").astype(self.dtype, copy=False)
            if seed_array.shape != self.shape:
                raise ShapeError(f"backward: expected a seed of shape {self.shape}, got {seed_array.shape}")
        tape.sweep(self, seed_array)

    def accumulate(self, gradient: np.ndarray) -> None:
        """Add to `.grad`; the array handed over becomes this tensor's own."""
        self.grad = np.asarray(gradient if self.grad is None else self.grad + gradient)

    # -- operators: the table of dispatch decides -----------------------------------------------------------------

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **options: Any) -> Any:
        if method != "__call__" or options.pop("out", None) is not None:
            raise GradientError(
                f"Tensor: np.{ufunc.__name__} with out= or .{method} cannot be differentiated; use tensor.data for "
                "plain NumPy"
            )
        return dispatch.lookup(ufunc)(*inputs, **options)

    def __array_function__(self, function: Any, types: Any, args: Any, options: Any) -> Any:
        return dispatch.lookup(function)(*args, **options)

    def __getitem__(self, index: Any) -> Tensor:
        return dispatch.lookup("getitem")(self, index)

    def __setitem__(self, index: Any, value: Any) -> None:
        if self.node is not None:
            raise GradientError(
                "Tensor[...] = value: this tensor is the result of an op, and writing into it would falsify gradients; "
                "compute a new tensor, or write into a copy, Tensor(t.data.copy())"
            )
        self._data[index] = as_numpy(value)
        self.touch()

    def __eq__(self, other: object) -> NoReturn:
        raise GradientError("Tensor: comparisons have no gradient; compare the arrays, a.data == b.data")

    __hash__ = object.__hash__

    def __neg__(self) -> Tensor:
        return dispatch.lookup("negative")(self)

    def __abs__(self) -> Tensor:
        return self.abs()

    def __add__(self, other: Any) -> Tensor:
        return dispatch.lookup("add")(self, other)

    def __radd__(self, other: Any) -> Tensor:
        return dispatch.lookup("add")(other, self)

    def __sub__(self, other: Any) -> Tensor:
        return dispatch.lookup("subtract")(self, other)

    def __rsub__(self, other: Any) -> Tensor:
        return dispatch.lookup("subtract")(other, self)

    def __mul__(self, other: Any) -> Tensor:
        return dispatch.lookup("multiply")(self, other)

    def __rmul__(self, other: Any) -> Tensor:
        return dispatch.lookup("multiply")(other, self)

    def __truediv__(self, other: Any) -> Tensor:
        return dispatch.lookup("divide")(self, other)

    def __rtruediv__(self, other: Any) -> Tensor:
        return dispatch.lookup("divide")(other, self)

    def __pow__(self, exponent: Any) -> Tensor:
        return dispatch.lookup("power")(self, exponent)

    def __matmul__(self, other: Any) -> Tensor:
        return dispatch.lookup("matmul")(self, other)

    def __rmatmul__(self, other: Any) -> Tensor:
        return dispatch.lookup("matmul")(other, self)

    def __rpow__(self, base: Any) -> Tensor:
        return dispatch.lookup("power")(base, self)

    def exp(self) -> Tensor:
        """e to the power of each entry; see `npseg.ops.exp`."""
        return dispatch.lookup("exp")(self)

    def log(self) -> Tensor:
        """Natural logarithm; see `npseg.ops.log`."""
        return dispatch.lookup("log")(self)

    def sqrt(self) -> Tensor:
        """Square root; see `npseg.ops.sqrt`."""
        return dispatch.lookup("sqrt")(self)

    def abs(self) -> Tensor:
        """Absolute value; see `npseg.ops.abs`."""
        return dispatch.lookup("abs")(self)

    def clip(self, low: float | None = None, high: float | None = None) -> Tensor:
        """Cut off below `low` and above `high`; see `npseg.ops.clip`."""
        return dispatch.lookup("clip")(self, low, high)

    def sum(self, axis: int | tuple[int, ...] | None = None, keepdims: bool = False, **unset: Any) -> Tensor:
        """Sum over `axis`; see `npseg.ops.sum`."""
        return dispatch.lookup("sum")(self, axis=axis, keepdims=keepdims, **unset)

    def mean(self, axis: int | tuple[int, ...] | None = None, keepdims: bool = False, **unset: Any) -> Tensor:
        """Mean over `axis`; see `npseg.ops.mean`."""
        return dispatch.lookup("mean")(self, axis=axis, keepdims=keepdims, **unset)

    def max(self, axis: int | tuple[int, ...] | None = None, keepdims: bool = False, **unset: Any) -> Tensor:
        """Largest value over `axis`; see `npseg.ops.max`."""
        return dispatch.lookup("max")(self, axis=axis, keepdims=keepdims, **unset)

    def min(self, axis: int | tuple[int, ...] | None = None, keepdims: bool = False, **unset: Any) -> Tensor:
        """Smallest value over `axis`; see `npseg.ops.min`."""
        return dispatch.lookup("min")(self, axis=axis, keepdims=keepdims, **unset)

    def var(self, axis: int | tuple[int, ...] | None = None, keepdims: bool = False, **unset: Any) -> Tensor:
        """Biased variance over `axis`; see `npseg.ops.var`."""
        return dispatch.lookup("var")(self, axis=axis, keepdims=keepdims, **unset)

    def reshape(self, *shape: Any) -> Tensor:
        """The same values in another shape, `t.reshape(2, -1)` or `t.reshape((2, -1))`."""
        return dispatch.lookup("reshape")(self, shape[0] if len(shape) == 1 else shape)

    def transpose(self, *axes: Any) -> Tensor:
        """The tensor with its axes permuted; reversed without arguments."""
        if len(axes) == 1 and axes[0] is not None and not isinstance(axes[0], int):
            axes = tuple(axes[0])
        return dispatch.lookup("transpose")(self, axes or None)


def _float_array(data: Any, dtype: Any) -> np.ndarray:
    array = data.data if isinstance(data, Tensor) else as_numpy(data, name="data")
    if dtype is not None:
        if np.dtype(dtype) not in _FLOATS:
            raise DTypeError(f"Tensor: dtype is {np.dtype(dtype)}; expected float32 or float64")
        return array.astype(dtype, copy=False)
    python_numbers = isinstance(data, (int, float, list, tuple)) and not isinstance(data, np.generic)
    if array.dtype in _FLOATS and not python_numbers:
        return array
    if array.dtype.kind not in "fiub":
        raise DTypeError(f"Tensor: data has type {array.dtype}; expected numbers (float32, float64, integers, bools)")
    return array.astype(np.float32)
