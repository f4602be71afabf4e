"""Streaming: boundary scores and distances of a data set are those of its images, however it is cut."""

from __future__ import annotations

import json
import math
import pickle
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from measured_scenes import CLASSES, boundaries, distances, scenes, states_of

from npseg.errors import ArgumentError, ShapeError
from npseg.metrics import (
    BoundaryMetrics,
    DistanceMetrics,
    average_symmetric_surface_distance_per_class,
    boundary_f1,
    boundary_iou,
    hausdorff_distance_per_class,
    hd95_per_class,
    surface_dice_per_class,
    trimap_iou,
)


def test_boundary_scores_are_those_of_the_functions():
    parts = [(t, p, None, i) for t, p, _, i in scenes(8)]
    scores = boundaries(parts).compute()
    each = [
        boundary_f1(t, p, num_classes=CLASSES, tolerance=0.0075 * math.hypot(*t.shape), ignore_index=255, average=None)
        for t, p, *_ in parts
    ]
    np.testing.assert_array_equal(scores.boundary_f1_per_image, each)
    assert scores.boundary_f1 == pytest.approx(np.nanmean([np.nanmean(row) for row in each]))
    np.testing.assert_allclose(scores.boundary_f1_per_class, np.nanmean(each, axis=0))
    # Of images of one size the functions pool as well.
    batch = [np.stack([part[side][:6, :6] for part in parts]) for side in range(2)]
    metrics = BoundaryMetrics(CLASSES, ignore_index=255, trimap_widths=(1, 3), width=2, width_unit="pixels")
    metrics.update(*batch, image_id=range(8))
    pooled = metrics.compute()
    options = {"num_classes": CLASSES, "ignore_index": 255}
    iou = boundary_iou(*batch, width=2, width_unit="pixels", average=None, **options)
    np.testing.assert_array_equal(pooled.boundary_iou_per_class, iou)
    assert pooled.boundary_iou == pytest.approx(np.nanmean(iou))
    for width in (1, 3):
        assert pooled.trimap_iou[width] == pytest.approx(trimap_iou(*batch, width=width, **options))
    assert pooled.image_ids == tuple(range(8))


def test_distances_are_those_of_the_functions():
    parts = list(scenes(8, seed=1)) + list(scenes(3, seed=2, axes=3))
    parts = [(*part[:3], f"{n}") for n, part in enumerate(parts)]
    scores = distances(parts).compute()
    options = {"num_classes": CLASSES, "ignore_index": 255}
    for index, (truth, prediction, spacing, _) in enumerate(parts):
        for name, expected in {
            "hausdorff": hausdorff_distance_per_class(truth, prediction, spacing=spacing, **options),
            "hd95": hd95_per_class(truth, prediction, variant="monai", spacing=spacing, **options),
            "assd": average_symmetric_surface_distance_per_class(truth, prediction, spacing=spacing, **options),
            "surface_dice": surface_dice_per_class(
                truth, prediction, spacing=spacing, tolerance=1, boundary="inner4", **options
            ),
        }.items():
            np.testing.assert_array_equal(scores.per_image(name)[index], expected, err_msg=name)
    values = scores.per_image("hd95")
    np.testing.assert_array_equal(scores.missed, np.isinf(values).sum(axis=0))
    finite = np.where(np.isinf(values), 7.0, values)
    np.testing.assert_allclose(scores.per_class("hd95", one_empty=7.0), np.nanmean(finite, axis=0))
    found = np.where(np.isinf(values), np.nan, values)
    np.testing.assert_allclose(scores.per_class("hd95", one_empty=math.nan), np.nanmean(found, axis=0))
    assert scores.missed.sum() > 0
    assert math.isinf(scores.mean("hd95"))


@pytest.mark.parametrize("variant, options", [
    ("medpy", {"boundary": "inner4", "hd95_pooling": "pooled"}),
    ("surface-distance", {"boundary": "dual"}),
    ("seg-metrics", {"boundary": "inner8", "hd95_pooling": "pooled"}),
])  # fmt: skip
def test_hd95_of_any_library(variant, options):
    metrics = DistanceMetrics(CLASSES, ignore_index=255, **options)
    for truth, prediction, spacing, image_id in scenes(4, seed=5):
        metrics.update(truth, prediction, spacing=spacing, image_id=image_id)
        expected = hd95_per_class(
            truth, prediction, num_classes=CLASSES, variant=variant, ignore_index=255, spacing=spacing
        )
        np.testing.assert_array_equal(metrics.compute().per_image("hd95")[-1], expected)


@pytest.mark.parametrize("make", [boundaries, distances])
@given(cuts=st.sets(st.integers(0, 9), max_size=3), order=st.permutations(range(4)))
def test_no_split_changes_a_bit(make, cuts, order):
    parts = list(scenes(10, seed=3))
    ends = sorted(cuts)
    pieces = [make(parts[begin:end]) for begin, end in zip([0, *ends], [*ends, 10])]
    pieces = [pieces[n] for n in order if n < len(pieces)]
    first, *others = [type(one).from_state_dict(json.loads(json.dumps(one.state_dict()))) for one in pieces]
    for one in others:
        assert first.merge(pickle.loads(pickle.dumps(one))) is first
    whole, merged = make(parts).compute().to_json(), first.compute().to_json()
    for document in (whole, merged):
        rows = document.pop("images")
        document["sorted"] = sorted(zip(rows["ids"], *rows["values"].values()))
    assert whole == merged


def test_processes_count_parts_that_merge():
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        states = list(pool.map(states_of, (11, 12)))
    for kind, make in enumerate((boundaries, distances)):
        parts = [(*part[:3], f"{seed} {part[3]}") for seed in (11, 12) for part in scenes(9, seed)]
        metrics = []
        for state, seed in zip(states, (11, 12)):
            ids = [f"{seed} {one}" for one in state[kind]["images"]["ids"]]
            state[kind]["images"]["ids"] = ids
            metrics.append(type(make([])).from_state_dict(state[kind]))
        assert metrics[0].merge(metrics[1]).compute().to_json() == make(parts).compute().to_json()


@pytest.mark.parametrize("make", [boundaries, distances])
def test_what_does_not_fit_is_refused_and_nothing_is_counted(make):
    metrics = make(scenes(2))
    before = metrics.state_dict()
    truth, prediction, _, image_id = next(scenes(1))
    with pytest.raises(ArgumentError, match="update: image 'image 0' was counted before"):
        metrics.update(truth, prediction, image_id=image_id)
    with pytest.raises(ArgumentError, match="merge: image 'image 1' was counted before"):
        metrics.merge(make(list(scenes(3))[1:]))
    with pytest.raises(ArgumentError, match="y_pred holds labels from 0 to 3, expected 0 to 2"):
        metrics.update([[0, 1]], [[0, 3]])
    with pytest.raises(ShapeError):
        metrics.update([[0, 1]], [[0], [1]])
    with pytest.raises(ArgumentError, match="image_id is"):
        metrics.update([[0, 1]], [[0, 1]], image_id=["a", "b"])
    with pytest.raises(ArgumentError, match=r"merge: tolerance is 0\.5 in other"):
        metrics.merge(type(metrics)(CLASSES, tolerance=0.5, ignore_index=255))
    assert metrics.state_dict() == before
    metrics.reset()
    assert metrics.compute().image_ids == ()


def test_settings_are_checked_at_once():
    for options, sentence in (
        ({"tolerance": -1}, "tolerance is -1"),
        ({"width": 0}, "width is 0"),
        ({"width": 1.5, "width_unit": "pixels"}, "width is 1.5"),
        ({"width_unit": "mm"}, "width_unit is 'mm'"),
        ({"trimap_widths": (0,)}, "width is 0"),
        ({"trimap_widths": (2, 2)}, r"trimap_widths is \(2, 2\); expected different widths"),
        ({"trimap_widths": 3}, "trimap_widths is 3; expected different widths"),
        ({"trimap_widths": [[1]]}, r"width is \[1\]"),
        ({"tolerance": math.inf}, "tolerance is infinite"),
        ({"frame": "no"}, "frame is 'no'"),
    ):
        with pytest.raises(ArgumentError, match=sentence):
            BoundaryMetrics(2, **options)
    for options, sentence in (
        ({"tolerance": "1"}, "tolerance is '1'"),
        ({"boundary": "outer"}, "boundary is 'outer'"),
        ({"hd95_pooling": "mean"}, "hd95_pooling is 'mean'"),
    ):
        with pytest.raises(ArgumentError, match=f"DistanceMetrics: {sentence}"):
            DistanceMetrics(2, **options)


COUNTS = (
    {"bands": []},
    {"bands": 3},
    {"bands": [[1, 1, 1]]},
    {"bands": [[2] * 3, [1] * 3]},
    {"trimaps": []},
    {"trimaps": [[[0.5]]]},
)


@pytest.mark.parametrize("make", [boundaries, distances])
def test_damaged_states_are_refused(make):
    state = make(scenes(3)).state_dict()
    kind = type(make([]))
    name = next(iter(state["images"]["values"]))
    for damage in (
        {"images": None},
        {"images": {**state["images"], "ids": ["a"]}},
        {"images": {**state["images"], "ids": ["a", "a", "b"]}},
        {"images": {**state["images"], "values": {**state["images"]["values"], name: [[-1.0] * CLASSES] * 3}}},
        {"images": {**state["images"], "values": {**state["images"]["values"], name: [[0.5]] * 3}}},
        {"images": {**state["images"], "values": {**state["images"]["values"], name: [["much"] * CLASSES] * 3}}},
        *(COUNTS if make is boundaries else ()),
    ):
        with pytest.raises(ArgumentError, match="from_state_dict: "):
            kind.from_state_dict({**state, **damage})


def test_numbers_of_numpy_are_settings_that_json_can_hold():
    metrics = BoundaryMetrics(
        np.int64(2), width=np.int64(1), width_unit="pixels", tolerance=np.float32(1.5), trimap_widths=np.arange(1, 3)
    )
    metrics.update([[0, 1]], [[1, 1]])
    state = json.loads(json.dumps(metrics.state_dict(), allow_nan=False))
    assert BoundaryMetrics.from_state_dict(state).state_dict() == metrics.state_dict()
    json.dumps(metrics.compute().to_json(), allow_nan=False)
    distances = DistanceMetrics(np.int64(2), tolerance=np.float32(0.5), ignore_index=np.int64(255))
    json.dumps(distances.state_dict(), allow_nan=False)


@pytest.mark.parametrize("value", [7.0, "inf", True, "3"])
def test_a_boundary_f1_that_none_can_be_is_refused(value):
    state = boundaries(scenes(1)).state_dict()
    state["images"]["values"]["boundary_f1"][0][0] = value
    with pytest.raises(ArgumentError, match="the state is damaged"):
        BoundaryMetrics.from_state_dict(state)


@pytest.mark.parametrize("one", [True, 1.5, ["a"]])
def test_ids_that_are_none_are_refused(one):
    state = boundaries(scenes(1)).state_dict()
    state["images"]["ids"] = [one]
    with pytest.raises(ArgumentError, match="from_state_dict: "):
        BoundaryMetrics.from_state_dict(state)


def test_distances_of_which_one_is_infinite_are_all():
    state = distances(scenes(2)).state_dict()
    state["images"]["values"]["hd95"][0][0] = "inf"
    with pytest.raises(ArgumentError, match="one distance of a class is infinite"):
        DistanceMetrics.from_state_dict(state)


def test_a_table_of_distances():
    scores = distances(scenes(6)).compute()
    lines = scores.table().splitlines()
    assert lines[0].split() == ["Hausdorff", "HD95", "ASSD", "surface", "Dice", "cases", "missed"]
    assert lines[1].startswith("class 0")
    assert lines[-1].startswith("mean")
    assert f"{scores.per_class('assd')[0]:.4f}" in lines[1]
    with pytest.raises(ArgumentError, match=r"no 'hd9' among hausdorff, .*hd95"):
        scores.per_class("hd9")
    with pytest.raises(ArgumentError, match="pass tolerance= to DistanceMetrics"):
        DistanceMetrics(2).compute().mean("surface_dice")
