"""Paired comparisons: exact enumeration against plain loops, p-values under the null, and who is told what."""

from __future__ import annotations

import json
import math
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from simulated_counts import confusions, expected

from npseg.errors import ArgumentError, ShapeError
from npseg.metrics.statistics import resampling
from npseg.metrics.statistics.comparison import compare
from npseg.metrics.statistics.count_scores import SCORES
from npseg.metrics.statistics.holm import holm
from npseg.metrics.statistics.permutation import swapped_differences
from npseg.metrics.statistics.unit_counts import UnitCounts
from npseg.reference import statistics as reference


@st.composite
def pairs(draw, most=5):
    """Counts of two models on the same images: each image's rows have the same sums."""
    images, classes = draw(st.integers(2, most)), draw(st.integers(1, 3))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    rows = rng.integers(0, 6, (images, classes)) * (rng.random((images, classes)) < 0.7)
    return tuple(
        np.array([[rng.multinomial(pixels, np.full(classes, 1 / classes)) for pixels in image] for image in rows])
        for _ in range(2)
    )


def equally_good(rng, quality):
    """Two models whose predictions of an image could as well be exchanged."""
    return confusions(rng, quality), confusions(rng, quality)


@given(pair=pairs(), score=st.sampled_from(["miou", "pixel_accuracy"]))
def test_exact_enumeration_is_that_of_plain_loops(pair, score):
    a, b = pair
    plain = {"miou": reference.mean_iou, "pixel_accuracy": reference.pixel_accuracy}[score]
    result = compare(a, b, score=score, method="permutation")
    assert result.exact
    assert result.swaps == 2 ** len(a)
    np.testing.assert_equal(result.overall.p_value, reference.sign_flip_p(a, b, plain))
    units = (UnitCounts.of("test", "counts", counts) for counts in (a, b))
    differences, _ = swapped_differences(*units, lambda s: SCORES[score].function(s)[:, None], 2**10, 0)
    expected = reference.sign_flip_differences(a, b, plain)
    np.testing.assert_allclose(np.sort(differences[:, 0]), np.sort(expected), atol=1e-14)


@given(pair=pairs())
def test_swapping_the_models_turns_the_difference(pair):
    a, b = pair
    options = {"resamples": 50, "per_class": True}
    one, other = compare(a, b, **options), compare(b, a, **options)
    for x, y in zip([one.overall, *one.per_class], [other.overall, *other.per_class]):
        np.testing.assert_array_equal(x.difference, -y.difference)
        np.testing.assert_equal(x.p_value, y.p_value)
        np.testing.assert_allclose(x.interval, (-y.interval[1], -y.interval[0]), atol=1e-14)


@given(pair=pairs())
def test_a_model_does_not_differ_from_itself(pair):
    overall = compare(pair[0], pair[0], resamples=20).overall
    if math.isnan(overall.a):
        assert math.isnan(overall.p_value)
    else:
        assert (overall.difference, overall.p_value) == (0.0, 1.0)
        assert overall.interval == (0.0, 0.0)


@pytest.mark.parametrize("grouped", [False, True])
def test_p_values_are_uniform_where_the_models_are_equally_good(grouped):
    stats = pytest.importorskip("scipy.stats")
    rng = np.random.default_rng(8)
    p_values = []
    for trial in range(300):
        quality = np.repeat(rng.beta(8, 2, 15), 4) if grouped else rng.beta(8, 2, 15)
        a, b = equally_good(rng, quality)
        if grouped:  # what sets the models apart on a patient is the same on all of its images
            swap = np.repeat(rng.random(15) < 0.5, 4)[:, None, None]
            better = np.minimum(quality + 0.1, 1)
            good, bad = confusions(rng, better), confusions(rng, quality)
            a, b = np.where(swap, good, bad), np.where(swap, bad, good)
        groups = np.repeat(np.arange(15), 4) if grouped else None
        result = compare(a, b, groups=groups, method="permutation", permutations=499, seed=trial)
        assert not result.exact
        assert result.swaps == 499
        p_values.append(result.overall.p_value)
    assert min(p_values) >= 1 / 500
    assert stats.kstest(p_values, "uniform").pvalue > 0.02


def test_drawn_swaps_estimate_the_exact_p_value():
    rng = np.random.default_rng(9)
    quality = rng.beta(8, 2, 12)
    a, b = confusions(rng, np.minimum(quality + 0.01, 1)), confusions(rng, quality)
    exact = compare(a, b, method="permutation", permutations=4096)
    drawn = compare(a, b, method="permutation", permutations=4095)
    assert exact.exact
    assert not drawn.exact
    assert drawn.overall.p_value == pytest.approx(exact.overall.p_value, abs=0.03)
    assert 0.001 < exact.overall.p_value < 0.9


def test_scipy_agrees_on_all_swaps():
    stats = pytest.importorskip("scipy.stats")
    rng = np.random.default_rng(10)
    a, b = equally_good(rng, rng.beta(8, 2, 8))

    def difference(i, j, axis):
        both = np.concatenate([a, b])
        score = SCORES["miou"].function
        # The indices stand in the last axis, the matrices behind it.
        return score(both[i.astype(int)].sum(axis=-3)) - score(both[j.astype(int)].sum(axis=-3))

    theirs = stats.permutation_test(
        (np.arange(8), np.arange(8, 16)), difference, permutation_type="samples", n_resamples=np.inf, vectorized=True
    )
    ours = compare(a, b, method="permutation").overall.p_value
    # SciPy doubles the smaller tail; the null distribution is symmetric here, so that is the share of both tails.
    assert ours == pytest.approx(theirs.pvalue)


def test_a_clear_difference_is_found():
    rng = np.random.default_rng(11)
    quality = rng.beta(8, 2, 40)
    result = compare(confusions(rng, np.minimum(quality + 0.05, 1)), confusions(rng, quality), per_class=True)
    assert result.overall.difference > 0
    assert result.overall.interval[0] > 0
    assert result.overall.p_value == pytest.approx(1 / 10_001)
    assert all(row.p_holm >= row.p_value for row in result.per_class)
    assert all(row.p_holm < 0.01 for row in result.per_class)


def test_pairing_makes_the_interval_short():
    # Images differ much, models little: the interval of the difference must not be that of two independent data sets.
    rng = np.random.default_rng(12)
    quality = rng.beta(2, 1, 40)
    a, b = confusions(rng, quality), confusions(rng, quality * 0.99)
    overall = compare(a, b, method="bootstrap").overall
    assert overall.interval[1] - overall.interval[0] < 0.02
    assert overall.interval[0] <= overall.difference <= overall.interval[1]
    assert overall.standard_error == pytest.approx((overall.interval[1] - overall.interval[0]) / 3.92, rel=0.15)


def test_intervals_of_the_difference_cover_it():
    rng = np.random.default_rng(22)
    score = SCORES["miou"].function
    truth = float(score(expected(0.8)) - score(expected(0.8 * 0.97)))
    covered = 0
    for trial in range(300):
        quality = rng.beta(8, 2, 50)
        a, b = confusions(rng, quality), confusions(rng, 0.97 * quality)
        low, high = compare(a, b, method="bootstrap", resamples=300, seed=trial).overall.interval
        covered += low <= truth <= high
    assert 0.91 <= covered / 300 <= 0.985


def test_the_answer_does_not_depend_on_the_pieces(monkeypatch):
    rng = np.random.default_rng(13)
    a, b = equally_good(rng, rng.beta(8, 2, 20))
    options = {"resamples": 100, "permutations": 300, "per_class": True, "seed": 5}
    whole = compare(a, b, **options).to_json()
    exact = compare(a[:6], b[:6], **options).to_json()
    monkeypatch.setattr(resampling, "PIECE_BYTES", 8 * 7 * (3 * 20 + 6 * 9))
    assert compare(a, b, **options).to_json() == whole
    assert compare(a[:6], b[:6], **options).to_json() == exact
    assert compare(a, b, **{**options, "seed": 6}).to_json() != whole


def test_two_names_are_needed():
    counts = np.ones((3, 2, 2), int)
    for names in ("AB", ("A",), ("A", "B", "C")):
        with pytest.raises(ArgumentError, match=r"compare: names is .*expected two"):
            compare(counts, counts, names=names)


def test_each_image_its_own_group_is_no_groups():
    rng = np.random.default_rng(14)
    a, b = equally_good(rng, rng.beta(8, 2, 14))
    options = {"resamples": 100, "permutations": 300}
    alone, grouped = compare(a, b, **options), compare(a, b, groups=list("abcdefghijklmn"), **options)
    assert alone.overall == grouped.overall
    assert (grouped.unit, grouped.units) == ("group", 14)


def test_groups_are_swapped_whole():
    rng = np.random.default_rng(15)
    a, b = equally_good(rng, rng.beta(8, 2, 12))
    groups = np.tile(np.arange(4), 3)
    summed = [np.array([counts[groups == g].sum(axis=0) for g in range(4)]) for counts in (a, b)]
    assert compare(a, b, groups=groups).overall == compare(*summed).overall


def test_images_are_matched_by_their_ids():
    rng = np.random.default_rng(16)
    a, b = equally_good(rng, rng.beta(8, 2, 10))
    a[:, 0, 0] += np.arange(10)  # so that every image has a truth of its own
    b[:, 0, 0] += np.arange(10)
    names = [f"image {i}" for i in range(10)]
    order = rng.permutation(10)
    straight = compare(a, b, ids_a=names, ids_b=names)
    shuffled = compare(a, b[order], ids_a=names, ids_b=[names[i] for i in order])
    assert shuffled == straight == compare(a, b)
    with pytest.raises(ArgumentError, match="the truth of image 0 is not the same"):
        compare(a, b[::-1])
    with pytest.raises(ArgumentError, match="the truth of image 'image 0' is not the same in a and b"):
        compare(a, b[::-1], ids_a=names)


def test_scores_with_counts_of_images_are_taken_as_they_are():
    rng = np.random.default_rng(17)
    a, b = equally_good(rng, rng.beta(8, 2, 6))
    classes = ("sky", "road", "car")
    one, other = (SimpleNamespace(image_confusions=x, image_ids=list("uvwxyz"), class_names=classes) for x in (a, b))
    result = compare(one, other, per_class=True)
    assert result.overall == compare(a, b).overall
    assert [row.name for row in result.per_class] == ["sky", "road", "car"]
    other.class_names = ("sky", "car", "road")
    with pytest.raises(ArgumentError, match="the classes of a are sky, road, car, those of b sky, car, road"):
        compare(one, other)


def test_classes_that_do_not_occur_are_no_tests():
    rng = np.random.default_rng(18)
    a, b = (np.pad(x, ((0, 0), (0, 1), (0, 1))) for x in equally_good(rng, rng.beta(8, 2, 10)))
    with_empty, without = compare(a, b, per_class=True), compare(a[:, :3, :3], b[:, :3, :3], per_class=True)
    assert math.isnan(with_empty.per_class[3].p_value)
    assert math.isnan(with_empty.per_class[3].p_holm)
    assert [row.p_holm for row in with_empty.per_class[:3]] == [row.p_holm for row in without.per_class]
    assert with_empty.to_json()["per_class"][3]["p_value"] is None


def test_undefined_swaps_count_against_the_difference():
    # Only model a ever predicts class 1, in one image, and the truth has none: half of the swaps leave a without it.
    a, b = np.zeros((2, 2, 2), np.int64), np.zeros((2, 2, 2), np.int64)
    a[:, 0, 0], b[:, 0, 0] = [3, 4], [4, 3]
    a[0, 0, 1], b[1, 0, 1] = 1, 1
    row = compare(a, b, per_class=True, resamples=50).per_class[1]
    assert (row.difference, row.undefined_swaps, row.p_value) == (0.0, 2, 1.0)
    assert row.undefined_resamples > 0


def test_one_method_alone():
    rng = np.random.default_rng(19)
    a, b = equally_good(rng, rng.beta(8, 2, 6))
    bootstrap, permutation = (compare(a, b, method=method) for method in ("bootstrap", "permutation"))
    both = compare(a, b)
    assert (bootstrap.overall.p_value, bootstrap.swaps) == (None, None)
    assert (permutation.overall.interval, permutation.resamples) == (None, None)
    assert bootstrap.overall.interval == both.overall.interval
    assert permutation.overall.p_value == both.overall.p_value
    assert "p:" not in bootstrap.table()
    assert "interval" not in permutation.table()


def test_the_table_says_what_was_tested_and_resampled():
    rng = np.random.default_rng(20)
    a, b = equally_good(rng, rng.beta(8, 2, 30))
    result = compare(
        a,
        b,
        groups=np.repeat(np.arange(15), 2),
        per_class=True,
        names=("new", "old"),
        class_names=("sky", "road", "car"),
    )
    table = result.table()
    lines = table.splitlines()
    assert lines[0] == "new (A) against old (B), 15 groups of 30 images"
    assert lines[1].split() == ["A", "B", "A", "-", "B", "95", "%", "interval", "p", "Holm"]
    assert lines[2].startswith("mean IoU ")
    assert lines[3] == "IoU of each class:"
    assert [line.split()[0] for line in lines[4:7]] == ["sky", "road", "car"]
    assert len({len(line) for line in [lines[1], *lines[4:7]]}) == 1
    assert "paired bootstrap, percentiles of 2000 resamples of 15 groups of 30 images" in table
    assert "swapped group by group, 10000 random ways, p = (b + 1) / (m + 1)" in table
    assert "Holm: p corrected for the number of classes" in table
    document = json.loads(json.dumps(result.to_json(), allow_nan=False))
    assert document["overall"]["name"] == "mean IoU"
    assert len(document["per_class"]) == 3


ONES = np.ones((3, 2, 2), np.int64)


@pytest.mark.parametrize(
    "b, options, error, words",
    [
        (ONES[:2], {}, ShapeError, "a has 3 images, b has 2"),
        (np.ones((3, 3, 3), int), {}, ShapeError, "a has 2 classes, b has 3"),
        (ONES, {"groups": [1, 1, 1]}, ArgumentError, "the only group is 1"),
        (ONES, {"method": "t"}, ArgumentError, "method is 't'; it must be one of 'both', 'bootstrap', 'permutation'"),
        (ONES, {"ids_a": "uvw", "ids_b": "uvx"}, ArgumentError, "only in a: w; only in b: x"),
        (ONES[:2], {"ids_a": "uvw", "ids_b": "uv"}, ArgumentError, "only in a: w; compare the images that both"),
        (ONES, {"ids_a": "uvv", "ids_b": "uvw"}, ArgumentError, "ids_a holds v more than once"),
        (ONES, {"ids_a": "uv"}, ShapeError, "ids_a has 2 entries for 3 images"),
        (ONES, {"class_names": ["x"]}, ArgumentError, "class_names has 1 names for 2 classes"),
        (ONES, {"score": "pixel_accuracy", "per_class": True}, ArgumentError, "is no mean over classes"),
        (ONES, {"permutations": 0}, ArgumentError, "permutations is 0"),
        (2 * ONES, {}, ArgumentError, r"the truth of image 0 is not the same in a and b \(3 such images\)"),
    ],
)
def test_what_cannot_be_compared_is_refused(b, options, error, words):
    with pytest.raises(error, match=f"compare: .*{words}"):
        compare(ONES, b, **options)


def test_a_function_per_class():
    def both(counts):
        return SCORES["mean_dice"].per_class(counts)

    rng = np.random.default_rng(21)
    a, b = equally_good(rng, rng.beta(8, 2, 6))
    result = compare(a, b, score="pixel_accuracy", per_class=both)
    expected = compare(a, b, score="mean_dice", per_class=True)
    assert result.per_class == expected.per_class
    assert result.class_score == "both"


# Holm's correction.


def test_holm_by_hand():
    # Holm 1979 needs no more than ranks: 0.005 x 4, 0.01 x 3, 0.03 x 2, 0.04 x 1, none below the one before.
    np.testing.assert_allclose(holm([0.01, 0.04, 0.03, 0.005]), [0.03, 0.06, 0.06, 0.02])
    np.testing.assert_allclose(holm([0.5, 0.6]), [1.0, 1.0])
    np.testing.assert_array_equal(holm([np.nan, 0.02, 0.02]), [np.nan, 0.04, 0.04])
    assert holm([]).shape == (0,)


@given(p=st.lists(st.floats(0, 1) | st.sampled_from([0.0, 0.01, 0.5, 1.0, math.nan]), max_size=8))
def test_holm_is_that_of_plain_loops(p):
    np.testing.assert_allclose(holm(p), reference.holm(p), rtol=1e-15)


@given(p=st.lists(st.floats(0, 1), min_size=1, max_size=8))
def test_statsmodels_agrees(p):
    multitest = pytest.importorskip("statsmodels.stats.multitest")
    np.testing.assert_allclose(holm(p), multitest.multipletests(p, method="holm")[1])


@given(m=st.integers(1, 6), level=st.floats(0.01, 0.2), seed=st.integers(0, 2**32 - 1))
def test_holm_rejects_stepwise(m, level, seed):
    """The adjusted values say what Holm's procedure does: reject the smallest p while it is at most level / (m - j)."""
    p = np.random.default_rng(seed).random(m) ** 3
    rejected = np.zeros(m, bool)
    for j, i in enumerate(np.argsort(p)):
        if p[i] > level / (m - j):
            break
        rejected[i] = True
    np.testing.assert_array_equal(holm(p) <= level, rejected)


@pytest.mark.parametrize("p", [[-0.1], [1.5], [[0.5]]])
def test_holm_wants_probabilities(p):
    with pytest.raises(ArgumentError, match="holm: p_values has shape"):
        holm(p)
