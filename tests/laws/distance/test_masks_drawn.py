"""The strategies of masks draw what they promise, and everything that they promise."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, find, given, settings
from hypothesis import strategies as st

from npseg.laws import strategies

PAIRS = strategies.mask_pairs()
ONCE = settings(max_examples=3000, suppress_health_check=list(HealthCheck), database=None)


def is_line(mask):
    return mask.sum() > 2 and sorted(mask.sum(axis=0).ravel())[-1] == 1 != mask.sum() and mask.any(axis=0).sum() > 2


def has_hole(mask):
    ring = np.array([[1, 1, 1], [1, 0, 1], [1, 1, 1]], bool)
    height, width = mask.shape
    return any((mask[y : y + 3, x : x + 3] == ring).all() for y in range(height - 2) for x in range(width - 2))


@pytest.mark.parametrize(
    "feature",
    [
        lambda case: case["a"].ndim == 3,
        lambda case: case["a"].ndim == 2 and case["a"].shape[0] > case["a"].shape[1] > 1,
        lambda case: case["a"].ndim == 2 and 1 < case["a"].shape[0] < case["a"].shape[1],
        lambda case: case["a"].sum() == 1 and case["a"].size > 8,
        lambda case: case["a"].all() and case["a"].size > 8,
        lambda case: case["a"].ndim == 2 and is_line(case["a"]),
        lambda case: case["a"].ndim == 2 and has_hole(case["a"]),
        lambda case: (case["a"] == case["b"]).all(),
        lambda case: (case["a"] != case["b"]).sum() == 1,
        lambda case: not (case["a"] & case["b"]).any(),
        lambda case: case["spacing"] is None,
        lambda case: case["spacing"] is not None and len(set(case["spacing"])) > 1,
    ],
    ids=[
        "volume", "higher than wide", "wider than high", "single pixel", "everything", "line", "hole", "equal",
        "one pixel apart", "apart", "no spacing", "anisotropic",
    ],
)  # fmt: skip
def test_every_kind_of_pair_is_drawn(feature):
    find(PAIRS, feature, settings=ONCE)


@settings(max_examples=50)
@given(st.integers(0, 2).flatmap(lambda margin: st.tuples(st.just(margin), strategies.mask_pairs(margin=margin))))
def test_neither_is_empty_and_the_margin_is_kept(drawn):
    margin, case = drawn
    for mask in (case["a"], case["b"]):
        assert mask.dtype == bool
        assert mask.shape == case["a"].shape
        inner = mask[tuple(slice(margin, n - margin) for n in mask.shape)]
        assert inner.sum() == mask.sum() > 0
    assert case["spacing"] is None or len(case["spacing"]) == case["a"].ndim


@pytest.mark.parametrize("empty, sides", [("one", {1}), ("both", {0}), ("any", {0, 1, 2}), ("neither", {2})])
def test_empty_masks_are_drawn_where_asked_for(empty, sides):
    seen = set()

    @settings(max_examples=40, database=None)
    @given(strategies.mask_pairs(empty=empty))
    def draw(case):
        seen.add(int(case["a"].any()) + int(case["b"].any()))

    draw()
    assert seen == sides


def test_either_side_may_be_the_empty_one():
    for name in "ab":
        find(strategies.mask_pairs(empty="one"), lambda case, name=name: not case[name].any(), settings=ONCE)


def test_a_third_mask_is_drawn_where_asked_for():
    case = find(strategies.mask_pairs(several=3), lambda case: True, settings=ONCE)
    assert case["a"].shape == case["b"].shape == case["c"].shape


@settings(max_examples=30)
@given(strategies.mask_pairs(spacing="given"), strategies.mask_pairs(spacing="none", ndims=(2,)))
def test_a_spacing_is_drawn_where_asked_for(given_one, without):
    assert len(given_one["spacing"]) == given_one["a"].ndim
    assert without["spacing"] is None
    assert without["a"].ndim == 2
    assert np.asarray(given_one["spacing"]).min() > 0
