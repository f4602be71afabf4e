"""What every segmentation model promises: its configuration, and a check of the images it gets."""

from __future__ import annotations

from typing import Any

from npseg.arrays import as_numpy
from npseg.autograd import Tensor
from npseg.errors import DTypeError, ShapeError
from npseg.nn import Module, recompute

__all__ = ["SegmentationModel"]


class SegmentationModel(Module):
    """Images (N, H, W, in_channels) in, logits (N, H, W, num_classes) of the same height and width out.

    `config` holds the model's name and every argument, so that `create_model(**model.config)` builds its
    equal; it can be written as JSON. Models with auxiliary heads return a dict with `out` and `aux`.
    """

    config: dict[str, Any]
    recompute: bool = False
    """Whether blocks keep only their inputs in training and are computed again in the backward pass, for memory."""

    @property
    def name(self) -> str:
        """Name in the registry."""
        return self.config["name"]

    @property
    def in_channels(self) -> int:
        """Channels of the images."""
        return self.config["in_channels"]

    @property
    def num_classes(self) -> int:
        """Classes, and channels of the logits."""
        return self.config["num_classes"]

    def extra_repr(self) -> str:
        return ", ".join(f"{key}={value!r}" for key, value in self.config.items() if key not in ("name", "seed"))

    def block(self, name: str, *inputs: Tensor) -> Tensor:
        """Run a submodule, with or without `recompute`."""
        module = getattr(self, name)
        return recompute(module, *inputs, modules=[module]) if self.recompute and self.training else module(*inputs)

    def prepare(self, images: Any) -> Tensor:
        """Images as a tensor of the parameters' type; `ShapeError` when they are not (N, H, W, in_channels)."""
        dtype = next(self.parameters()).dtype
        if isinstance(images, Tensor) and images.requires_grad and images.dtype != dtype:
            raise DTypeError(
                f"{self.name}: images of type {images.dtype} require a gradient, but the model is {dtype}; "
                "convert the images or the model with .to(dtype)"
            )
        if not isinstance(images, Tensor) or images.dtype != dtype:
            images = Tensor(as_numpy(images, name="images"), dtype=dtype)
        shape, channels = images.shape, self.in_channels
        if len(shape) == 4 and shape[-1] == channels and min(shape) > 0:
            return images
        if len(shape) == 3 and shape[-1] == channels:
            advice = "add a batch axis with images[None]"
        elif len(shape) == 4 and shape[1] == channels:
            advice = "they look like NCHW; pass images.transpose(0, 2, 3, 1)"
        elif len(shape) == 4 and shape[-1] != channels:
            advice = f"create the model with in_channels={shape[-1]}"
        else:
            advice = "pass a batch of at least one image with channels last"
        raise ShapeError(f"{self.name}: expected images (N, H, W, {channels}), got shape {shape}; {advice}")
