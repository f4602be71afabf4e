"""Fully connected layer."""

from __future__ import annotations

import numpy as np

from npseg import ops
from npseg.autograd import Tensor
from npseg.errors import ArgumentError
from npseg.nn import init
from npseg.nn.module import Module
from npseg.nn.parameter import Parameter

__all__ = ["Linear"]


class Linear(Module):
    """x @ weight + bias over the last axis, (..., in_features) -> (..., out_features).

    `weight` is (in_features, out_features), drawn from Glorot and Bengio's uniform distribution; `bias` starts at 0.
    """

    def __init__(self, in_features: int, out_features: int, bias: bool = True):
        if min(in_features, out_features) < 1:
            raise ArgumentError(f"Linear: in_features={in_features}, out_features={out_features}; expected at least 1")
        self.in_features, self.out_features = in_features, out_features
        self.weight = Parameter(np.zeros((in_features, out_features), np.float32))
        self.bias = Parameter(np.zeros(out_features, np.float32)) if bias else None
        init.start(self)

    def reset_parameters(self, key: init.Key) -> None:
        init.xavier_uniform_(self.weight, self.in_features, self.out_features, key.generator("weight"))
        if self.bias is not None:
            init.constant_(self.bias, 0)

    def forward(self, x: Tensor) -> Tensor:
        return ops.linear(x, self.weight, self.bias)

    def extra_repr(self) -> str:
        return f"{self.in_features}, {self.out_features}" + ("" if self.bias is not None else ", bias=False")
