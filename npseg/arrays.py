"""The one door for foreign arrays: NumPy, npseg, PyTorch, JAX, TensorFlow, CuPy, lists.

No framework is imported: an array comes in through `detach`, `__array__` or `__dlpack__`, whichever it offers.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from npseg.errors import DTypeError

__all__ = ["as_numpy"]

_UNREADABLE = (TypeError, ValueError, RuntimeError, BufferError)  # what frameworks raise when they cannot hand over
_CPU_DEVICES = {1, 3}  # DLPack device types that NumPy can read: kDLCPU and kDLCUDAHost


def as_numpy(x: Any, *, name: str = "array") -> np.ndarray:
    """View `x` as a NumPy array, without a copy where the memory can be shared.

    A tensor that requires a gradient is detached. Raises `DTypeError` when `x` lives on another device, has a type
    that NumPy lacks, is not numeric, or is a masked array with something masked, which would count all the same.

    >>> as_numpy([[0, 1], [1, 1]]).sum()
    np.int64(3)
    """
    if masked := _masked_numbers(x):
        raise DTypeError(
            f"as_numpy: {name} is a masked array with {masked} masked numbers, which would count like any other; fill "
            "them, x.filled(value), with the value that is ignored"
        )
    if isinstance(x, np.ndarray):
        return x
    detach = getattr(x, "detach", None)
    if callable(detach):
        x = detach()
    try:
        _require_host(x, name)
        by_dlpack = hasattr(x, "__dlpack__") and not hasattr(x, "__array__")
        array = np.from_dlpack(x) if by_dlpack else np.asarray(x)
    except _UNREADABLE as error:
        if isinstance(error, DTypeError):
            raise
        raise DTypeError(
            f"as_numpy: {name} of type {type(x).__name__} cannot be read as an array ({error}); "
            "pass a NumPy array, or a tensor on the CPU of a type that NumPy has (x.float(), of bfloat16)"
        ) from error
    if array.dtype == object:
        raise DTypeError(
            f"as_numpy: {name} of type {type(x).__name__} is ragged or not numeric; pass an array of numbers"
        )
    return array


def _masked_numbers(x: Any) -> int:
    """How many numbers are masked, also in a list of arrays."""
    if isinstance(x, np.ma.MaskedArray):
        return int(np.ma.count_masked(x))
    # A list that begins with a number holds numbers, or is refused as ragged: they need not be looked through.
    if isinstance(x, list | tuple) and x and isinstance(x[0], list | tuple | np.ndarray):
        return sum(map(_masked_numbers, x))
    return 0


def _require_host(x: Any, name: str) -> None:
    device_of = getattr(x, "__dlpack_device__", None)
    if device_of is None:
        return
    kind, _ = device_of()
    if int(kind) not in _CPU_DEVICES:
        raise DTypeError(
            f"as_numpy: {name} of type {type(x).__name__} lives on another device (DLPack type {int(kind)}); "
            "copy it to the CPU first, for instance with x.cpu()"
        )
