"""What all accumulators refuse: states that are not whole, and each other."""

from __future__ import annotations

import itertools
import json
import math

import numpy as np
import pytest

from npseg.errors import ArgumentError
from npseg.metrics import CalibrationMetrics, MultilabelMetrics, PanopticMetrics, SegmentationMetrics


def segmentation():
    metrics = SegmentationMetrics(2, 255)
    metrics.update([[[0, 1, 255]], [[1, 1, 0]]], [[[0, 0, 0]], [[1, 1, 1]]], image_id=["a", "b"])
    return metrics


def multilabel():
    metrics = MultilabelMetrics(2)
    metrics.update([[[1, 0], [0, 1]]], [[[1, 1], [0, 1]]])
    return metrics


def panoptic():
    metrics = PanopticMetrics(2, things=[0])
    metrics.update(([[0, 0, 1]], [[1, 1, 0]]), ([[0, 0, 1]], [[4, 4, 0]]))
    return metrics


def calibration():
    metrics = CalibrationMetrics(2, bins=3)
    metrics.update([0, 1], [[0.75, 0.25], [0.5, 0.5]])
    return metrics


MADE = (segmentation, multilabel, panoptic, calibration)


@pytest.mark.parametrize("make", MADE)
def test_a_state_without_any_one_of_its_parts_is_refused(make):
    metrics = make()
    state = metrics.state_dict()
    for name in state:
        less = {key: value for key, value in state.items() if key != name}
        with pytest.raises(ArgumentError, match=r"from_state_dict: state has (version None|no )") as refused:
            type(metrics).from_state_dict(less)
        assert name == "version" or name in str(refused.value)
    with pytest.raises(ArgumentError, match="state is list; expected the dict"):
        type(metrics).from_state_dict([state])


@pytest.mark.parametrize("make, other", list(itertools.permutations(MADE, 2)))
def test_one_kind_does_not_take_the_counts_or_the_state_of_another(make, other):
    metrics = make()
    with pytest.raises(ArgumentError, match=rf"merge: other is {type(other()).__name__}; expected another"):
        metrics.merge(other())
    with pytest.raises(ArgumentError, match=r"from_state_dict: "):
        type(metrics).from_state_dict(other().state_dict())
    with pytest.raises(ArgumentError, match="merge: other is NoneType"):
        metrics.merge(None)


@pytest.mark.parametrize("make", MADE)
def test_a_state_goes_through_json(make):
    state = make().state_dict()
    plain = {name: value.tolist() if isinstance(value, np.ndarray) else value for name, value in state.items()}
    again = type(make()).from_state_dict(json.loads(json.dumps(plain, allow_nan=False)))
    for name, value in again.state_dict().items():
        np.testing.assert_equal(value, state[name])


def test_an_infinite_loss_goes_through_json():
    metrics = CalibrationMetrics(2)
    metrics.update([1], [[1.0, 0.0]])
    state = json.loads(json.dumps(metrics.state_dict(), allow_nan=False))
    assert math.isinf(CalibrationMetrics.from_state_dict(state).compute().nll)


@pytest.mark.parametrize(
    "changed",
    [
        {"squared_error": -5.0},
        {"squared_error": 4.1},  # of two pixels
        {"squared_error": math.nan},
        {"log_loss": "much"},
        {"log_loss": True},
        {"confidence": [[9.0, 0.0, 0.0]] * 3},
    ],
)
def test_sums_that_so_many_pixels_cannot_have_are_refused(changed):
    with pytest.raises(ArgumentError, match="the state is damaged"):
        CalibrationMetrics.from_state_dict({**calibration().state_dict(), **changed})
