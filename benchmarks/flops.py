"""Floating-point operations of a model's convolutions, counted from the ops that it runs."""

from __future__ import annotations

from typing import Any

import numpy as np

from npseg.autograd import no_grad, observe

__all__ = ["TRAINING_PASSES", "direct_flops"]

# A training step computes a convolution three times over: the output, and the gradients of the input and the weight.
# The gradient of the images, which nobody needs, is counted with them: it is a few thousandths.
TRAINING_PASSES = 3


def direct_flops(model: Any, images: np.ndarray) -> int:
    """What direct convolution needs for one inference pass of `model`, left in eval mode, over `images (N, H, W, C)`.

    Two for each tap of a kernel, in convolutions, transposed convolutions and matrix products; all else is small beside
    them. Raises `ValueError` when a kernel of the model was used by no op that is known here: better no count than a
    wrong one.
    """
    kernels = {name: p.data for name, p in model.named_parameters() if p.data.ndim > 1}
    unmet = set(kernels)
    total = 0

    def count(name: str, inputs: tuple[np.ndarray | None, ...], output: np.ndarray, options: dict[str, Any]) -> None:
        nonlocal total
        if flops := _flops(name, inputs, output):
            total += flops
            unmet.difference_update(key for key, kernel in kernels.items() if np.may_share_memory(kernel, inputs[1]))

    model.eval()
    with no_grad(), observe(count):
        model(images[:1])  # images do not know of each other
    if unmet:
        raise ValueError(f"direct_flops: no known op used {', '.join(sorted(unmet))}; teach it the op that does")
    return len(images) * total


def _flops(name: str, inputs: tuple[np.ndarray | None, ...], output: np.ndarray) -> int:
    x, weight = (*inputs, None, None)[:2]
    if x is None or weight is None:
        return 0
    if name in ("linear", "matmul"):
        return 2 * output.size * x.shape[-1]
    if not name.startswith("conv") or weight.ndim != 4:
        return 0
    kh, kw, per_group, _ = weight.shape
    positions = x if name.startswith("conv_transpose") else output  # each of them meets the whole kernel
    return 2 * positions.size * kh * kw * per_group
