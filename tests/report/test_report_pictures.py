"""Pictures and charts of a report, and the reading of its history."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from npseg.errors import ShapeError
from npseg.report import Curve, Legend, read_history
from npseg.report.charts import line_chart
from npseg.report.pictures import IGNORED, WRONG, colour_labels, displayable, encode_png, error_map


@pytest.fixture
def legend():
    return Legend(["a", "b"], np.array([[1, 2, 3], [40, 50, 60]], np.uint8), 255)


@pytest.mark.parametrize(
    "dtype, low, high",
    [(np.uint16, 1000, 5000), (np.float32, -2.0, 7.5), (np.int16, -300, 300), (bool, 0, 1)],
)
def test_other_types_are_stretched_over_the_whole_range(dtype, low, high):
    image = np.array([[low, high]] * 2, dtype)
    assert displayable(image).tolist() == [[[0] * 3, [255] * 3]] * 2


def test_channels_become_grey_or_colour():
    image = np.arange(8, dtype=np.uint8).reshape(1, 2, 4)
    assert displayable(image).tolist() == [[[0, 1, 2], [4, 5, 6]]]
    assert displayable(image[..., :2]).tolist() == [[[0, 0, 0], [4, 4, 4]]]


def test_flat_outlying_and_broken_values_do_no_harm():
    assert displayable(np.full((2, 2), 7.0)).max() == 0
    rare = np.zeros((100, 100))
    rare[0, 0] = 1.0  # above the 99.8th percentile, all else equal
    assert displayable(rare)[0, 0, 0] == 255
    broken = displayable(np.array([[np.nan, 0.0, 1.0, np.inf, -np.inf]]))
    assert broken[0, :, 0].tolist() == [0, 0, 255, 255, 0]
    assert displayable(np.full((1, 1), np.nan)).tolist() == [[[0, 0, 0]]]


def test_label_maps_show_classes_and_grey_for_all_else(legend):
    coloured = colour_labels(np.array([[0, 1], [255, -1]]), legend)
    assert coloured.tolist() == [[[1, 2, 3], [40, 50, 60]], [IGNORED.tolist()] * 2]


def test_ignore_value_among_the_classes_is_grey_too(legend):
    ignoring_0 = Legend(legend.names, legend.palette, 0)
    assert colour_labels(np.array([[0]]), ignoring_0)[0, 0].tolist() == IGNORED.tolist()


def test_error_map_marks_wrong_and_ignored():
    image = np.full((1, 4, 3), [200, 100, 0], np.uint8)
    errors = error_map(image, np.array([[0, 1, 255, 255]]), np.array([[0, 0, 255, 1]]), 255)
    assert errors[0].tolist() == [[40] * 3, WRONG.tolist(), IGNORED.tolist(), IGNORED.tolist()]
    unignored = error_map(image, np.array([[0, 1, 255, 255]]), np.array([[0, 0, 255, 1]]), None)
    assert unignored[0, 2:].tolist() == [[40] * 3, WRONG.tolist()]


def test_wrong_shapes_are_worded(legend):
    with pytest.raises(ShapeError, match=r"image has shape \(2, 2, 3, 1\)"):
        displayable(np.zeros((2, 2, 3, 1)))
    with pytest.raises(ShapeError, match=r"label map has shape \(2,\)"):
        colour_labels(np.zeros(2, int), legend)
    with pytest.raises(ShapeError, match=r"mask has shape \(1, 2, 2\)"):
        error_map(np.zeros((2, 2)), np.zeros((1, 2, 2), int), np.zeros((2, 2), int), None)


def test_png_keeps_small_pictures_and_shrinks_large_ones():
    rng = np.random.default_rng(0)
    small = rng.integers(0, 256, (5, 7, 3)).astype(np.uint8)
    np.testing.assert_array_equal(np.asarray(Image.open(io.BytesIO(encode_png(small)))), small)
    large = np.zeros((100, 1000, 3), np.uint8)
    large[:, 500:] = 255
    shrunk = np.asarray(Image.open(io.BytesIO(encode_png(large))))
    assert shrunk.shape == (48, 480, 3)
    assert set(np.unique(shrunk)) == {0, 255}  # no colour between two classes


def test_chart_says_in_words_what_it_shows():
    chart = line_chart("Loss", {"a": Curve([1, 2], [0.5, 0.25]), "_b": Curve([], [])})
    assert chart.text == "Loss over training steps: a ends at 0.25"
    assert line_chart("Loss", {"a": Curve([1], [np.nan])}).text.endswith("no values")


def test_chart_is_drawn_for_light_and_dark_on_a_transparent_ground():
    curves = {"a": Curve(range(100), np.linspace(1, -1, 100)), "b": Curve([0, 50], [0, 1])}
    chart = line_chart("Loss", curves, smooth=True, level=("base", 0.2))
    light, dark = (np.asarray(Image.open(io.BytesIO(png)).convert("RGBA")) for png in (chart.light, chart.dark))
    assert light[0, 0, 3] == dark[0, 0, 3] == 0
    opaque_light, opaque_dark = light[light[..., 3] == 255], dark[dark[..., 3] == 255]
    assert opaque_light[:, :3].mean() < opaque_dark[:, :3].mean()


def test_history_is_read_up_to_the_break(tmp_path):
    path = tmp_path / "metrics.jsonl"
    assert read_history(path) == []
    path.write_text('{"step": 1, "loss": 0.5}\n\n[1]\n{"step": 2, "loss": NaN}\n{"step": 3, "lo')
    first, second = read_history(path)
    assert first == {"step": 1, "loss": 0.5}
    assert second["step"] == 2
