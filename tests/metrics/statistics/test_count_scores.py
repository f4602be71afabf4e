"""Scores of stacks of matrices are those of the matrices one by one."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from npseg.errors import ArgumentError
from npseg.metrics import Scores
from npseg.metrics.statistics.count_scores import SCORES, find_class_score, find_score
from npseg.reference import statistics as reference


@st.composite
def stacks(draw):
    classes = draw(st.integers(1, 4))
    shape = (*draw(array_shapes(min_dims=0, max_dims=2, max_side=3)), classes, classes)
    return draw(arrays(np.int64, shape, elements=st.integers(0, 5) | st.just(0)))


@given(counts=stacks())
def test_a_stack_is_scored_like_its_matrices(counts):
    for score in SCORES.values():
        together = np.asarray(score.function(counts))
        assert together.shape == counts.shape[:-2]
        for place in np.ndindex(counts.shape[:-2]):
            np.testing.assert_array_equal(together[place], score.function(counts[place]))


@given(counts=stacks())
def test_scores_are_those_of_the_reference_and_of_the_data_set(counts):
    classes = counts.shape[-1]
    for matrix in counts.reshape(-1, classes, classes):
        named = {name: score.function(matrix) for name, score in SCORES.items()}
        np.testing.assert_allclose(SCORES["miou"].per_class(matrix), reference.class_iou(matrix), rtol=1e-15)
        np.testing.assert_allclose(named["miou"], reference.mean_iou(matrix), rtol=1e-14)
        np.testing.assert_allclose(named["pixel_accuracy"], reference.pixel_accuracy(matrix), rtol=1e-15)
        scores = Scores(matrix, tuple(map(str, range(classes))))
        for name in ("miou", "mean_dice", "mean_accuracy", "pixel_accuracy"):
            np.testing.assert_allclose(named[name], getattr(scores, name), rtol=1e-14)


def test_frequency_weights_leave_out_classes_without_true_pixels():
    counts = np.array([[3, 1, 0], [0, 0, 0], [0, 0, 0]])
    assert SCORES["frequency_weighted_iou"].function(counts) == 0.75


def test_unknown_scores_are_refused():
    with pytest.raises(ArgumentError, match=r"f: unknown score 'mean_iou'.*did you mean 'mean_dice'"):
        find_score("f", "mean_iou")
    with pytest.raises(ArgumentError, match=r"f: score is 3; it must be a name \(miou, "):
        find_score("f", 3)
    assert find_score("f", np.sum).title == "sum"


def test_only_means_have_classes():
    assert find_class_score("f", SCORES["miou"], False) is None
    with pytest.raises(ArgumentError, match=r"'pixel accuracy' is no mean over classes; .* one of miou, mean_dice"):
        find_class_score("f", SCORES["pixel_accuracy"], True)
