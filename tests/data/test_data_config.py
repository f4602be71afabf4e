from __future__ import annotations

import dataclasses

import pytest

from npseg.data import AugmentConfig, DataConfig
from npseg.errors import ConfigError


@pytest.mark.parametrize(
    "settings, words",
    [
        ({"scaling": "ranges"}, "did you mean 'range'"),
        ({"sampling": "class"}, "data.sampling"),
        ({"channels": "gray"}, "did you mean 'grey'"),
        ({"batch_size": 0}, "data.batch_size must be at least 1, got 0"),
        ({"percentiles": (99.0, 1.0)}, "data.percentiles"),
        ({"percentiles": (1.0,)}, "two numbers"),
        ({"splits": (0.5, 0.2, 0.2)}, "sum to 1"),
        ({"rare_crop": 1.5}, "probability"),
        ({"workers": -1}, "data.workers"),
        ({"shapes_counts": (1, 2)}, "three counts"),
        ({"shapes_size": 4}, "at least 16"),
    ],
)
def test_data_settings_out_of_range_are_named(settings, words):
    with pytest.raises(ConfigError, match=words):
        DataConfig(**settings)


@pytest.mark.parametrize(
    "settings, words",
    [
        ({"scale": (2.0, 1.0)}, "augment.scale"),
        ({"scale": (0.0, 1.0)}, "augment.scale"),
        ({"rotate": 200.0}, "augment.rotate"),
        ({"noise": -0.1}, "augment.noise"),
        ({"contrast": 1.0}, "augment.contrast"),
        ({"gamma": -0.5}, "augment.gamma"),
    ],
)
def test_augment_settings_out_of_range_are_named(settings, words):
    with pytest.raises(ConfigError, match=words):
        AugmentConfig(**settings)


def test_lists_as_from_toml_become_tuples():
    config = DataConfig(splits=[0.8, 0.2, 0.0], classes=["a", "b"])
    assert config.splits == (0.8, 0.2, 0.0)
    assert config == DataConfig(**dataclasses.asdict(config))
    assert DataConfig(mask_values=[0, 1, 2]) == DataConfig(mask_values="0,1,2")
    assert AugmentConfig(scale=[0.5, 2.0]).scale == (0.5, 2.0)
