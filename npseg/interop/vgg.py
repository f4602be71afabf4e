"""Weights of other people's VGG-16 for ours: torchvision's names, and biases in front of a norm."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

__all__ = ["fold_biases", "from_torchvision", "is_torchvision_vgg", "lacks"]

# Convolutions of each stage. In torchvision's list each is followed by a norm or not and a ReLU, a stage by a pool.
_STAGES = (2, 2, 3, 3, 3)
_HEADS = {"classifier.0": "fc6", "classifier.3": "fc7"}


def is_torchvision_vgg(state: Mapping[str, np.ndarray]) -> bool:
    """Whether the names are those of torchvision's VGG classifiers."""
    return "features.0.weight" in state


def from_torchvision(state: Mapping[str, np.ndarray], expected: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """`state` under the Caffe names, in PyTorch's layout.

    Fully connected weights become kernels, (out, in * kh * kw) -> (out, in, kh, kw), when they fit `expected`; they
    and the classifier's last layer are left out otherwise. Names without a counterpart stay, to be reported.
    """
    names = _names(norm="features.1.running_mean" in state)
    renamed: dict[str, np.ndarray] = {}
    for name, array in state.items():
        layer, _, leaf = name.rpartition(".")
        if layer.startswith("classifier."):
            target = f"{_HEADS.get(layer)}.{leaf}"
            if target in expected and array.size == expected[target].size:
                renamed[target] = array.reshape(expected[target].shape)
        else:
            renamed[f"{names.get(layer, layer)}.{leaf}"] = array
    return renamed


def fold_biases(state: Mapping[str, np.ndarray], expected: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Move the bias of a convolution into the norm behind it, where the model has no such bias.

    norm(x + bias) is norm(x) with the running mean lowered by the bias; in training the bias has no effect.
    """
    folded = dict(state)
    for name in state:
        mean = name.replace("conv", "bn", 1).removesuffix("bias") + "running_mean"
        if name.startswith("conv") and name.endswith(".bias") and name not in expected and mean in folded:
            folded[mean] = folded[mean] - folded.pop(name)
    return folded


def lacks(expected: Mapping[str, np.ndarray], state: Mapping[str, np.ndarray]) -> frozenset[str]:
    """Names that a classifier's weights cannot fill: scoring, upsampling, and fc layers of another size."""
    return frozenset(name for name in expected if name not in state and name.startswith(("score", "upscore", "fc")))


def _names(norm: bool) -> dict[str, str]:
    """{"features.0": "conv1_1", ...}."""
    names, index = {}, 0
    for stage, depth in enumerate(_STAGES, start=1):
        for layer in range(1, depth + 1):
            names[f"features.{index}"] = f"conv{stage}_{layer}"
            if norm:
                names[f"features.{index + 1}"] = f"bn{stage}_{layer}"
            index += 3 if norm else 2
        index += 1
    return names
