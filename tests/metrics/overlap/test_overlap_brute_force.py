"""Every score under every convention is what a loop over pixels, in fractions, says it is."""

from __future__ import annotations

from itertools import pairwise, product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from label_batches import IGNORE, batches

import npseg.metrics as metrics
from npseg.metrics import Scores, SegmentationMetrics, multilabel_counts, multilabel_score
from npseg.reference import overlap as reference

SCORES = {
    "iou": ("iou_score", {}),
    "dice": ("dice_score", {}),
    "precision": ("precision_score", {}),
    "recall": ("recall_score", {}),
    "specificity": ("specificity_score", {}),
    "fbeta": ("fbeta_score", {"beta": 2.0}),
    "tversky": ("tversky_index", {"alpha": 0.25, "beta": 0.75}),
}
WHOLE = [
    "pixel_accuracy",
    "mean_accuracy",
    "frequency_weighted_iou",
    "generalized_dice",
    "cohen_kappa",
    "matthews_corrcoef",
]
CONVENTIONS = [
    {"aggregate": aggregate, "average": average, "absent": absent}
    for aggregate, average, absent in product(
        ["dataset", "image", "image_class"], ["macro", "micro", "weighted", None], ["skip", 0, 1]
    )
]


def counted(truth, prediction, classes):
    pairs = [reference.valid_pairs(t, p, IGNORE) for t, p in zip(truth, prediction)]
    return [[reference.counts_of_class(image, k) for k in classes] for image in pairs]


def close(actual, expected):
    np.testing.assert_allclose(actual, expected, rtol=1e-12, atol=1e-14)


@st.composite
def class_choices(draw, num_classes):
    """Options that restrict the classes, and the classes they leave."""
    some = draw(st.lists(st.integers(0, num_classes - 1), min_size=1, unique=True))
    kind = draw(st.sampled_from(["all", "include", "exclude"]))
    if kind == "include":
        return {"include": some}, some
    if kind == "exclude" and len(some) < num_classes:
        return {"exclude": some}, [k for k in range(num_classes) if k not in some]
    return {}, list(range(num_classes))


@pytest.mark.parametrize("name", SCORES)
@given(case=batches(), data=st.data())
def test_every_score_of_classes_under_every_convention(name, case, data):
    truth, prediction, num_classes = case
    function, weights = SCORES[name]
    options, classes = data.draw(class_choices(num_classes))
    images = counted(truth, prediction, classes)
    accumulator = SegmentationMetrics(num_classes, IGNORE)
    accumulator.update(truth, prediction)
    scores = accumulator.compute()
    for convention in CONVENTIONS:
        expected = reference.score(images, name, **convention, **weights)
        actual = getattr(metrics, function)(
            truth, prediction, num_classes=num_classes, ignore_index=IGNORE, **weights, **convention, **options
        )
        close(actual, expected)
        same = scores.score(name, **weights, **convention, **options)
        np.testing.assert_array_equal(same, actual)


@pytest.mark.parametrize("name", WHOLE)
@given(case=batches(), data=st.data())
def test_every_score_of_whole_matrices(name, case, data):
    truth, prediction, num_classes = case
    options, classes = data.draw(class_choices(num_classes)) if name in WHOLE[1:4] else ({}, None)
    pairs = [reference.valid_pairs(t, p, IGNORE) for t, p in zip(truth, prediction)]
    accumulator = SegmentationMetrics(num_classes, IGNORE)
    accumulator.update(truth, prediction)
    for aggregate in ("dataset", "image"):
        expected = reference.whole_score(pairs, name, num_classes, aggregate=aggregate, classes=classes)
        actual = getattr(metrics, name)(
            truth, prediction, num_classes=num_classes, ignore_index=IGNORE, aggregate=aggregate, **options
        )
        close(actual, expected)
        np.testing.assert_array_equal(accumulator.compute().score(name, aggregate=aggregate, **options), actual)


@st.composite
def plane_stacks(draw):
    """Planes (N, H, W, K) of 0 and 1 for truth and prediction, and a mask to ignore or None."""
    shape = tuple(draw(st.sampled_from([2, 3, 1])) for _ in range(4))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    truth = rng.random(shape) < draw(st.sampled_from([0.4, 0.7, 0.0]))
    prediction = np.where(rng.random(shape) < draw(st.sampled_from([0.4, 0.0])), ~truth, truth)
    kind = draw(st.sampled_from(["none", "pixels", "planes"]))
    ignore = None if kind == "none" else rng.random(shape if kind == "planes" else shape[:-1]) < 0.3
    return truth, prediction, ignore


@pytest.mark.parametrize("name", SCORES)
@given(case=plane_stacks())
def test_every_score_of_several_labels_to_a_pixel(name, case):
    truth, prediction, ignore = case
    weights = SCORES[name][1]
    kept = np.ones(truth.shape, bool)
    if ignore is not None:
        kept = ~np.broadcast_to(ignore if ignore.ndim == 4 else ignore[..., None], truth.shape)
    images = [
        [
            reference.counts_of_class(list(zip(t[..., k][v[..., k]], p[..., k][v[..., k]])), True)
            for k in range(truth.shape[-1])
        ]
        for t, p, v in zip(truth, prediction, kept)
    ]
    counts = multilabel_counts(truth, prediction.astype(np.uint8), ignore=ignore)
    assert np.stack(counts, axis=-1).tolist() == [list(map(list, image)) for image in images]
    for convention in CONVENTIONS:
        actual = multilabel_score(truth, prediction, name, ignore=ignore, **weights, **convention)
        close(actual, reference.score(images, name, **convention, **weights))


@given(counts=hnp.arrays(np.int64, st.integers(1, 4).map(lambda k: (k, k)), elements=st.integers(0, 5)))
def test_gains_of_costly_pairs_are_those_of_a_corrected_matrix(counts):
    pairs = Scores(counts, tuple("abcd"[: len(counts)])).costly_pairs(100)
    assert len(pairs) == np.count_nonzero(counts - np.diag(np.diagonal(counts)))
    gains = [reference.costly_pair_gain(counts, pair.truth_label, pair.predicted_label) for pair in pairs]
    close([pair.gain for pair in pairs], gains)
    assert all(gain > 0 for gain in gains)
    assert all(a.gain >= b.gain for a, b in pairwise(pairs))
    assert [pair.pixels for pair in pairs] == [counts[p.truth_label, p.predicted_label] for p in pairs]
