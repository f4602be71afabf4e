"""The same numbers as other libraries where conventions coincide; where they do not, why."""

from __future__ import annotations

import math
import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mask_pairs import mask_pairs

from npseg.metrics.distance.average_distance import average_symmetric_surface_distance, mean_surface_distance
from npseg.metrics.distance.hausdorff import hausdorff_distance, hd95
from npseg.metrics.distance.surface_dice import surface_dice
from npseg.metrics.distance.surface_elements import element_sizes

# Off every distance that the spacings allow, because in float32 or without allowance for rounding ties fall either way.
tolerances = st.sampled_from([0.0512, 0.7123, 1.2345, 2.3456])


@pytest.fixture(scope="module")
def monai():
    """MONAI's functions of two masks, as of version 1.6."""
    torch = pytest.importorskip("torch")
    metrics = pytest.importorskip("monai.metrics")

    def call(function, a, b, *arguments, **options):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it warns of empty masks
            maps = [torch.from_numpy(np.array(mask))[None, None] for mask in (a, b)]
            return getattr(metrics, function)(*maps, *arguments, include_background=True, **options).item()

    return call


@pytest.fixture(scope="module")
def medpy():
    return pytest.importorskip("medpy.metric.binary")


@pytest.fixture(scope="module")
def surface_distance():
    return pytest.importorskip("surface_distance")


@pytest.mark.torch
class TestMonai:
    """Computes in float32, hence 1e-5."""

    @given(mask_pairs())
    def test_hausdorff_and_hd95(self, monai, pair):
        a, b, spacing = pair
        theirs = monai("compute_hausdorff_distance", a, b, spacing=spacing)
        assert hausdorff_distance(a, b, spacing=spacing) == pytest.approx(theirs, rel=1e-5)
        theirs = monai("compute_hausdorff_distance", a, b, percentile=95, spacing=spacing)
        assert hd95(a, b, variant="monai", spacing=spacing) == pytest.approx(theirs, rel=1e-5, abs=1e-6)

    @given(mask_pairs())
    def test_average_surface_distance(self, monai, pair):
        a, b, spacing = pair
        theirs = monai("compute_average_surface_distance", a, b, spacing=spacing, symmetric=True)
        assert average_symmetric_surface_distance(a, b, spacing=spacing) == pytest.approx(theirs, rel=1e-5)
        theirs = monai("compute_average_surface_distance", a, b, spacing=spacing)
        assert mean_surface_distance(a, b, spacing=spacing) == pytest.approx(theirs, rel=1e-5)

    @given(mask_pairs(), tolerances, st.booleans())
    def test_surface_dice_of_edge_pixels_and_of_the_contour(self, monai, pair, tolerance, contour):
        a, b, spacing = pair
        theirs = monai("compute_surface_dice", a, b, [tolerance], spacing=spacing, use_subvoxels=contour)
        ours = surface_dice(a, b, tolerance=tolerance, spacing=spacing, boundary="dual" if contour else "inner4")
        assert ours == pytest.approx(theirs, rel=1e-5)

    @pytest.mark.parametrize("spacing", [(1.0, 1.0), (0.5, 2.0), (1.0, 1.0, 1.0), (0.3, 2.0, 5.0)])
    def test_sizes_of_contour_elements(self, monai, spacing):
        """Their codes count the neighbours from the other end."""
        utils = pytest.importorskip("monai.metrics.utils")
        theirs = utils.get_code_to_measure_table(spacing)[0].numpy()
        bits = 2 ** len(spacing)
        reversed_codes = [int(f"{code:0{bits}b}"[::-1], 2) for code in range(2**bits)]
        np.testing.assert_allclose(element_sizes(spacing)[reversed_codes], theirs, rtol=1e-6)

    def test_differences(self, monai):
        """An object missed is NaN or dropped there, and percentile 0 the maximum: faults, not conventions."""
        some, none = np.eye(4, dtype=bool), np.zeros((4, 4), bool)
        assert math.isnan(monai("compute_hausdorff_distance", none, some, percentile=95)) or math.isinf(
            monai("compute_hausdorff_distance", none, some, percentile=95)
        )
        assert hd95(none, some, variant="monai") == math.inf
        other = np.zeros((4, 4), bool)
        other[0, :] = True
        assert monai("compute_hausdorff_distance", some, other, percentile=0) > 0
        assert hausdorff_distance(some, other, percentile=0) == 0


class TestMedpy:
    """Version 0.5."""

    @given(mask_pairs(), st.sampled_from([(1, "inner4"), ("all", "inner8")]))
    def test_distances(self, medpy, pair, neighbours):
        a, b, spacing = pair
        connectivity, boundary = neighbours
        connectivity = a.ndim if connectivity == "all" else connectivity
        options = {"spacing": spacing, "boundary": boundary}
        theirs = medpy.hd(a, b, spacing, connectivity)
        assert hausdorff_distance(a, b, **options) == pytest.approx(theirs, rel=1e-12)
        theirs = medpy.hd95(a, b, spacing, connectivity)
        pooled = hausdorff_distance(a, b, percentile=95, pooling="pooled", **options)
        assert pooled == pytest.approx(theirs, rel=1e-12, abs=1e-12)
        if boundary == "inner4":
            assert pooled == hd95(a, b, variant="medpy", spacing=spacing)
        assert mean_surface_distance(a, b, **options) == pytest.approx(medpy.asd(a, b, spacing, connectivity))
        theirs = medpy.assd(a, b, spacing, connectivity)
        assert average_symmetric_surface_distance(a, b, **options) == pytest.approx(theirs, rel=1e-12)

    def test_differences(self, medpy):
        some, none = np.eye(4, dtype=bool), np.zeros((4, 4), bool)
        with pytest.raises(RuntimeError, match="does not contain any binary object"):
            medpy.hd95(some, none)  # no score for an object missed, where we say inf
        assert hd95(some, none, variant="medpy") == math.inf


class TestSurfaceDistance:
    """Version 0.1, by the authors of surface Dice."""

    @given(mask_pairs(), tolerances)
    def test_all(self, surface_distance, pair, tolerance):
        a, b, spacing = pair
        theirs = surface_distance.compute_surface_distances(a, b, spacing)
        options = {"spacing": spacing, "boundary": "dual"}
        there, back = surface_distance.compute_average_surface_distance(theirs)
        assert mean_surface_distance(a, b, **options) == pytest.approx(there, rel=1e-12)
        assert mean_surface_distance(b, a, **options) == pytest.approx(back, rel=1e-12)
        assert hausdorff_distance(a, b, **options) == pytest.approx(
            surface_distance.compute_robust_hausdorff(theirs, 100), rel=1e-12
        )
        dice = surface_distance.compute_surface_dice_at_tolerance(theirs, tolerance)
        assert surface_dice(a, b, tolerance=tolerance, spacing=spacing) == pytest.approx(dice, rel=1e-12)

    @given(mask_pairs())
    def test_hd95(self, surface_distance, pair):
        """Where a distance is reached at 95 % exactly, their rounding decides: then either neighbour may be it."""
        a, b, spacing = pair
        theirs = surface_distance.compute_surface_distances(a, b, spacing)
        near = [surface_distance.compute_robust_hausdorff(theirs, p) for p in (95 - 1e-9, 95, 95 + 1e-9)]
        ours = hd95(a, b, variant="surface-distance", spacing=spacing)
        assert any(ours == pytest.approx(value, rel=1e-12) for value in near)
        if near[0] == near[2]:
            assert ours == pytest.approx(near[1], rel=1e-12)
