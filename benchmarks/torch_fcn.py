"""The FCN-8s of the benchmarks in PyTorch: VGG-16 with "same" padding, pools that round up, names as in npseg."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn.functional import max_pool2d, relu

STAGES = ((2, 64), (2, 128), (3, 256), (3, 512), (3, 512))


class FCN8s(nn.Module):
    """(N, in_channels, H, W) -> logits (N, num_classes, H, W) of any size; without dropout."""

    def __init__(self, in_channels: int, num_classes: int, width: float):
        super().__init__()
        widths = [max(1, round(channels * width)) for _, channels in STAGES]
        channels = in_channels
        for stage, ((depth, _), out) in enumerate(zip(STAGES, widths), start=1):
            for layer in range(1, depth + 1):
                setattr(self, f"conv{stage}_{layer}", nn.Conv2d(channels, out, 3, padding=1))
                channels = out
        hidden = max(1, round(4096 * width))
        self.fc6 = nn.Conv2d(channels, hidden, 7, padding=3)
        self.fc7 = nn.Conv2d(hidden, hidden, 1)
        self.score_fr = nn.Conv2d(hidden, num_classes, 1)
        self.score_pool3 = nn.Conv2d(widths[2], num_classes, 1)
        self.score_pool4 = nn.Conv2d(widths[3], num_classes, 1)
        self.upscore2 = _enlarge(num_classes, 2)
        self.upscore_pool4 = _enlarge(num_classes, 2)
        self.upscore8 = _enlarge(num_classes, 8)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Logits."""
        height, width = x.shape[2:]
        pooled = []
        for stage, (depth, _) in enumerate(STAGES, start=1):
            for layer in range(1, depth + 1):
                x = relu(getattr(self, f"conv{stage}_{layer}")(x), inplace=True)
            x = max_pool2d(x, 2, ceil_mode=True)
            pooled.append(x)
        x = relu(self.fc6(x), inplace=True)
        x = self.score_fr(relu(self.fc7(x), inplace=True))
        x = _join(self.upscore2(x), self.score_pool4(pooled[3]))
        x = _join(self.upscore_pool4(x), self.score_pool3(pooled[2]))
        return self.upscore8(x)[:, :, :height, :width]


def _enlarge(num_classes: int, factor: int) -> nn.ConvTranspose2d:
    return nn.ConvTranspose2d(num_classes, num_classes, 2 * factor, factor, factor // 2, bias=False)


def _join(enlarged: torch.Tensor, finer: torch.Tensor) -> torch.Tensor:
    return enlarged[:, :, : finer.shape[2], : finer.shape[3]] + finer
