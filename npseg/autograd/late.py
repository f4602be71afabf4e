"""Tensors whose array is not there: it is made when somebody asks for it."""

from __future__ import annotations

import math
import weakref
from typing import TYPE_CHECKING

import numpy as np

from npseg.autograd import tape
from npseg.autograd.tensor import Tensor

if TYPE_CHECKING:
    from npseg.autograd.tape import Node

__all__ = ["LateTensor", "kept_by_nodes"]


class LateTensor(Tensor):
    """A tensor of known shape and type; what a subclass says in `_made` makes its array."""

    __slots__ = ("_dtype", "_shape")

    def __init__(self, shape: tuple[int, ...], dtype: np.dtype):
        self._shape, self._dtype = shape, dtype
        self.grad, self.requires_grad, self.node, self._versions = None, False, None, [0]

    def _made(self) -> np.ndarray:
        raise NotImplementedError

    @property
    def _data(self) -> np.ndarray:  # type: ignore[override]
        return self._made()

    @property
    def shape(self) -> tuple[int, ...]:
        return self._shape

    @property
    def ndim(self) -> int:
        return len(self._shape)

    @property
    def size(self) -> int:
        return math.prod(self._shape)

    @property
    def dtype(self) -> np.dtype:
        return self._dtype


class _Again(LateTensor):
    """What nodes keep of a result that is cheap to make again: everything but the array."""

    __slots__ = ("_last",)

    def __init__(self, tensor: Tensor, node: Node):
        super().__init__(tensor.shape, tensor.dtype)
        self.requires_grad, self.node, self._versions = tensor.requires_grad, node, tensor._versions
        self._last = weakref.ref(tensor.data)

    @property
    def absent(self) -> bool:
        return self._last() is None

    def _made(self) -> np.ndarray:
        array = self._last()
        if array is None:
            assert self.node is not None
            array = self.node.made_again()
            self._last = weakref.ref(array)
        return array


def kept_by_nodes(tensor: Tensor) -> Tensor:
    """The tensor to keep for the backward pass: without its array, if that can be made again.

    An array that was written since it was made cannot.
    """
    node = tensor.node
    if node is None or node.make is None or isinstance(tensor, LateTensor) or tape.look(tensor) != node.seen[-1]:
        return tensor
    return _Again(tensor, node)
