"""Which algorithm a convolution runs by."""

from __future__ import annotations

import pytest

from npseg import config
from npseg.ops.conv_plan import Plan, costs, plan
from npseg.shapes import Window


def window(kernel=3, stride=1, padding=1, dilation=1) -> Window:
    return Window(kernel, kernel, stride, stride, padding, padding, dilation, dilation)


def chosen(images=4, size=64, channels=64, features=64, itemsize=4, **geometry) -> Plan:
    return plan(images, size, size, channels, features, window(**geometry), itemsize)


@pytest.fixture(autouse=True)
def _defaults():
    with config.use(conv_algorithm="auto", precision="fast"):
        yield


def test_wide_layers_take_large_tiles():
    assert chosen()[:2] == ("winograd", 4)


def test_few_channels_are_computed_directly():
    assert chosen(channels=3, features=32).algorithm == "direct"
    assert chosen(channels=1, features=1).algorithm == "direct"


@pytest.mark.parametrize("geometry", [{"kernel": 1, "padding": 0}, {"stride": 2}, {"kernel": 5, "padding": 2}])
def test_winograd_is_for_3x3_at_stride_1(geometry):
    for algorithm in ("auto", "winograd2", "winograd4"):
        with config.use(conv_algorithm=algorithm):
            assert chosen(**geometry).algorithm == "direct"


def test_dilation_is_no_obstacle():
    assert chosen(dilation=2, padding=2).algorithm == "winograd"


@pytest.mark.parametrize("algorithm, tile", [("winograd4", 4), ("winograd2", 2), ("direct", 0)])
def test_one_can_be_forced(algorithm, tile):
    with config.use(conv_algorithm=algorithm):
        assert chosen().tile == chosen(channels=2, features=2).tile == tile


def test_precise_forbids_winograd_even_when_it_is_forced():
    with config.use(precision="precise", conv_algorithm="winograd4"):
        assert chosen().algorithm == "direct"


def test_a_tile_hanging_over_counts_whole():
    """5 x 5 outputs need four tiles of 4 x 4, or nine of 2 x 2."""
    assert costs(1, 5, 5, 8, 16)[4] == costs(1, 8, 8, 8, 16)[4]
    assert costs(1, 5, 5, 8, 16)[2] == costs(1, 6, 6, 8, 16)[2] < costs(1, 8, 8, 8, 16)[2]


def test_heavy_weights_over_few_tiles_are_cut_by_panels():
    assert chosen(images=4, size=16, channels=512, features=512).by_panels
    assert not chosen(images=4, size=256, channels=32, features=32).by_panels


def test_few_pixels_under_heavy_weights_are_one_large_product():
    assert plan(1, 12, 12, 512, 4096, window(7, padding=3), 4).algorithm == "columns"
    assert plan(4, 64, 64, 512, 512, window(7, padding=3), 4).algorithm == "direct"


def test_no_images_no_winograd():
    assert chosen(images=0).algorithm == "direct"
