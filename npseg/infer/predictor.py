"""A trained model as a function of NumPy arrays."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from npseg.arrays import as_numpy
from npseg.errors import ShapeError
from npseg.infer.compiled import compile

__all__ = ["Predictor"]


class Predictor:
    """Runs a model on images, in eval mode (see `compile`), and leaves it in the mode it had.

    `scale` prepares one image `(H, W, C)` for the model, as the training did (`Intensity.apply`); without it the
    images go in as they are.

    >>> from npseg import nn
    >>> class Threshold(nn.Module):  # stands for a model of two classes on grey images
    ...     def forward(self, images): return np.concatenate([0.5 - images, images - 0.5], axis=-1)
    >>> Predictor(Threshold()).labels(np.array([[[0.1], [0.9]]], np.float32))
    array([[0, 1]], dtype=int32)
    """

    def __init__(self, model: Any, scale: Callable[[np.ndarray], np.ndarray] | None = None) -> None:
        self.model = model
        self.scale = scale
        self._compiled = compile(model)

    def logits(self, images: Any) -> np.ndarray:
        """Scores before the softmax: `(N, H, W, C)` -> `(N, H, W, K)`, or one image `(H, W, C)` -> `(H, W, K)`.

        Images of any size and number type; they are cast to the type of the model's parameters. Of a model with
        auxiliary heads, the main output is taken. Raises `ShapeError` for other shapes and channel counts.
        """
        images = as_numpy(images, name="images")
        if images.ndim not in (3, 4) or 0 in images.shape:
            raise ShapeError(
                f"Predictor: expected images (N, H, W, C) or one image (H, W, C), none of them empty, got shape "
                f"{images.shape}; add the channel axis of grey images with images[..., None]"
            )
        batch = images[None] if images.ndim == 3 else images
        if self.scale is not None:
            batch = np.stack([self.scale(image) for image in batch])
        self._require_channels(batch)
        logits = self._run(np.ascontiguousarray(batch, dtype=self._dtype()))
        return logits[0] if images.ndim == 3 else logits

    def labels(self, images: Any) -> np.ndarray:
        """The class with the highest score: int32 `(N, H, W)`, or `(H, W)` for one image."""
        return self.logits(images).argmax(axis=-1).astype(np.int32)

    def _run(self, batch: np.ndarray) -> np.ndarray:
        output = self._compiled(batch)
        return output["out"] if isinstance(output, dict) else output

    def _dtype(self) -> np.dtype:
        first = next(iter(self.model.parameters()), None)
        return np.dtype(np.float32) if first is None else np.dtype(first.dtype)

    def _require_channels(self, batch: np.ndarray) -> None:
        config = getattr(self.model, "config", None) or {}
        wanted = config.get("in_channels")
        if wanted is not None and batch.shape[-1] != wanted:
            raise ShapeError(
                f"Predictor: the model takes {wanted}-channel images, got {batch.shape[-1]}-channel ones "
                f"(shape {batch.shape}, channels last); convert the images, or train on such images"
            )
