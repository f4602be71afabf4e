"""FCN-32s, FCN-16s and FCN-8s: a classifier made convolutional. Long et al. 2015.

Names follow the authors' Caffe models. One thing differs: they pad the image by 100 pixels so that fc6 fits and crop
the result; here every layer keeps its size (fc6 pads by 3), pools round up, and the output is cropped at the bottom
right, so that cell i of a map of stride s lies over pixels s i to s i + s - 1 at every level.
"""

from __future__ import annotations

from typing import Any

from npseg import nn, ops
from npseg.autograd import Tensor
from npseg.backbones.vgg import VGG16, scaled
from npseg.models.base import SegmentationModel
from npseg.models.registry import register_model
from npseg.models.settings import require_bool, require_int, require_number

__all__ = ["FCN8s", "FCN16s", "FCN32s"]


class _FCN(SegmentationModel, VGG16):
    """VGG-16 whose fully connected layers are convolutions, up to the coarse scores `score_fr` at stride 32."""

    def __init__(
        self,
        name: str,
        in_channels: int,
        num_classes: int,
        batch_norm: bool,
        width: float,
        fc_channels: int | None,
        dropout: float,
        seed: int,
    ):
        require_int(name, "in_channels", in_channels, minimum=1)
        require_int(name, "num_classes", num_classes, minimum=1)
        require_bool(name, "batch_norm", batch_norm)
        require_number(name, "width", width, 1e-3, 16)
        if fc_channels is None:
            fc_channels = scaled(4096, width)
        require_int(name, "fc_channels", fc_channels, minimum=1)
        require_number(name, "dropout", dropout, 0, 1)
        self.config: dict[str, Any] = {
            "name": name,
            "in_channels": in_channels,
            "num_classes": num_classes,
            "batch_norm": batch_norm,
            "width": width,
            "fc_channels": fc_channels,
            "dropout": dropout,
            "seed": seed,
        }
        VGG16.__init__(self, in_channels, batch_norm=batch_norm, width=width)
        self.fc6 = nn.Conv2d(self.stage_channels[4], fc_channels, 7, padding=3)
        self.drop6 = nn.Dropout(dropout)
        self.fc7 = nn.Conv2d(fc_channels, fc_channels, 1)
        self.drop7 = nn.Dropout(dropout)
        self.score_fr = _score(fc_channels, num_classes)

    def coarse(self, images: Any) -> tuple[tuple[int, int], list[Tensor], Tensor]:
        """Size of the images, the outputs of the five pools, and the scores at stride 32."""
        x = self.prepare(images)
        pooled = self.features(x)
        h = self.drop6(ops.relu(self.fc6(pooled[4])))
        h = self.drop7(ops.relu(self.fc7(h)))
        return (x.shape[1], x.shape[2]), pooled, self.score_fr(h)


@register_model("fcn32s")
class FCN32s(_FCN):
    """FCN-32s: scores at stride 32, enlarged in one step. Section 4.1.

    Args:
        in_channels, num_classes: channels of the images and of the logits.
        batch_norm: batch norms `bn1_1` to `bn5_3` in the backbone; wanted when training from scratch.
        width: multiplies the channels of all layers, 1 as in the paper.
        fc_channels: channels of fc6 and fc7; None for 4096 times the width.
        dropout: probability in fc6 and fc7.
        seed: of the initial weights: normal with variance 2 / fan-in, zero in the scoring layers (section 4.1: random
            scores learn neither faster nor better; the first step moves them off zero), and bilinear interpolation in
            the transposed convolutions, which are learnt from there (section 3.3).
    """

    def __init__(
        self,
        in_channels: int = 3,
        num_classes: int = 2,
        *,
        batch_norm: bool = False,
        width: float = 1.0,
        fc_channels: int | None = None,
        dropout: float = 0.5,
        seed: int = 0,
    ):
        with nn.init.by_name(self, seed):
            super().__init__("fcn32s", in_channels, num_classes, batch_norm, width, fc_channels, dropout, seed)
            self.upscore = _enlarge(num_classes, 32)

    def forward(self, images: Any) -> Tensor:
        size, _, scores = self.coarse(images)
        return _cut(self.upscore(scores), size)


@register_model("fcn16s")
class FCN16s(_FCN):
    """FCN-16s: scores at stride 32, doubled and added to scores of pool4. Section 4.2; arguments as `FCN32s`."""

    def __init__(
        self,
        in_channels: int = 3,
        num_classes: int = 2,
        *,
        batch_norm: bool = False,
        width: float = 1.0,
        fc_channels: int | None = None,
        dropout: float = 0.5,
        seed: int = 0,
    ):
        with nn.init.by_name(self, seed):
            super().__init__("fcn16s", in_channels, num_classes, batch_norm, width, fc_channels, dropout, seed)
            self.score_pool4 = _score(self.stage_channels[3], num_classes)
            self.upscore2 = _enlarge(num_classes, 2)
            self.upscore16 = _enlarge(num_classes, 16)

    def forward(self, images: Any) -> Tensor:
        size, pooled, scores = self.coarse(images)
        scores = _join(self.upscore2(scores), self.score_pool4(pooled[3]))
        return _cut(self.upscore16(scores), size)


@register_model("fcn8s")
class FCN8s(_FCN):
    """FCN-8s: as FCN-16s, doubled again and added to scores of pool3. Section 4.2; arguments as `FCN32s`."""

    def __init__(
        self,
        in_channels: int = 3,
        num_classes: int = 2,
        *,
        batch_norm: bool = False,
        width: float = 1.0,
        fc_channels: int | None = None,
        dropout: float = 0.5,
        seed: int = 0,
    ):
        with nn.init.by_name(self, seed):
            super().__init__("fcn8s", in_channels, num_classes, batch_norm, width, fc_channels, dropout, seed)
            self.score_pool3 = _score(self.stage_channels[2], num_classes)
            self.score_pool4 = _score(self.stage_channels[3], num_classes)
            self.upscore2 = _enlarge(num_classes, 2)
            self.upscore_pool4 = _enlarge(num_classes, 2)
            self.upscore8 = _enlarge(num_classes, 8)

    def forward(self, images: Any) -> Tensor:
        size, pooled, scores = self.coarse(images)
        scores = _join(self.upscore2(scores), self.score_pool4(pooled[3]))
        scores = _join(self.upscore_pool4(scores), self.score_pool3(pooled[2]))
        return _cut(self.upscore8(scores), size)


def _score(channels: int, num_classes: int) -> nn.Conv2d:
    return nn.Conv2d(channels, num_classes, 1, nonlinearity="zero")


def _enlarge(num_classes: int, factor: int) -> nn.ConvTranspose2d:
    return nn.ConvTranspose2d(
        num_classes,
        num_classes,
        2 * factor,
        stride=factor,
        padding=factor // 2,
        bias=False,
        nonlinearity="bilinear",
    )


def _join(enlarged: Tensor, finer: Tensor) -> Tensor:
    return ops.add(_cut(enlarged, (finer.shape[1], finer.shape[2])), finer)


def _cut(x: Tensor, size: tuple[int, int]) -> Tensor:
    """Pools rounded up, so the enlarged map may overhang at the bottom and the right."""
    return x if x.shape[1:3] == size else ops.crop(x, 0, 0, *size)
