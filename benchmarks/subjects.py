"""What the speed benchmark works on: models, their weights, and batches, the same for every competitor.

Every process builds them anew from seeds, which gives the same numbers everywhere and keeps large files out of the way.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

import npseg

__all__ = ["Subject"]


@dataclass(frozen=True)
class Subject:
    """A model and the batch it is shown. `width` is the U-Net's channels at full resolution, or FCN's multiplier."""

    model: str
    width: float
    batch: int
    size: int
    classes: int = 21

    def build(self) -> Any:
        """npseg's model with the weights that all competitors start from.

        Two things differ from a new model, so that agreement means something. Layers that start at zero (FCN's scores)
        and norms that change nothing (U-Net's) are drawn at random. FCN is without dropout, whose masks
        no two libraries share; it would act on a 32nd of the resolution, at no cost that can be measured.
        """
        if self.model == "unet":
            settings: dict[str, Any] = {"base_channels": int(self.width)}
        else:
            settings = {"width": self.width, "dropout": 0.0}
        model = npseg.create_model(self.model, in_channels=3, num_classes=self.classes, **settings)
        rng = np.random.default_rng(0)
        state = dict(model.state_dict())
        for name, array in state.items():
            if array.ndim == 0:  # a count of batches
                continue
            if name.endswith("running_mean"):
                state[name] = rng.normal(0.0, 0.1, array.shape).astype(array.dtype)
            elif array.ndim == 1 and (array == 1).all():  # the scale of a norm, or its running variance
                state[name] = rng.uniform(0.8, 1.2, array.shape).astype(array.dtype)
            elif array.ndim == 1:
                state[name] = rng.normal(0.0, 0.05, array.shape).astype(array.dtype)
            elif not array.any():
                state[name] = rng.normal(0.0, array.shape[-2] ** -0.5, array.shape).astype(array.dtype)
        model.load_state_dict(state)
        return model

    def images(self) -> np.ndarray:
        """A batch (N, H, W, 3)."""
        return np.random.default_rng(1).standard_normal((self.batch, self.size, self.size, 3), np.float32)

    def labels(self) -> np.ndarray:
        """Labels (N, H, W) int64, which is what PyTorch wants."""
        return np.random.default_rng(2).integers(0, self.classes, (self.batch, self.size, self.size))
