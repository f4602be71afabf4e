"""Laws of distances between boundaries: symmetry, axes and spacing, triangle, percentile, tolerance, padding."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mask_pairs import BOUNDARIES, mask_pairs

from npseg.metrics.distance.average_distance import average_symmetric_surface_distance, mean_surface_distance
from npseg.metrics.distance.hausdorff import hausdorff_distance
from npseg.metrics.distance.surface_dice import surface_dice

boundaries = st.sampled_from(BOUNDARIES)
DISTANCES = {
    "hausdorff": hausdorff_distance,
    "hd95": lambda a, b, **options: hausdorff_distance(a, b, percentile=95, **options),
    "hd95 pooled": lambda a, b, **options: hausdorff_distance(a, b, percentile=95, pooling="pooled", **options),
    "assd": average_symmetric_surface_distance,
    "assd of means": lambda a, b, **options: average_symmetric_surface_distance(
        a, b, pooling="mean_directed", **options
    ),
}


def surface_dice_at_1(a, b, **options):
    return surface_dice(a, b, tolerance=1, **options)


symmetric = pytest.mark.parametrize("score", [*DISTANCES.values(), surface_dice_at_1], ids=[*DISTANCES, "surface dice"])
distances = pytest.mark.parametrize("score", DISTANCES.values(), ids=DISTANCES)


def close(x, y):
    assert x == pytest.approx(y, rel=1e-12, abs=1e-12)


@symmetric
@given(pair=mask_pairs(), boundary=boundaries)
def test_symmetric(score, pair, boundary):
    options = {"spacing": pair.spacing, "boundary": boundary}
    close(score(pair.a, pair.b, **options), score(pair.b, pair.a, **options))


@distances
@given(pair=mask_pairs(), boundary=boundaries)
def test_equal_masks_are_at_distance_0(score, pair, boundary):
    assert score(pair.a, pair.a.copy(), spacing=pair.spacing, boundary=boundary) == 0


@given(mask_pairs(), boundaries)
def test_equal_masks_have_surface_dice_1_at_any_tolerance(pair, boundary):
    assert surface_dice(pair.a, pair.a, tolerance=0, spacing=pair.spacing, boundary=boundary) == 1


@symmetric
@given(pair=mask_pairs(), boundary=boundaries, order=st.permutations(range(3)))
def test_swapping_axes_with_their_spacing_changes_nothing(score, pair, boundary, order):
    axes = [axis for axis in order if axis < pair.a.ndim]
    swapped = score(
        pair.a.transpose(axes),
        pair.b.transpose(axes),
        spacing=[pair.spacing[axis] for axis in axes],
        boundary=boundary,
    )
    close(swapped, score(pair.a, pair.b, spacing=pair.spacing, boundary=boundary))


@symmetric
@given(pair=mask_pairs(), boundary=boundaries, axis=st.integers(0, 1))
def test_flips_change_nothing(score, pair, boundary, axis):
    options = {"spacing": pair.spacing, "boundary": boundary}
    close(score(np.flip(pair.a, axis), np.flip(pair.b, axis), **options), score(pair.a, pair.b, **options))


@symmetric
@given(pair=mask_pairs(), boundary=boundaries, before=st.integers(0, 3), after=st.integers(0, 3))
def test_padding_with_background_does_nothing(score, pair, boundary, before, after):
    options = {"spacing": pair.spacing, "boundary": boundary}
    padded = [np.pad(mask, (before, after)) for mask in (pair.a, pair.b)]
    assert score(*padded, **options) == score(pair.a, pair.b, **options)


@distances
@given(pair=mask_pairs(), boundary=boundaries, factor=st.sampled_from([0.01, 0.5, 3.0, 1000.0]))
def test_distances_scale_with_the_spacing(score, pair, boundary, factor):
    scaled = score(pair.a, pair.b, spacing=[factor * step for step in pair.spacing], boundary=boundary)
    close(scaled, factor * score(pair.a, pair.b, spacing=pair.spacing, boundary=boundary))


@given(mask_pairs(), boundaries, st.sampled_from([0.01, 0.5, 3.0, 1000.0]), st.sampled_from([0, 0.3, 1, 1.5]))
def test_surface_dice_does_not_depend_on_the_unit(pair, boundary, factor, tolerance):
    spacing = [factor * step for step in pair.spacing]
    scaled = surface_dice(pair.a, pair.b, tolerance=factor * tolerance, spacing=spacing, boundary=boundary)
    close(scaled, surface_dice(pair.a, pair.b, tolerance=tolerance, spacing=pair.spacing, boundary=boundary))


@given(mask_pairs(several=3), boundaries)
def test_triangle_inequality_of_the_maximum(masks, boundary):
    a, b, c, spacing = masks
    options = {"spacing": spacing, "boundary": boundary}
    detour = hausdorff_distance(a, b, **options) + hausdorff_distance(b, c, **options)
    assert hausdorff_distance(a, c, **options) <= detour * (1 + 1e-12)


@given(mask_pairs(), boundaries, st.sampled_from(["max_directed", "pooled"]))
def test_no_percentile_is_below_a_smaller_one(pair, boundary, pooling):
    options = {"spacing": pair.spacing, "boundary": boundary, "pooling": pooling}
    scores = [hausdorff_distance(pair.a, pair.b, percentile=p, **options) for p in (0, 1, 30, 50, 95, 99.9, 100)]
    assert scores == sorted(scores)
    assert scores[-1] == hausdorff_distance(pair.a, pair.b, spacing=pair.spacing, boundary=boundary)


@given(mask_pairs(), boundaries)
def test_percentile_0_is_the_least_distance(pair, boundary):
    options = {"spacing": pair.spacing, "boundary": boundary, "percentile": 0}
    pooled, directed = (hausdorff_distance(pair.a, pair.b, pooling=p, **options) for p in ("pooled", "max_directed"))
    close(pooled, directed)  # the nearest two elements are one pair in both directions


@given(mask_pairs(), boundaries)
def test_means_lie_below_the_maximum(pair, boundary):
    options = {"spacing": pair.spacing, "boundary": boundary}
    most = hausdorff_distance(pair.a, pair.b, **options) * (1 + 1e-12)
    assert 0 <= mean_surface_distance(pair.a, pair.b, **options) <= most
    assert 0 <= average_symmetric_surface_distance(pair.a, pair.b, **options) <= most


@given(mask_pairs(), boundaries)
def test_surface_dice_grows_with_the_tolerance_and_is_1_from_the_hausdorff_distance_on(pair, boundary):
    options = {"spacing": pair.spacing, "boundary": boundary}
    furthest = hausdorff_distance(pair.a, pair.b, **options)
    scores = [
        surface_dice(pair.a, pair.b, tolerance=share * furthest, **options) for share in (0, 0.3, 0.6, 0.9, 1, 2, 1e9)
    ]
    for tighter, looser in itertools.pairwise(scores):
        assert 0 <= tighter <= looser
    assert scores[4:] == [1, 1, 1]
    if furthest > 0:
        assert surface_dice(pair.a, pair.b, tolerance=furthest * 0.999999, **options) < 1


@given(mask_pairs(ndims=(2,)), st.sampled_from(["inner4", "inner8"]))
def test_in_a_volume_one_voxel_deep_every_voxel_is_edge(pair, boundary):
    """It touches the outside above and below, so the distances are those of the objects, not of their outlines."""
    points = [np.argwhere(mask) * pair.spacing for mask in (pair.a, pair.b)]
    between = np.sqrt(((points[0][:, None] - points[1][None]) ** 2).sum(-1))
    volume = hausdorff_distance(pair.a[None], pair.b[None], spacing=(2.0, *pair.spacing), boundary=boundary)
    close(volume, max(between.min(0).max(), between.min(1).max()))
