"""The U-Net of the benchmarks in PyTorch: double 3x3 convolutions with BatchNorm, transposed convolutions upwards."""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import nn


def double_conv(in_channels: int, out_channels: int) -> nn.Sequential:
    """Twice convolution, BatchNorm, ReLU."""
    layers: list[nn.Module] = []
    for channels in (in_channels, out_channels):
        layers += [
            nn.Conv2d(channels, out_channels, 3, padding=1, bias=False),
            nn.BatchNorm2d(out_channels),
            nn.ReLU(True),
        ]
    return nn.Sequential(*layers)


class UNet(nn.Module):
    """Four levels down, four up, skips concatenated; (N, C, H, W) with H and W divisible by 16."""

    def __init__(self, in_channels: int, num_classes: int, base: int):
        super().__init__()
        widths = [base * 2**i for i in range(5)]
        self.inc = double_conv(in_channels, base)
        self.down = nn.ModuleList(double_conv(a, b) for a, b in pairwise(widths))
        self.up = nn.ModuleList(nn.ConvTranspose2d(b, a, 2, 2) for a, b in zip(widths[-2::-1], widths[:0:-1]))
        self.merge = nn.ModuleList(double_conv(2 * a, a) for a in widths[-2::-1])
        self.outc = nn.Conv2d(base, num_classes, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Logits (N, K, H, W)."""
        skips = [self.inc(x)]
        for down in self.down:
            skips.append(down(nn.functional.max_pool2d(skips[-1], 2)))
        x = skips.pop()
        for up, merge in zip(self.up, self.merge):
            x = merge(torch.cat([skips.pop(), up(x)], 1))
        return self.outc(x)
