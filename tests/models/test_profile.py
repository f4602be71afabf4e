from __future__ import annotations

import numpy as np
import pytest

import npseg
from npseg.models import SegmentationModel, profile


class Two(SegmentationModel):
    """A convolution and a transposed one: the costs can be counted by hand."""

    def __init__(self):
        self.config = {"name": "two", "in_channels": 2, "num_classes": 3}
        self.down = npseg.nn.Conv2d(2, 4, 3, stride=2, padding=1, groups=2)
        self.norm = npseg.nn.BatchNorm2d(4)
        self.up = npseg.nn.ConvTranspose2d(4, 3, 2, stride=2)
        self.head = npseg.nn.Linear(3, 3)

    def forward(self, images):
        return self.head(self.up(self.norm(self.down(self.prepare(images)))))


def test_counts_are_those_of_a_pencil():
    model = Two()
    p = profile(model, 6, 8)
    assert (p.height, p.width) == (6, 8)
    assert p.parameters == (9 * 1 * 4 + 4) + 8 + (4 * 3 * 4 + 3) + (9 + 3)
    assert p.parameter_bytes == 4 * p.parameters
    assert p.flops == 2 * (3 * 4 * 4) * 9 * 1 + 2 * (3 * 4 * 4) * 4 * 3 + 2 * (6 * 8 * 3) * 3
    assert p.activation_bytes == 4 * (2 * 3 * 4 * 4 + 2 * 6 * 8 * 3)
    assert model.training
    assert model.norm.num_batches_tracked == 0


def test_the_mode_of_each_module_is_restored_even_after_an_error():
    model = Two()
    model.norm.eval()
    with pytest.raises(npseg.errors.ShapeError):
        profile(model, 0, 8)
    assert model.training
    assert model.up.training
    assert not model.norm.training


def test_flops_of_the_unet_grow_with_the_area():
    model = npseg.create_model("unet", base_channels=2, depth=2)
    assert profile(model, 16, 32).flops == 2 * profile(model, 16, 16).flops
    assert all(np.isfinite(v) and v > 0 for v in vars(profile(model, 16, 16)).values())
