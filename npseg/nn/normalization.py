"""Normalisation layers over the last axis, the channels."""

from __future__ import annotations

import numpy as np

from npseg import config, ops
from npseg.autograd import Tensor
from npseg.errors import ArgumentError, ShapeError
from npseg.nn import init
from npseg.nn.convolution import Conv2d
from npseg.nn.module import Module
from npseg.nn.parameter import Parameter

__all__ = ["BatchNorm2d", "GroupNorm", "LayerNorm"]

Moments = tuple[np.ndarray, np.ndarray]


class BatchNorm2d(Module):
    """Batch normalisation of (N, H, W, C) per channel. Ioffe and Szegedy 2015, algorithms 1 and 2.

    In training the batch's mean and biased variance normalise, and move the running averages by `momentum`
    (with the unbiased variance, as in PyTorch); in evaluation the running averages normalise. Raises
    `ShapeError` in training when a channel has a single value, which has no variance. Who knows the batch's mean and
    variance already can pass them as `moments`.
    """

    def __init__(self, num_features: int, eps: float = 1e-5, momentum: float = 0.1):
        if num_features < 1:
            raise ArgumentError(f"BatchNorm2d: num_features={num_features}; expected at least 1")
        self.num_features, self.eps, self.momentum = num_features, eps, momentum
        self.weight, self.bias = _scale_and_shift(num_features)
        self.register_buffer("running_mean", np.zeros(num_features, np.float32))
        self.register_buffer("running_var", np.ones(num_features, np.float32))
        self.register_buffer("num_batches_tracked", np.array(0, np.int64))

    running_mean: np.ndarray
    running_var: np.ndarray
    num_batches_tracked: np.ndarray

    def reset_parameters(self, key: init.Key) -> None:
        init.constant_(self.weight, 1)
        init.constant_(self.bias, 0)

    def convolved(self, conv: Conv2d, x: Tensor | tuple[Tensor, Tensor]) -> tuple[Tensor, Moments | None]:
        """`conv(x)`, and its mean and variance if this norm takes any: gathered as the convolution writes.

        That is while training, unless `config.fusion` is off. The rest is `forward` or `forward_relu` of both.
        """
        if not (self.training and config.fusion):
            return conv(x), None
        y, mean, var = conv.forward_with_moments(x)
        return y, (mean, var)

    def forward(self, x: Tensor, moments: Moments | None = None) -> Tensor:
        return self._normalised(x, moments, relu=False)

    def forward_relu(self, x: Tensor, moments: Moments | None = None) -> Tensor:
        """`relu(self(x, moments))`, in one op while training unless `config.fusion` is off."""
        if self.training and config.fusion:
            return self._normalised(x, moments, relu=True)
        return ops.relu(self(x, moments))

    def _normalised(self, x: Tensor, moments: Moments | None, relu: bool) -> Tensor:
        if x.ndim != 4 or x.shape[-1] != self.num_features:
            raise ShapeError(f"BatchNorm2d: expected shape (N, H, W, {self.num_features}), got {tuple(x.shape)}")
        if not self.training:
            return ops.batch_norm_inference(
                x, self.weight, self.bias, self.running_mean, self.running_var, eps=self.eps
            )
        count = x.size // self.num_features
        if count < 2:
            raise ShapeError(
                f"BatchNorm2d: each channel of shape {tuple(x.shape)} has one value, so there is no variance "
                "to normalise by in training; use larger images or batches, or model.eval()"
            )
        norm = ops.batch_norm_relu if relu else ops.batch_norm
        y, mean, var = norm(x, self.weight, self.bias, eps=self.eps, moments=moments)
        # New arrays, not writes in place: a pullback recorded in evaluation may still hold the old ones.
        self.running_mean = self._moved(self.running_mean, mean)
        self.running_var = self._moved(self.running_var, var * (count / (count - 1)))
        self.num_batches_tracked = self.num_batches_tracked + np.int64(1)
        return y

    def _moved(self, average: np.ndarray, value: np.ndarray) -> np.ndarray:
        return ((1 - self.momentum) * average + self.momentum * value).astype(average.dtype, copy=False)

    def extra_repr(self) -> str:
        return str(self.num_features) + (f", eps={self.eps}" if self.eps != 1e-5 else "")


class LayerNorm(Module):
    """Normalise every position over its channels, the last axis. Ba et al. 2016, section 3."""

    def __init__(self, num_features: int, eps: float = 1e-5):
        self.num_features, self.eps = num_features, eps
        self.weight, self.bias = _scale_and_shift(num_features)

    def reset_parameters(self, key: init.Key) -> None:
        init.constant_(self.weight, 1)
        init.constant_(self.bias, 0)

    def forward(self, x: Tensor) -> Tensor:
        return ops.layer_norm(x, self.weight, self.bias, eps=self.eps)

    def extra_repr(self) -> str:
        return f"{self.num_features}, eps={self.eps}"


class GroupNorm(Module):
    """Normalise each image over groups of channels. Wu and He 2018, eq. 7."""

    def __init__(self, num_groups: int, num_channels: int, eps: float = 1e-5):
        if num_groups < 1 or num_channels % num_groups:
            raise ArgumentError(f"GroupNorm: num_channels={num_channels} is not a multiple of num_groups={num_groups}")
        self.num_groups, self.num_channels, self.eps = num_groups, num_channels, eps
        self.weight, self.bias = _scale_and_shift(num_channels)

    def reset_parameters(self, key: init.Key) -> None:
        init.constant_(self.weight, 1)
        init.constant_(self.bias, 0)

    def forward(self, x: Tensor) -> Tensor:
        return ops.group_norm(x, self.num_groups, self.weight, self.bias, eps=self.eps)

    def extra_repr(self) -> str:
        return f"{self.num_groups}, {self.num_channels}"


def _scale_and_shift(channels: int) -> tuple[Parameter, Parameter]:
    return Parameter(np.ones(channels, np.float32)), Parameter(np.zeros(channels, np.float32))
