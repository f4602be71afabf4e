"""VGG-16. Simonyan and Zisserman 2015, table 1, column D."""

from __future__ import annotations

from functools import partial

from npseg import nn, ops
from npseg.autograd import Tensor

__all__ = ["VGG16"]

# Convolutions of each stage and their channels; every stage ends in a 2x2 pool.
_STAGES = ((2, 64), (2, 128), (3, 256), (3, 512), (3, 512))


class VGG16(nn.Module):
    """The thirteen 3x3 convolutions, named `conv1_1` to `conv5_3` as in the authors' Caffe model.

    With `batch_norm`, `bn1_1` to `bn5_3` stand between each convolution and its ReLU, and the convolutions
    have no bias, which the norm would take away again. `width` multiplies all numbers of channels. Pools
    round up, so any image size works and no border is lost.
    """

    recompute: bool = False  # see `nn.recompute`: stage by stage

    def __init__(self, in_channels: int = 3, *, batch_norm: bool = False, width: float = 1.0, seed: int = 0):
        with nn.init.by_name(self, seed):
            self.batch_norm = batch_norm
            # Channels that each stage leaves behind, for the heads to connect to.
            self.stage_channels = tuple(scaled(channels, width) for _, channels in _STAGES)
            channels = in_channels
            for stage, (depth, _) in enumerate(_STAGES, start=1):
                for layer in range(1, depth + 1):
                    width_out = self.stage_channels[stage - 1]
                    conv = nn.Conv2d(channels, width_out, 3, padding=1, bias=not batch_norm)
                    setattr(self, f"conv{stage}_{layer}", conv)
                    if batch_norm:
                        setattr(self, f"bn{stage}_{layer}", nn.BatchNorm2d(width_out))
                    channels = width_out

    def features(self, x: Tensor) -> list[Tensor]:
        """(N, H, W, in_channels) -> the outputs of the five pools, at strides 2, 4, 8, 16 and 32."""
        pooled = []
        for stage, (depth, _) in enumerate(_STAGES, start=1):
            layers = [
                (getattr(self, f"conv{stage}_{i}"), getattr(self, f"bn{stage}_{i}") if self.batch_norm else None)
                for i in range(1, depth + 1)
            ]
            if self.recompute and self.training:
                used = [module for layer in layers for module in layer if module is not None]
                x = nn.recompute(partial(_stage, layers), x, modules=used)
            else:
                x = _stage(layers, x)
            pooled.append(x)
        return pooled

    def forward(self, x: Tensor) -> Tensor:
        return self.features(x)[-1]


def _stage(layers: list[tuple[nn.Conv2d, nn.BatchNorm2d | None]], x: Tensor) -> Tensor:
    for conv, norm in layers:
        if norm is None:
            x = ops.relu(conv(x))
        else:
            x, moments = norm.convolved(conv, x)
            x = norm.forward_relu(x, moments)
    return ops.max_pool2d(x, 2, ceil_mode=True)


def scaled(channels: int, width: float) -> int:
    """A number of channels times the width multiplier, at least 1."""
    return max(1, round(channels * width))
