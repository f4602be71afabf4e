"""The conventions of a score of boundaries are found out by asking it."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

from npseg.laws.adapters.npseg.distance import targets
from npseg.laws.distance import questions
from npseg.laws.distance.point_sets import boundary_points, point_distances
from npseg.laws.probing import observed
from npseg.laws.target import Target, Unsupported
from npseg.metrics.distance.hausdorff import hausdorff_distance
from npseg.reference import distance as reference

NPSEG = {target.name: target for target in targets()}


def test_no_two_conventions_answer_both_pairs_alike():
    first, second = (questions.known_answers(a, b, "outside") for a, b in questions.object_pairs())
    for one, other in itertools.combinations(first, 2):
        if one[0] == other[0] and {one[1], other[1]} == {"share", "F1"}:
            continue  # both read one boundary, and nothing is pooled
        assert abs(first[one] - first[other]) > 1e-3 or abs(second[one] - second[other]) > 1e-3, (one, other)


def test_objects_of_the_pairs_are_off_the_frame():
    for mask in itertools.chain(*questions.object_pairs()):
        assert mask.sum() == mask[1:-1, 1:-1].sum() > 0
        assert mask.shape[0] == mask.shape[1]  # what confuses rows and columns is for the laws to find


@pytest.mark.parametrize("name", NPSEG)
def test_what_npseg_documents_is_what_its_answers_show(name):
    target = NPSEG[name]
    for measure in target.measures:
        shown = observed(target, measure)
        assert {**target.declared, **shown} == {**shown, **target.declared}


@pytest.mark.parametrize("boundary", ["inner4", "inner8", "dual"])
@pytest.mark.parametrize("pooling", ["max_directed", "pooled"])
def test_boundary_and_pooling_of_a_percentile_are_inferred(boundary, pooling):
    def score(a, b, spacing=None, percentile=95.0):
        return hausdorff_distance(a, b, percentile=percentile, boundary=boundary, pooling=pooling)

    shown = observed(Target("percentile", {"hausdorff_percentile": score}), "hausdorff_percentile")
    assert (shown["boundary"], shown["pooling"]) == (boundary, pooling.replace("_", "-"))


def test_all_pixels_and_unknown_boundaries_are_told():
    def of_objects(a, b, spacing=None):
        there, back, _, _ = point_distances(a, b, "all-pixels", "outside", spacing)
        return max(there.max(), back.max())

    def of_centres(a, b, spacing=None):
        return float(np.linalg.norm(np.argwhere(a).mean(axis=0) - np.argwhere(b).mean(axis=0)))

    found = [observed(Target("t", {"hausdorff": f}), "hausdorff")["boundary"] for f in (of_objects, of_centres)]
    assert found == ["all-pixels", "other"]


@pytest.mark.parametrize(
    "answer, name", [(math.inf, "inf"), (math.nan, "nan"), (0.0, "0"), (1.0, "1"), (12.5, "finite"), (None, "raise")]
)
def test_what_empty_masks_score_is_told(answer, name):
    def score(a, b, spacing=None):
        if answer is None:
            raise ValueError("empty")
        return answer

    shown = observed(Target("t", {"hausdorff": score}), "hausdorff")
    assert shown["one-empty"] == shown["both-empty"] == name


@pytest.mark.parametrize(
    "measure, names", [("hausdorff", {"one-empty", "both-empty"}), ("hausdorff_mean", {"one-empty"})]
)
def test_an_accident_is_no_convention(measure, names):
    """Code that divides by the number of points of an empty mask did not mean to refuse it; laws convict it."""

    def score(a, b, spacing=None):
        raise ZeroDivisionError("division by zero")

    assert names.isdisjoint(observed(Target("t", {measure: score}), measure))


def test_what_depends_on_which_side_is_empty_follows_no_convention():
    def score(a, b, spacing=None):
        return math.inf if a.any() else 0.0

    assert observed(Target("t", {"hausdorff": score}), "hausdorff")["one-empty"] == "other"


def test_what_an_adapter_does_not_take_is_told():
    def score(a, b, spacing=None):
        if a.ndim == 3 or spacing is not None:
            raise Unsupported("images in pixels")
        return hausdorff_distance(a, b)

    shown = observed(Target("t", {"hausdorff": score}), "hausdorff")
    assert (shown["dimension"], shown["spacing"]) == ("2d", "none")


@pytest.mark.parametrize("boundary", ["inner4", "inner8", "dual"])
def test_points_and_sizes_are_those_of_the_reference(boundary):
    """Two implementations that share nothing: the laws' oracle, and the double loops in npseg.reference."""
    rng = np.random.default_rng(0)
    for shape, spacing in (((5, 7), (2.0, 0.5)), ((7, 3), (1.0, 3.0)), ((3, 4, 5), (1.0, 0.5, 2.0))):
        mask = rng.random(shape) < 0.6
        points, sizes = boundary_points(mask, boundary, "outside", spacing)
        elements = sorted((tuple(np.round(place, 9)), size) for place, size in zip(points.tolist(), sizes.tolist()))
        expected = reference.boundary_elements(mask, boundary, spacing)
        known = sorted((tuple(np.round(place, 9)), size) for place, size in expected)
        shift = np.subtract(known[0][0], elements[0][0])
        np.testing.assert_allclose([k for k, _ in known], [np.add(e, shift) for e, _ in elements], atol=1e-9)
        if len(shape) == 2:
            np.testing.assert_allclose([s for _, s in known], [s for _, s in elements])
