"""The accumulator, what it reports, and what happens to classes that nobody saw."""

from __future__ import annotations

import json
import math
import warnings

import numpy as np
import pytest

from npseg.errors import ArgumentError
from npseg.metrics import (
    Scores,
    SegmentationMetrics,
    dice_score,
    iou_score,
    majority_baseline,
    mean_accuracy,
    pixel_accuracy,
)


@pytest.fixture
def metrics():
    metrics = SegmentationMetrics(3, ignore_index=255, class_names=["sky", "road", "car"])
    metrics.update([[0, 0], [1, 255]], [[0, 1], [1, 2]])
    metrics.update([1], [1])
    return metrics


def test_scores_of_a_small_case(metrics):
    scores = metrics.compute()
    np.testing.assert_allclose(scores.iou, [1 / 2, 2 / 3, np.nan])
    np.testing.assert_allclose(scores.dice, [2 / 3, 4 / 5, np.nan])
    np.testing.assert_allclose(scores.accuracy, [1 / 2, 1, np.nan])
    assert scores.support.tolist() == [2, 2, 0]
    assert scores.miou == pytest.approx(7 / 12)
    assert scores.mean_dice == pytest.approx(11 / 15)
    assert scores.pixel_accuracy == 3 / 4
    assert scores.mean_accuracy == 3 / 4
    assert scores.num_classes == 3


def test_json_has_exactly_the_promised_keys(metrics):
    document = json.loads(json.dumps(metrics.compute().to_json(), allow_nan=False))
    assert list(document) == ["miou", "mean_dice", "pixel_accuracy", "mean_accuracy", "per_class", "policy"]
    assert document["per_class"][0] == {"name": "sky", "iou": 0.5, "dice": pytest.approx(2 / 3), "support": 2}
    assert document["per_class"][2] == {"name": "car", "iou": None, "dice": None, "support": 0}
    assert document["policy"] == {"aggregation": "dataset", "absent": "skip", "ignore_index": 255}


def test_nothing_counted_is_undefined_everywhere_without_warnings():
    scores = SegmentationMetrics(2).compute()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        document = scores.to_json()
    assert [document[key] for key in ("miou", "mean_dice", "pixel_accuracy", "mean_accuracy")] == [None] * 4
    assert document["policy"]["ignore_index"] is None
    assert scores.table().count("–") == 2 * 2 + 2 + 2  # noqa: RUF001


def test_everything_ignored_is_undefined():
    for score in (iou_score, dice_score, pixel_accuracy, mean_accuracy):
        assert math.isnan(score([255, 255], [0, 1], num_classes=2, ignore_index=255))


def test_class_only_in_the_prediction_scores_0_but_has_no_recall():
    assert iou_score([0, 0], [0, 1], num_classes=3, average=None).tolist()[:2] == [0.5, 0.0]
    assert mean_accuracy([0, 0], [0, 1], num_classes=3) == 0.5


def test_unknown_average_is_refused():
    for score in (iou_score, dice_score):
        with pytest.raises(ArgumentError, match=f"{score.__name__}: average is 'mean'"):
            score([0], [0], num_classes=1, average="mean")


def test_table_has_a_row_for_each_class(metrics):
    lines = metrics.compute().table().splitlines()
    assert lines[0].split() == ["class", "IoU", "Dice", "support"]
    assert lines[2].split() == ["road", "0.6667", "0.8000", "2"]
    assert lines[3].split() == ["car", "–", "–", "0"]  # noqa: RUF001
    assert lines[4].split() == ["mean", "0.5833", "0.7333", "4"]
    assert len({len(line) for line in lines[:5]}) == 1


def test_table_makes_room_for_long_names():
    table = Scores(np.eye(1, dtype=np.int64), ("a very long name of a class",)).table()
    assert len({len(line) for line in table.splitlines()[:3]}) == 1


def test_failed_update_counts_nothing(metrics):
    before = metrics.confusion
    with pytest.raises(ArgumentError):
        metrics.update([0, 1, 9], [0, 1, 1])
    np.testing.assert_array_equal(metrics.confusion, before)


def test_reset_forgets(metrics):
    metrics.reset()
    assert metrics.confusion.sum() == 0


def test_scores_outlive_later_updates(metrics):
    scores = metrics.compute()
    metrics.update([2], [2])
    assert scores.support.tolist() == [2, 2, 0]


def test_state_goes_through_json_and_back(metrics):
    state = metrics.state_dict()
    state["confusion"] = state["confusion"].tolist()
    restored = SegmentationMetrics.from_state_dict(json.loads(json.dumps(state)))
    assert restored.compute().to_json() == metrics.compute().to_json()
    restored.merge(metrics)
    assert restored.compute().support.tolist() == [4, 4, 0]


def test_state_is_a_copy(metrics):
    metrics.state_dict()["confusion"][...] = 0
    assert metrics.confusion.sum() == 4


@pytest.mark.parametrize(
    "damage, words",
    [
        ({"version": 99}, "version 99"),
        ({"confusion": [[1, 2], [3, 4]]}, r"shape \(2, 2\).*expected counts of shape \(3, 3\)"),
        ({"confusion": np.zeros((3, 3))}, "float64"),
        ({"confusion": -np.eye(3, dtype=int)}, "damaged"),
    ],
)
def test_damaged_state_is_refused(metrics, damage, words):
    with pytest.raises(ArgumentError, match=words):
        SegmentationMetrics.from_state_dict(metrics.state_dict() | damage)


@pytest.mark.parametrize(
    "other, words",
    [
        (SegmentationMetrics(2, 255), "num_classes is 2 in other, 3 here"),
        (SegmentationMetrics(3, None, ["sky", "road", "car"]), "ignore_index is None"),
        (SegmentationMetrics(3, 255), "class_names"),
    ],
)
def test_only_like_is_merged_with_like(metrics, other, words):
    with pytest.raises(ArgumentError, match=words):
        metrics.merge(other)


def test_class_names_default_and_must_match():
    assert SegmentationMetrics(2).class_names == ("class 0", "class 1")
    with pytest.raises(ArgumentError, match=r"1 names \(a\) for num_classes=2"):
        SegmentationMetrics(2, class_names=["a"])
    with pytest.raises(ArgumentError, match="one name per class"):
        SegmentationMetrics(2, class_names="ab")


def test_majority_baseline_answers_one_class(metrics):
    metrics.update([1, 1], [0, 2])
    scores = metrics.compute()
    baseline = majority_baseline(scores)
    assert baseline.confusion.tolist() == [[0, 2, 0], [0, 4, 0], [0, 0, 0]]
    assert baseline.pixel_accuracy == 4 / 6
    assert baseline.class_names == scores.class_names
    assert majority_baseline(scores, majority=0).pixel_accuracy == 2 / 6
    with pytest.raises(ArgumentError, match="majority is 3"):
        majority_baseline(scores, majority=3)
