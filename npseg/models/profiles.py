"""What a model costs at a given image size."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from npseg.autograd import no_grad, observe
from npseg.models.base import SegmentationModel

__all__ = ["Profile", "profile"]


@dataclass(frozen=True)
class Profile:
    """Cost of one image: counts, floating-point operations and bytes."""

    height: int
    width: int
    parameters: int
    parameter_bytes: int
    flops: int  # of convolutions and matrix products, two per multiply-add
    activation_bytes: int  # of the results of all ops, which is what a backward pass may have to keep


def profile(model: SegmentationModel, height: int, width: int) -> Profile:
    """Run `model` once in evaluation on a black image (1, height, width, C) and count what its ops do.

    The model's mode is restored. A convolution of k x k taps costs 2 k k C_in / groups per output value;
    everything else is small beside it and not counted.

    >>> from npseg.models import create_model
    >>> p = profile(create_model("unet", base_channels=2, depth=1), 8, 8)
    >>> p.parameters
    486
    """
    flops = activations = 0

    def count(name: str, inputs: tuple[Any, ...], output: np.ndarray, options: dict[str, Any]) -> None:
        nonlocal flops, activations
        flops += _flops(name, inputs, output)
        if not any(x is not None and np.may_share_memory(x, output) for x in inputs):
            activations += output.nbytes  # a view costs nothing

    modes = [(module, module.training) for module in model.modules()]
    model.eval()
    try:
        with no_grad(), observe(count):
            model(np.zeros((1, height, width, model.in_channels), np.float32))
    finally:
        for module, mode in modes:
            module.training = mode
    sizes = [(p.size, p.data.nbytes) for p in model.parameters()]
    return Profile(height, width, sum(n for n, _ in sizes), sum(b for _, b in sizes), int(flops), int(activations))


def _flops(name: str, inputs: tuple[Any, ...], output: np.ndarray) -> int:
    if name == "conv2d":
        kh, kw, per_group, _ = inputs[1].shape
        return 2 * output.size * kh * kw * per_group
    if name == "conv_transpose2d":
        kh, kw, per_group, _ = inputs[1].shape
        return 2 * inputs[0].size * kh * kw * per_group
    if name in ("linear", "matmul"):
        return 2 * output.size * inputs[0].shape[-1]
    return 0
