"""Pooling layers over (N, H, W, C)."""

from __future__ import annotations

from npseg import ops
from npseg.autograd import Tensor
from npseg.nn.module import Module

__all__ = ["AdaptiveAvgPool2d", "AvgPool2d", "MaxPool2d"]

Pair = int | tuple[int, int]


class MaxPool2d(Module):
    """Largest value of each window; see `ops.max_pool2d`."""

    def __init__(self, kernel_size: Pair, stride: Pair | None = None, padding: Pair = 0, *, ceil_mode: bool = False):
        self.kernel_size, self.stride, self.padding, self.ceil_mode = kernel_size, stride, padding, ceil_mode

    def forward(self, x: Tensor) -> Tensor:
        return ops.max_pool2d(x, self.kernel_size, self.stride, self.padding, ceil_mode=self.ceil_mode)

    def extra_repr(self) -> str:
        return _describe(self) + (", ceil_mode=True" if self.ceil_mode else "")


class AvgPool2d(Module):
    """Mean of each window; see `ops.avg_pool2d`."""

    def __init__(
        self,
        kernel_size: Pair,
        stride: Pair | None = None,
        padding: Pair = 0,
        *,
        ceil_mode: bool = False,
        count_include_pad: bool = True,
    ):
        self.kernel_size, self.stride, self.padding, self.ceil_mode = kernel_size, stride, padding, ceil_mode
        self.count_include_pad = count_include_pad

    def forward(self, x: Tensor) -> Tensor:
        return ops.avg_pool2d(
            x,
            self.kernel_size,
            self.stride,
            self.padding,
            ceil_mode=self.ceil_mode,
            count_include_pad=self.count_include_pad,
        )

    def extra_repr(self) -> str:
        padding = "" if self.count_include_pad else ", count_include_pad=False"
        return _describe(self) + (", ceil_mode=True" if self.ceil_mode else "") + padding


class AdaptiveAvgPool2d(Module):
    """Mean over the cells of a grid of `output_size`; see `ops.adaptive_avg_pool2d`."""

    def __init__(self, output_size: Pair):
        self.output_size = output_size

    def forward(self, x: Tensor) -> Tensor:
        return ops.adaptive_avg_pool2d(x, self.output_size)

    def extra_repr(self) -> str:
        return str(self.output_size)


def _describe(pool: MaxPool2d | AvgPool2d) -> str:
    parts = [str(pool.kernel_size)]
    if pool.stride not in (None, pool.kernel_size):
        parts.append(f"stride={pool.stride}")
    if pool.padding:
        parts.append(f"padding={pool.padding}")
    return ", ".join(parts)
