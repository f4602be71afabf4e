"""`MultilabelMetrics`: exact under any split, as the function that sees everything at once, and never silent."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from npseg.errors import ArgumentError, DTypeError, ShapeError
from npseg.metrics import MultilabelMetrics, multilabel_score

CONVENTIONS = [
    ("iou", {}), ("dice", {"aggregate": "image"}), ("recall", {"aggregate": "image_class", "average": "micro"}),
    ("precision", {"average": "weighted", "absent": 1}), ("specificity", {"include": [0]}), ("mean_accuracy", {}),
]  # fmt: skip


def planes(seed, images):
    rng = np.random.default_rng(seed)
    truth, prediction = rng.random((2, images, 4, 5, 3)) < rng.random((2, images, 1, 1, 3))
    return truth, prediction, rng.random((images, 4, 5)) < 0.2


@given(st.integers(0, 2**32), st.integers(1, 6), st.data())
def test_no_split_and_no_order_changes_a_bit(seed, images, data):
    truth, prediction, ignore = planes(seed, images)
    order = data.draw(st.permutations(range(images)))
    cuts = sorted(data.draw(st.sets(st.integers(1, images), max_size=3)) | {images})
    parts, begin = [], 0
    for end in cuts:
        part, chosen = MultilabelMetrics(3), order[begin:end]
        part.update(truth[chosen], prediction[chosen], ignore=ignore[chosen])
        parts.append(part)
        begin = end
    whole = MultilabelMetrics(3)
    for part in parts:
        whole.merge(
            MultilabelMetrics.from_state_dict(json.loads(json.dumps(part.state_dict(), default=np.ndarray.tolist)))
        )
    scores = whole.compute()
    for name, options in CONVENTIONS:
        expected = multilabel_score(truth, prediction, name, ignore=ignore, **options)
        np.testing.assert_array_equal(scores.score(name, **options), expected)
    iou = [
        (np.nan if not union else both / union)
        for both, union in (
            ((truth & prediction)[~ignore][:, k].sum(), (truth | prediction)[~ignore][:, k].sum()) for k in range(3)
        )
    ]
    np.testing.assert_allclose(scores.iou, iou, rtol=1e-15)
    np.testing.assert_allclose(scores.miou, np.nanmean(iou) if np.isfinite(iou).any() else np.nan, rtol=1e-15)
    np.testing.assert_allclose(scores.dice, 2 * np.array(iou) / (1 + np.array(iou)), rtol=1e-14)


def test_of_nothing_everything_is_undefined():
    scores = MultilabelMetrics(2).compute()
    assert np.isnan(scores.iou).all()
    assert np.isnan([scores.miou, scores.mean_dice, scores.score("recall", aggregate="image")]).all()
    again = MultilabelMetrics.from_state_dict(json.loads(json.dumps(MultilabelMetrics(2).state_dict(), default=list)))
    assert again.compute().counts.tp.shape == (0, 2)


def test_reset_forgets_and_compute_changes_nothing():
    metrics = MultilabelMetrics(1, ["shadow"])
    metrics.update([[[1], [0]]], [[[1], [1]]])
    assert [metrics.compute().miou, metrics.compute().miou] == [0.5, 0.5]
    assert metrics.compute().class_names == ("shadow",)
    metrics.reset()
    metrics.update([[[1]]], [[[1]]])
    assert metrics.compute().mean_dice == 1


def test_what_is_refused_is_not_counted():
    metrics = MultilabelMetrics(2)
    metrics.update([[[1, 0]]], [[[1, 1]]])
    before = metrics.state_dict()["counts"].tolist()
    with pytest.raises(ShapeError, match="has 3 planes along its last axis, num_classes is 2"):
        metrics.update([[[1, 0, 0]]], [[[1, 1, 0]]])
    with pytest.raises(DTypeError):
        metrics.update([[[0.5, 1.0]]], [[[1, 1]]])
    with pytest.raises(ArgumentError, match="class_names is"):
        metrics.merge(MultilabelMetrics(2, ["a", "b"]))
    with pytest.raises(ArgumentError, match="num_classes is 3 in other"):
        metrics.merge(MultilabelMetrics(3))
    assert metrics.state_dict()["counts"].tolist() == before


@pytest.mark.parametrize(
    "change, words",
    [
        ({"version": 2}, "has version 2, expected 1"), ({"counts": [[[0.5, 1.0]]] * 4}, "counts are float64"),
        ({"counts": [[[1, -1]]] * 4}, "the state is damaged"), ({"counts": [[[1, 1]]] * 3}, "shape \\(3, 1, 2\\)"),
        ({"num_classes": 3}, "class_names has 2 names"),
    ],
)  # fmt: skip
def test_a_damaged_state_is_refused(change, words):
    metrics = MultilabelMetrics(2)
    metrics.update([[[1, 0]]], [[[1, 1]]])
    with pytest.raises(ArgumentError, match=words):
        MultilabelMetrics.from_state_dict({**metrics.state_dict(), **change})
    state = metrics.state_dict()
    del state["counts"]
    with pytest.raises(ArgumentError, match="has no counts"):
        MultilabelMetrics.from_state_dict(state)
