"""Every law of boundaries finds a planted fault, and prints a programme that shows it without npseg."""

from __future__ import annotations

import subprocess
import sys

import pytest

import npseg.laws.catalogue  # noqa: F401 - the laws enter the register when their files are read
from npseg.laws import LAWS, Target, examine, programme
from npseg.laws.mutants.boundaries import boundary_mutants
from npseg.laws.mutants.distance import distance_mutants

MUTANTS = {mutant.name: mutant.target for mutant in (*distance_mutants(), *boundary_mutants())}
FOUND_BY = {
    "distance-symmetric": "only-one-direction",
    "equal-masks-are-at-distance-0": "half-a-pixel-more",
    "equal-masks-share-all-of-their-boundary": "beyond-the-tolerance",
    "triangle-inequality": "the-nearer-direction",
    "boundary-score-within-bounds": "per-cent",
    "masks-unchanged": "clears-the-first-pixel",
    "equals-point-set-distance": "city-blocks",
    "equals-percentile-of-point-sets": "percentile-from-above",
    "equals-95th-percentile-of-point-sets": "hd95-is-a-share-of-the-largest",
    "equals-mean-of-point-sets": "mean-of-maxima",
    "equals-share-of-point-sets": "within-whole-pixels-only",
    "equals-f1-of-point-sets": "mean-of-precision-and-recall",
    "a-hole-has-a-boundary": "from-edge-to-region",
    "equals-iou-of-the-bands": "bands-without-diagonals",
    "axes-swapped": "rows-and-columns-of-one-side",
    "flipped": "rows-and-columns-of-one-side",
    "scales-with-spacing": "spacing-ignored",
    "share-does-not-depend-on-the-unit": "tolerance-in-pixels",
    "spacing-left-out-is-1": "spacing-of-2-if-left-out",
    "percentile-nondecreasing": "percentile-zero-is-the-largest",
    "percentile-0-is-the-minimum": "percentile-zero-is-the-largest",
    "percentile-100-is-the-maximum": "percentile-100-is-not-the-largest",
    "hd95-is-percentile-95": "hd95-is-a-share-of-the-largest",
    "hd95-at-most-hausdorff": "hd95-rounded-up",
    "average-at-most-hausdorff": "average-is-a-sum",
    "one-empty-is-furthest": "missed-objects-are-perfect",
    "one-empty-shares-nothing": "missed-boundary-is-undefined",
    "both-empty-agree": "two-empty-masks-are-infinitely-far",
    "both-empty-share-all": "two-empty-masks-share-nothing",
    "missing-an-object-never-improves-the-mean": "mean-without-missed-objects",
    "nondecreasing-in-the-tolerance": "within-whole-pixels-only",
    "all-within-the-hausdorff-distance": "beyond-the-tolerance",
    "background-padding": "width-of-the-diagonal",
    "frame-padding": "edge-that-wraps-around",
    "both-moved": "every-other-pixel",
    "moved-copy": "squared",
    "boundary-iou-of-a-wide-band-is-iou": "band-too-narrow",
}


def broken(target, law, max_examples=200):
    trials = [t for t in examine(target, laws=[LAWS[law]], max_examples=max_examples).trials if t.law is LAWS[law]]
    assert trials
    return [trial for trial in trials if trial.outcome == "fails"]


def run(code):
    return subprocess.run([sys.executable, "-I", "-c", code], capture_output=True, text=True, timeout=120)


def test_every_law_of_boundaries_is_here():
    assert set(FOUND_BY) == {law.name for law in LAWS.values() if law.family == "distance"}


@pytest.mark.parametrize("law, mutant", FOUND_BY.items())
def test_the_law_finds_the_fault(law, mutant):
    assert broken(MUTANTS[mutant], law)


@pytest.mark.parametrize(
    "law", ["equals-point-set-distance", "percentile-0-is-the-minimum", "missing-an-object-never-improves-the-mean",
            "boundary-iou-of-a-wide-band-is-iou", "average-at-most-hausdorff", "background-padding"],
)  # fmt: skip
def test_the_counterexample_is_reproduced_without_npseg(law):
    target = MUTANTS[FOUND_BY[law]]
    trial = broken(target, law)[0]
    code = programme(target, trial)
    assert "import npseg" not in code
    assert "from npseg" not in code
    done = run(code)
    assert done.stdout.strip() == trial.reason, done.stderr


def raises_without_objects(a, b, spacing=None):
    if not a.any() or not b.any():
        raise ValueError("there is no object")
    return 0.0


def test_an_exception_for_a_missed_object_is_excused_by_the_documentation_only():
    silent = Target("t", {"hausdorff": raises_without_objects})
    told = Target("t", {"hausdorff": raises_without_objects}, {"one-empty": "raise", "both-empty": "raise"})
    for law in ("one-empty-is-furthest", "both-empty-agree"):
        assert broken(silent, law)
        trials = [t for t in examine(told, laws=[LAWS[law]], max_examples=10).trials if t.law is LAWS[law]]
        assert [t.outcome for t in trials] == ["does not apply"]
        assert "documentation" in trials[0].reason


def diagonal_for_missed_objects(a, b, spacing=None):
    import numpy as np

    steps = np.ones(a.ndim) if spacing is None else np.array(spacing)
    return float(np.linalg.norm(np.array(a.shape) * steps)) if a.any() != b.any() else 0.0


def two_thirds_of_the_diagonal(a, b, spacing=None):
    return diagonal_for_missed_objects(a, b, spacing) / 3


def test_a_finite_distance_for_a_missed_object_must_be_out_of_reach():
    assert not broken(Target("t", {"hausdorff": diagonal_for_missed_objects}), "one-empty-is-furthest")
    assert broken(Target("t", {"hausdorff": two_thirds_of_the_diagonal}), "one-empty-is-furthest")
