"""Boundary F1 against distances taken pixel by pixel, and its conventions."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from npseg.errors import ArgumentError, ShapeError
from npseg.metrics import boundary_f1
from npseg.reference import distance as reference


@given(
    st.tuples(st.integers(1, 6), st.integers(1, 7)),
    st.integers(1, 3),
    st.sampled_from([0, 1, 1.5, 2]),
    st.floats(0, 0.6),
    st.integers(0, 2**32 - 1),
)
def test_equals_distances_between_all_points(shape, num_classes, tolerance, ignored, seed):
    rng = np.random.default_rng(seed)
    truth, prediction = rng.integers(0, num_classes, (2, *shape))
    ignore = rng.random(shape) < ignored
    scores = boundary_f1(
        np.where(ignore, 255, truth),
        np.where(ignore, -7, prediction),  # never looked at
        num_classes=num_classes,
        tolerance=tolerance,
        ignore_index=255,
        average=None,
    )
    expected = [
        reference.boundary_f1(truth, prediction, ~ignore, label, tolerance, (1, 1)) for label in range(num_classes)
    ]
    np.testing.assert_allclose(scores, expected, rtol=1e-12)


@given(
    st.tuples(*[st.integers(1, 4)] * 3),
    st.tuples(*[st.sampled_from([0.5, 0.7, 1.0, 3.0])] * 3),
    st.integers(1, 3),
    st.sampled_from([0, 0.7, 1, 2.1, 3]),
    st.sampled_from([0, 0.3]),
    st.integers(0, 2**32 - 1),
)
def test_volumes_equal_the_definition_under_any_spacing(shape, spacing, num_classes, tolerance, share, seed):
    rng = np.random.default_rng(seed)
    truth, prediction = rng.integers(0, num_classes, (2, *shape))
    ignore = rng.random(shape) < share
    options = {"num_classes": num_classes, "tolerance": tolerance, "ignore_index": 255, "average": None}
    marked = np.where(ignore, 255, truth)
    scores = boundary_f1(marked, prediction, spacing=spacing, **options)
    expected = [
        reference.boundary_f1(truth, prediction, ~ignore, label, tolerance, spacing) for label in range(num_classes)
    ]
    np.testing.assert_allclose(scores, expected, rtol=1e-12)
    batch = boundary_f1(marked[None], prediction[None], spacing=spacing, **options)
    np.testing.assert_array_equal(batch, scores[None])


def test_a_multiple_of_the_spacing_is_within_a_tolerance_as_large():
    truth, prediction = np.zeros((1, 9), int), np.zeros((1, 9), int)
    truth[:, 5:], prediction[:, 2:] = 1, 1
    assert boundary_f1(truth, prediction, num_classes=2, tolerance=0.3, spacing=0.1) == 1  # 3 x 0.1 > 0.3 in floats
    assert boundary_f1(truth, prediction, num_classes=2, tolerance=0.29, spacing=0.1) == 0


@given(st.integers(2, 3), st.integers(0, 2**32 - 1))
def test_laws_of_symmetry_transposition_and_tolerance(num_classes, seed):
    truth, prediction = np.random.default_rng(seed).integers(0, num_classes, (2, 5, 7))
    options = {"num_classes": num_classes, "average": None}
    scores = [boundary_f1(truth, prediction, tolerance=t, **options) for t in (0, 1, 2, 100)]
    np.testing.assert_allclose(scores[1], boundary_f1(prediction, truth, tolerance=1, **options))
    np.testing.assert_allclose(scores[1], boundary_f1(truth.T, prediction.T, tolerance=1, **options))
    for tighter, looser in itertools.pairwise(scores):
        assert (np.isnan(looser) | (looser >= tighter)).all()
    defined = scores[3][~np.isnan(scores[3])]
    assert set(defined.tolist()) <= {0.0, 1.0}


def test_perfect_is_1_and_an_object_missed_is_0():
    truth = np.zeros((6, 6), int)
    truth[2:4, 2:4] = 1
    assert boundary_f1(truth, truth, num_classes=3, tolerance=0) == 1
    assert boundary_f1(truth, np.zeros_like(truth), num_classes=2, tolerance=100) == 0


def test_images_without_any_boundary_are_left_out_of_the_mean():
    truth = np.zeros((2, 2, 4), int)
    truth[1, :, 2:] = 1
    prediction = truth.copy()
    prediction[1] = [[0, 1, 1, 1], [0, 1, 1, 1]]
    scores = boundary_f1(truth, prediction, num_classes=2, tolerance=0, average=None)
    np.testing.assert_array_equal(scores, [[np.nan, np.nan], [0, 0]])
    assert boundary_f1(truth, prediction, num_classes=2, tolerance=1) == 1
    assert math.isnan(boundary_f1(truth[:1], truth[:1], num_classes=2, tolerance=1))


def test_no_images_have_no_score():
    none = np.zeros((0, 4, 4), int)
    assert math.isnan(boundary_f1(none, none, num_classes=2, tolerance=1))
    assert boundary_f1(none, none, num_classes=2, tolerance=1, average=None).shape == (0, 2)
    for shape in ((0, 4), (2, 0, 4), (2, 4, 0)):
        none = np.zeros(shape, int)
        assert math.isnan(boundary_f1(none, none, num_classes=2, tolerance=1))


def test_bad_arguments_are_worded():
    labels = np.zeros((2, 3), int)
    for tolerance in (-1, math.nan, "1", None, True):
        with pytest.raises(ArgumentError, match=r"tolerance is .*; it is a distance, at least 0"):
            boundary_f1(labels, labels, num_classes=1, tolerance=tolerance)
    with pytest.raises(ArgumentError, match="average is 'micro'"):
        boundary_f1(labels, labels, num_classes=1, tolerance=1, average="micro")
    with pytest.raises(ShapeError, match=r"\(6,\), expected \(H, W\)"):
        boundary_f1(labels.ravel(), labels.ravel(), num_classes=1, tolerance=1)
    with pytest.raises(ShapeError, match=r"\(2, 3\), y_pred has \(3, 2\)"):
        boundary_f1(labels, labels.T, num_classes=1, tolerance=1)
    with pytest.raises(ArgumentError, match="y_pred holds labels from 1 to 1, expected 0 to 0"):
        boundary_f1(labels, labels + 1, num_classes=1, tolerance=1)
