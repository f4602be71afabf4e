"""Calibration against plain loops, its laws, streaming, and refusals."""

from __future__ import annotations

import json
import math
import warnings
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from npseg.errors import ArgumentError, DTypeError, ShapeError
from npseg.metrics.calibration import counts as counting
from npseg.metrics.calibration.accumulator import (
    CalibrationMetrics,
    brier_score,
    classwise_calibration_error,
    expected_calibration_error,
    negative_log_likelihood,
    reliability,
)
from npseg.reference import calibration as reference

IGNORE = 255


@st.composite
def predictions(draw, ignore=False, min_classes=1):
    """Labels (N, H, W) and probabilities (N, H, W, K): any, of few decimals (ties, values on edges), or one-hot."""
    num_classes = draw(st.integers(min_classes, 4))
    shape = draw(st.integers(0, 3)), draw(st.integers(1, 4)), draw(st.integers(1, 5))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    kind = draw(st.sampled_from(["any", "tenths", "one-hot"]))
    if kind == "any":
        chances = rng.dirichlet(np.full(num_classes, draw(st.sampled_from([0.2, 1.0, 5.0]))), shape)
    else:
        parts = 10 if kind == "tenths" else 1
        chances = rng.multinomial(parts, np.full(num_classes, 1 / num_classes), shape) / parts
    labels = rng.integers(0, num_classes, shape)
    if ignore:
        labels = np.where(rng.random(shape) < draw(st.floats(0, 1)), IGNORE, labels)
    return labels, chances


def valid_lists(labels, chances):
    kept = labels != IGNORE
    return labels[kept].tolist(), chances[kept].tolist()


def same(actual, expected):
    np.testing.assert_allclose(actual, expected, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("binning", ["width", "mass"])
@given(case=predictions(ignore=True), bins=st.sampled_from([1, 2, 3, 5, 10, 15]), data=st.data())
def test_reliability_equals_a_loop(binning, case, bins, data):
    labels, chances = case
    label = data.draw(st.sampled_from([None, *range(chances.shape[-1])]))
    result = reliability(labels, chances, bins=bins, binning=binning, label=label, ignore_index=IGNORE)
    flat = valid_lists(labels, chances)
    confidences, hits = reference.top_label(*flat) if label is None else reference.one_class(*flat, label)
    edges = reference.equal_width_edges(bins)
    if binning == "mass" and confidences:
        edges = reference.equal_mass_edges(confidences, bins)
    assert result.edges.tolist() == edges
    rows = reference.reliability(confidences, hits, edges)
    assert result.counts.tolist() == [count for count, _, _ in rows]
    same(result.confidence, [mean for _, mean, _ in rows])
    same(result.accuracy, [share for _, _, share in rows])
    same(result.ece, reference.calibration_error(rows))
    gaps = [abs(share - mean) for count, mean, share in rows if count]
    same(result.mce, max(gaps, default=math.nan))


@pytest.mark.parametrize("binning", ["width", "mass"])
@given(case=predictions(ignore=True), bins=st.integers(1, 12))
def test_scores_equal_loops(binning, case, bins):
    labels, chances = case
    flat = valid_lists(labels, chances)
    options = {"bins": bins, "binning": binning, "ignore_index": IGNORE}

    def error(confidences, hits):
        mass = binning == "mass" and confidences
        edges = reference.equal_mass_edges(confidences, bins) if mass else reference.equal_width_edges(bins)
        return reference.calibration_error(reference.reliability(confidences, hits, edges))

    same(expected_calibration_error(labels, chances, **options), error(*reference.top_label(*flat)))
    classwise = [error(*reference.one_class(*flat, label)) for label in range(chances.shape[-1])]
    same(classwise_calibration_error(labels, chances, average=None, **options), classwise)
    same(classwise_calibration_error(labels, chances, **options), np.mean(classwise))
    same(brier_score(labels, chances, ignore_index=IGNORE), reference.brier_score(*flat))
    same(negative_log_likelihood(labels, chances, ignore_index=IGNORE), reference.negative_log_likelihood(*flat))


@given(case=predictions(ignore=True), bins=st.integers(1, 12), piece=st.integers(1, 7))
def test_streaming_equals_one_call_whatever_the_pieces(case, bins, piece):
    labels, chances = case
    num_classes = chances.shape[-1]
    whole = CalibrationMetrics(num_classes, bins=bins, ignore_index=IGNORE)
    whole.update(labels, chances)
    parts = [CalibrationMetrics(num_classes, bins=bins, ignore_index=IGNORE) for _ in range(2)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(counting, "_PIECE", piece)
        for number, image in enumerate(zip(labels, chances)):
            parts[number % 2].update(*image)
    there = CalibrationMetrics.from_state_dict(json.loads(json.dumps(parts[0].state_dict()))).merge(parts[1])
    scores, expected = there.compute(), whole.compute()
    for name in ("counts", "hits"):
        assert there.state_dict()[name] == whole.state_dict()[name]
    options = {"bins": bins, "ignore_index": IGNORE}
    same(scores.ece, expected_calibration_error(labels, chances, **options))
    same(scores.mce, reliability(labels, chances, **options).mce)
    same(scores.classwise_ece, classwise_calibration_error(labels, chances, average=None, **options))
    same(scores.mean_classwise_ece, classwise_calibration_error(labels, chances, **options))
    same(scores.brier, expected.brier)
    same(scores.nll, expected.nll)
    assert scores.num_pixels == expected.num_pixels == np.count_nonzero(labels != IGNORE)
    for label in (None, *range(num_classes)):
        same(scores.reliability(label).accuracy, reliability(labels, chances, label=label, **options).accuracy)


@given(case=predictions(ignore=True, min_classes=2), seed=st.integers(0, 2**32 - 1))
def test_laws_of_range_order_and_renaming(case, seed):
    labels, chances = case
    rng = np.random.default_rng(seed)
    scores, num_classes = [], chances.shape[-1]
    order, names = rng.permutation(labels.size), rng.permutation(num_classes)
    flat, rows = labels.ravel(), chances.reshape(-1, num_classes)
    renamed = np.append(names, np.full(IGNORE + 1 - num_classes, IGNORE))[labels]
    moved = chances[..., np.argsort(names)]
    for case in ((labels, chances), (flat[order], rows[order]), (renamed, moved)):
        options = {"ignore_index": IGNORE, "binning": "mass" if seed % 2 else "width"}
        classwise = classwise_calibration_error(*case, average=None, **options)
        scores.append(
            (classwise, brier_score(*case, ignore_index=IGNORE), expected_calibration_error(*case, **options))
        )
    (classwise, brier, ece), shuffled, permuted = scores
    if np.isnan(brier):
        assert (labels == IGNORE).all()
        return
    assert 0 <= brier <= 2
    assert 0 <= ece <= 1
    assert (classwise >= 0).all()
    same(shuffled[0], classwise)
    same(shuffled[1:], (brier, ece))
    same(permuted[0][names], classwise)
    same(permuted[1], brier)


@given(case=predictions())
def test_certain_and_right_is_exactly_0(case):
    labels, chances = case
    certain = np.eye(chances.shape[-1])[labels]
    if labels.size == 0:
        return
    for binning in ("width", "mass"):
        assert expected_calibration_error(labels, certain, binning=binning) == 0
        assert classwise_calibration_error(labels, certain, binning=binning) == 0
    assert brier_score(labels, certain) == 0
    assert negative_log_likelihood(labels, certain) == 0


@given(labels=st.lists(st.integers(0, 3), min_size=1, max_size=40))
def test_saying_the_frequencies_is_calibrated(labels):
    frequencies = np.bincount(labels, minlength=4) / len(labels)
    chances = np.tile(frequencies, (len(labels), 1))
    for binning in ("width", "mass"):
        same(expected_calibration_error(labels, chances, binning=binning), 0)
        same(classwise_calibration_error(labels, chances, binning=binning), 0)


@given(case=predictions(ignore=True), strange=st.sampled_from([np.nan, -3.0, 7.0, np.inf]))
def test_ignored_pixels_are_not_looked_at(case, strange):
    labels, chances = case
    spoilt = np.where((labels == IGNORE)[..., None], strange, chances)
    for score in (expected_calibration_error, classwise_calibration_error, brier_score, negative_log_likelihood):
        np.testing.assert_equal(score(labels, spoilt, ignore_index=IGNORE), score(labels, chances, ignore_index=IGNORE))


def test_nothing_counted_is_undefined_without_warnings():
    labels, chances = np.full((1, 2, 2), IGNORE), np.full((1, 2, 2, 3), 1 / 3)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for binning in ("width", "mass"):
            options = {"binning": binning, "ignore_index": IGNORE}
            assert math.isnan(expected_calibration_error(labels, chances, **options))
            assert np.isnan(classwise_calibration_error(labels, chances, average=None, **options)).all()
            assert math.isnan(reliability(labels, chances, **options).mce)
        scores = CalibrationMetrics(3).compute()
        document = scores.to_json()
    assert [document[key] for key in ("ece", "mce", "mean_classwise_ece", "brier", "nll")] == [None] * 5
    assert scores.table().count("–") == 3 + 5  # noqa: RUF001


def test_bins_hold_their_right_edge_and_the_first_its_left():
    values = [0.0, 0.1, 0.3, 0.5, 0.7, 0.7000001, 1.0]
    chances = np.stack([values, 1 - np.array(values)], -1)
    result = reliability(np.zeros(7, int), chances, bins=10, label=0)
    assert result.counts.tolist() == [2, 0, 1, 0, 1, 0, 1, 1, 0, 1]


def test_bins_of_equal_mass_keep_equal_values_together():
    def counts(*values, bins):
        chances = np.stack([values, 1 - np.array(values)], -1)
        return reliability(np.zeros(len(values), int), chances, bins=bins, binning="mass", label=0).counts.tolist()

    assert counts(0.1, 0.9, 0.3, 0.2, 0.8, 0.6, bins=3) == [2, 2, 2]
    assert counts(0.1, 0.9, 0.3, 0.2, 0.8, bins=2) == [3, 2]
    assert counts(0.5, 0.5, 0.5, 0.6, bins=2) == [3, 1]
    assert counts(0.5, 0.5, 0.5, 0.5, bins=2) == [4, 0]
    assert sum(counts(0.2, 0.4, bins=5)) == 2


def test_more_pixels_than_a_piece_are_counted_once():
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 3, (2, 200, 300))
    chances = rng.dirichlet([1, 1, 1], labels.shape).astype(np.float32)
    assert labels.size > counting._PIECE
    result = reliability(labels, chances)
    assert result.counts.sum() == labels.size
    right = chances.argmax(-1) == labels
    assert np.nansum(result.accuracy * result.counts) == pytest.approx(right.sum())
    metrics = CalibrationMetrics(3)
    metrics.update(labels, chances)
    assert metrics.compute().reliability().counts.tolist() == result.counts.tolist()


def test_half_precision_and_rounding_are_let_pass():
    rng = np.random.default_rng(1)
    chances = rng.dirichlet(np.ones(150), (4, 4)).astype(np.float16)
    assert np.isfinite(brier_score(np.zeros((4, 4), int), chances))
    assert brier_score([0], [[1 + 5e-7, -5e-7]]) == 0


def test_impossible_events_cost_infinity():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert negative_log_likelihood([0, 1], [[0.0, 1.0], [0.5, 0.5]]) == math.inf


def test_scores_of_a_small_case_by_hand():
    metrics = CalibrationMetrics(2, bins=5, class_names=["sky", "road"])
    metrics.update([0, 1, 0, 1], [[0.8, 0.2], [0.8, 0.2], [0.6, 0.4], [0.3, 0.7]])
    scores = metrics.compute()
    assert scores.ece == pytest.approx(0.175)
    assert scores.mce == pytest.approx(0.4)
    # sky: 0.3 wrong, 0.6 right, 0.8 right once of twice. road: 0.2 right once of twice, 0.4 wrong, 0.7 right.
    assert scores.classwise_ece == pytest.approx([(0.3 + 0.4 + 2 * 0.3) / 4] * 2)
    assert scores.brier == pytest.approx(0.465)
    assert scores.nll == pytest.approx(-np.log([0.8, 0.2, 0.6, 0.7]).mean())
    document = json.loads(json.dumps(scores.to_json(), allow_nan=False))
    assert document["per_class"][1] == {"name": "road", "ece": pytest.approx(0.325)}
    assert document["policy"]["bins"] == 5
    assert document["reliability"]["counts"] == [0, 0, 1, 3, 0]
    lines = scores.table().splitlines()
    assert [line.split()[-1] for line in lines] == [
        "ECE", "0.3250", "0.3250", "0.3250", "0.1750", "0.4000", "0.4650", f"{scores.nll:.4f}"
    ]  # fmt: skip
    assert len({len(line) for line in lines}) == 1
    metrics.reset()
    assert metrics.compute().num_pixels == 0
    assert scores.num_pixels == 4


def test_counts_are_exact_fractions():
    result = reliability([0, 0, 1], [[0.75, 0.25], [0.75, 0.25], [0.75, 0.25]], bins=1)
    assert result.accuracy[0] == float(Fraction(2, 3))


GOOD = np.full((2, 3, 4), 0.25)
LABELS = np.zeros((2, 3), int)


@pytest.mark.parametrize(
    "labels, chances, error, words",
    [
        (LABELS, GOOD * 0.9, ArgumentError, r"add up to 0\.9, expected 1 \(give or take 0\.001\)"),
        (LABELS, GOOD[..., :1], ArgumentError, r"add up to 0\.25.*np\.stack\(\[1 - p, p\]"),
        (LABELS, GOOD + np.array([1, -1, 0, 0]), ArgumentError, r"holds 1\.25, expected numbers from 0 to 1.*softmax"),
        (LABELS, GOOD - np.array([0.3, -0.3, 0, 0]), ArgumentError, r"holds -0\.05"),
        (LABELS, np.full((2, 3, 4), np.nan), ArgumentError, "holds nan.*overflowed"),
        (LABELS, np.full((2, 3, 4), np.inf), ArgumentError, "holds inf"),
        (LABELS + 4, GOOD, ArgumentError, "y_true holds 4; probabilities has 4 classes.*no value is ignored"),
        (LABELS - 1, GOOD, ArgumentError, "y_true holds -1"),
        (LABELS + 0.5, GOOD, DTypeError, "y_true has type float64"),
        (LABELS, GOOD.astype(complex), DTypeError, "probabilities has type complex128"),
        (LABELS, GOOD[..., 0], ShapeError, r"y_true has shape \(2, 3\), probabilities has \(2, 3\).*np\.stack"),
        (
            LABELS,
            GOOD.transpose(2, 0, 1),
            ShapeError,
            r"classes are on axis 0: pass np\.moveaxis\(probabilities, 0, -1\)",
        ),
        (
            LABELS,
            GOOD.transpose(0, 2, 1),
            ShapeError,
            r"classes are on axis 1: pass np\.moveaxis\(probabilities, 1, -1\)",
        ),
        (LABELS, GOOD[:1], ShapeError, "resize the probabilities"),
        (LABELS, GOOD[..., :0], ShapeError, r"\(2, 3, 0\), expected one probability per class"),
    ],
)
def test_bad_arrays_are_worded(labels, chances, error, words):
    calls = [reliability, expected_calibration_error, classwise_calibration_error, brier_score, negative_log_likelihood]
    for function in calls:
        with pytest.raises(error, match=words):
            function(labels, chances)
    metrics = CalibrationMetrics(chances.shape[-1] or 1)
    with pytest.raises(error, match=words):
        metrics.update(labels, chances)
    assert metrics.compute().num_pixels == 0


def test_bad_arguments_are_worded():
    for options, words in (
        ({"bins": 0}, "bins is 0"),
        ({"bins": 1.5}, "bins is 1.5"),
        ({"binning": "depth"}, "binning is 'depth'"),
        ({"ignore_index": 0.5}, "ignore_index is 0.5"),
    ):
        for function in (reliability, expected_calibration_error, classwise_calibration_error):
            with pytest.raises(ArgumentError, match=words):
                function(LABELS, GOOD, **options)
    with pytest.raises(ArgumentError, match=r"reliability: label is 1.0; it must be a class"):
        reliability([0, 1], [[1, 0], [0, 1]], label=1.0)
    with pytest.raises(ArgumentError, match="expected_calibration_error: bins is 0"):
        expected_calibration_error([0, 1], [[1, 0], [0, 1]], bins=0)
    with pytest.raises(ArgumentError, match="label is 4; it must be a class from 0 to 3"):
        reliability(LABELS, GOOD, label=4)
    with pytest.raises(ArgumentError, match="label is 4"):
        CalibrationMetrics(4).compute().reliability(4)
    with pytest.raises(ArgumentError, match="average is 'micro'"):
        classwise_calibration_error(LABELS, GOOD, average="micro")
    with pytest.raises(ShapeError, match=r"expected 3 classes on the last axis"):
        CalibrationMetrics(3).update(LABELS, GOOD)


def test_failed_update_counts_nothing(monkeypatch):
    monkeypatch.setattr(counting, "_PIECE", 2)
    metrics = CalibrationMetrics(4)
    spoilt = GOOD.copy()
    spoilt[-1, -1] = 2
    with pytest.raises(ArgumentError):
        metrics.update(LABELS, spoilt)
    assert metrics.state_dict() == CalibrationMetrics(4).state_dict()


@pytest.mark.parametrize(
    "other, words",
    [
        (CalibrationMetrics(3), "num_classes is 3 in other, 2 here"),
        (CalibrationMetrics(2, bins=10), "bins is 10"),
        (CalibrationMetrics(2, ignore_index=0), "ignore_index is 0"),
        (CalibrationMetrics(2, class_names=["a", "b"]), "class_names"),
    ],
)
def test_only_like_is_merged_with_like(other, words):
    with pytest.raises(ArgumentError, match=words):
        CalibrationMetrics(2).merge(other)


@pytest.mark.parametrize(
    "damage, words",
    [
        ({"version": 2}, "version 2"),
        ({"counts": [[1]]}, r"counts is int64 of shape \(1, 1\)"),
        ({"hits": [[0.5], [0], [0]]}, "hits is float64"),
        ({"confidence": [[-1.0], [0], [0]]}, "confidence is float64"),
        ({"hits": [[9], [0], [0]]}, "more hits than pixels"),
        ({"counts": [[1], [2], [2]]}, "different numbers of pixels"),
    ],
)
def test_damaged_state_is_refused(damage, words):
    metrics = CalibrationMetrics(2, bins=1)
    metrics.update([0, 1], [[0.5, 0.5], [0.5, 0.5]])
    with pytest.raises(ArgumentError, match=words):
        CalibrationMetrics.from_state_dict(metrics.state_dict() | damage)
