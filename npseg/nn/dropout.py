"""Dropout whose mask is a function of what it is for."""

from __future__ import annotations

import zlib

from npseg import ops
from npseg.autograd import Tensor
from npseg.errors import ArgumentError
from npseg.nn import init
from npseg.nn.module import Module
from npseg.randomness import Purpose, generator

__all__ = ["Dropout"]


class Dropout(Module):
    """In training, set each value to zero with probability `p` and divide the rest by 1 - p.

    Srivastava et al. 2014. The mask depends on the model's seed, the layer's path, the training step and the number
    of calls within that step, and on nothing else. The trainer says `model.set_step(step)` before each step, so a
    resumed run draws the masks that the first one would have drawn. Without `set_step`, calls are counted from the
    start of the program: every call has another mask, and a program run twice draws the same ones.
    """

    def __init__(self, p: float = 0.5):
        if not 0 <= p < 1:
            raise ArgumentError(f"Dropout: p={p}; expected a probability in [0, 1)")
        self.p = p
        self.seed, self.layer, self.step, self.calls = 0, 0, 0, 0

    def reset_parameters(self, key: init.Key) -> None:
        self.seed, self.layer = key.seed, zlib.crc32(key.path.encode())

    def set_step(self, step: int) -> None:
        self.step, self.calls = step, 0

    def forward(self, x: Tensor) -> Tensor:
        if not self.training or not self.p:
            return x
        rng = generator(self.seed, Purpose.DROPOUT, epoch=self.step, index=self.layer << 32 | self.calls)
        self.calls += 1
        return ops.dropout(x, self.p, rng=rng)

    def extra_repr(self) -> str:
        return str(self.p)
