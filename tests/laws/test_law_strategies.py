"""Strategies draw what they promise, and every structure that they name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, find, given, settings
from hypothesis import strategies as st

from npseg.laws import strategies
from npseg.laws.arranging import laid_out
from npseg.laws.overlap.states import pairs_in
from npseg.laws.strategies.labels import KINDS

PATIENT = settings(max_examples=2000, database=None, suppress_health_check=list(HealthCheck))
ANY = settings(PATIENT, phases=[Phase.generate])  # the first found will do; floats are slow to make small
MAPS = strategies.label_maps(num_classes=3, images=(0, 2), sides=(0, 6))
PAIRS = strategies.label_pairs(images=(1, 2))


def is_thin_line(maps: np.ndarray) -> bool:
    """A label whose pixels have one neighbour or two of their own, each in another row and column or all in one."""
    rows, columns = np.nonzero(maps[0] == 1)
    spread = [len(set(places.tolist())) for places in (rows, columns)]
    return rows.size >= 4 and rows.size == max(spread) and (min(spread) == 1 or spread[0] == spread[1])


@pytest.mark.parametrize(
    "wanted",
    [
        pytest.param(lambda maps: maps.size == 0, id="empty"),
        pytest.param(lambda maps: maps.size > 4 and len(np.unique(maps)) == 1, id="one class"),
        pytest.param(lambda maps: maps.shape[1] > maps.shape[2] > 1, id="tall"),
        pytest.param(lambda maps: 1 < maps.shape[1] < maps.shape[2], id="wide"),
        pytest.param(lambda maps: maps.shape[0] == 2 and maps.size > 8, id="batch"),
        pytest.param(lambda maps: maps.size > 8 and len(np.unique(maps)) == 2, id="absent class"),
        pytest.param(lambda maps: len(np.unique(maps)) == 3, id="every class"),
        pytest.param(lambda maps: maps.shape[0] == 1 and is_thin_line(maps), id="thin line"),
    ],
)
def test_label_maps_have_every_structure(wanted: Callable[[np.ndarray], bool]) -> None:
    find(MAPS, wanted, settings=PATIENT)


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_of_label_map_shrinks_to_one_pixel_of_class_0(kind: str) -> None:
    smallest = find(strategies.label_maps(kinds=[kind]), lambda maps: True, settings=PATIENT)
    assert smallest.tolist() == [[[0]]]


@given(st.data())
def test_label_maps_keep_to_their_bounds(data: st.DataObject) -> None:
    maps = data.draw(strategies.label_maps(num_classes=4, images=(1, 3), sides=(2, 5), absent=1))
    assert maps.dtype == np.int64
    assert 1 <= maps.shape[0] <= 3
    assert all(2 <= side <= 5 for side in maps.shape[1:])
    assert np.isin(maps, [0, 2, 3]).all()


@pytest.mark.parametrize(
    "wanted",
    [
        pytest.param(lambda t, p: (t == p).all() and len(np.unique(t)) > 1, id="equal"),
        pytest.param(lambda t, p: (t != p).all(), id="all wrong"),
        pytest.param(lambda t, p: 0 < (t != p).mean() < 0.2, id="nearly right"),
        pytest.param(lambda t, p: 2 in p and 2 not in t, id="only predicted"),
        pytest.param(lambda t, p: 2 in t and 2 not in p, id="missed"),
    ],
)
def test_predictions_resemble_the_truth_in_every_degree(wanted: Callable[..., bool]) -> None:
    find(PAIRS, lambda case: wanted(case["y_true"], case["y_pred"]), settings=PATIENT)


@given(strategies.label_pairs(ignore=255), strategies.ignored_pairs(other=True))
def test_ignored_pairs_have_valid_pixels_and_ignored_ones(plain: dict[str, Any], other: dict[str, Any]) -> None:
    for case in (plain, other):
        ignored = case["y_true"] == case["ignore_index"]
        assert not ignored.all()
        assert ((case["y_true"][~ignored] >= 0) & (case["y_true"][~ignored] < case["num_classes"])).all()
    kept = other["y_true"] != other["ignore_index"]
    assert (other["y_pred"] == other["other_pred"])[kept].all()


def test_all_may_be_ignored_if_asked_for() -> None:
    everywhere = strategies.label_pairs(ignore=255, some_valid=False)
    find(everywhere, lambda case: (case["y_true"] == 255).all(), settings=PATIENT)


@given(strategies.ignored_pairs(classes=(2, 4), in_use=True))
def test_a_class_can_be_what_is_ignored(case: dict[str, Any]) -> None:
    assert 0 <= case["ignore_index"] < case["num_classes"]
    assert (case["y_true"] != case["ignore_index"]).any()
    assert (case["y_true"] < case["num_classes"]).all()


@given(strategies.pairs_with_every_class())
def test_every_image_holds_every_class(case: dict[str, Any]) -> None:
    for image in case["y_true"]:
        assert set(image.ravel().tolist()) == set(range(case["num_classes"]))


@given(strategies.correctable_pairs())
def test_the_pixel_to_correct_is_wrong(case: dict[str, Any]) -> None:
    assert case["y_true"].flat[case["pixel"]] != case["y_pred"].flat[case["pixel"]]


@given(strategies.out_of_range_pairs())
def test_the_pixel_out_of_range_is_not_alone_in_its_class(case: dict[str, Any]) -> None:
    assert (case["y_true"] == case["y_true"].flat[case["pixel"]]).sum() > 1
    assert not 0 <= case["label"] < case["num_classes"]


@given(strategies.permuted_pairs(what="pixels"), strategies.permuted_pairs(what="images"))
def test_orders_are_permutations(pixels: dict[str, Any], images: dict[str, Any]) -> None:
    assert sorted(pixels["order"].tolist()) == list(range(pixels["y_true"][0].size))
    assert sorted(images["order"].tolist()) == list(range(len(images["y_true"])))


def test_parts_come_in_lists_of_lists_and_empty_ones() -> None:
    parts = strategies.split_pairs(merged=True)

    def depth(part: Any) -> int:
        return 1 + max(map(depth, part), default=0) if isinstance(part, list) else 0

    find(parts, lambda case: depth(case["parts"]) >= 3, settings=PATIENT)
    find(parts, lambda case: [] in case["parts"], settings=PATIENT)
    flat = find(strategies.split_pairs(), lambda case: len(case["parts"]) == 3, settings=PATIENT)["parts"]
    assert pairs_in([flat[:1], [[], flat[1:]]]) == flat


@pytest.mark.parametrize("layout", strategies.cases.LAYOUTS)
def test_labels_laid_out_otherwise_are_equal(layout: str) -> None:
    labels = np.arange(24).reshape(2, 3, 4)
    other = laid_out(labels, "uint8", layout)
    assert other.dtype == np.uint8
    assert (other == labels).all()
    assert other.flags.c_contiguous == (layout in ("plain", "read-only"))
    assert other.flags.writeable == (layout != "read-only")


@given(st.data())
@settings(max_examples=10)
def test_logits_are_ahead_where_they_should_be(data: st.DataObject) -> None:
    labels = data.draw(strategies.label_maps(num_classes=3))
    values = data.draw(strategies.logits_for(labels, 3, margin=0.5))
    assert (values.argmax(axis=-1) == labels).all()
    others = np.sort(values, axis=-1)
    assert (others[..., 2] - others[..., 1] >= 0.5 - 1e-9).all()


def test_logits_have_ties_and_both_signs() -> None:
    drawn = strategies.logits(num_classes=2, sides=(1, 3), dtype=np.float32)
    find(drawn, lambda values: bool((values[..., 0] == values[..., 1]).any() and values.size > 2), settings=ANY)
    find(drawn, lambda values: bool((values < 0).any() and (values > 0).any()), settings=ANY)


@given(strategies.logit_pairs())
@settings(max_examples=5)
def test_logits_of_a_pair_have_the_shape_of_its_truth(pair: dict[str, Any]) -> None:
    assert pair["logits"].shape == (*pair["y_true"].shape, pair["num_classes"])
