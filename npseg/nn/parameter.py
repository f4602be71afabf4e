"""A tensor that a module owns and an optimiser changes."""

from __future__ import annotations

from typing import Any

import numpy as np

from npseg.autograd import Tensor

__all__ = ["Parameter"]


class Parameter(Tensor):
    """A tensor with `requires_grad=True` that a `Module` finds among its attributes.

    The array is used as it is when it is contiguous and writable (optimisers write into it), and copied otherwise.

    >>> Parameter([1.0, 2.0]).requires_grad
    True
    """

    __slots__ = ()

    def __init__(self, data: Any, requires_grad: bool = True, dtype: Any = None):
        super().__init__(data, requires_grad=requires_grad, dtype=dtype)
        self._data = np.require(self._data, requirements=["C", "W"])
