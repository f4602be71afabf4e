"""Convolution layers, channels last."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from npseg import ops
from npseg.autograd import Tensor
from npseg.errors import ArgumentError, ShapeError
from npseg.nn import init
from npseg.nn.module import Module
from npseg.nn.parameter import Parameter

__all__ = ["Conv2d", "ConvTranspose2d"]

Pair = int | tuple[int, int]

_GAINS = {"relu": math.sqrt(2), "linear": 1.0, "zero": 0.0}


class Conv2d(Module):
    """2-D convolution, (N, H, W, in_channels) -> (N, H', W', out_channels); see `ops.conv2d`, also for pairs of images.

    `weight` is (kh, kw, in_channels / groups, out_channels), `bias` (out_channels) or None. The initial
    weight is normal (He et al. 2015) for what follows: `nonlinearity` is "relu", "linear", or "zero" to start
    at nothing. The bias starts at zero.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Pair,
        stride: Pair = 1,
        padding: Pair | str = 0,
        dilation: Pair = 1,
        groups: int = 1,
        bias: bool = True,
        *,
        nonlinearity: str = "relu",
    ):
        _check_channels("Conv2d", in_channels, out_channels, groups, nonlinearity)
        self.in_channels, self.out_channels = in_channels, out_channels
        self.kernel_size = _pair(kernel_size)
        self.stride, self.padding, self.dilation, self.groups = stride, padding, dilation, groups
        self.nonlinearity = nonlinearity
        self.weight = _zeros(*self.kernel_size, in_channels // groups, out_channels)
        self.bias = _zeros(out_channels) if bias else None
        init.start(self)

    def reset_parameters(self, key: init.Key) -> None:
        kh, kw, per_group, _ = self.weight.shape
        gain = _GAINS[self.nonlinearity]
        init.kaiming_normal_(self.weight, kh * kw * per_group, key.generator("weight"), gain=gain)
        if self.bias is not None:
            init.constant_(self.bias, 0)

    def forward(self, x: Tensor | tuple[Tensor, Tensor]) -> Tensor:
        return self._convolved(ops.conv2d, x)

    def forward_with_moments(self, x: Tensor | tuple[Tensor, Tensor]) -> tuple[Tensor, np.ndarray, np.ndarray]:
        """The output, and its mean and variance (K,) for a batch norm; see `ops.conv2d_with_moments`."""
        return self._convolved(ops.conv2d_with_moments, x)

    def _convolved(self, op: Any, x: Any) -> Any:
        _require_channels("Conv2d", x, self.in_channels)
        return op(
            x,
            self.weight,
            self.bias,
            stride=self.stride,
            padding=self.padding,
            dilation=self.dilation,
            groups=self.groups,
        )

    def extra_repr(self) -> str:
        return _describe(self, {"stride": 1, "padding": 0, "dilation": 1, "groups": 1})


class ConvTranspose2d(Module):
    """Transposed 2-D convolution, the adjoint of `Conv2d`; see `ops.conv_transpose2d`.

    `weight` is (kh, kw, out_channels / groups, in_channels), `bias` (out_channels) or None. The initial
    weight is normal for `nonlinearity` (as `Conv2d`), or the bilinear interpolation of FCN with "bilinear".
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Pair,
        stride: Pair = 1,
        padding: Pair = 0,
        output_padding: Pair = 0,
        groups: int = 1,
        bias: bool = True,
        dilation: Pair = 1,
        *,
        nonlinearity: str = "linear",
    ):
        _check_channels("ConvTranspose2d", in_channels, out_channels, groups, nonlinearity, "bilinear")
        self.in_channels, self.out_channels = in_channels, out_channels
        self.kernel_size = _pair(kernel_size)
        self.stride, self.padding, self.output_padding = stride, padding, output_padding
        self.dilation, self.groups = dilation, groups
        self.nonlinearity = nonlinearity
        self.weight = _zeros(*self.kernel_size, out_channels // groups, in_channels)
        self.bias = _zeros(out_channels) if bias else None
        init.start(self)

    def reset_parameters(self, key: init.Key) -> None:
        if self.nonlinearity == "bilinear":
            init.bilinear_(self.weight)
        else:
            # Of the k taps along an axis, an output pixel meets only every stride-th.
            (kh, kw), (sh, sw) = self.kernel_size, _pair(self.stride)
            fan_in = max(1.0, kh / sh) * max(1.0, kw / sw) * self.in_channels / self.groups
            gain = _GAINS[self.nonlinearity]
            init.kaiming_normal_(self.weight, fan_in, key.generator("weight"), gain=gain)
        if self.bias is not None:
            init.constant_(self.bias, 0)

    def forward(self, x: Tensor) -> Tensor:
        _require_channels("ConvTranspose2d", x, self.in_channels)
        return ops.conv_transpose2d(
            x,
            self.weight,
            self.bias,
            stride=self.stride,
            padding=self.padding,
            output_padding=self.output_padding,
            dilation=self.dilation,
            groups=self.groups,
        )

    def extra_repr(self) -> str:
        return _describe(self, {"stride": 1, "padding": 0, "output_padding": 0, "dilation": 1, "groups": 1})


def _zeros(*shape: int) -> Parameter:
    return Parameter(np.zeros(shape, np.float32))


def _pair(value: Pair) -> tuple[int, int]:
    return (value, value) if isinstance(value, int) else tuple(value)  # type: ignore[return-value]


def _check_channels(
    layer: str, in_channels: int, out_channels: int, groups: int, nonlinearity: str, *further: str
) -> None:
    if groups < 1 or in_channels % groups or out_channels % groups or min(in_channels, out_channels) < 1:
        raise ArgumentError(
            f"{layer}: in_channels={in_channels} and out_channels={out_channels} must be positive multiples "
            f"of groups={groups}"
        )
    known = (*_GAINS, *further)
    if nonlinearity not in known:
        raise ArgumentError(f"{layer}: nonlinearity is {nonlinearity!r}; expected one of {', '.join(known)}")


def _require_channels(layer: str, x: Any, channels: int) -> None:
    if isinstance(x, tuple):
        shapes = [part.shape for part in x]
        if any(len(shape) != 4 for shape in shapes) or sum(shape[-1] for shape in shapes) != channels:
            raise ShapeError(
                f"{layer}: expected images (N, H, W, C) with {channels} channels together, got shapes "
                f"{', '.join(map(str, shapes))}; fix in_channels, or what is joined"
            )
        return
    if len(x.shape) != 4 or x.shape[-1] != channels:
        raise ShapeError(
            f"{layer}: expected channels last, (N, H, W, {channels}), got shape {tuple(x.shape)}; transpose "
            "images that come as (N, C, H, W), or fix in_channels"
        )


def _describe(layer: Any, defaults: dict[str, Any]) -> str:
    kernel = layer.kernel_size[0] if len(set(layer.kernel_size)) == 1 else layer.kernel_size
    parts = [str(layer.in_channels), str(layer.out_channels), f"kernel_size={kernel}"]
    parts += [f"{k}={getattr(layer, k)!r}" for k, default in defaults.items() if getattr(layer, k) != default]
    return ", ".join(parts + ([] if layer.bias is not None else ["bias=False"]))
