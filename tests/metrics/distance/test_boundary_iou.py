"""Boundary IoU against the definition pixel by pixel, and its laws and conventions."""

from __future__ import annotations

import math
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from npseg.errors import ArgumentError, MissingExtraError, ShapeError
from npseg.metrics import iou_score
from npseg.metrics.distance.boundary_iou import boundary_iou
from npseg.reference import distance as reference


@st.composite
def label_maps(draw, largest=7, axes=2):
    """Truth and prediction (H, W) of rectangles with some noise, ignored pixels, and the number of classes."""
    shape = tuple(draw(st.integers(1, largest)) for _ in range(axes))
    num_classes = draw(st.integers(1, 3))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    maps = []
    for _ in range(2):
        labels = np.zeros(shape, int)
        for label in range(1, num_classes):
            low, high = np.sort(rng.integers(0, np.add(shape, 1), (2, axes)), axis=0)
            labels[tuple(map(slice, low, high))] = label
        noise = rng.random(shape) < draw(st.sampled_from([0, 0.1, 1]))
        maps.append(np.where(noise, rng.integers(0, num_classes, shape), labels))
    return *maps, rng.random(shape) < draw(st.sampled_from([0, 0.3])), num_classes


@given(label_maps(), st.integers(1, 9), st.booleans())
def test_equals_the_definition(case, width, frame):
    truth, prediction, ignored, num_classes = case
    scores = boundary_iou(
        np.where(ignored, 255, truth).astype(np.uint8),
        np.where(ignored, -7, prediction),  # never looked at
        num_classes=num_classes,
        width=width,
        width_unit="pixels",
        frame=frame,
        ignore_index=255,
        average=None,
    )
    expected = [
        reference.boundary_iou(truth, prediction, ~ignored, label, (width, width), frame)
        for label in range(num_classes)
    ]
    np.testing.assert_allclose(scores, expected, rtol=1e-12)


SPACINGS = st.sampled_from([0.5, 0.7, 1.0, 2.0, 5.0])


@given(label_maps(4, axes=3), st.tuples(SPACINGS, SPACINGS, SPACINGS), st.data())
def test_volumes_equal_the_definition_under_any_spacing(case, spacing, data):
    truth, prediction, ignored, num_classes = case
    unit = data.draw(st.sampled_from(["pixels", "spacing", "diagonal"]))
    if unit == "pixels":
        width = data.draw(st.integers(1, 3))
        steps = (width,) * 3
    else:
        width = data.draw(st.sampled_from([0.1, 0.4, 1.0] if unit == "diagonal" else [0.2, 1.0, 2.5, 4.0]))
        length = width * (math.dist((0, 0, 0), np.multiply(truth.shape, spacing)) if unit == "diagonal" else 1)
        steps = tuple(max(1, round(length / step)) for step in spacing)
    options = {"num_classes": num_classes, "width": width, "width_unit": unit, "spacing": spacing}
    marked = np.where(ignored, 255, truth)
    scores = boundary_iou(marked, prediction, ignore_index=255, average=None, **options)
    expected = [reference.boundary_iou(truth, prediction, ~ignored, label, steps, True) for label in range(num_classes)]
    np.testing.assert_allclose(scores, expected, rtol=1e-12)
    batch = boundary_iou(np.stack([marked] * 2), np.stack([prediction] * 2), ignore_index=255, average=None, **options)
    np.testing.assert_array_equal(scores, batch)


@given(label_maps(), st.integers(1, 3))
def test_a_plane_s_spacing_of_one_changes_nothing(case, width):
    truth, prediction, _, num_classes = case
    for unit, size in (("pixels", width), ("diagonal", 0.1 * width)):
        options = {"num_classes": num_classes, "width": size, "width_unit": unit, "average": None}
        plain = boundary_iou(truth, prediction, **options)
        np.testing.assert_array_equal(plain, boundary_iou(truth, prediction, spacing=(1, 1), **options))
    np.testing.assert_array_equal(
        boundary_iou(truth, prediction, num_classes=num_classes, width=width, width_unit="pixels", average=None),
        boundary_iou(
            truth, prediction, num_classes=num_classes, width=2.5 * width, width_unit="spacing", spacing=2.5,
            average=None,
        ),
    )  # fmt: skip


@given(label_maps(), st.floats(0.01, 1))
def test_width_of_a_share_of_the_diagonal_is_rounded_and_at_least_1(case, share):
    truth, prediction, _, num_classes = case
    pixels = max(1, round(share * math.hypot(*truth.shape)))
    options = {"num_classes": num_classes, "average": None}
    np.testing.assert_array_equal(
        boundary_iou(truth, prediction, width=share, **options),
        boundary_iou(truth, prediction, width=pixels, width_unit="pixels", **options),
    )


@given(label_maps(), st.integers(1, 3), st.booleans())
def test_laws_of_symmetry_transposition_and_range(case, width, frame):
    truth, prediction, _, num_classes = case
    options = {
        "num_classes": num_classes, "width": width, "width_unit": "pixels", "frame": frame, "average": None
    }  # fmt: skip
    scores = boundary_iou(truth, prediction, **options)
    assert (np.isnan(scores) | ((scores >= 0) & (scores <= 1))).all()
    np.testing.assert_array_equal(scores, boundary_iou(prediction, truth, **options))
    np.testing.assert_array_equal(scores, boundary_iou(truth.T, prediction.T, **options))
    np.testing.assert_array_equal(scores, boundary_iou(truth[::-1], prediction[::-1], **options))
    perfect = boundary_iou(truth, truth, **options)
    assert set(perfect[~np.isnan(perfect)].tolist()) <= {1.0}


@given(label_maps())
def test_a_band_as_wide_as_the_object_gives_the_iou(case):
    truth, prediction, _, num_classes = case
    scores = boundary_iou(truth, prediction, num_classes=num_classes, width=99, width_unit="pixels", average=None)
    np.testing.assert_array_equal(scores, iou_score(truth, prediction, num_classes=num_classes, average=None))


@given(label_maps(), st.integers(1, 3))
def test_padding_with_background_keeps_the_scores_of_objects_off_the_frame(case, width):
    truth, prediction, _, num_classes = case
    options = {"num_classes": num_classes, "width": width, "width_unit": "pixels", "average": None}
    once, twice = ([np.pad(labels, n) for labels in (truth, prediction)] for n in (1, 5))
    np.testing.assert_array_equal(boundary_iou(*once, **options)[1:], boundary_iou(*twice, **options)[1:])


def test_the_relative_width_moves_with_padding():
    truth, prediction = np.zeros((40, 40), int), np.zeros((40, 40), int)
    truth[10:30, 10:30], prediction[11:31, 10:30] = 1, 1
    padded = [np.pad(labels, 100) for labels in (truth, prediction)]
    scores = [boundary_iou(*maps, num_classes=2, average=None)[1] for maps in ((truth, prediction), padded)]
    assert scores[0] < scores[1] - 0.2


def test_correcting_a_pixel_can_lower_the_score():
    """Not a law: a hole in the wrong place has a rim that partly is the right one; filled, there is no rim."""
    truth, prediction = np.ones((2, 11, 11), int)
    truth[5, 5] = prediction[5, 6] = 0
    options = {"num_classes": 2, "width": 1, "width_unit": "pixels", "average": None}
    # Along the frame are 40 pixels, around a hole 8, of which 4 are around both.
    assert boundary_iou(truth, prediction, **options)[1] == (40 + 4) / (48 + 48 - 44)
    prediction[5, 6] = 1
    assert boundary_iou(truth, prediction, **options)[1] == 40 / 48


def test_the_frame_counts_unless_told_otherwise():
    truth, prediction = np.ones((5, 5), int), np.ones((5, 5), int)
    prediction[2, 2] = 0
    options = {"num_classes": 2, "width": 1, "width_unit": "pixels", "average": None}
    # The true band is the frame of 16 pixels; the predicted one also the eight around the hole.
    np.testing.assert_allclose(boundary_iou(truth, prediction, **options), [0, 16 / 24])
    np.testing.assert_allclose(boundary_iou(truth, prediction, frame=False, **options), [0, 0])
    np.testing.assert_allclose(boundary_iou(truth, truth, frame=False, **options), [np.nan, np.nan])


def test_counts_are_pooled_over_images_and_a_missed_object_is_0():
    maps = np.zeros((2, 6, 6), int)
    maps[0, 2:4, 2:4], maps[1, 1:3, 1:3] = 1, 1
    missed = maps.copy()
    missed[1] = 0
    options = {"num_classes": 3, "width": 1, "width_unit": "pixels", "average": None}
    np.testing.assert_allclose(boundary_iou(maps, missed, **options)[1:], [0.5, np.nan])
    np.testing.assert_allclose(boundary_iou(maps[1], missed[1], **options)[1:], [0, np.nan])
    for nothing in (maps[:0], maps[:, :0], maps[:, :, :0], maps[0, :0]):
        assert math.isnan(boundary_iou(nothing, nothing, num_classes=2))


def test_bad_arguments_are_worded(monkeypatch):
    labels = np.zeros((2, 3), int)
    for width in (0, 0.5, 1.5, -1, math.nan, True, "2"):
        with pytest.raises(ArgumentError, match=r"boundary_iou: width is .*a whole number of pixels"):
            boundary_iou(labels, labels, num_classes=1, width=width, width_unit="pixels")
    with pytest.raises(ArgumentError, match=r"width is 3; as a share of the diagonal .*width_unit='pixels'"):
        boundary_iou(labels, labels, num_classes=1, width=3)
    for width in (0, -1, math.inf, math.nan, True, "2"):
        with pytest.raises(ArgumentError, match=r"width is .*; it is a length in the unit of the spacing, above 0"):
            boundary_iou(labels, labels, num_classes=1, width=width, width_unit="spacing", spacing=2)
    with pytest.raises(ArgumentError, match="width is True; as a share of the diagonal"):
        boundary_iou(labels, labels, num_classes=1, width=True)
    with pytest.raises(ShapeError, match=r"\(2, 3\), expected \(D, H, W\) or \(N, D, H, W\)"):
        boundary_iou(labels, labels, num_classes=1, spacing=(1, 1, 1))
    with pytest.raises(ArgumentError, match=r"spacing is \(1, 0\); it must be a positive number"):
        boundary_iou(labels, labels, num_classes=1, spacing=(1, 0))
    with pytest.raises(ArgumentError, match="width_unit is 'mm'"):
        boundary_iou(labels, labels, num_classes=1, width_unit="mm")
    with pytest.raises(ArgumentError, match="average is 'micro'"):
        boundary_iou(labels, labels, num_classes=1, average="micro")
    with pytest.raises(ArgumentError, match="boundary_iou: y_true holds labels from 2 to 2, expected 0 to 0"):
        boundary_iou(labels + 2, labels, num_classes=1)
    with pytest.raises(ShapeError, match=r"\(2, 3\), y_pred has \(3, 2\)"):
        boundary_iou(labels, labels.T, num_classes=1)
    monkeypatch.setitem(sys.modules, "scipy.ndimage", None)
    with pytest.raises(MissingExtraError, match=r"boundary_iou: needs SciPy .*pip install scipy"):
        boundary_iou(labels, labels, num_classes=1)
