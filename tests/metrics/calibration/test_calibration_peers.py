"""Calibration beside scikit-learn's and torchmetrics': equal where conventions coincide, or else why."""

from __future__ import annotations

import numpy as np
import pytest

from npseg.metrics.calibration.accumulator import (
    brier_score,
    expected_calibration_error,
    negative_log_likelihood,
    reliability,
)


def draw(seed, num_classes=4, pixels=240):
    rng = np.random.default_rng(seed)
    return rng.integers(0, num_classes, pixels), rng.dirichlet(np.full(num_classes, 0.7), pixels)


@pytest.mark.parametrize("seed", range(6))
def test_equals_scikit_learn(seed):
    metrics = pytest.importorskip("sklearn.metrics")
    labels, chances = draw(seed)
    # scale_by_half=False: by default scikit-learn halves the score of two classes.
    theirs = metrics.brier_score_loss(labels, chances, labels=range(4), scale_by_half=False)
    assert brier_score(labels, chances) == pytest.approx(theirs, rel=1e-12)
    # log_loss moves probabilities away from 0, where it is infinite here; none is that small in these cases.
    chances = np.clip(chances, 1e-9, None)
    chances /= chances.sum(axis=1, keepdims=True)
    theirs = metrics.log_loss(labels, chances, labels=range(4))
    assert negative_log_likelihood(labels, chances) == pytest.approx(theirs, rel=1e-12)


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("binning, strategy", [("width", "uniform"), ("mass", "quantile")])
@pytest.mark.parametrize("bins", [1, 5, 8, 10])
def test_equals_the_calibration_curve_of_scikit_learn(seed, binning, strategy, bins):
    """It leaves empty bins out, takes two classes only, and interpolates between values for edges of equal mass.

    240 values without ties are split alike by any edge between two values, as 5, 8 and 10 divide 240.
    """
    calibration = pytest.importorskip("sklearn.calibration")
    labels, chances = draw(seed)
    for label in range(4):
        accuracy, confidence = calibration.calibration_curve(
            labels == label, chances[:, label], n_bins=bins, strategy=strategy
        )
        ours = reliability(labels, chances, bins=bins, binning=binning, label=label)
        used = ours.counts > 0
        np.testing.assert_allclose(ours.accuracy[used], accuracy, rtol=1e-12)
        np.testing.assert_allclose(ours.confidence[used], confidence, rtol=1e-12)


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("bins", [1, 5, 15])
def test_equals_torchmetrics_away_from_edges(seed, bins):
    torch = pytest.importorskip("torch")
    functional = pytest.importorskip("torchmetrics.functional.classification")
    labels, chances = draw(seed)
    labels[:20] = 255
    for norm, name in (("l1", "ece"), ("max", "mce")):
        theirs = functional.multiclass_calibration_error(
            torch.from_numpy(chances), torch.from_numpy(labels), 4, bins, norm, ignore_index=255
        )
        ours = getattr(reliability(labels, chances, bins=bins, ignore_index=255), name)
        assert ours == pytest.approx(float(theirs), abs=2e-6)  # it works in float32


def test_torchmetrics_puts_edges_into_the_upper_bin():
    """Guo et al. close bins on the right, torchmetrics on the left, with a bin of its own for 1."""
    torch = pytest.importorskip("torch")
    functional = pytest.importorskip("torchmetrics.functional.classification")
    labels, chances = np.array([0, 1]), np.array([[0.5, 0.5], [0.75, 0.25]])
    theirs = functional.multiclass_calibration_error(torch.from_numpy(chances), torch.from_numpy(labels), 2, 2)
    assert float(theirs) == 0.125  # both in [1/2, 1): |1/2 - 0.625|
    assert expected_calibration_error(labels, chances, bins=2) == 0.625  # one in each: (|1 - 0.5| + |0 - 0.75|) / 2
