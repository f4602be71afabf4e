"""Bootstrap intervals: against plain loops, against SciPy, and whether they cover what they should."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from simulated_counts import confusions, expected

from npseg.errors import ArgumentError, DTypeError, ShapeError
from npseg.metrics.statistics import resampling
from npseg.metrics.statistics.bootstrap import confidence_interval
from npseg.metrics.statistics.comparison import compare
from npseg.metrics.statistics.count_scores import SCORES
from npseg.metrics.statistics.intervals import bca_interval, percentile_interval
from npseg.metrics.statistics.resampling import WeightedSums, resampled
from npseg.metrics.statistics.unit_counts import UnitCounts
from npseg.randomness import Purpose, generator
from npseg.reference import statistics as reference

METHODS = ("percentile", "bca")


@st.composite
def image_counts(draw, least=2, most=6):
    images, classes = draw(st.integers(least, most)), draw(st.integers(1, 3))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    # Many empty cells, so that classes are missing from some resamples, or from all.
    return rng.integers(0, 9, (images, classes, classes)) * (rng.random((images, classes, classes)) < 0.6)


def draws(seed, resamples, units):
    """The units that a resample draws, as the package draws them."""
    return generator(seed, Purpose.RESAMPLE).integers(0, units, (resamples, units)).tolist()


@given(counts=image_counts(), seed=st.integers(0, 9), level=st.sampled_from([0.5, 0.9, 0.95]))
def test_percentiles_are_those_of_plain_loops(counts, seed, level):
    interval = confidence_interval(counts, "miou", level=level, resamples=40, seed=seed)
    scores = reference.bootstrap_scores(counts, draws(seed, 40, len(counts)), reference.mean_iou)
    defined = [score for score in scores if not math.isnan(score)]
    np.testing.assert_allclose(interval.estimate, reference.mean_iou(reference.sum_matrices(counts)), rtol=1e-14)
    assert interval.undefined == 40 - len(defined)
    if not defined:
        assert math.isnan(interval.low)
        assert math.isnan(interval.high)
        return
    np.testing.assert_allclose(interval.low, reference.quantile(defined, (1 - level) / 2), atol=1e-14)
    np.testing.assert_allclose(interval.high, reference.quantile(defined, (1 + level) / 2), atol=1e-14)
    np.testing.assert_allclose(interval.standard_error, np.std(defined, ddof=1) if len(defined) > 1 else np.nan)


@given(counts=image_counts(least=3), seed=st.integers(0, 9))
def test_bca_is_that_of_plain_loops(counts, seed):
    counts = counts + np.eye(counts.shape[1], dtype=np.int64)  # so that everything is defined
    interval = confidence_interval(counts, "pixel_accuracy", method="bca", resamples=60, seed=seed)
    scores = reference.bootstrap_scores(counts, draws(seed, 60, len(counts)), reference.pixel_accuracy)
    estimate = reference.pixel_accuracy(reference.sum_matrices(counts))
    left_out = [
        reference.pixel_accuracy(reference.sum_matrices(np.delete(counts, i, axis=0))) for i in range(len(counts))
    ]
    below = sum(score < estimate for score in scores) + sum(score == estimate for score in scores) / 2
    if below in (0, 60):
        assert math.isnan(interval.low)
        return
    low, high = reference.bca_interval(scores, estimate, left_out, 0.95)
    np.testing.assert_allclose((interval.low, interval.high), (low, high), atol=1e-9)


@given(seed=st.integers(0, 2**32 - 1), scale=st.sampled_from([1, 10, 2**40, 2**52]))
def test_weighted_sums_are_exact(seed, scale):
    rng = np.random.default_rng(seed)
    units = rng.integers(0, 50, (5, 3, 3)) * scale // rng.integers(1, 9)
    weights = rng.integers(0, 6, (4, 5))
    sums = WeightedSums(UnitCounts.of("test", "units", units), largest=25 * int(units.max()))(weights)
    assert sums.dtype == np.int64
    for row, found in zip(weights.tolist(), sums.tolist()):
        repeated = [unit for unit, times in zip(units, row) for _ in range(times)]
        assert found == (reference.sum_matrices(repeated) if repeated else np.zeros((3, 3)).tolist())


def test_sums_of_many_classes_are_made_of_sparse_tables_and_the_same(monkeypatch):
    """As of a thousand images of 150 classes, whose dense tables would take gigabytes."""
    rng = np.random.default_rng(4)
    a, b = (rng.integers(0, 9, (7, 6, 6)) * (rng.random((7, 6, 6)) < 0.3) for _ in range(2))
    b[:, :, 0] += a.sum(axis=2)
    a[:, :, 0] += b.sum(axis=2) - a.sum(axis=2)
    groups = [0, 0, 1, 2, 3, 3, 1]

    def both():
        interval = confidence_interval(a, "miou", method="bca", groups=groups, resamples=50)
        return interval, compare(a, b, groups=groups, per_class=True, resamples=50, permutations=50)

    dense = both()
    monkeypatch.setattr(resampling, "_DENSE_BYTES", 0)
    assert [str(one) for one in both()] == [str(one) for one in dense]


def test_sums_beyond_63_bits_are_refused():
    with pytest.raises(ArgumentError, match="beyond 63 bits"):
        confidence_interval(np.full((4, 1, 1), 2**62), "miou")


@pytest.mark.parametrize("method", METHODS)
def test_the_answer_is_a_function_of_the_seed_whatever_the_pieces(method, monkeypatch):
    rng = np.random.default_rng(0)
    counts = confusions(rng, rng.beta(8, 2, 15))
    whole = confidence_interval(counts, "miou", method=method, resamples=200, seed=3)
    assert confidence_interval(counts, "miou", method=method, resamples=200, seed=3) == whole
    assert confidence_interval(counts, "miou", method=method, resamples=200, seed=4) != whole
    for size in (1, 8 * 7 * (3 * 15 + 6 * 9)):
        monkeypatch.setattr(resampling, "PIECE_BYTES", size)
        assert confidence_interval(counts, "miou", method=method, resamples=200, seed=3) == whole


def test_pieces_keep_to_their_memory():
    for units, classes in ((10, 2), (1000, 19), (5000, 150)):
        sizes = list(resampling.pieces(2000, units, classes))
        assert sum(sizes) == 2000
        assert max(sizes) == 1 or max(sizes) * 8 * (3 * units + 6 * classes**2) <= resampling.PIECE_BYTES


def test_resamples_draw_as_many_units_as_there_are_evenly():
    weights = resampled(7, 1, 5000, 0, lambda weights: weights)
    assert weights.shape == (5000, 7)
    assert (weights.sum(axis=1) == 7).all()
    np.testing.assert_allclose(weights.mean(axis=0), 1, atol=0.05)
    np.testing.assert_allclose(weights.var(axis=0), 6 / 7, atol=0.06)  # of a binomial with 7 tries of 1/7


def test_the_standard_error_of_a_mean_is_known():
    # Images of one size: the pixel accuracy is the mean of theirs, and its bootstrap error their deviation / sqrt(n).
    rng = np.random.default_rng(1)
    counts = confusions(rng, rng.beta(8, 2, 50))
    shares = np.trace(counts, axis1=1, axis2=2) / counts.sum(axis=(1, 2))
    interval = confidence_interval(counts, "pixel_accuracy", resamples=20_000)
    assert interval.estimate == pytest.approx(shares.mean())
    assert interval.standard_error == pytest.approx(shares.std() / math.sqrt(50), rel=0.02)


@pytest.mark.parametrize("method", METHODS)
def test_scipy_agrees_up_to_chance(method):
    stats = pytest.importorskip("scipy.stats")
    rng = np.random.default_rng(2)
    counts = confusions(rng, rng.beta(3, 1, 25))
    ours = confidence_interval(counts, "miou", method=method, resamples=10_000)

    def score(images, axis):
        return SCORES["miou"].function(counts[images].sum(axis=-3))  # over the indices, which stand in the last axis

    theirs = stats.bootstrap(
        (np.arange(25),), score, method=method.replace("bca", "BCa"), n_resamples=10_000, batch=1000,
        rng=np.random.default_rng(0),
    )  # fmt: skip
    width = ours.high - ours.low
    assert ours.low == pytest.approx(theirs.confidence_interval.low, abs=0.04 * width)
    assert ours.high == pytest.approx(theirs.confidence_interval.high, abs=0.04 * width)
    assert ours.standard_error == pytest.approx(theirs.standard_error, rel=0.04)


@pytest.mark.parametrize("method", METHODS)
def test_intervals_cover_the_true_score(method):
    rng = np.random.default_rng(3)
    truth = float(SCORES["miou"].function(expected(0.8)))
    covered = 0
    for trial in range(400):
        counts = confusions(rng, rng.beta(8, 2, 60))
        interval = confidence_interval(counts, "miou", method=method, resamples=400, seed=trial)
        covered += interval.low <= truth <= interval.high
    # 95 % is promised for many images; with 60, and 400 trials, chance allows for some percent.
    assert 0.915 <= covered / 400 <= 0.98


def test_images_that_belong_together_need_groups():
    rng = np.random.default_rng(4)
    truth = float(SCORES["miou"].function(expected(0.8)))
    groups = np.repeat(np.arange(40), 5)
    covered = {"images": 0, "groups": 0}
    for trial in range(200):
        counts = confusions(rng, np.repeat(rng.beta(8, 2, 40), 5))
        for kind, given_groups in (("images", None), ("groups", groups)):
            interval = confidence_interval(counts, "miou", groups=given_groups, resamples=300, seed=trial)
            covered[kind] += interval.low <= truth <= interval.high
    assert covered["groups"] / 200 >= 0.89
    assert covered["images"] / 200 <= 0.75  # five times the evidence that there is


@pytest.mark.parametrize("method", METHODS)
def test_each_image_its_own_group_is_no_groups(method):
    rng = np.random.default_rng(5)
    counts = confusions(rng, rng.beta(8, 2, 12))
    names = [f"patient {i}" for i in rng.permutation(12)]
    alone = confidence_interval(counts, "miou", method=method, resamples=300)
    grouped = confidence_interval(counts, "miou", groups=names, method=method, resamples=300)
    assert grouped.unit == "group"
    assert (grouped.low, grouped.high, grouped.standard_error) == (alone.low, alone.high, alone.standard_error)


def test_groups_of_a_table_s_column_are_a_row():
    with pytest.raises(ArgumentError, match=r"groups has shape \(3, 1\); expected \(3,\)"):
        confidence_interval(np.ones((3, 2, 2), int), groups=np.array([["a"], ["b"], ["b"]]))


def test_groups_are_drawn_whole():
    rng = np.random.default_rng(6)
    counts = confusions(rng, rng.beta(8, 2, 12))
    groups = np.array([0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2])
    summed = np.array([counts[groups == group].sum(axis=0) for group in range(3)])
    grouped, plain = confidence_interval(counts, "miou", groups=groups), confidence_interval(summed, "miou")
    assert (grouped.low, grouped.high, grouped.estimate) == (plain.low, plain.high, plain.estimate)
    assert (grouped.units, grouped.images) == (3, 12)


def test_undefined_resamples_are_counted_and_left_out():
    # Only one image of three has pixels: 8 of 27 resamples have none.
    counts = np.zeros((3, 2, 2), np.int64)
    counts[0] = [[3, 1], [0, 4]]
    interval = confidence_interval(counts, "pixel_accuracy", resamples=5000)
    assert interval.undefined / 5000 == pytest.approx(8 / 27, abs=0.02)
    assert (interval.low, interval.high, interval.standard_error) == (0.875, 0.875, 0.0)
    nothing = confidence_interval(np.zeros((3, 2, 2), np.int64), "miou", resamples=10)
    assert nothing.undefined == 10
    assert json.loads(json.dumps(nothing.to_json(), allow_nan=False))["low"] is None


def test_bca_is_undefined_where_all_replications_lie_on_one_side():
    low, high = bca_interval(np.array([0.5, 0.6]), 0.1, np.array([0.1, 0.2]), 0.95)
    assert math.isnan(low)
    assert math.isnan(high)
    assert percentile_interval(np.array([0.5, np.nan]), 0.95) == (0.5, 0.5)


def test_bca_of_a_constant_is_that_constant():
    interval = confidence_interval(np.array([[[3, 1], [0, 4]]] * 4), "pixel_accuracy", method="bca")
    assert (interval.low, interval.high) == (0.875, 0.875)


def test_a_function_may_be_the_score():
    counts = np.array([[[3, 1], [0, 4]], [[1, 1], [0, 6]]])

    def second_class(counts):
        return SCORES["miou"].per_class(counts)[..., 1]

    interval = confidence_interval(counts, second_class)
    assert interval.score == "second_class"
    assert interval.estimate == pytest.approx(10 / 12)


def test_it_says_what_was_done():
    rng = np.random.default_rng(7)
    counts = confusions(rng, rng.beta(8, 2, 12))
    text = str(confidence_interval(counts, "miou", groups=[0, 1, 2] * 4, level=0.9))
    assert text.startswith("mean IoU 0.")
    assert "90 % interval" in text
    assert "percentile bootstrap of 3 groups of 12 images, 2000 resamples, seed 0" in text
    assert json.loads(json.dumps(confidence_interval(counts, "miou").to_json()))["unit"] == "image"


COUNTS = np.ones((3, 2, 2), np.int64)


@pytest.mark.parametrize(
    "counts, options, error, words",
    [
        (COUNTS[0], {}, ShapeError, r"counts has shape \(2, 2\), expected \(N, K, K\)"),
        (np.ones((3, 2, 3), int), {}, ShapeError, r"\(3, 2, 3\)"),
        (COUNTS / 2, {}, DTypeError, "type float64, expected integers"),
        (-COUNTS, {}, ArgumentError, "numbers from -1 to -1"),
        (COUNTS[:1], {}, ArgumentError, "1 image given; .* at least 2"),
        (COUNTS[:0], {}, ArgumentError, "0 images given"),
        (COUNTS, {"groups": ["p"] * 3}, ArgumentError, "the only group is 'p'"),
        (COUNTS, {"groups": ["p", "q"]}, ArgumentError, "groups has 2 entries for 3 images"),
        (COUNTS, {"groups": "pqr"}, ArgumentError, "one group for each image"),
        (COUNTS, {"groups": ["p", None, "q"]}, ArgumentError, r"groups\[1\] is None"),
        (COUNTS, {"groups": np.array([0, np.nan, 1])}, ArgumentError, r"groups\[1\] is nan"),
        (COUNTS, {"level": 95}, ArgumentError, "level is 95; it must lie between 0 and 1"),
        (COUNTS, {"resamples": 0}, ArgumentError, "resamples is 0"),
        (COUNTS, {"seed": -1}, ArgumentError, "seed is -1"),
        (COUNTS, {"method": "normal"}, ArgumentError, "method is 'normal'; it must be 'percentile' or 'bca'"),
        (COUNTS, {"score": "miuo"}, ArgumentError, "confidence_interval: unknown score 'miuo'; did you mean 'miou'"),
        (COUNTS, {"score": SCORES["miou"].per_class}, ShapeError, r"returned shape \(\d+, 2\) .* expected \(\d+,\)"),
    ],
)
def test_what_cannot_be_resampled_is_refused(counts, options, error, words):
    with pytest.raises(error, match=words):
        confidence_interval(counts, **options)
