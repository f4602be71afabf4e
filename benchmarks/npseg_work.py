"""npseg's own share of the speed benchmark: a training step and an inference pass."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from subjects import Subject


def train(**subject: Any) -> Callable[[], float]:
    """A step of cross-entropy with Adam, or for FCN with SGD; returns its loss."""
    import npseg

    work = Subject(**subject)
    model = work.build().train()
    optimizer: Any
    if work.model == "unet":
        optimizer = npseg.optim.Adam(model.parameters(), lr=1e-3)
    else:
        optimizer = npseg.optim.SGD(model.parameters(), lr=1e-3, momentum=0.9)
    images, labels = work.images(), work.labels()

    def step() -> float:
        optimizer.zero_grad()
        loss = npseg.losses.cross_entropy(model(npseg.Tensor(images)), labels)
        loss.backward()
        optimizer.step()
        return float(loss.item())

    return step


def infer(**subject: Any) -> Callable[[], np.ndarray]:
    """Logits (N, H, W, K) of a batch, by the model made ready for inference."""
    from npseg import infer

    work = Subject(**subject)
    model = work.build().eval()
    images = work.images()
    # `compile` folds the norms and transforms the weights once; a version without it runs the model as it is.
    run = infer.compile(model) if hasattr(infer, "compile") else infer.Predictor(model).logits
    return lambda: run(images)
