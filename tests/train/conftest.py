"""A run so small that it also passes without compiled kernels."""

from __future__ import annotations

import pytest

TINY = {
    "data.source": "shapes",
    "data.shapes_size": 24,
    "data.shapes_counts": [5, 2, 1],
    "data.crop_size": 16,
    "data.batch_size": 2,
    "data.workers": 0,
    "model.base_channels": 2,
    "model.depth": 1,
    "train.steps": 6,
    "train.eval_every": 4,
    "train.checkpoint_every": 3,
}


@pytest.fixture
def tiny():
    """`tiny(**{"optim.lr": 1})`: the layers of a tiny run with a few settings changed."""
    from npseg.train import Layer

    def layers(**changes):
        return [Layer("tiny", {**TINY, **changes})]

    return layers
