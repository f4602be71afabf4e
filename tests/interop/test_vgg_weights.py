"""torchvision's VGG-16 classifiers become FCN backbones."""

from __future__ import annotations

import numpy as np
import pytest

import npseg
from npseg.errors import CheckpointError
from npseg.interop import load_torch, torch_state_dict

# Position of each convolution in torchvision's list, without and with batch norm.
PLAIN = [0, 2, 5, 7, 10, 12, 14, 17, 19, 21, 24, 26, 28]
NORMED = [0, 3, 7, 10, 14, 17, 20, 24, 27, 30, 34, 37, 40]
NAMES = ["1_1", "1_2", "2_1", "2_2", "3_1", "3_2", "3_3", "4_1", "4_2", "4_3", "5_1", "5_2", "5_3"]


def classifier(fcn, norm):
    """A torchvision-like state dict with the values of an FCN's backbone."""
    ours = torch_state_dict(fcn)
    state = {}
    for index, name in zip(NORMED if norm else PLAIN, NAMES):
        state[f"features.{index}.weight"] = ours[f"conv{name}.weight"]
        if norm:
            # Theirs has a bias in front of the norm, which shifts what the norm gets to see.
            bias = np.float32(index) * np.ones_like(ours[f"bn{name}.bias"])
            state[f"features.{index}.bias"] = bias
            for leaf in ("weight", "bias", "running_mean", "running_var", "num_batches_tracked"):
                state[f"features.{index + 1}.{leaf}"] = ours[f"bn{name}.{leaf}"]
            state[f"features.{index + 1}.running_mean"] = ours[f"bn{name}.running_mean"] + bias
        else:
            state[f"features.{index}.bias"] = ours[f"conv{name}.bias"]
    for head, name in (("classifier.0", "fc6"), ("classifier.3", "fc7")):
        state[f"{head}.weight"] = ours[f"{name}.weight"].reshape(ours[f"{name}.weight"].shape[0], -1)
        state[f"{head}.bias"] = ours[f"{name}.bias"]
    state |= {"classifier.6.weight": np.zeros((1000, 8), np.float32), "classifier.6.bias": np.zeros(1000)}
    return state


def fcn(norm, seed, **config):
    return npseg.create_model("fcn8s", width=1 / 32, batch_norm=norm, seed=seed, **config)


@pytest.mark.parametrize("norm", [False, True])
def test_backbone_and_heads_load(norm):
    source, target = fcn(norm, 1), fcn(norm, 2)
    for module in source.modules():
        if isinstance(module, npseg.nn.BatchNorm2d):
            module.running_mean = module.running_mean + 0.5
    match = load_torch(target, classifier(source, norm))
    assert {name.split(".")[0] for name in match.missing} == {
        "score_fr", "score_pool3", "score_pool4", "upscore2", "upscore_pool4", "upscore8"
    }  # fmt: skip
    assert match.unexpected == ()
    loaded, wanted = target.state_dict(), source.state_dict()
    for name in wanted:
        if name not in match.missing:
            np.testing.assert_array_equal(loaded[name], wanted[name], err_msg=name)


def test_heads_of_another_size_are_left_out():
    target = fcn(False, 2, fc_channels=5)
    match = load_torch(target, classifier(fcn(False, 1), False))
    assert "fc6.weight" in match.missing


def test_norms_without_a_place_are_unexpected():
    with pytest.raises(CheckpointError, match="unexpected"):
        load_torch(fcn(False, 2), classifier(fcn(True, 1), True))
    with pytest.raises(CheckpointError, match=r"bn1_1\.weight"):
        load_torch(fcn(True, 2), classifier(fcn(False, 1), False))
