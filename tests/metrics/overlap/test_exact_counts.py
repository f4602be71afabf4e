"""Counts are exact beyond 2**31 pixels, and so are the scores; threads, types and strides change nothing."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from label_batches import batches

from npseg.metrics import Scores, SegmentationMetrics, confusion_matrix
from npseg.metrics.overlap import formulas, matrix_formulas
from npseg.metrics.overlap.class_counts import class_counts

BIG = 2**33


def state_of(matrix):
    return {"version": 1, "num_classes": len(matrix), "ignore_index": None, "class_names": None, "confusion": matrix}


def test_accumulated_counts_beyond_2_to_the_31_are_exact():
    matrix = [[BIG + 1, 3], [5, BIG - 7]]
    metrics = SegmentationMetrics.from_state_dict(state_of(matrix))
    metrics.update([0, 1, 1], [0, 0, 1])
    metrics.merge(SegmentationMetrics.from_state_dict(state_of(matrix)))
    expected = [[2 * BIG + 3, 6], [11, 2 * BIG - 13]]
    assert metrics.confusion.tolist() == expected
    scores = metrics.compute()
    assert scores.support.tolist() == [sum(row) for row in expected]
    hits, total = expected[0][0] + expected[1][1], sum(map(sum, expected))
    assert scores.pixel_accuracy == hits / total
    assert scores.iou[0] == expected[0][0] / (expected[0][0] + 6 + 11)


def test_images_beyond_2_to_the_31_are_exact_and_go_through_a_state():
    images = np.array([[[BIG + 1, 3], [5, 0]], [[2**40, 0], [0, 2**31]]])
    metrics = SegmentationMetrics(2)
    scores = Scores.from_images(images)
    metrics._images, metrics._confusion = scores.images, scores.confusion
    restored = SegmentationMetrics.from_state_dict(metrics.state_dict())
    np.testing.assert_array_equal(restored.compute().image_confusions, images)
    assert restored.confusion.tolist() == [[BIG + 1 + 2**40, 3], [5, 2**31]]


@given(
    cells=st.lists(st.integers(0, 2**60), min_size=4, max_size=4).map(lambda c: np.array(c).reshape(2, 2)),
    low=st.booleans(),
)
def test_agreement_is_that_of_fractions_whatever_the_size(cells, low):
    cells = cells % 7 if low else cells
    (a, b), (c, d) = cells.tolist()
    total, hits = a + b + c + d, a + d
    if total == 0:
        return
    chance = Fraction((a + b) * (a + c) + (c + d) * (b + d), total**2)
    kappa = matrix_formulas.cohen_kappa(cells)
    if chance == 1:
        assert np.isnan(kappa)
    else:
        assert kappa == pytest.approx(float((Fraction(hits, total) - chance) / (1 - chance)), rel=1e-14, abs=1e-300)
    spread = (a + b) * (c + d) * (a + c) * (b + d)  # phi, as Matthews has it of two classes
    correlation = matrix_formulas.matthews_corrcoef(cells)
    if spread:
        assert correlation == pytest.approx((a * d - b * c) / float(spread) ** 0.5, rel=1e-12, abs=1e-300)
    else:
        assert np.isnan(correlation) if chance == 1 else correlation == 0


@pytest.mark.parametrize("size", [1, 2**30, 2**31, 2**40, 2**58])
def test_perfect_is_exactly_1_at_every_size(size):
    matrix = np.diag([size, 3 * size, 7])
    for formula in (matrix_formulas.cohen_kappa, matrix_formulas.matthews_corrcoef, matrix_formulas.generalized_dice):
        assert formula(matrix) == 1
    counts = class_counts(matrix)
    for formula in (formulas.class_iou, formulas.class_dice, formulas.class_precision, formulas.class_specificity):
        assert (formula(counts) == 1).all()
    assert (formulas.class_fbeta(counts, 3.0) == 1).all()


@pytest.mark.parametrize("dtypes", [("u1", "i8"), ("i2", "u1"), (">i4", "u4")], ids=str)
@given(case=batches())
def test_types_and_strides_change_nothing(dtypes, case):
    truth, prediction, k = case
    options = {"num_classes": k, "ignore_index": 255}
    expected = confusion_matrix(truth, prediction, **options)
    typed = truth.astype(dtypes[0]), prediction.astype(dtypes[1])
    np.testing.assert_array_equal(confusion_matrix(*typed, **options), expected)
    wide = [np.repeat(np.repeat(labels, 2, axis=1), 3, axis=2)[:, ::2, ::-3][:, :, ::-1] for labels in typed]
    np.testing.assert_array_equal(confusion_matrix(*wide, **options), expected)
    metrics = SegmentationMetrics(k, 255)
    metrics.update(np.asfortranarray(wide[0]), wide[1])
    np.testing.assert_array_equal(metrics.confusion, expected)


def test_threads_that_count_at_once_do_not_disturb_each_other():
    rng = np.random.default_rng(0)
    pairs = [rng.integers(0, 5, (2, 200, 300)).astype(np.uint8) for _ in range(16)]
    expected = [confusion_matrix(*pair, num_classes=5).tolist() for pair in pairs]
    with ThreadPoolExecutor(8) as pool:
        found = pool.map(lambda pair: confusion_matrix(*pair, num_classes=5).tolist(), pairs)
    assert list(found) == expected
