"""Hausdorff, mean distances and surface Dice against point sets and double loops, and by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mask_pairs import BOUNDARIES, mask_pairs

from npseg.errors import ArgumentError, DTypeError, ShapeError
from npseg.metrics.distance.average_distance import (
    average_symmetric_surface_distance,
    average_symmetric_surface_distance_per_class,
    mean_surface_distance,
)
from npseg.metrics.distance.hausdorff import (
    HD95_VARIANTS,
    hausdorff_distance,
    hausdorff_distance_per_class,
    hd95,
    hd95_per_class,
)
from npseg.metrics.distance.surface_dice import surface_dice, surface_dice_per_class
from npseg.metrics.distance.surfaces import surface_distances
from npseg.reference import distance as reference

boundaries = st.sampled_from(BOUNDARIES)


@given(mask_pairs(), boundaries, st.sampled_from([0, 25, 50, 90, 95, 100]), st.sampled_from(["max_directed", "pooled"]))
def test_hausdorff_equals_all_pairs_of_points(pair, boundary, percentile, pooling):
    a, b, spacing = pair
    score = hausdorff_distance(a, b, spacing=spacing, percentile=percentile, pooling=pooling, boundary=boundary)
    expected = reference.hausdorff_distance(a, b, spacing, percentile, pooling, boundary)
    assert score == pytest.approx(expected, rel=1e-12, abs=1e-12)


@given(mask_pairs(), boundaries)
def test_mean_distances_equal_all_pairs_of_points(pair, boundary):
    a, b, spacing = pair
    options = {"spacing": spacing, "boundary": boundary}
    there = reference.mean_surface_distance(a, b, spacing, boundary)
    back = reference.mean_surface_distance(b, a, spacing, boundary)
    assert mean_surface_distance(a, b, **options) == pytest.approx(there, rel=1e-12)
    assert average_symmetric_surface_distance(a, b, pooling="mean_directed", **options) == pytest.approx(
        (there + back) / 2, rel=1e-12
    )
    assert average_symmetric_surface_distance(a, b, **options) == pytest.approx(
        reference.average_symmetric_surface_distance(a, b, spacing, boundary), rel=1e-12
    )


@given(mask_pairs(), boundaries, st.sampled_from([0, 0.1, 0.3, 1, 1.5, 2, 3]))
def test_surface_dice_equals_all_pairs_of_points(pair, boundary, tolerance):
    a, b, spacing = pair
    score = surface_dice(a, b, tolerance=tolerance, spacing=spacing, boundary=boundary)
    assert score == pytest.approx(reference.surface_dice(a, b, spacing, tolerance, boundary), rel=1e-12)


@given(mask_pairs(), boundaries)
def test_elements_of_boundaries_come_in_the_order_of_the_array(pair, boundary):
    a, b, spacing = pair
    distances = surface_distances(a, b, spacing=spacing, boundary=boundary)
    for sizes, mask in ((distances.a_sizes, a), (distances.b_sizes, b)):
        elements = reference.boundary_elements(mask, boundary, spacing)
        np.testing.assert_allclose(sizes, [size for _, size in elements], rtol=1e-12)


@given(mask_pairs(), st.integers(0, 2**32 - 1))
def test_classes_are_scored_as_masks_are(pair, seed):
    rng = np.random.default_rng(seed)
    ignored = rng.random(pair.a.shape) < rng.choice([0, 0.3])
    truth, prediction = (np.where(mask, 2, rng.integers(0, 2, mask.shape)) for mask in (pair.a, pair.b))
    maps = (np.where(ignored, 255, truth), np.where(ignored, -3, prediction))  # what is ignored is never looked at
    options = {"num_classes": 4, "ignore_index": 255, "spacing": pair.spacing}
    scores = {
        hausdorff_distance: hausdorff_distance_per_class(*maps, **options),
        average_symmetric_surface_distance: average_symmetric_surface_distance_per_class(*maps, **options),
        surface_dice: surface_dice_per_class(*maps, tolerance=1, **options),
        hd95: hd95_per_class(*maps, variant="medpy", **options),
    }
    extra = {surface_dice: {"tolerance": 1}, hd95: {"variant": "medpy"}}
    for score, per_class in scores.items():
        assert math.isnan(per_class[3])  # it is on neither side
        for label in range(3):
            masks = [(labels == label) & ~ignored for labels in (truth, prediction)]
            one = score(*masks, spacing=pair.spacing, **extra.get(score, {}))
            if masks[0].any() or masks[1].any():
                assert per_class[label] == one
            else:
                assert math.isnan(per_class[label])


def test_a_missed_object_is_the_worst_score_and_two_empty_masks_agree():
    some, none = np.eye(3, dtype=bool), np.zeros((3, 3), bool)
    for a, b in ((some, none), (none, some)):
        for variant in HD95_VARIANTS:
            assert hd95(a, b, variant=variant) == math.inf
        assert hausdorff_distance(a, b) == mean_surface_distance(a, b) == math.inf
        assert average_symmetric_surface_distance(a, b) == math.inf
        assert surface_dice(a, b, tolerance=100) == 0
        assert hausdorff_distance(a, b, one_empty=4.5) == 4.5
    assert hausdorff_distance(none, none) == average_symmetric_surface_distance(none, none) == 0
    assert hausdorff_distance(none, none, both_empty=-1) == mean_surface_distance(none, none, both_empty=-1) == -1
    assert math.isnan(surface_dice(none, none, tolerance=1))
    assert surface_dice(none, none, tolerance=1, both_empty=1) == 1


def test_missing_an_object_never_improves_a_mean_over_classes():
    truth = np.zeros((8, 8), int)
    truth[1:3, 1:3], truth[5:7, 5:7] = 1, 2
    found = truth.copy()
    found[5:7, 4:7] = 2
    missed = np.where(truth == 2, 0, truth)
    for prediction, mean in ((found, math.isfinite), (missed, math.isinf)):
        assert mean(np.nanmean(hausdorff_distance_per_class(truth, prediction, num_classes=4)))
        assert mean(np.nanmean(hd95_per_class(truth, prediction, num_classes=4, variant="monai")))
    better, worse = (surface_dice_per_class(truth, p, num_classes=4, tolerance=1) for p in (found, missed))
    assert np.nanmean(worse) < np.nanmean(better)


def test_variants_of_hd95_differ():
    """A square with an outlier: the settings of each library, by hand."""
    a, b = np.zeros((20, 20), bool), np.zeros((20, 20), bool)
    a[2:5, 2:5] = b[2:5, 2:5] = True
    b[3, 15] = True
    # The square has eight edge pixels in either mask, and the outlier is 11 columns from the nearest. From b to a these
    # are nine distances, whose 95th percentile is at rank 7.6, just below the 11; both directions together are 17,
    # where it is at rank 15.2.
    assert hd95(a, b, variant="monai") == pytest.approx(0.6 * 11)
    assert hd95(a, b, variant="medpy") == pytest.approx(0.2 * 11)
    # In length the outlier's outline is 2.83 of 13.66. Its far half, 11 columns from the square, is more than 5 %.
    assert hd95(a, b, variant="surface-distance") == pytest.approx(11)
    # With diagonal neighbours the edge of a square of 3 x 3 is still its eight outer pixels.
    assert hd95(a, b, variant="seg-metrics") == pytest.approx(0.2 * 11)


def test_rounding_of_the_spacing_does_not_decide():
    """Three pixels of 0.1 are 0.30000000000000004 apart."""
    a, b = np.array([[1, 0, 0, 0]]), np.array([[0, 0, 0, 1]])
    assert surface_dice(a, b, tolerance=0.3, spacing=0.1, boundary="inner4") == 1
    assert surface_dice(a, b, tolerance=0.2999999, spacing=0.1, boundary="inner4") == 0


def test_masks_come_as_boolean_or_0_and_1_in_any_memory():
    a, b = np.random.default_rng(0).random((2, 9, 7)) < 0.4
    expected = hausdorff_distance(a, b)
    for dtype in (np.uint8, np.int64, np.uint64, ">i2"):
        assert hausdorff_distance(a.astype(dtype), b.astype(dtype)) == expected
    assert hausdorff_distance(a.tolist(), b.tolist()) == expected
    wide = np.zeros((9, 14), bool)
    wide[:, ::2] = a
    assert hausdorff_distance(wide[:, ::2], np.asfortranarray(b)) == expected
    a.flags.writeable = b.flags.writeable = False
    before = a.copy()
    assert hausdorff_distance(a, b) == expected
    np.testing.assert_array_equal(a, before)


def test_bad_arguments_are_worded():
    a = np.zeros((4, 5), bool)
    with pytest.raises(ShapeError, match=r"hausdorff_distance: a has shape \(4, 5\), b has \(5, 4\)"):
        hausdorff_distance(a, a.T)
    with pytest.raises(ShapeError, match=r"\(1, 1, 4, 5\), expected \(H, W\) or \(D, H, W\)"):
        surface_dice(a[None, None], a[None, None], tolerance=1)
    with pytest.raises(ArgumentError, match="b holds values from 0 to 255, expected a mask of 0 and 1; compare first"):
        hd95(a, a.astype(np.uint8) + np.uint8(255) * np.eye(4, 5, dtype=np.uint8), variant="monai")
    with pytest.raises(DTypeError, match="mean_surface_distance: a has type float64"):
        mean_surface_distance(a * 0.5, a)
    for spacing in (0, (1, -1), (1, 2, 3), "wide", math.nan):
        with pytest.raises(ArgumentError, match=r"spacing is .*must be a positive number, or 2 .*\(y, x\)"):
            hausdorff_distance(a, a, spacing=spacing)
    with pytest.raises(ArgumentError, match="boundary is 'outer'; it must be 'inner4'"):
        surface_distances(a, a, boundary="outer")
    with pytest.raises(ArgumentError, match="percentile is 101"):
        hausdorff_distance(a, a, percentile=101)
    with pytest.raises(ArgumentError, match="hausdorff_distance: pooling is 'mean'; it must be 'max_directed'"):
        hausdorff_distance(a, a, pooling="mean")
    with pytest.raises(ArgumentError, match="pooling is 'max'; it must be 'pooled'"):
        average_symmetric_surface_distance(a, a, pooling="max")
    with pytest.raises(ArgumentError, match="hd95: unknown variant 'medpi'; did you mean 'medpy'"):
        hd95(a, a, variant="medpi")
    with pytest.raises(ArgumentError, match="surface_dice: tolerance is -1"):
        surface_dice(a, a, tolerance=-1)
    with pytest.raises(ArgumentError, match=r"tolerance has shape \(3,\); pass one number, or one for each of 2"):
        surface_dice_per_class(a, a, num_classes=2, tolerance=[1, 2, 3])
    with pytest.raises(ArgumentError, match="hausdorff_distance_per_class: y_pred holds labels from 3 to 3"):
        hausdorff_distance_per_class(a, a + 3, num_classes=2)
    with pytest.raises(ShapeError, match=r"y_true has shape \(5,\), expected \(H, W\) or \(D, H, W\)"):
        hd95_per_class(a[0], a[0], num_classes=2, variant="monai")
