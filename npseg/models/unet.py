"""U-Net: an encoder, a decoder, and a bridge at every resolution. Ronneberger et al. 2015, figure 1.

As most of the field builds it today (milesial's PyTorch implementation, whose weights load by name): padded
convolutions with batch norm, so that the output is as large as the input; the paper itself crops and has no norm.
"""

from __future__ import annotations

from typing import Any

from npseg import nn, ops
from npseg.autograd import Tensor
from npseg.models.base import SegmentationModel
from npseg.models.registry import register_model
from npseg.models.settings import require_bool, require_choice, require_int

__all__ = ["UNet"]

UPSAMPLINGS = ("transposed", "bilinear", "pixel_shuffle")


@register_model("unet")
class UNet(SegmentationModel):
    """U-Net, (N, H, W, in_channels) -> (N, H, W, num_classes) for any height and width.

    Args:
        in_channels, num_classes: channels of the images and of the logits.
        base_channels: channels at full resolution; each level below doubles them.
        depth: number of times the resolution is halved.
        upsampling: how the decoder doubles the resolution: "transposed" convolution (the paper's up-convolution),
            "bilinear" interpolation with aligned corners, or "pixel_shuffle" (Shi et al. 2016) after a 1x1 convolution.
        skips: whether encoder features join the decoder; without them fine outlines are lost, which is the lesson.
        seed: of the initial weights, which are normal with variance 2 / fan-in (section 3).

    An image smaller than 2^depth is padded with zeros to that size, and its logits are cropped.
    """

    def __init__(
        self,
        in_channels: int = 3,
        num_classes: int = 2,
        *,
        base_channels: int = 64,
        depth: int = 4,
        upsampling: str = "transposed",
        skips: bool = True,
        seed: int = 0,
    ):
        require_int("unet", "in_channels", in_channels, minimum=1)
        require_int("unet", "num_classes", num_classes, minimum=1)
        require_int("unet", "base_channels", base_channels, minimum=1)
        require_int("unet", "depth", depth, minimum=1)
        require_choice("unet", "upsampling", upsampling, UPSAMPLINGS)
        require_bool("unet", "skips", skips)
        self.config: dict[str, Any] = {
            "name": "unet",
            "in_channels": in_channels,
            "num_classes": num_classes,
            "base_channels": base_channels,
            "depth": depth,
            "upsampling": upsampling,
            "skips": skips,
            "seed": seed,
        }
        self.depth = depth
        # Bilinear upsampling cannot change the number of channels, so the level below must have halved them already.
        halved = 2 if upsampling == "bilinear" else 1
        with nn.init.by_name(self, seed):
            self.inc = DoubleConv(in_channels, base_channels)
            for i in range(1, depth + 1):
                channels = base_channels * 2**i
                setattr(self, f"down{i}", Down(channels // 2, channels // (halved if i == depth else 1)))
            for i in range(1, depth + 1):
                channels = base_channels * 2 ** (depth - i)
                out = channels if i == depth else channels // halved
                setattr(self, f"up{i}", Up(2 * channels, out, upsampling, skips))
            self.outc = OutConv(base_channels, num_classes)

    def forward(self, images: Any) -> Tensor:
        x = self.prepare(images)
        height, width = x.shape[1:3]
        smallest = 2**self.depth
        if height < smallest or width < smallest:
            x = ops.pad(x, ((0, max(0, smallest - height)), (0, max(0, smallest - width))))
        levels = [self.block("inc", x)]
        for i in range(1, self.depth + 1):
            levels.append(self.block(f"down{i}", levels[-1]))
        x = levels.pop()
        for i in range(1, self.depth + 1):
            x = self.block(f"up{i}", x, levels.pop())
        logits = self.outc(x)
        if logits.shape[1:3] != (height, width):
            logits = ops.crop(logits, 0, 0, height, width)
        return logits


class DoubleConv(nn.Module):
    """Twice: 3x3 convolution, batch norm, ReLU."""

    def __init__(self, in_channels: int, out_channels: int, mid_channels: int | None = None):
        mid_channels = mid_channels or out_channels
        self.double_conv = nn.Sequential(
            nn.Conv2d(in_channels, mid_channels, 3, padding=1, bias=False),
            nn.BatchNorm2d(mid_channels),
            nn.ReLU(),
            nn.Conv2d(mid_channels, out_channels, 3, padding=1, bias=False),
            nn.BatchNorm2d(out_channels),
            nn.ReLU(),
        )

    def forward(self, x: Tensor | tuple[Tensor, Tensor]) -> Tensor:
        return self.double_conv(x)


class Down(nn.Module):
    """Halve the resolution, then convolve twice."""

    def __init__(self, in_channels: int, out_channels: int):
        self.maxpool_conv = nn.Sequential(nn.MaxPool2d(2), DoubleConv(in_channels, out_channels))

    def forward(self, x: Tensor) -> Tensor:
        return self.maxpool_conv(x)


class Up(nn.Module):
    """Double the resolution, join the encoder's features of that size, convolve twice.

    `in_channels` is the number after joining: half from below, half from the encoder.
    """

    def __init__(self, in_channels: int, out_channels: int, upsampling: str, skips: bool):
        half = in_channels // 2
        self.skips = skips
        self.up: nn.Module
        if upsampling == "transposed":
            self.up = nn.ConvTranspose2d(in_channels, half, 2, stride=2)
        elif upsampling == "bilinear":
            self.up = nn.Upsample(scale_factor=2, mode="bilinear", align_corners=True)
        else:
            self.up = nn.Sequential(nn.Conv2d(in_channels, 4 * half, 1, nonlinearity="linear"), nn.PixelShuffle(2))
        mid = half if upsampling == "bilinear" else out_channels
        self.conv = DoubleConv(in_channels if skips else half, out_channels, mid)

    def forward(self, x: Tensor, skip: Tensor) -> Tensor:
        x = self.up(x)
        # Pooling rounds down: at odd sizes the features from below are one pixel short.
        tall, wide = skip.shape[1] - x.shape[1], skip.shape[2] - x.shape[2]
        if tall or wide:
            x = ops.pad(x, ((tall // 2, tall - tall // 2), (wide // 2, wide - wide // 2)))
        return self.conv((skip, x) if self.skips else x)


class OutConv(nn.Module):
    """Scores of the classes, pixel by pixel."""

    def __init__(self, in_channels: int, num_classes: int):
        self.conv = nn.Conv2d(in_channels, num_classes, 1, nonlinearity="linear")

    def forward(self, x: Tensor) -> Tensor:
        return self.conv(x)
