"""Which parameters weight decay is for."""

from __future__ import annotations

from typing import Any, Protocol

from npseg.autograd import Tensor

__all__ = ["decay_groups"]


class _HasParameters(Protocol):
    def parameters(self) -> Any: ...


def decay_groups(model: _HasParameters, weight_decay: float) -> list[dict[str, Any]]:
    """Parameter groups for an optimiser: weight decay for weights, none for biases and norms.

    A parameter with one axis or none is a bias, or the scale or shift of a norm: pulling it towards zero
    limits what the model can express and does not keep it simple. He et al. 2019, section 3.1.
    """
    weights: list[Tensor] = []
    spared: list[Tensor] = []
    for parameter in model.parameters():
        (weights if parameter.ndim > 1 else spared).append(parameter)
    groups = [{"params": weights, "weight_decay": weight_decay}, {"params": spared, "weight_decay": 0.0}]
    return [group for group in groups if group["params"]]
