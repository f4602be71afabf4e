"""Counts of every image: ids, merging, states, and that no split changes a bit."""

from __future__ import annotations

import json
import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from label_batches import IGNORE, batches

from npseg.errors import ArgumentError, DTypeError, ShapeError
from npseg.metrics import Scores, SegmentationMetrics, compare, confidence_interval, image_confusion_matrices
from npseg.metrics.overlap.image_counts import ImageCounts

NAMES = ["sky", "road", "car"]


def accumulated(**options):
    metrics = SegmentationMetrics(3, IGNORE, NAMES, **options)
    metrics.update([[0, 0], [1, IGNORE]], [[0, 1], [1, 2]], image_id="a")
    metrics.update([[[1, 2]], [[2, 2]]], [[[1, 1]], [[2, 2]]], image_id=["b", "c"])
    return metrics


def everything(scores):
    """All that could differ in the last bit, whatever the order of images."""
    found = [
        scores.score(name, aggregate=aggregate, average=average)
        for name in ("iou", "specificity")
        for aggregate in ("dataset", "image", "image_class")
        for average in ("macro", "micro", "weighted", None)
    ]
    found += [scores.score(name, aggregate="image") for name in ("cohen_kappa", "generalized_dice")]
    found.append([one.score for one in scores.conventions()])
    return json.dumps([np.asarray(one).tolist() for one in found])


def test_a_batch_counts_its_images_and_a_map_counts_one():
    metrics = SegmentationMetrics(2)
    metrics.update(np.zeros((4, 5), int), np.zeros((4, 5), int))
    metrics.update(np.zeros((3, 4, 5), int), np.zeros((3, 4, 5), int))
    metrics.update(np.zeros((2, 3, 4, 5), int), np.zeros((2, 3, 4, 5), int))
    metrics.update([0, 1], [0, 1])
    assert metrics.compute().image_confusions.sum(axis=(1, 2)).tolist() == [20, 20, 20, 20, 60, 60, 2]
    assert metrics.compute().image_ids is None


@given(case=batches(), data=st.data())
def test_no_split_across_processes_changes_a_bit(case, data):
    truth, prediction, num_classes = case
    owners = data.draw(st.lists(st.integers(0, 2), min_size=len(truth), max_size=len(truth)))

    def counted(images):
        metrics = SegmentationMetrics(num_classes, IGNORE)
        for n in images:
            metrics.update(truth[n], prediction[n], image_id=n)
        return pickle.loads(pickle.dumps(metrics))  # as it comes from another process

    whole = SegmentationMetrics(num_classes, IGNORE)
    whole.update(truth, prediction, image_id=range(len(truth)))
    parts = [counted([n for n, owner in enumerate(owners) if owner == part]) for part in range(3)]
    expected = everything(whole.compute())
    a, b, c = (SegmentationMetrics.from_state_dict(part.state_dict()) for part in parts)
    assert everything(a.merge(b).merge(c).compute()) == expected
    a, b, c = (SegmentationMetrics.from_state_dict(part.state_dict()) for part in parts)
    assert everything(c.merge(b.merge(a)).compute()) == expected
    merged = c.compute()
    order = np.argsort(merged.image_ids)
    np.testing.assert_array_equal(merged.image_confusions[order], whole.compute().image_confusions)
    np.testing.assert_array_equal(whole.confusion, c.confusion)


@given(case=batches())
def test_images_are_those_of_image_confusion_matrices(case):
    truth, prediction, num_classes = case
    metrics = SegmentationMetrics(num_classes, IGNORE)
    metrics.update(truth, prediction)
    matrices = image_confusion_matrices(truth, prediction, num_classes=num_classes, ignore_index=IGNORE)
    scores = metrics.compute()
    np.testing.assert_array_equal(scores.image_confusions, matrices)
    np.testing.assert_array_equal(scores.confusion, matrices.sum(axis=0))
    np.testing.assert_array_equal(Scores.from_images(matrices).image_confusions, matrices)
    counts, expected = scores.images.class_counts(), np.diagonal(matrices, axis1=1, axis2=2)
    np.testing.assert_array_equal(counts.tp, expected)
    np.testing.assert_array_equal(counts.fp, matrices.sum(axis=1) - expected)
    np.testing.assert_array_equal(counts.fn, matrices.sum(axis=2) - expected)
    np.testing.assert_array_equal(sum(counts), np.broadcast_to(matrices.sum(axis=(1, 2))[:, None], expected.shape))


def test_a_repeated_id_is_refused_before_anything_is_counted():
    metrics = accumulated()
    before = everything(metrics.compute())
    with pytest.raises(ArgumentError, match=r"update: image 'b' was counted before.*repeated_ids='add'"):
        metrics.update([[[0]], [[0]]], [[[0]], [[0]]], image_id=["d", "b"])
    with pytest.raises(ArgumentError, match="image 'e' was counted before"):
        metrics.update([[[0]], [[0]]], [[[0]], [[0]]], image_id=["e", "e"])
    with pytest.raises(ArgumentError, match="merge: image 'a', 'b', 'c' was counted before"):
        metrics.merge(accumulated())
    assert everything(metrics.compute()) == before


def test_tiles_of_an_image_add_up_if_told_so():
    rng = np.random.default_rng(0)
    truth, prediction = rng.integers(0, 3, (2, 8, 8))
    tiled, elsewhere, whole = (SegmentationMetrics(3, repeated_ids="add") for _ in range(3))
    whole.update(truth, prediction, image_id="a")
    for rows in (slice(0, 3), slice(3, 5)):
        tiled.update(truth[rows], prediction[rows], image_id="a")
    elsewhere.update(truth[5:], prediction[5:], image_id="a")
    tiled.merge(elsewhere)
    assert tiled.compute().image_ids == ("a",)
    assert everything(tiled.compute()) == everything(whole.compute())


@pytest.mark.parametrize(
    "shape, image_id, words",
    [
        ((2, 2), ["a", "b"], "expected one str or int"),
        ((3, 2, 2), ["a", "b"], "expected a sequence of 3, one for each image"),
        ((3, 2, 2), "abc", "expected a sequence of 3"),
        ((2, 2), 1.5, "image_id"),
        ((1, 2, 2), [None], "image_id holds None"),
        ((1, 2, 2), [True], "image_id holds True"),
    ],
)
def test_ids_that_do_not_fit_are_refused(shape, image_id, words):
    metrics = SegmentationMetrics(2)
    with pytest.raises(ArgumentError, match=words):
        metrics.update(np.zeros(shape, int), np.zeros(shape, int), image_id=image_id)
    assert metrics.confusion.sum() == 0


def test_without_images_only_the_sum_is_kept():
    metrics = accumulated(per_image=False)
    scores = metrics.compute()
    np.testing.assert_array_equal(scores.confusion, accumulated().confusion)
    assert scores.miou == accumulated().compute().miou
    assert scores.score("iou") == scores.miou
    assert scores.per_class()[0]["undefined_images"] is None
    for call in (
        lambda: scores.worst(1),
        lambda: scores.confidence_interval("miou"),
        lambda: scores.score("iou", aggregate="image"),
        lambda: scores.score("cohen_kappa", aggregate="image"),
        lambda: scores.image_confusions,
    ):
        with pytest.raises(ArgumentError, match=r"only the sum over images was kept.*per_image=True"):
            call()
    with pytest.raises(ArgumentError, match="per_image is True in other, False here"):
        metrics.merge(SegmentationMetrics(3, IGNORE, NAMES))


@pytest.mark.parametrize("options", [{}, {"per_image": False}, {"repeated_ids": "add"}])
def test_states_go_through_json_and_pickle(options):
    metrics = accumulated(**options)
    state = metrics.state_dict()
    state["confusion"] = state["confusion"].tolist()
    for copy in (json.loads(json.dumps(state)), pickle.loads(pickle.dumps(metrics.state_dict()))):
        restored = SegmentationMetrics.from_state_dict(copy)
        assert restored.compute().to_json() == metrics.compute().to_json()
        assert restored.state_dict() | {"confusion": 0} == metrics.state_dict() | {"confusion": 0}
        restored.update([0], [0], image_id="new")
        assert restored.confusion.sum() == metrics.confusion.sum() + 1


def test_states_of_version_1_are_sums():
    old = {
        "version": 1,
        "num_classes": 2,
        "ignore_index": None,
        "class_names": ["a", "b"],
        "confusion": [[3, 1], [0, 4]],
    }
    metrics = SegmentationMetrics.from_state_dict(old)
    assert metrics.per_image is False
    assert metrics.compute().iou.tolist() == [0.75, 0.8]


@pytest.mark.parametrize(
    "damage, words",
    [
        ({"cells": [0, 9]}, "do not fit together"),
        ({"counts": [1.5]}, "must be integers"),
        ({"ids": ["a", "a", "c"]}, "'a' is there twice"),
        ({"ids": ["a"]}, "do not fit together"),
    ],
)
def test_damaged_states_of_images_are_refused(damage, words):
    state = accumulated().state_dict()
    with pytest.raises(ArgumentError, match=words):
        SegmentationMetrics.from_state_dict(state | {"images": state["images"] | damage})


def test_states_whose_parts_disagree_are_refused():
    state = accumulated().state_dict()
    state["confusion"][0, 0] += 1
    with pytest.raises(ArgumentError, match="do not add up"):
        SegmentationMetrics.from_state_dict(state)
    with pytest.raises(ArgumentError, match="state has no class_names"):
        SegmentationMetrics.from_state_dict({"version": 2, "num_classes": 2, "ignore_index": None, "confusion": []})


def test_scores_of_images_outlive_later_updates():
    metrics = accumulated()
    scores = metrics.compute()
    before = everything(scores)
    metrics.update([0], [2], image_id="d")
    metrics.reset()
    assert everything(scores) == before
    assert metrics.compute().image_confusions.shape == (0, 3, 3)


def test_nothing_counted_is_undefined_under_every_aggregate():
    scores = SegmentationMetrics(2).compute()
    for aggregate in ("dataset", "image", "image_class"):
        assert np.isnan(scores.score("iou", aggregate=aggregate))
        assert np.isnan(scores.score("iou", aggregate=aggregate, average=None)).all()
    assert scores.worst(3) == []
    assert scores.costly_pairs(3) == []


def test_intervals_and_comparisons_take_the_images():
    scores = accumulated().compute()
    interval = scores.confidence_interval("cohen_kappa", seed=3, resamples=50)
    assert interval == confidence_interval(scores.image_confusions, "cohen_kappa", seed=3, resamples=50)
    grouped = scores.confidence_interval(groups=["p", "p", "q"], resamples=50)
    assert (grouped.unit, grouped.units) == ("group", 2)
    other = SegmentationMetrics(3, IGNORE, NAMES)
    other.update([[[2, 2]], [[1, 2]]], [[[2, 2]], [[1, 2]]], image_id=["c", "b"])
    other.update([[0, 0], [1, IGNORE]], [[0, 0], [1, 2]], image_id="a")
    result = compare(scores, other.compute(), resamples=50)
    assert result.overall.b == 1
    assert result.images == 3


def test_a_single_map_is_not_taken_for_rows():
    with pytest.raises(ShapeError, match=r"shape \(2, 2\).*y\[None\]"):
        image_confusion_matrices([[0, 1], [1, 1]], [[0, 1], [1, 1]], num_classes=2)


def test_counts_of_many_classes_stay_small():
    images = ImageCounts(150)
    for _ in range(100):
        images.append(np.eye(150, dtype=np.int64), None)
    assert len(pickle.dumps(images)) < 100 * 150 * 8 * 3  # dense it would be 150 * 150 * 8 each
    assert images.total().trace() == 100 * 150


@pytest.mark.parametrize(
    "matrices, ids, error, sentence",
    [
        (np.ones((2, 2)), None, ShapeError, r"image_confusions has shape \(2, 2\), expected \(N, K, K\)"),
        (np.ones((1, 2, 3), int), None, ShapeError, r"shape \(1, 2, 3\), expected \(N, K, K\)"),
        (np.ones((1, 2, 2)), None, DTypeError, "pass counts of pixels, not shares"),
        (np.array([[[5, -5], [0, 5]]]), None, ArgumentError, "numbers from -5 to 5"),
        (np.ones((3, 2, 2), int), ["a", "b"], ArgumentError, "expected a sequence of 3"),
        (np.ones((2, 2, 2), int), ["a", "a"], ArgumentError, "image_ids holds 'a' more than once"),
        (np.ones((1, 2, 2), int), [None], ArgumentError, "image_ids holds None"),
    ],
)
def test_scores_of_images_are_made_of_counts_and_nothing_else(matrices, ids, error, sentence):
    with pytest.raises(error, match=f"Scores.from_images: .*{sentence}"):
        Scores.from_images(matrices, image_ids=ids)


def test_scores_of_images_take_lists_and_ids():
    scores = Scores.from_images([[[1, 0], [0, 1]], [[0, 2], [0, 0]]], image_ids=["a", 7])
    assert scores.confusion.tolist() == [[1, 2], [0, 1]]
    assert scores.image_ids == ("a", 7)
