"""Small models of every kind learn a small scene from scratch."""

from __future__ import annotations

import numpy as np
import pytest

import npseg
from npseg import losses, optim


def scene():
    """Bright squares on dark ground, with noise; two images 32 x 32."""
    rng = np.random.default_rng(0)
    labels = np.zeros((2, 32, 32), np.int64)
    labels[0, 4:20, 6:22] = 1
    labels[1, 12:28, 2:18] = 1
    images = labels[..., None] + 0.3 * rng.standard_normal((2, 32, 32, 1))
    return images.astype(np.float32), labels


@pytest.mark.parametrize(
    "name, config, steps",
    [
        ("unet", {"base_channels": 4, "depth": 2}, 30),
        ("fcn8s", {"width": 1 / 16, "batch_norm": True, "dropout": 0.1, "fc_channels": 32}, 40),
    ],
)
def test_a_small_scene_is_learnt(name, config, steps):
    images, labels = scene()
    model = npseg.create_model(name, in_channels=1, seed=1, **config)
    optimiser = optim.AdamW(optim.decay_groups(model, 1e-4), lr=0.02)
    schedule = optim.cosine(steps, warmup_steps=3)
    criterion = losses.build(dice=1.0)
    for step in range(steps):
        model.set_step(step)
        optimiser.lr = 0.02 * schedule(step)
        loss = criterion(model(images), labels)
        model.zero_grad()
        loss.backward()
        optim.clip_grad_norm(model.parameters(), 5.0)
        optimiser.step()
    with npseg.no_grad():
        guess = model(images).data.argmax(-1)
    overlap = ((guess == 1) & (labels == 1)).sum() / ((guess == 1) | (labels == 1)).sum()
    assert overlap > 0.8
