"""Panoptic quality against sets of pixels, its laws (35 to 40), conventions, and refusals."""

from __future__ import annotations

import itertools
import json
import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from npseg.errors import ArgumentError, DTypeError, ShapeError
from npseg.metrics.panoptic import matching
from npseg.metrics.panoptic.matching import IOU_BITS, count_pairs
from npseg.metrics.panoptic.quality import PanopticMetrics, panoptic_quality
from npseg.metrics.panoptic.result import ClassQuality, PanopticQuality
from npseg.reference import panoptic as reference

VOID = 255
IDS = np.array([0, 1, 2, -7, 5, 2**40, -(2**62)])


def paint(rng, classes, instances, num_classes, rectangles):
    """Put rectangles of one segment each over the maps, in place."""
    height, width = classes.shape
    for _ in range(rectangles):
        top, left = rng.integers(0, height), rng.integers(0, width)
        window = np.s_[top : top + rng.integers(1, height + 1), left : left + rng.integers(1, width + 1)]
        classes[window], instances[window] = rng.integers(0, num_classes), rng.choice(IDS)


@st.composite
def panoptic_pairs(draw, void=False, crowd=False, predicted_void=False):
    """Blobs, and a prediction that is like them or not: arguments of `panoptic_quality`, images (N, H, W).

    The prediction names its instances anew and differs by a shift, by rectangles, or altogether.
    """
    num_classes = draw(st.integers(1, 4))
    things = draw(st.lists(st.integers(0, num_classes - 1), unique=True))
    shape = draw(st.integers(1, 3)), draw(st.integers(1, 7)), draw(st.integers(1, 8))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    present = draw(st.integers(1, num_classes))
    t, t_id = np.zeros(shape, np.int64), np.zeros(shape, np.int64)
    for image in range(shape[0]):
        paint(rng, t[image], t_id[image], present, draw(st.integers(0, 5)))
    p, p_id = t.copy(), 3 * (t_id // 2) + 1 if draw(st.booleans()) else t_id - 1
    change = draw(st.sampled_from(["none", "shift", "rectangles", "noise"]))
    if change == "shift":
        p, p_id = np.roll(p, 1, axis=2), np.roll(p_id, 1, axis=2)
    if change in ("rectangles", "noise"):
        for image in range(shape[0]):
            paint(rng, p[image], p_id[image], num_classes, 3 if change == "rectangles" else 20)
    marked = np.zeros(shape, np.bool_)
    if crowd:
        for image, _ in itertools.product(range(shape[0]), range(draw(st.integers(0, 2)))):
            paint(rng, marked[image].view(np.int8), np.zeros(shape[1:], np.int64), 2, 1)
    if void:
        t = np.where(rng.random(shape) < draw(st.floats(0, 0.9)), VOID, t)
    if predicted_void:
        p = np.where(rng.random(shape) < draw(st.floats(0, 0.9)), VOID, p)
    return {
        "y_true": (t, t_id),
        "y_pred": (p, p_id),
        "num_classes": num_classes,
        "things": things,
        "void": VOID,
        "crowd": marked,
    }


def score(case, **changes):
    arguments = {**case, **changes}
    return panoptic_quality(arguments.pop("y_true"), arguments.pop("y_pred"), **arguments)


def rows(quality):
    return [(r.true_positives, r.false_positives, r.false_negatives, r.iou_units) for r in quality.per_class]


anything = panoptic_pairs(void=True, crowd=True, predicted_void=True)


@given(case=anything)
def test_equals_sets_of_pixels(case):
    (t, t_id), (p, p_id) = case["y_true"], case["y_pred"]
    expected = [(0, 0, 0, Fraction(0))] * case["num_classes"]
    for image in range(len(t)):
        counts = reference.panoptic_counts(
            t[image],
            t_id[image],
            p[image],
            p_id[image],
            case["num_classes"],
            case["things"],
            VOID,
            case["crowd"][image],
        )
        expected = [tuple(map(sum, zip(*both))) for both in zip(expected, counts)]
    for row, (tp, fp, fn, iou_sum) in zip(score(case).per_class, expected):
        assert (row.true_positives, row.false_positives, row.false_negatives) == (tp, fp, fn)
        # Each IoU is rounded to float64 once; nothing else is.
        assert abs(Fraction(row.iou_units, 2**IOU_BITS) - iou_sum) <= tp * Fraction(1, 2 ** (IOU_BITS + 1))
        if tp + fp + fn == 0:
            assert math.isnan(row.pq)
            continue
        whole = tp + Fraction(fp, 2) + Fraction(fn, 2)
        assert row.pq == pytest.approx(float(iou_sum / whole), rel=1e-15, abs=0)
        assert row.rq == pytest.approx(float(tp / whole), rel=1e-15, abs=0)
        assert row.sq == pytest.approx(float(iou_sum / tp) if tp else 0, rel=1e-15, abs=0)


@given(case=anything)
def test_keys_that_do_not_fit_are_ranked(case):
    whole = score(case)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(matching, "_MOST_KEYS", 8)
        assert rows(score(case)) == rows(whole)


def test_ids_over_the_whole_range_of_64_bits():
    ids = np.array([[0, 2**64 - 1, 2**63, 2**63]], np.uint64)
    far = np.array([[-(2**63), 2**63 - 1, 7, 7]])
    crowd = np.array([[True, False, False, False]])
    quality = panoptic_quality(
        (np.zeros((1, 4), np.int8), ids), (np.zeros((1, 4), np.uint16), far), num_classes=1, crowd=crowd
    )
    assert rows(quality) == [(2, 0, 0, 2 * 2**IOU_BITS)]
    # Ranking only one of the two columns would leave room for less than 2**64 keys: 2**62 times 4 would be 0.
    first, second = np.array([0, 2**62, 0, 0, 0, 0]), np.array([-(2**62), -(2**62), 1, 2, 2**62, 1])
    columns, pixels = count_pairs([first, second])
    assert sorted(zip(*(column.tolist() for column in columns), pixels.tolist())) == [
        (0, -(2**62), 1), (0, 1, 2), (0, 2, 1), (0, 2**62, 1), (2**62, -(2**62), 1)
    ]  # fmt: skip
    (small,), pixels = count_pairs([np.array([-128, 127, 127], np.int8)])
    assert (small.tolist(), pixels.tolist()) == ([-128, 127], [1, 2])


@given(case=anything)
def test_law_35_pq_is_sq_times_rq(case):
    for row in score(case).per_class:
        if row.seen:
            assert row.pq == pytest.approx(row.sq * row.rq, rel=4 * 2**-53, abs=0)
            assert 0 <= row.pq <= min(row.sq, row.rq) <= 1
        else:
            assert all(map(math.isnan, (row.pq, row.sq, row.rq)))


@given(case=panoptic_pairs(void=True, crowd=True), filler=st.integers(0, 3))
def test_law_35_perfect_is_exactly_1(case, filler):
    t, t_id = case["y_true"]
    filled = np.where(t == VOID, min(filler, case["num_classes"] - 1), t)
    # A stuff segment may go on through void, but not through a crowd of its own class, where it would be too large.
    predicted = np.where(case["crowd"], VOID, filled)
    quality = score(case, y_pred=(predicted, t_id))
    assert {row.pq for row in quality.per_class if row.seen} <= {1.0}
    assert quality.pq == quality.sq == quality.rq == 1.0 or quality.all.num_classes == 0


@given(case=anything, seed=st.integers(0, 2**32 - 1))
def test_law_36_instance_ids_may_be_relabelled(case, seed):
    rng = np.random.default_rng(seed)

    def renamed(maps):
        classes, instances = maps
        new = np.empty_like(instances)
        for image, label in itertools.product(range(len(classes)), np.unique(classes)):
            window = classes[image] == label
            found, index = np.unique(instances[image][window], return_inverse=True)
            new[image][window] = rng.choice(2**62, len(found), replace=False)[index] - 2**61
        return classes, new

    assert rows(score(case, y_true=renamed(case["y_true"]), y_pred=renamed(case["y_pred"]))) == rows(score(case))


@given(case=panoptic_pairs(void=True, crowd=True, predicted_void=True), data=st.data())
def test_law_37_void_over_a_matched_segment_strictly_lowers_pq(case, data):
    (t, t_id), (p, p_id) = case["y_true"], case["y_pred"]
    image, extra = data.draw(st.integers(0, len(t) - 1)), case["num_classes"]
    t[image, 0], p[image, 0], case["crowd"][image, 0] = extra, extra, False  # one class at least has a match
    case["num_classes"] += 1
    true, unlabelled, _ = reference.segments(t[image], t_id[image], case["things"], VOID, case["crowd"][image])
    predicted, _, _ = reference.segments(p[image], p_id[image], case["things"], VOID)
    matches = reference.matched_segments(true, predicted, unlabelled)
    segment, answer = data.draw(st.sampled_from(list(matches)))
    common = sorted(true[segment] & predicted[answer])
    lost = data.draw(st.lists(st.sampled_from(common), min_size=1, unique=True))
    less = p.copy()
    for place in lost:
        less[image][place] = VOID
    rest, _, _ = reference.segments(less[image], p_id[image], case["things"], VOID)
    matched_now = reference.matched_segments(true, rest, unlabelled)
    assume(all(true_segment == segment for true_segment, left in matched_now if left == answer))  # or it finds another
    before, after = score(case).per_class[segment[0]], score(case, y_pred=(less, p_id)).per_class[segment[0]]
    assert after.pq < before.pq


@given(case=panoptic_pairs(void=True, crowd=True, predicted_void=True), seed=st.integers(0, 2**32 - 1))
def test_law_38_merging_or_splitting_crowds_changes_nothing(case, seed):
    t, t_id = case["y_true"]
    split = np.where(case["crowd"], np.random.default_rng(seed).integers(-3, 9, t.shape), t_id)
    merged = np.where(case["crowd"], 4, t_id)
    expected = rows(score(case))
    assert rows(score(case, y_true=(t, split))) == expected
    assert rows(score(case, y_true=(t, merged))) == expected


@given(case=panoptic_pairs())
def test_law_39_symmetric_without_void_and_crowd(case):
    there = score(case, crowd=None)
    back = score(case, y_true=case["y_pred"], y_pred=case["y_true"], crowd=None)
    assert [(r.pq, r.sq, r.rq) for r in there.per_class if r.seen] == [
        (r.pq, r.sq, r.rq) for r in back.per_class if r.seen
    ]


@given(case=anything, unused=st.integers(1, 3))
def test_law_40_unseen_classes_are_left_out(case, unused):
    few, more = score(case), score(case, num_classes=case["num_classes"] + unused)
    assert few.to_json()["things"] == more.to_json()["things"]
    assert few.to_json()["stuff"] == more.to_json()["stuff"]
    assert few.all == more.all or few.all.num_classes == more.all.num_classes == 0


def test_law_40_nothing_seen_is_undefined():
    nothing = np.full((2, 3), VOID), np.zeros((2, 3), int)
    for quality in (
        PanopticMetrics(2).compute(),
        panoptic_quality(nothing, nothing, num_classes=2, void=VOID),
        panoptic_quality(np.zeros((0, 4, 5, 2), int), np.zeros((0, 4, 5, 2), int), num_classes=2),
        panoptic_quality(np.zeros((0, 3, 2), int), np.zeros((0, 3, 2), int), num_classes=2),
    ):
        assert all(map(math.isnan, (quality.pq, quality.sq, quality.rq, quality.things.pq, quality.stuff.pq)))
        assert quality.all.num_classes == 0
        assert quality.to_json()["pq"] is None


@given(case=anything, seed=st.integers(0, 2**32 - 1))
def test_order_of_images_pixels_and_classes_does_not_matter(case, seed):
    rng = np.random.default_rng(seed)
    (t, t_id), (p, p_id), crowd = case["y_true"], case["y_pred"], case["crowd"]
    images, pixels = rng.permutation(len(t)), rng.permutation(t[0].size)

    def shuffled(x):
        return x.reshape(len(x), 1, -1)[images][:, :, pixels]

    expected = rows(score(case))
    moved = {"y_true": (shuffled(t), shuffled(t_id)), "y_pred": (shuffled(p), shuffled(p_id)), "crowd": shuffled(crowd)}
    assert rows(score(case, **moved)) == expected

    names = rng.permutation(case["num_classes"])
    names_and_void = np.full(VOID + 1, VOID)
    names_and_void[: len(names)] = names
    renamed = score(
        case,
        y_true=(names_and_void[t], t_id),
        y_pred=(names_and_void[p], p_id),
        things=[names[label] for label in case["things"]],
    )
    assert [rows(renamed)[name] for name in names] == expected
    np.testing.assert_equal(tuple(renamed.all), tuple(score(case).all))


@given(case=anything, data=st.data())
def test_any_split_and_any_order_of_merging_give_the_same_bits(case, data):
    (t, t_id), (p, p_id), crowd = case["y_true"], case["y_pred"], case["crowd"]
    order = data.draw(st.permutations(range(len(t))))
    parts = [PanopticMetrics(case["num_classes"], things=case["things"], void=VOID) for _ in range(2)]
    for image in order:
        chosen = data.draw(st.sampled_from(parts))
        chosen.update((t[image], t_id[image]), (p[image], p_id[image]), crowd=crowd[image])
    there = PanopticMetrics.from_state_dict(json.loads(json.dumps(parts[0].state_dict())))
    there.merge(parts[1])
    back = PanopticMetrics.from_state_dict(parts[1].state_dict()).merge(parts[0])
    assert there.state_dict() == back.state_dict()
    assert rows(there.compute()) == rows(score(case))
    there.reset()
    assert rows(there.compute()) == [(0, 0, 0, 0)] * case["num_classes"]


@given(case=anything)
def test_void_and_stuff_and_crowd_have_no_instances(case):
    """Ids there change nothing, and inputs are left as they were."""
    (t, t_id), (p, p_id) = case["y_true"], case["y_pred"]
    before = [array.copy() for array in (t, t_id, p, p_id, case["crowd"])]
    for array in (t, t_id, p, p_id):
        array.setflags(write=False)
    noise = np.arange(t.size).reshape(t.shape)
    separate = np.isin(t, case["things"]) & ~case["crowd"]
    own = np.isin(p, case["things"])
    changed = {"y_true": (t, np.where(separate, t_id, noise)), "y_pred": (p, np.where(own, p_id, noise))}
    assert rows(score(case, **changed)) == rows(score(case))
    for array, old in zip((t, t_id, p, p_id, case["crowd"]), before):
        np.testing.assert_array_equal(array, old)


@given(case=anything)
def test_layouts_and_types_of_arrays_do_not_matter(case):
    (t, t_id), (p, p_id) = case["y_true"], case["y_pred"]
    expected = rows(score(case))
    assert rows(score(case, y_true=np.stack((t, t_id), -1), y_pred=np.stack((p, p_id), -1))) == expected
    turned = [np.asfortranarray(array.astype(kind)) for array, kind in ((t, np.uint8), (p, ">i4"))]
    assert rows(score(case, y_true=(turned[0], t_id), y_pred=(turned[1], p_id))) == expected
    assert rows(score(case, y_true=(t.tolist(), t_id.tolist()), crowd=case["crowd"].tolist())) == expected


def one_row(*labels):
    return np.array([labels])


def test_a_match_needs_more_than_half():
    truth = one_row(0, 0, 0, 0, 1, 1), one_row(1, 1, 1, 1, 0, 0)
    half = one_row(0, 0, 1, 1, 1, 1), one_row(1, 1, 0, 0, 0, 0)
    more = one_row(0, 0, 0, 1, 1, 1), one_row(1, 1, 1, 0, 0, 0)
    assert rows(panoptic_quality(truth, half, num_classes=2))[0] == (0, 1, 1, 0)
    assert rows(panoptic_quality(truth, more, num_classes=2))[0] == (1, 0, 0, 3 * 2 ** (IOU_BITS - 2))


def test_a_class_seen_but_never_matched_scores_0_and_stays_in_the_mean():
    truth = one_row(0, 0, 1, 1), one_row(1, 1, 1, 1)
    prediction = one_row(0, 0, 0, 0), one_row(1, 1, 2, 2)
    quality = panoptic_quality(truth, prediction, num_classes=3)
    assert [(r.pq, r.sq, r.rq) for r in quality.per_class[:2]] == [(2 / 3, 1, 2 / 3), (0, 0, 0)]
    assert quality.sq == 0.5
    assert quality.all.num_classes == 2


def test_false_positives_on_void_or_own_crowd_are_dropped_when_more_than_half():
    def spurious(*truth, crowd=None):
        classes = np.array([truth])
        prediction = one_row(0, 0, 0, 0), one_row(1, 1, 1, 1)
        marked = None if crowd is None else np.array([crowd])
        options = {"num_classes": 2, "void": VOID, "crowd": marked}
        return panoptic_quality((classes, np.zeros((1, 4), int)), prediction, **options).per_class[0].false_positives

    assert spurious(VOID, VOID, VOID, 1) == 0
    assert spurious(VOID, VOID, 1, 1) == 1
    assert spurious(0, 0, 0, 1, crowd=(True, True, True, False)) == 0
    assert spurious(0, 0, 1, 1, crowd=(True, True, False, False)) == 1
    assert spurious(0, 0, VOID, 1, crowd=(True, True, False, False)) == 0  # together more than half
    assert spurious(1, 1, 1, 1, crowd=(True, True, True, True)) == 1  # a crowd of another class


def test_crowds_need_not_be_found_and_cannot_match():
    truth = one_row(0, 0, 1, 1), one_row(3, 3, 0, 0)
    crowd = np.array([[True, True, False, False]])
    for prediction in (truth, (one_row(1, 1, 1, 1), one_row(0, 0, 0, 0))):
        quality = panoptic_quality(truth, prediction, num_classes=2, things=[0], crowd=crowd)
        assert math.isnan(quality.per_class[0].pq)


def test_void_in_the_prediction_stays_in_the_union():
    """Finding 1 of 10 pixels and abstaining on the rest is no match; nor is abstaining from a second object free."""
    truth = np.zeros((1, 10), int), np.ones((1, 10), int)
    timid = np.array([[0] + [VOID] * 9]), np.ones((1, 10), int)
    assert panoptic_quality(truth, timid, num_classes=1, void=VOID).pq == 0
    two = np.zeros((1, 4), int), one_row(1, 1, 2, 2)
    one_found = one_row(0, 0, VOID, VOID), one_row(1, 1, 2, 2)
    assert panoptic_quality(two, one_found, num_classes=1, void=VOID).pq == 2 / 3


def test_segments_of_two_images_are_two_segments():
    maps = np.zeros((2, 1, 3), int), np.ones((2, 1, 3), int)
    assert rows(panoptic_quality(maps, maps, num_classes=1, things=[]))[0][0] == 2


def test_means_do_not_depend_on_the_order_of_classes():
    units = np.random.default_rng(0).integers(2**52 + 1, 2**53, 40).tolist()
    classes = [ClassQuality("class", True, 1, 0, number % 3, unit) for number, unit in enumerate(units)]
    orders = [classes, sorted(classes, key=lambda row: row.pq), sorted(classes, key=lambda row: -row.pq)]
    assert len({sum(row.pq for row in order) for order in orders}) > 1
    assert len({PanopticQuality(tuple(order)).all for order in orders}) == 1


def test_void_may_be_one_of_the_classes():
    truth = one_row(0, 0, 1, 1), one_row(1, 1, 1, 1)
    quality = panoptic_quality(truth, truth, num_classes=2, void=0)
    assert [row.seen for row in quality.per_class] == [False, True]


def test_table_and_json_hold_the_means_of_things_and_stuff():
    truth = one_row(0, 0, 0, 0, 1, 1, 1, 1), one_row(1, 1, 2, 2, 0, 0, 0, 0)
    prediction = one_row(0, 0, 0, 1, 1, 1, 1, 1), one_row(7, 7, 9, 0, 0, 0, 0, 0)
    quality = panoptic_quality(truth, prediction, num_classes=3, things=[0], class_names=["car", "road", "sky"])
    lines = [line.split() for line in quality.table().splitlines()]
    assert lines[0] == ["class", "PQ", "SQ", "RQ", "TP", "FP", "FN"]
    assert lines[1] == ["car", "0.5000", "1.0000", "0.5000", "1", "1", "1"]
    assert lines[3] == ["sky", "–", "–", "–", "0", "0", "0"]  # noqa: RUF001
    assert lines[4:] == [
        ["things", "0.5000", "1.0000", "0.5000", "1", "1", "1"],
        ["stuff", "0.8000", "0.8000", "1.0000", "1", "0", "0"],
        ["all", "0.6500", "0.9000", "0.7500", "2", "1", "1"],
    ]
    document = json.loads(json.dumps(quality.to_json(), allow_nan=False))
    assert (document["pq"], document["things"]["pq"], document["stuff"]["sq"]) == (0.65, 0.5, 0.8)
    assert document["per_class"][1] == {
        "name": "road",
        "is_thing": False,
        "pq": 0.8,
        "sq": 0.8,
        "rq": 1.0,
        "tp": 1,
        "fp": 0,
        "fn": 0,
        "iou_sum": 0.8,
    }
    assert document["per_class"][2]["pq"] is None
    assert document["policy"]["void"] is None


MAPS = np.zeros((2, 3), int), np.zeros((2, 3), int)


@pytest.mark.parametrize(
    "truth, prediction, options, error, words",
    [
        (MAPS, (MAPS[0].T, MAPS[1].T), {}, ShapeError, r"y_true has shape \(2, 3\), that of y_pred \(3, 2\)"),
        (
            MAPS,
            (MAPS[0], MAPS[1].T),
            {},
            ShapeError,
            r"class map of y_pred has shape \(2, 3\), its instance map \(3, 2\)",
        ),
        ((*MAPS, MAPS[0]), MAPS, {}, ShapeError, "y_true is a tuple of 3, expected two arrays"),
        (np.zeros((2, 3), int), MAPS, {}, ShapeError, r"y_true has shape \(2, 3\), expected \(H, W, 2\)"),
        (np.zeros((2, 2, 3), int), MAPS, {}, ShapeError, r"y_true has shape \(2, 2, 3\).*tuple of two arrays"),
        (([0], [0]), ([0], [0]), {}, ShapeError, r"y_true have shape \(1,\).*reshape a volume"),
        ((np.zeros((2, 3)), MAPS[1]), MAPS, {}, DTypeError, "the class map of y_true has type float64"),
        ((MAPS[0], np.zeros((2, 3))), MAPS, {}, DTypeError, "the instance map of y_true has type float64"),
        ((MAPS[0] + 2, MAPS[1]), MAPS, {}, ArgumentError, r"y_true holds 2 \(6 px\); expected classes from 0 to 1"),
        (MAPS, (MAPS[0] - 1, MAPS[1]), {}, ArgumentError, r"y_pred holds -1 \(6 px\).*there is no void label"),
        (MAPS, (MAPS[0] - 1, MAPS[1]), {"void": 255}, ArgumentError, "255 is void; check num_classes= and void="),
        (MAPS, MAPS, {"num_classes": 0}, ArgumentError, "num_classes is 0"),
        (MAPS, MAPS, {"things": [2]}, ArgumentError, "things holds 2; expected classes with instances"),
        (MAPS, MAPS, {"things": 1}, ArgumentError, "things is 1; expected a list"),
        (MAPS, MAPS, {"void": 1.5}, ArgumentError, "void is 1.5"),
        (MAPS, MAPS, {"crowd": MAPS[0]}, DTypeError, "crowd has type int64, expected a Boolean array"),
        (MAPS, MAPS, {"crowd": np.zeros((3, 2), bool)}, ShapeError, r"crowd has shape \(3, 2\)"),
        (MAPS, MAPS, {"class_names": ["a"]}, ArgumentError, "one name per class"),
    ],
)
def test_bad_arguments_are_worded(truth, prediction, options, error, words):
    with pytest.raises(error, match=words):
        panoptic_quality(truth, prediction, **{"num_classes": 2, **options})


def test_failed_update_counts_nothing():
    metrics = PanopticMetrics(1)
    metrics.update(MAPS, MAPS)
    before = metrics.state_dict()
    bad = np.stack((MAPS[0], MAPS[0] + 3)), np.zeros((2, 2, 3), int)
    with pytest.raises(ArgumentError):
        metrics.update(bad, bad)
    assert metrics.state_dict() == before


@pytest.mark.parametrize(
    "other, words",
    [
        (PanopticMetrics(3, things=[0], void=9), "num_classes is 3 in other, 2 here"),
        (PanopticMetrics(2, void=9), r"things is \(0, 1\) in other, \(0,\) here"),
        (PanopticMetrics(2, things=[0]), "void is None"),
        (PanopticMetrics(2, things=[0], void=9, class_names=["a", "b"]), "class_names"),
    ],
)
def test_only_like_is_merged_with_like(other, words):
    with pytest.raises(ArgumentError, match=words):
        PanopticMetrics(2, things=[0], void=9).merge(other)


@pytest.mark.parametrize(
    "damage, words",
    [
        ({"version": 2}, "version 2"),
        ({"true_positives": [1, 2]}, "true_positives is .*expected 1 integers"),
        ({"false_positives": [-1]}, "false_positives"),
        ({"false_negatives": [0.5]}, "false_negatives"),
        ({"iou_units": [2**53 + 1]}, "for 1 matches"),
        ({"iou_units": [2**52 - 1]}, "for 1 matches"),
    ],
)
def test_damaged_state_is_refused(damage, words):
    metrics = PanopticMetrics(1)
    metrics.update(MAPS, MAPS)
    with pytest.raises(ArgumentError, match=words):
        PanopticMetrics.from_state_dict(metrics.state_dict() | damage)


def test_sums_stay_exact_beyond_64_bits():
    metrics = PanopticMetrics(1)
    metrics.update(MAPS, MAPS)
    for _ in range(20):  # 2**20 matches of IoU 1
        metrics.merge(PanopticMetrics.from_state_dict(metrics.state_dict()))
    assert metrics.state_dict()["iou_units"] == [2**73]
    assert metrics.compute().pq == 1.0
