"""Laws that a segmentation metric keeps under the conventions of npseg: counts pooled, absent classes skipped."""

from __future__ import annotations

import math
from fractions import Fraction
from functools import partial

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from npseg.metrics import (
    SegmentationMetrics,
    confusion_matrix,
    dice_score,
    iou_score,
    mean_accuracy,
    pixel_accuracy,
)

IGNORE = 255
MEANS = [iou_score, dice_score, pixel_accuracy, mean_accuracy]
PER_CLASS = [partial(iou_score, average=None), partial(dice_score, average=None)]
means = pytest.mark.parametrize("score", MEANS, ids=lambda f: f.__name__)
per_class = pytest.mark.parametrize("score", PER_CLASS, ids=["iou", "dice"])


@st.composite
def label_maps(draw, ignore=False, min_classes=1, max_classes=4):
    """Truth and prediction (N, H, W) and their number of classes; some classes may not occur."""
    num_classes = draw(st.integers(min_classes, max_classes))
    shape = (draw(st.integers(1, 3)), draw(st.integers(1, 4)), draw(st.integers(1, 5)))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    present = draw(st.integers(1, num_classes))
    truth = rng.integers(0, present, shape)
    prediction = np.where(rng.random(shape) < draw(st.floats(0, 1)), rng.integers(0, num_classes, shape), truth)
    if ignore:
        truth = np.where(rng.random(shape) < draw(st.floats(0, 0.9)), IGNORE, truth)
        assume((truth != IGNORE).any())
    return truth, prediction, num_classes


def same(a, b):
    np.testing.assert_array_equal(a, b)


@means
@given(case=label_maps(ignore=True))
def test_law_1_scores_lie_between_0_and_1(score, case):
    truth, prediction, k = case
    assert 0 <= score(truth, prediction, num_classes=k, ignore_index=IGNORE) <= 1


@means
@given(case=label_maps(ignore=True))
def test_law_2_perfect_is_exactly_1(score, case):
    truth, _, k = case
    perfect = np.where(truth == IGNORE, 0, truth)
    assert score(truth, perfect, num_classes=k, ignore_index=IGNORE) == 1


@pytest.mark.parametrize("score", [iou_score, dice_score, pixel_accuracy])
@given(case=label_maps())
def test_law_3_overlap_is_symmetric(score, case):
    truth, prediction, k = case
    assert score(truth, prediction, num_classes=k) == score(prediction, truth, num_classes=k)


@means
@given(case=label_maps(ignore=True), seed=st.integers(0, 2**32 - 1))
def test_law_4_order_of_pixels_does_not_matter(score, case, seed):
    truth, prediction, k = case
    order = np.random.default_rng(seed).permutation(truth.size)
    options = {"num_classes": k, "ignore_index": IGNORE}
    assert score(truth, prediction, **options) == score(truth.ravel()[order], prediction.ravel()[order], **options)


@per_class
@given(case=label_maps(), seed=st.integers(0, 2**32 - 1))
def test_law_5_renaming_labels_permutes_scores(score, case, seed):
    truth, prediction, k = case
    names = np.random.default_rng(seed).permutation(k)
    renamed = score(names[truth], names[prediction], num_classes=k)
    same(renamed[names], score(truth, prediction, num_classes=k))


@means
@given(case=label_maps(ignore=True))
def test_laws_6_and_7_order_and_repetition_of_images_do_not_matter(score, case):
    truth, prediction, k = case
    options = {"num_classes": k, "ignore_index": IGNORE}
    whole = score(truth, prediction, **options)
    assert score(truth[::-1], prediction[::-1], **options) == whole
    assert score(np.concatenate([truth] * 2), np.concatenate([prediction] * 2), **options) == whole


@means
@given(case=label_maps(ignore=True), unused=st.integers(1, 3))
def test_law_8_unused_classes_change_nothing(score, case, unused):
    truth, prediction, k = case
    options = {"ignore_index": IGNORE}
    assert score(truth, prediction, num_classes=k + unused, **options) == score(
        truth, prediction, num_classes=k, **options
    )


@given(case=label_maps(ignore=True), row=st.integers(0, 4), column=st.integers(0, 5))
def test_law_9_cutting_into_tiles_changes_nothing(case, row, column):
    truth, prediction, k = case
    whole, tiled = SegmentationMetrics(k, IGNORE), SegmentationMetrics(k, IGNORE)
    whole.update(truth, prediction)
    for rows in (slice(None, row), slice(row, None)):
        for columns in (slice(None, column), slice(column, None)):
            tiled.update(truth[:, rows, columns], prediction[:, rows, columns])
    assert tiled.compute().to_json() == whole.compute().to_json()


@means
@given(case=label_maps(ignore=True), seed=st.integers(0, 2**32 - 1))
def test_laws_10_and_11_ignoring_is_deleting(score, case, seed):
    truth, prediction, k = case
    kept = truth != IGNORE
    options = {"num_classes": k, "ignore_index": IGNORE}
    deleted = score(truth[kept], prediction[kept], num_classes=k)
    # Even labels that do not exist may be predicted where nobody looks.
    scrambled = np.where(kept, prediction, np.random.default_rng(seed).integers(-5, 300, truth.shape))
    assert score(truth, prediction, **options) == deleted
    assert score(truth, scrambled, **options) == deleted
    void = np.full_like(truth[:1], IGNORE)
    more = score(np.concatenate([truth, void]), np.concatenate([prediction, prediction[:1]]), **options)
    assert more == deleted


@means
@given(case=label_maps(min_classes=2))
def test_law_11_holds_for_an_ignore_value_among_the_classes(score, case):
    truth, prediction, k = case
    kept = truth != 0
    same(
        score(truth, prediction, num_classes=k, ignore_index=0),
        score(truth[kept], prediction[kept], num_classes=k),
    )


@given(case=label_maps(ignore=True))
def test_law_12_means_are_those_of_the_reported_classes(case):
    truth, prediction, k = case
    metrics = SegmentationMetrics(k, IGNORE)
    metrics.update(truth, prediction)
    scores = metrics.compute()
    assert scores.miou == pytest.approx(np.nanmean(scores.iou), abs=1e-15)
    assert scores.mean_dice == pytest.approx(np.nanmean(scores.dice), abs=1e-15)
    assert scores.mean_accuracy == pytest.approx(np.nanmean(scores.accuracy), abs=1e-15)


@means
@given(case=label_maps(ignore=True), pick=st.integers(0, 10**6))
def test_law_13_correcting_a_pixel_never_costs(score, case, pick):
    truth, prediction, k = case
    wrong = np.flatnonzero((truth != prediction) & (truth != IGNORE))
    assume(wrong.size)
    better = prediction.copy()
    better.flat[wrong[pick % wrong.size]] = truth.flat[wrong[pick % wrong.size]]
    options = {"num_classes": k, "ignore_index": IGNORE}
    assert score(truth, better, **options) >= score(truth, prediction, **options)


@means
@given(case=label_maps(min_classes=2))
def test_law_15_everything_wrong_is_0(score, case):
    truth, _, k = case
    assert score(truth, (truth + 1) % k, num_classes=k) == 0


@given(case=label_maps(ignore=True))
def test_laws_16_to_18_iou_dice_precision_and_recall_agree(case):
    truth, prediction, k = case
    metrics = SegmentationMetrics(k, IGNORE)
    metrics.update(truth, prediction)
    scores = metrics.compute()
    same(np.isnan(scores.iou), np.isnan(scores.dice))
    np.testing.assert_allclose(scores.dice, 2 * scores.iou / (1 + scores.iou), rtol=1e-14)
    assert scores.miou <= scores.mean_dice <= 2 * scores.miou / (1 + scores.miou) + 1e-14
    with np.errstate(invalid="ignore"):
        precision = np.diagonal(scores.confusion) / scores.confusion.sum(axis=0)
    for bound in (precision, scores.accuracy):
        both = ~np.isnan(bound)
        assert (scores.iou[both] <= bound[both]).all()


@means
@given(case=label_maps(ignore=True))
def test_law_20_transposing_changes_nothing(score, case):
    truth, prediction, k = case
    options = {"num_classes": k, "ignore_index": IGNORE}
    flipped = score(truth.transpose(0, 2, 1), prediction.transpose(0, 2, 1), **options)
    assert flipped == score(truth, prediction, **options)


@given(case=label_maps(ignore=True))
def test_laws_21_and_22_sums_of_the_matrix(case):
    truth, prediction, k = case
    matrix = confusion_matrix(truth, prediction, num_classes=k, ignore_index=IGNORE)
    valid = truth != IGNORE
    assert matrix.sum() == np.count_nonzero(valid)
    same(matrix.sum(axis=1), np.bincount(truth[valid], minlength=k))
    same(matrix.sum(axis=0), np.bincount(prediction[valid], minlength=k))
    hits = np.count_nonzero(truth[valid] == prediction[valid])
    accuracy = pixel_accuracy(truth, prediction, num_classes=k, ignore_index=IGNORE)
    assert accuracy == hits / np.count_nonzero(valid)
    # Micro F1: over all classes together, false positives and false negatives are the same mistakes.
    hits = np.trace(matrix)
    mistakes = matrix.sum() - hits
    assert accuracy == 2 * hits / (2 * hits + mistakes + mistakes)


@given(case=label_maps(ignore=True), cuts=st.tuples(st.integers(0, 3), st.integers(0, 3)))
def test_law_23_merging_is_associative_commutative_and_has_an_identity(case, cuts):
    truth, prediction, k = case
    edges = [0, *sorted(cuts), len(truth)]

    def counted(*parts):
        metrics = SegmentationMetrics(k, IGNORE)
        for part in parts:
            window = slice(edges[part], edges[part + 1])
            metrics.update(truth[window], prediction[window])
        return metrics

    whole = counted(0, 1, 2).confusion
    same(counted(0).merge(counted(1)).merge(counted(2)).confusion, whole)
    same(counted(0).merge(counted(1).merge(counted(2))).confusion, whole)
    same(counted(2).merge(counted(0)).merge(counted(1)).confusion, whole)
    same(counted(0, 1, 2).merge(counted()).confusion, whole)


@given(case=label_maps(ignore=True))
def test_law_24_reading_changes_nothing(case):
    truth, prediction, k = case
    before = truth.copy(), prediction.copy()
    metrics = SegmentationMetrics(k, IGNORE)
    metrics.update(truth, prediction)
    first = metrics.compute()
    first.confusion[...] = 0
    assert metrics.compute().to_json() == metrics.compute().to_json()
    assert metrics.compute().support.sum() == np.count_nonzero(truth != IGNORE)
    same(truth, before[0])
    same(prediction, before[1])


@given(case=label_maps(ignore=True))
def test_scores_equal_fractions_counted_by_hand(case):
    truth, prediction, k = case
    pairs = [(t, p) for t, p in zip(truth.ravel().tolist(), prediction.ravel().tolist()) if t != IGNORE]
    ious, dices, recalls = [], [], []
    for label in range(k):
        in_truth = [t == label for t, _ in pairs]
        in_prediction = [p == label for _, p in pairs]
        both = sum(a and b for a, b in zip(in_truth, in_prediction))
        either = sum(a or b for a, b in zip(in_truth, in_prediction))
        if either:
            ious.append(Fraction(both, either))
            dices.append(Fraction(2 * both, sum(in_truth) + sum(in_prediction)))
        if any(in_truth):
            recalls.append(Fraction(both, sum(in_truth)))
    options = {"num_classes": k, "ignore_index": IGNORE}
    for score, parts in ((iou_score, ious), (dice_score, dices), (mean_accuracy, recalls)):
        assert math.isclose(score(truth, prediction, **options), float(sum(parts) / len(parts)), abs_tol=1e-15)


@means
def test_a_single_class_is_always_right(score):
    truth = np.zeros((3, 71), np.uint8)
    assert score(truth, truth, num_classes=1) == 1
