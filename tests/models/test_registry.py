from __future__ import annotations

import json

import numpy as np
import pytest

import npseg
from npseg import models
from npseg.errors import ArgumentError, ConfigError

SMALL = {
    "unet": {"base_channels": 2, "depth": 2},
    "fcn32s": {"width": 1 / 64, "fc_channels": 4},
    "fcn16s": {"width": 1 / 64, "fc_channels": 4, "batch_norm": True},
    "fcn8s": {"width": 1 / 64, "fc_channels": 4},
}


def test_the_list_and_its_patterns():
    assert npseg.list_models() == ["fcn16s", "fcn32s", "fcn8s", "unet"]
    assert npseg.list_models("fcn?s") == ["fcn8s"]
    assert npseg.list_models("x*") == []


@pytest.mark.parametrize("name", SMALL)
def test_config_rebuilds_the_model_to_the_bit(name):
    model = npseg.create_model(name, in_channels=1, num_classes=5, seed=3, **SMALL[name])
    config = json.loads(json.dumps(model.config))
    assert config == model.config
    assert (config["name"], config["in_channels"], config["num_classes"], config["seed"]) == (name, 1, 5, 3)
    assert set(models.model_settings(name)) == set(config) - {"name", "in_channels", "num_classes", "seed"}
    twin = npseg.create_model(**config)
    assert twin.config == model.config
    for (path, a), (_, b) in zip(model.named_arrays(), twin.named_arrays()):
        assert a.tobytes() == b.tobytes(), path
    assert repr(model).startswith(f"{type(model).__name__}(in_channels=1, num_classes=5, ")


@pytest.mark.parametrize("name", SMALL)
def test_seeds_differ_and_dropout_knows_its_place(name):
    a, b = (npseg.create_model(name, seed=seed, **SMALL[name]) for seed in (0, 1))
    same = [n for (n, p), q in zip(a.named_parameters(), b.parameters()) if np.array_equal(p.data, q.data)]
    assert not any(n.startswith(("inc.double_conv.0", "conv1_1.weight", "fc6.weight")) for n in same)
    drops = [m for m in a.modules() if isinstance(m, npseg.nn.Dropout)]
    assert len({m.layer for m in drops}) == len(drops) == (0 if name == "unet" else 2)


def test_unknown_names_and_settings_come_with_near_matches():
    with pytest.raises(ConfigError, match="unknown model 'unett'; did you mean 'unet'"):
        npseg.create_model("unett")
    with pytest.raises(ConfigError, match="unet: unknown setting 'base_chanels'; did you mean 'base_channels'"):
        npseg.create_model("unet", base_chanels=3)
    with pytest.raises(ConfigError, match="known: batch_norm, dropout, fc_channels, width"):
        npseg.create_model("fcn8s", zzz=3)


@pytest.mark.parametrize(
    "name, config, message",
    [
        ("unet", {"base_channels": 0}, "base_channels is 0; expected an integer of at least 1"),
        ("unet", {"base_channels": "8"}, "base_channels is '8'"),
        ("unet", {"base_channels": True}, "base_channels is True"),
        ("unet", {"depth": 2.0}, r"depth is 2\.0"),
        ("unet", {"upsampling": "biliner"}, "upsampling is 'biliner'; did you mean 'bilinear'"),
        ("unet", {"skips": "yes"}, "skips is 'yes'; expected true or false"),
        ("unet", {"num_classes": 0}, "num_classes is 0"),
        ("unet", {"in_channels": -1}, "in_channels is -1"),
        ("fcn8s", {"width": 0}, "fcn8s: width is 0; expected a number"),
        ("fcn16s", {"dropout": 1}, r"fcn16s: dropout is 1; expected a number in \[0, 1\)"),
        ("fcn32s", {"fc_channels": 0}, "fc_channels is 0"),
        ("fcn32s", {"batch_norm": 1}, "batch_norm is 1"),
    ],
)
def test_values_out_of_range_are_worded(name, config, message):
    with pytest.raises(ConfigError, match=message):
        npseg.create_model(name, **config)


def test_a_model_of_ones_own_can_be_registered(monkeypatch):
    monkeypatch.setattr("npseg.models.registry._MODELS", {})

    @models.register_model("mine")
    class Mine(models.SegmentationModel):
        def __init__(self, in_channels=3, num_classes=2, *, bias=True, seed=0):
            self.config = {"name": "mine", "in_channels": in_channels, "num_classes": num_classes}
            self.head = npseg.nn.Conv2d(in_channels, num_classes, 1, bias=bias)

        def forward(self, images):
            return self.head(self.prepare(images))

    assert npseg.list_models() == ["mine"]
    assert npseg.create_model("mine", bias=False)(np.zeros((1, 2, 2, 3))).shape == (1, 2, 2, 2)
    with pytest.raises(ArgumentError, match="'mine' is already Mine"):
        models.register_model("mine")(Mine)
    with pytest.raises(ArgumentError, match="does not take in_channels, num_classes, seed"):
        models.register_model("other")(lambda: None)
