"""Layers that enlarge (N, H, W, C)."""

from __future__ import annotations

from npseg import ops
from npseg.autograd import Tensor
from npseg.errors import ArgumentError
from npseg.nn.module import Module

__all__ = ["PixelShuffle", "Upsample"]


class Upsample(Module):
    """Resize by a factor, or to a fixed `size` (H, W); see `ops.resize`."""

    def __init__(
        self,
        size: tuple[int, int] | None = None,
        scale_factor: int | None = None,
        mode: str = "nearest",
        align_corners: bool = False,
    ):
        if (size is None) == (scale_factor is None):
            raise ArgumentError(f"Upsample: size={size} and scale_factor={scale_factor}; give exactly one of them")
        self.size, self.scale_factor, self.mode, self.align_corners = size, scale_factor, mode, align_corners

    def forward(self, x: Tensor) -> Tensor:
        factor = self.scale_factor
        size = self.size if factor is None else (x.shape[1] * factor, x.shape[2] * factor)
        return ops.resize(x, size, mode=self.mode, align_corners=self.align_corners)

    def extra_repr(self) -> str:
        target = f"size={self.size}" if self.size is not None else f"scale_factor={self.scale_factor}"
        return f"{target}, mode={self.mode!r}" + (", align_corners=True" if self.align_corners else "")


class PixelShuffle(Module):
    """(N, H, W, C r^2) -> (N, r H, r W, C); see `ops.pixel_shuffle`."""

    def __init__(self, upscale_factor: int):
        self.upscale_factor = upscale_factor

    def forward(self, x: Tensor) -> Tensor:
        return ops.pixel_shuffle(x, self.upscale_factor)

    def extra_repr(self) -> str:
        return str(self.upscale_factor)
