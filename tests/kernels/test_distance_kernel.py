"""Distances to the nearest source against all pairs of pixels, and on larger masks against SciPy's transform."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from npseg.kernels import distance


def all_pairs(sources, queries, spacing):
    ends = [np.argwhere(mask) * np.asarray(spacing) for mask in (queries, sources)]
    between = np.sqrt(((ends[0][:, None] - ends[1][None]) ** 2).sum(axis=-1))
    return between.min(axis=1, initial=np.inf)


@given(
    st.lists(st.integers(1, 7), min_size=2, max_size=3).map(tuple),
    st.sampled_from([0.02, 0.2, 0.8]),
    st.tuples(*[st.sampled_from([1.0, 0.1, 0.75, 40.0])] * 3),
    st.integers(0, 2**32 - 1),
)
def test_equals_all_pairs(shape, density, steps, seed):
    rng = np.random.default_rng(seed)
    sources, queries = rng.random(shape) < density, rng.random(shape) < 0.5
    spacing = steps[: len(shape)]
    found = distance.nearest(sources, queries, spacing)
    np.testing.assert_allclose(found, all_pairs(sources, queries, spacing), rtol=1e-12)


@pytest.mark.parametrize("shape", [(70, 90), (90, 70), (12, 20, 16), (1, 30, 30), (30, 1, 30), (30, 30, 1)])
@pytest.mark.parametrize("density", [0.001, 0.1])
def test_equals_the_distance_transform_of_scipy(shape, density):
    from scipy.ndimage import distance_transform_edt

    rng = np.random.default_rng(0)
    sources, queries = rng.random(shape) < density, rng.random(shape) < 0.3
    sources.flat[5] = True
    spacing = (0.7, 1.3, 2.0)[: len(shape)]
    expected = distance_transform_edt(~sources, sampling=spacing)[queries]
    np.testing.assert_allclose(distance.nearest(sources, queries, spacing), expected, rtol=1e-12)


def test_whole_numbers_are_exact():
    sources = np.zeros((40, 40, 40), bool)
    sources[7, 11, 13] = True
    found = distance.nearest(sources, np.ones_like(sources), (1, 1, 1))
    squares = sum((np.indices(sources.shape)[axis] - center) ** 2 for axis, center in enumerate((7, 11, 13)))
    np.testing.assert_array_equal(found, np.sqrt(squares.ravel()))


def test_no_sources_no_queries_and_arrays_of_any_memory():
    none, some = np.zeros((3, 4), bool), np.ones((3, 4), bool)
    np.testing.assert_array_equal(distance.nearest(none, some, (1, 1)), np.full(12, np.inf))
    assert distance.nearest(some, none, (1, 1)).shape == (0,)
    wide = np.zeros((6, 8), bool)
    wide[0, 0] = True
    np.testing.assert_array_equal(distance.nearest(wide[::2, ::2], some, (1, 1)), np.hypot(*np.indices((3, 4))).ravel())
