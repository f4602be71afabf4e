"""Trimap IoU against the definition pixel by pixel, and its conventions."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from npseg.errors import ArgumentError
from npseg.metrics import iou_score
from npseg.metrics.distance.trimap import trimap_iou
from npseg.reference import distance as reference


@given(
    st.tuples(st.integers(1, 7), st.integers(1, 8)),
    st.integers(1, 3),
    st.integers(1, 9),
    st.sampled_from([0, 0.05, 0.4]),
    st.integers(0, 2**32 - 1),
)
def test_equals_the_definition(shape, num_classes, width, share, seed):
    rng = np.random.default_rng(seed)
    truth, prediction = np.sort(rng.integers(0, num_classes, (2, *shape)), axis=2)
    ignored = rng.random(shape) < share
    scores = trimap_iou(
        np.where(ignored, 255, truth).astype(np.uint8),
        np.where(ignored, -7, prediction),  # never looked at
        num_classes=num_classes,
        width=width,
        average=None,
    )
    expected = [reference.trimap_iou(truth, prediction, ignored, label, (width, width)) for label in range(num_classes)]
    np.testing.assert_allclose(scores, expected, rtol=1e-12)


@given(
    st.tuples(*[st.integers(1, 4)] * 3),
    st.tuples(*[st.sampled_from([0.5, 0.7, 1.0, 3.0])] * 3),
    st.sampled_from([0.2, 1, 2.1, 4]),
    st.sampled_from([0, 0.3]),
    st.integers(0, 2**32 - 1),
)
def test_volumes_equal_the_definition_under_any_spacing(shape, spacing, width, share, seed):
    rng = np.random.default_rng(seed)
    truth, prediction = np.sort(rng.integers(0, 3, (2, *shape)), axis=2)
    ignored = rng.random(shape) < share
    options = {"num_classes": 3, "width": width, "spacing": spacing, "average": None}
    marked = np.where(ignored, 255, truth)
    scores = trimap_iou(marked, prediction, **options)
    steps = tuple(max(1, round(width / step)) for step in spacing)
    expected = [reference.trimap_iou(truth, prediction, ignored, label, steps) for label in range(3)]
    np.testing.assert_allclose(scores, expected, rtol=1e-12)
    pooled = trimap_iou(np.stack([marked] * 2), np.stack([prediction] * 2), **options)
    np.testing.assert_array_equal(scores, pooled)


@given(st.integers(2, 4), st.integers(1, 3), st.integers(0, 2**32 - 1))
def test_transposing_and_flipping_changes_nothing(num_classes, width, seed):
    truth, prediction = np.random.default_rng(seed).integers(0, num_classes, (2, 5, 9)) // 2 * 2
    options = {"num_classes": num_classes, "width": width, "average": None}
    scores = trimap_iou(truth, prediction, **options)
    np.testing.assert_array_equal(scores, trimap_iou(truth.T, prediction.T, **options))
    np.testing.assert_array_equal(scores, trimap_iou(truth[:, ::-1], prediction[:, ::-1], **options))


def test_a_wide_band_gives_the_iou_and_a_map_without_contour_has_no_score():
    truth, prediction = np.random.default_rng(1).integers(0, 3, (2, 8, 9))
    assert trimap_iou(truth, prediction, num_classes=3, width=9) == iou_score(truth, prediction, num_classes=3)
    assert math.isnan(trimap_iou(np.zeros((4, 4), int), np.ones((4, 4), int), num_classes=2, width=2))
    for shape in ((0, 4), (2, 0, 4), (0, 4, 4)):
        assert math.isnan(trimap_iou(np.zeros(shape, int), np.zeros(shape, int), num_classes=2, width=2))


def test_only_pixels_near_a_true_contour_count():
    truth = np.zeros((1, 12), int)
    truth[0, 6:] = 1
    prediction = truth.copy()
    prediction[0, [0, 11]] = 1, 0  # far off
    assert trimap_iou(truth, prediction, num_classes=2, width=3) == 1
    prediction[0, 4] = 1
    assert trimap_iou(truth, prediction, num_classes=2, width=1) == 1
    np.testing.assert_allclose(trimap_iou(truth, prediction, num_classes=2, width=2, average=None), [1 / 2, 2 / 3])


def test_the_rim_of_an_ignored_area_is_a_contour():
    truth = np.zeros((5, 9), int)
    truth[:, 4] = 255
    prediction = np.zeros((5, 9), int)
    prediction[:, :3] = 1
    assert trimap_iou(truth, prediction, num_classes=2, width=1, average=None)[0] == 1
    assert trimap_iou(truth, prediction, num_classes=2, width=2, average=None)[0] == 0.75
    # Without an ignore value that would be a label out of range.
    with pytest.raises(ArgumentError, match="y_true holds labels from 0 to 255, expected 0 to 1"):
        trimap_iou(truth, prediction, num_classes=2, width=1, ignore_index=None)


def test_images_are_pooled():
    truth = np.zeros((2, 1, 4), int)
    truth[:, 0, 2:] = 1
    prediction = truth.copy()
    prediction[1] = 0
    scores = trimap_iou(truth, prediction, num_classes=2, width=1, average=None)
    np.testing.assert_allclose(scores, [2 / 3, 1 / 2])


def test_bad_arguments_are_worded():
    labels = np.zeros((2, 3), int)
    with pytest.raises(ArgumentError, match="trimap_iou: width is 0; it is a whole number of pixels, at least 1"):
        trimap_iou(labels, labels, num_classes=1, width=0)
    with pytest.raises(ArgumentError, match="average is 'micro'"):
        trimap_iou(labels, labels, num_classes=1, width=1, average="micro")
