"""Modules with weights, against PyTorch's of the same name."""

from __future__ import annotations

import numpy as np
import pytest

from npseg import nn
from npseg.interop import load_torch, torch_state_dict

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.torch

LAYERS = {
    "conv": (
        lambda: nn.Conv2d(4, 6, 3, stride=2, padding=1, groups=2),
        lambda: torch.nn.Conv2d(4, 6, 3, stride=2, padding=1, groups=2),
    ),
    "conv_transpose": (
        lambda: nn.ConvTranspose2d(4, 6, 3, stride=2, padding=1, output_padding=1, groups=2),
        lambda: torch.nn.ConvTranspose2d(4, 6, 3, stride=2, padding=1, output_padding=1, groups=2),
    ),
    "batch_norm": (lambda: nn.BatchNorm2d(4), lambda: torch.nn.BatchNorm2d(4)),
    "group_norm": (lambda: nn.GroupNorm(2, 4), lambda: torch.nn.GroupNorm(2, 4)),
}


@pytest.mark.parametrize("case", LAYERS)
def test_weights_travel_both_ways_and_outputs_agree(case):
    ours, theirs = (make() for make in LAYERS[case])
    ours.to(np.float64)
    theirs.double()
    for p in theirs.parameters():
        torch.nn.init.normal_(p)
    load_torch(ours, theirs.state_dict())
    x = np.random.default_rng(0).standard_normal((2, 5, 6, 4))
    for _ in range(2):  # the second time with running averages that have moved
        y = theirs(torch.from_numpy(x.transpose(0, 3, 1, 2))).detach().numpy().transpose(0, 2, 3, 1)
        np.testing.assert_allclose(ours(x).data, y, rtol=1e-10, atol=1e-12)
    exported = torch_state_dict(ours)
    assert list(exported) == list(theirs.state_dict())
    for name, tensor in theirs.state_dict().items():
        np.testing.assert_allclose(exported[name], tensor.numpy(), rtol=1e-10)
    theirs.load_state_dict({name: torch.from_numpy(a) for name, a in exported.items()})


def test_linear_weights_are_transposed():
    ours, theirs = nn.Linear(4, 3), torch.nn.Linear(4, 3)
    load_torch(ours, theirs.state_dict())
    x = np.random.default_rng(0).standard_normal((5, 4)).astype(np.float32)
    np.testing.assert_allclose(ours(x).data, theirs(torch.from_numpy(x)).detach().numpy(), atol=1e-6)
