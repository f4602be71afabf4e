"""Panoptic cases are what they are said to be, and all kinds of them come up."""

from __future__ import annotations

import random

import numpy as np
import pytest
from hypothesis import Phase, find, given, settings
from hypothesis import strategies as st

from npseg.laws.strategies import instance_maps, panoptic_pairs

QUICK = settings(max_examples=400, phases=[Phase.generate])
RICH = panoptic_pairs(void=True, predicted_void=True, crowd=True, images=(1, 3), gaps=True)


@given(case=RICH)
def test_cases_are_well_formed(case):
    labels = [*range(case["num_classes"]), case["void"]]
    for truth, prediction, crowd in zip(case["y_true"], case["y_pred"], case["crowd"], strict=True):
        assert len({maps.shape for maps in (*truth, *prediction, crowd)}) == 1
        assert truth[0].ndim == 2
        for classes, ids in (truth, prediction):
            assert np.isin(classes, labels).all()
            assert (ids[classes != case["void"]] >= 1).all()
            assert classes.dtype == ids.dtype == np.int64
        assert crowd.dtype == bool
        assert np.isin(truth[0][crowd], case["things"]).all()
        assert (~crowd & (truth[0] != case["void"])).any()


@given(case=panoptic_pairs(all_things=True))
def test_without_more_there_is_neither_void_nor_crowd(case):
    assert set(case) == {"y_true", "y_pred", "num_classes", "things"}
    assert case["things"] == list(range(case["num_classes"]))
    for classes, ids in (*case["y_true"], *case["y_pred"]):
        assert classes.max() < case["num_classes"]
        assert set(np.unique(ids)) == set(range(1, ids.max() + 1))


@given(image=instance_maps(num_classes=2, sides=(2, 3), objects=(0, 0)), data=st.data())
def test_an_image_without_objects_is_of_one_segment(image, data):
    assert len(np.unique(np.stack(image).reshape(2, -1), axis=1).T) == 1
    assert set(image[0].shape) <= {2, 3}


def half_overlap(case):
    for (t, t_id), (p, p_id) in zip(case["y_true"], case["y_pred"]):
        for one in np.unique(t_id):
            for label in np.unique(t):
                area = (t == label) & (t_id == one)
                for other in np.unique(p_id[area]):
                    found = (p == label) & (p_id == other)
                    if area.any() and 2 * (area & found).sum() == (area | found).sum():
                        return True
    return False


def same_id_in_two_classes(case):
    classes, ids = case["y_true"][0]
    return any(len(np.unique(classes[ids == one])) > 1 for one in np.unique(ids))


@pytest.mark.parametrize(
    "wanted",
    [
        half_overlap,
        same_id_in_two_classes,
        lambda case: any(one.shape[0] > one.shape[1] for one, _ in case["y_true"]),
        lambda case: any(one.shape[0] < one.shape[1] for one, _ in case["y_true"]),
        lambda case: len({one.shape for one, _ in case["y_true"]}) > 1,
        lambda case: case["num_classes"] == 3 and all((one == 0).all() for one, _ in case["y_true"]),
        lambda case: 0 < len(case["things"]) < case["num_classes"],
        lambda case: not case["things"],
        lambda case: len(np.unique(case["y_true"][0][1])) >= 3,
    ],
)  # fmt: skip
def test_such_a_case_comes_up(wanted):
    find(panoptic_pairs(), wanted, settings=QUICK, random=random.Random(0))


@pytest.mark.parametrize(
    "wanted",
    [
        lambda case: any(len(np.unique(ids[crowd])) > 1 for (_, ids), crowd in zip(case["y_true"], case["crowd"])),
        lambda case: any((t == 255).mean() > 0.5 for t, _ in case["y_true"]),
        lambda case: any((p == 255).all() for p, _ in case["y_pred"]),
        lambda case: any(ids.max() > 500 for _, ids in case["y_pred"]),
    ],
)
def test_such_a_case_comes_up_with_void_and_crowds(wanted):
    find(RICH, wanted, settings=QUICK, random=random.Random(0))
