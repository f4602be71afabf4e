"""Conventions and what they are worth: the decisions on nothing over nothing, and worded refusals."""

from __future__ import annotations

import inspect
import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from label_batches import IGNORE, batches

from npseg.errors import ArgumentError, DTypeError, ShapeError
from npseg.metrics import (
    Scores,
    SegmentationMetrics,
    cohen_kappa,
    dice_score,
    fbeta_score,
    frequency_weighted_iou,
    generalized_dice,
    iou_score,
    matthews_corrcoef,
    mean_accuracy,
    multilabel_counts,
    multilabel_score,
    pixel_accuracy,
    precision_score,
    recall_score,
    specificity_score,
    tversky_index,
)


def test_a_class_that_is_missed_altogether_costs_precision_and_f_measure():
    """Where mmsegmentation leaves it out of mFscore: 2/3 instead of 1/3."""
    truth, prediction = [0, 0, 1, 1], [0, 0, 0, 0]
    assert precision_score(truth, prediction, num_classes=2, average=None).tolist() == [0.5, 0]
    for score in (
        dice_score(truth, prediction, num_classes=2),
        fbeta_score(truth, prediction, beta=1, num_classes=2),
    ):
        assert score == pytest.approx(1 / 3)


def test_a_class_that_is_only_predicted_costs_recall_but_not_mean_accuracy():
    truth, prediction = [0, 0, 0, 0], [0, 0, 0, 1]
    assert recall_score(truth, prediction, num_classes=2, average=None).tolist() == [0.75, 0]
    assert mean_accuracy(truth, prediction, num_classes=2) == 0.75


@given(case=batches(), pick=st.integers(0, 10**6), data=st.data())
def test_correcting_a_pixel_never_costs_f_measure(case, pick, data):
    truth, prediction, k = case
    wrong = np.flatnonzero((truth != prediction) & (truth != IGNORE))
    assume(wrong.size)
    better = prediction.copy()
    better.flat[wrong[pick % wrong.size]] = truth.flat[wrong[pick % wrong.size]]
    beta = data.draw(st.sampled_from([0.5, 1.0, 2.0]))
    options = {"num_classes": k, "ignore_index": IGNORE, "beta": beta}
    assert fbeta_score(truth, better, **options) >= fbeta_score(truth, prediction, **options) - 1e-15


def test_an_absent_class_is_worth_what_was_asked_for():
    options = {"num_classes": 3}
    assert iou_score([0, 1], [0, 0], **options) == pytest.approx((1 / 2 + 0) / 2)
    assert iou_score([0, 1], [0, 0], absent=0, **options) == pytest.approx((1 / 2 + 0) / 3)
    assert iou_score([0, 1], [0, 0], absent=1, **options) == pytest.approx((1 / 2 + 0 + 1) / 3)
    assert iou_score([0, 1], [0, 0], absent=1, average=None, **options).tolist() == [0.5, 0, 1]


def test_specificity_needs_pixels_outside_the_class():
    assert np.isnan(specificity_score([0, 0], [0, 0], num_classes=2, average=None)).all()
    assert specificity_score([0, 0], [0, 1], num_classes=2, average=None)[1] == 0.5


def test_agreement_on_one_class_is_undefined_and_one_constant_side_is_worth_nothing():
    assert math.isnan(cohen_kappa([1, 1], [1, 1], num_classes=2))
    assert math.isnan(matthews_corrcoef([1, 1], [1, 1], num_classes=2))
    for truth, prediction in (([0, 1], [0, 0]), ([0, 0], [0, 1]), ([0, 0], [1, 1])):
        assert matthews_corrcoef(truth, prediction, num_classes=2) == 0
        assert cohen_kappa(truth, prediction, num_classes=2) == 0
    assert cohen_kappa([0, 1], [1, 0], num_classes=2) == matthews_corrcoef([0, 1], [1, 0], num_classes=2) == -1


def test_published_agreement():
    """Gorodkin's R_K and Cohen's kappa of a 3 x 3 table, as scikit-learn 1.9 prints them."""
    matrix = np.array([[10, 2, 0], [3, 15, 4], [1, 0, 5]])
    scores = Scores(matrix, ("a", "b", "c"))
    assert scores.score("cohen_kappa") == pytest.approx(0.6015936254980079, rel=1e-12)
    assert scores.score("matthews_corrcoef") == pytest.approx(0.6139581161886616, rel=1e-12)


def test_only_predicted_classes_score_0_in_sums_over_classes():
    for score in (generalized_dice, frequency_weighted_iou):
        assert score([0, 0], [0, 1], num_classes=3, include=[1]) == 0
        assert math.isnan(score([0, 0], [0, 1], num_classes=3, include=[2]))
    assert iou_score([0, 0], [0, 1], num_classes=3, include=[1, 2], average="weighted") == 0


def test_micro_is_pixel_accuracy_only_with_all_classes():
    truth, prediction = [0, 0, 1, 2], [0, 1, 1, 1]
    assert dice_score(truth, prediction, num_classes=3, average="micro") == pixel_accuracy(
        truth, prediction, num_classes=3
    )
    assert dice_score(truth, prediction, num_classes=3, average="micro", exclude=[0]) == 2 / (2 + 2 + 1)


def test_include_keeps_its_order_and_exclude_that_of_the_labels():
    every = iou_score([0, 1, 1, 2], [0, 1, 2, 2], num_classes=3, average=None)
    options = {"num_classes": 3, "average": None}
    assert iou_score([0, 1, 1, 2], [0, 1, 2, 2], include=[2, 0], **options).tolist() == every[[2, 0]].tolist()
    assert iou_score([0, 1, 1, 2], [0, 1, 2, 2], exclude={1}, **options).tolist() == every[[0, 2]].tolist()


@pytest.mark.parametrize(
    "options, words",
    [
        ({"aggregate": "batch"}, "aggregate is 'batch'; it must be one of 'dataset', 'image', 'image_class'"),
        ({"average": "samples"}, "average is 'samples'"),
        ({"absent": 2}, "absent is 2"),
        ({"absent": None}, "absent is None"),
        ({"absent": True}, "absent is True"),
        ({"include": [0], "exclude": [1]}, "include and exclude are both given"),
        ({"include": []}, "include is"),
        ({"include": [3]}, "include is .3.; it must name each class once, from 0 to 1"),
        ({"include": [0, 0]}, "include is .0, 0.; it must name each class once"),
        ({"include": 1}, "include is 1; it must be a list of classes"),
        ({"exclude": [0, 1]}, "exclude=.0, 1. leaves no class"),
        ({"exclude": "0"}, "exclude is '0'"),
    ],
)
def test_unknown_conventions_are_refused_with_the_name_of_the_function(options, words):
    with pytest.raises(ArgumentError, match=f"iou_score: {words}"):
        iou_score([[[0]]], [[[0]]], num_classes=2, **options)
    with pytest.raises(ArgumentError, match=f"Scores.score: {words}"):
        Scores.from_images(np.ones((1, 2, 2), int)).score("dice", **options)
    with pytest.raises(ArgumentError, match=f"multilabel_score: {words}"):
        multilabel_score([[[0, 1]]], [[[0, 1]]], **options)


def test_unknown_options_are_refused_as_python_does():
    with pytest.raises(TypeError, match=r"iou_score: unknown option 'avg'.*average"):
        iou_score([0], [0], num_classes=1, avg=None)
    with pytest.raises(TypeError, match="pixel_accuracy: unknown option 'average'"):
        pixel_accuracy([0], [0], num_classes=1, average=None)
    with pytest.raises(TypeError, match="dice_score: num_classes is missing"):
        dice_score([0], [0])
    with pytest.raises(ArgumentError, match="aggregate is 'image_class'; it must be one of 'dataset', 'image'"):
        cohen_kappa([0], [0], num_classes=1, aggregate="image_class")


@pytest.mark.parametrize("value", [-1, math.inf, math.nan, "1", True, None])
def test_weights_are_finite_and_not_negative(value):
    with pytest.raises(ArgumentError, match="fbeta_score: beta is"):
        fbeta_score([0], [0], beta=value, num_classes=1)
    with pytest.raises(ArgumentError, match="tversky_index: alpha is"):
        tversky_index([0], [0], alpha=value, beta=1, num_classes=1)


def test_a_single_map_is_no_batch_of_rows():
    with pytest.raises(ShapeError, match=r"y\[None\]"):
        iou_score([[0, 1], [1, 1]], [[0, 1], [1, 1]], num_classes=2, aggregate="image")


@pytest.fixture
def scores():
    metrics = SegmentationMetrics(3, IGNORE, ["sky", "road", "car"])
    metrics.update([[0, 0, 1, 1]], [[0, 0, 1, 1]], "right")
    metrics.update([[0, 0, 1, 1]], [[0, 1, 1, 1]], "one wrong")
    metrics.update([[0, 0, 2, 2, 2, 2]], [[0, 0, 2, 0, 0, 0]], "car missed")
    metrics.update([[0, 0, 0, 0]], [[0, 0, 2, 2]], "car invented")
    metrics.update([[IGNORE] * 4], [[2] * 4], "void")
    return metrics.compute()


def test_scores_by_name_refuse_what_does_not_belong_together(scores):
    with pytest.raises(ArgumentError, match=r"unknown score 'iuo'.*did you mean 'iou'"):
        scores.score("iuo")
    with pytest.raises(ArgumentError, match="beta is None for 'fbeta'"):
        scores.score("fbeta")
    with pytest.raises(ArgumentError, match="alpha is 1 for 'iou'; it belongs to 'tversky'"):
        scores.score("iou", alpha=1)
    with pytest.raises(ArgumentError, match="'cohen_kappa' has no average"):
        scores.score("cohen_kappa", average=None)
    with pytest.raises(ArgumentError, match="beta is 2 for 'mean_accuracy'"):
        scores.score("mean_accuracy", beta=2)


def test_worst_images_come_worst_first_and_void_ones_not_at_all(scores):
    assert [one.image_id for one in scores.worst(10)] == ["car invented", "car missed", "one wrong", "right"]
    worst = scores.worst(1)[0]
    assert (worst.index, worst.wrong_pixels, worst.valid_pixels) == (3, 2, 4)
    assert worst.iou == pytest.approx((2 / 4 + 0) / 2)


def test_worst_images_of_a_class_are_those_that_hold_it(scores):
    found = scores.worst(5, label="car")
    assert [(one.image_id, one.iou, one.wrong_pixels) for one in found] == [
        ("car invented", 0, 2), ("car missed", 0.25, 3),
    ]  # fmt: skip
    assert scores.worst(5, label=2) == found
    with pytest.raises(ArgumentError, match=r"unknown class 'cat'.*'car'"):
        scores.worst(1, label="cat")
    with pytest.raises(ArgumentError, match="label is 3"):
        scores.worst(1, label=3)
    with pytest.raises(ArgumentError, match="k is 0"):
        scores.worst(0)


def test_equally_bad_images_are_ordered_by_wrong_pixels_then_by_place():
    metrics = SegmentationMetrics(2)
    for pixels in (2, 5, 5, 3):
        metrics.update([0] * pixels, [1] * pixels)
    assert [one.index for one in metrics.compute().worst(4)] == [1, 2, 3, 0]


def test_costly_pairs_name_classes(scores):
    pair = scores.costly_pairs(1)[0]
    assert (pair.truth, pair.predicted, pair.pixels) == ("car", "sky", 3)


def test_rows_of_classes_are_plain_data(scores):
    car = scores.per_class()[2]
    assert car == {
        "name": "car", "iou": pytest.approx(1 / 6), "dice": pytest.approx(2 / 7), "precision": pytest.approx(1 / 3),
        "recall": 0.25, "specificity": pytest.approx(12 / 14), "support": 4, "predicted": 3, "undefined_images": 3,
    }  # fmt: skip
    lines = scores.class_table().splitlines()
    assert lines[3].split()[:3] == ["car", "0.1667", "0.2857"]
    assert lines[3].endswith("3 of 5")
    assert len({len(line) for line in lines}) == 1
    undefined = Scores(np.array([[1, 0], [0, 0]]), ("a", "b")).per_class()[1]
    assert undefined["precision"] is undefined["iou"] is undefined["undefined_images"] is None


@pytest.mark.parametrize(
    "planes, error, words",
    [
        (np.zeros((1, 2, 2)), DTypeError, "float64"),
        (np.full((1, 2, 2), 2), ArgumentError, "y_true holds numbers from 2 to 2, expected planes of 0 and 1"),
        (np.zeros((2, 2), int), ShapeError, "images first, classes last"),
        (np.zeros((1, 2, 3), int), ShapeError, "y_pred has"),
    ],
)
def test_planes_that_are_none_are_refused(planes, error, words):
    with pytest.raises(error, match=words):
        multilabel_counts(planes, np.zeros((1, 2, 2), int))


def test_masks_of_planes_are_checked():
    planes = np.zeros((1, 2, 2), bool)
    with pytest.raises(DTypeError, match="ignore has type int64, expected Booleans"):
        multilabel_counts(planes, planes, ignore=np.zeros((1, 2), int))
    with pytest.raises(ShapeError, match=r"ignore has shape \(2, 2\), expected \(1, 2\)"):
        multilabel_counts(planes, planes, ignore=np.zeros((2, 2), bool))
    with pytest.raises(ArgumentError, match="'cohen_kappa' is a score of confusion matrices"):
        multilabel_score(planes, planes, "cohen_kappa")


def test_planes_of_one_label_each_score_as_label_maps_do():
    rng = np.random.default_rng(0)
    truth, prediction = rng.integers(0, 3, (2, 4, 5, 6))
    planes = [np.eye(3, dtype=bool)[labels] for labels in (truth, prediction)]
    for name, function in (
        ("mean_accuracy", mean_accuracy),
        ("generalized_dice", generalized_dice),
        ("frequency_weighted_iou", frequency_weighted_iou),
    ):
        for options in ({}, {"aggregate": "image"}, {"exclude": [0]}):
            expected = function(truth, prediction, num_classes=3, **options)
            assert multilabel_score(*planes, name, **options) == expected


@pytest.mark.parametrize("score", [iou_score, fbeta_score, generalized_dice, cohen_kappa], ids=lambda f: f.__name__)
def test_signatures_spell_out_the_options(score):
    """For `help`, and for whoever looks whether a function takes `num_classes`, as the laws do."""
    parameters = inspect.signature(score).parameters
    assert parameters["num_classes"].default is inspect.Parameter.empty
    assert parameters["ignore_index"].default is None
    assert parameters["aggregate"].default == "dataset"
    assert ("average" in parameters) == (score in (iou_score, fbeta_score))
    assert all(one.kind is inspect.Parameter.KEYWORD_ONLY for one in list(parameters.values())[2:])
