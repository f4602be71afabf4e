"""Every law of overlap holds for right measures."""

from __future__ import annotations

import warnings
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from right_scores import RIGHT, RIGHT_BY_IMAGE

import npseg.laws.catalogue  # noqa: F401
from npseg.laws import LAWS, Law, Target, examine
from npseg.laws.adapters.npseg.overlap import targets
from npseg.laws.docket import Docket
from npseg.laws.engine import _fixed_arguments, in_common, try_law

OVERLAP = [law for law in LAWS.values() if law.check.__module__.startswith("npseg.laws.overlap.")]
QUICK = [replace(law, always=()) for law in OVERLAP]
DRAWN = [law for law in QUICK if law.draw]


def broken(target: Target, laws: list[Law], max_examples: int) -> list[str]:
    verdict = examine(target, laws=laws, max_examples=max_examples)
    return [f"{trial.law.name} of {trial.measure}: {trial.reason} {trial.case}" for trial in verdict.failures]


def on_trial(law: Law, measures: list[Target]) -> list[dict[str, Any]]:
    """The fixed arguments of the law for everything it applies to."""
    found = []
    for target in measures:
        docket = Docket(target, laws=[law])
        for entry in docket.entries:
            known = in_common(law, (docket.conventions[name] for name in entry.measures))
            if entry.law is law and try_law(target, law, entry.measures, known, max_examples=1).outcome == "holds":
                fixed = _fixed_arguments(law, target, entry.measures)
                found.append(fixed | ({"conventions": known} if "conventions" in law.arguments else {}))
    return found


def test_the_scores_of_npseg_keep_every_law() -> None:
    by_default, by_image, *_ = targets()
    assert broken(by_default, QUICK, 1) == []
    assert broken(by_image, QUICK, 1) == []


def keep(law: Law, cases: int) -> None:
    """Each case is tried on all measures that the law is for, under all conventions that npseg takes."""
    scores = on_trial(law, targets())
    assert scores

    @settings(max_examples=cases, database=None, suppress_health_check=list(HealthCheck))
    @given(law.draw())
    def every_score_keeps_it(case: dict[str, Any]) -> None:
        for fixed in scores:
            assert law.check(**fixed, **case) is None, fixed

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        every_score_keeps_it()


@pytest.mark.slow
@pytest.mark.parametrize("law", DRAWN, ids=lambda law: law.name)
def test_the_scores_of_npseg_keep_the_law_in_many_cases(law: Law) -> None:
    keep(law, 100)


@pytest.mark.thorough
@pytest.mark.parametrize("law", DRAWN, ids=lambda law: law.name)
def test_the_scores_of_npseg_keep_the_law_in_two_thousand_cases(law: Law) -> None:
    keep(law, 2000)


@pytest.mark.slow
def test_the_scores_of_npseg_keep_every_law_in_large_cases() -> None:
    large = [law for law in OVERLAP if law.always]
    for target in targets():
        assert broken(target, large, 1) == []


@pytest.mark.slow
def test_npseg_refuses_no_type_or_layout_of_labels() -> None:
    """The laws let a refusal pass; npseg has no need of that."""
    from npseg.laws.arranging import laid_out
    from npseg.laws.strategies.cases import DTYPES, LAYOUTS

    labels = np.arange(12).reshape(1, 3, 4) % 2
    counts = targets()[0].measures["confusion"]
    for dtype in DTYPES:
        for layout in LAYOUTS:
            other = laid_out(labels, dtype, layout)
            assert other.dtype == dtype
            assert (other == labels).all()
            assert counts(other, other, 2).tolist() == [[6, 0], [0, 6]]


def test_measures_written_from_their_definitions_keep_every_law_and_no_law_is_idle() -> None:
    held = set()
    for measures in (RIGHT, RIGHT_BY_IMAGE):
        verdict = examine(Target("by definition", measures, tolerance=1e-12), laws=QUICK, max_examples=1)
        assert [(trial.law.name, trial.measure, trial.reason) for trial in verdict.failures] == []
        held |= {trial.law.name for trial in verdict.trials if trial.outcome == "holds"}
    assert held == {law.name for law in OVERLAP}


@pytest.mark.thorough
@pytest.mark.parametrize("measures", [RIGHT, RIGHT_BY_IMAGE])
def test_measures_written_from_their_definitions_keep_every_law_in_many_cases(measures: dict[str, Any]) -> None:
    assert broken(Target("by definition", measures, tolerance=1e-12), QUICK, 1000) == []


def test_the_numbers_of_the_laws_of_overlap() -> None:
    assert {law.number for law in OVERLAP} >= set(range(1, 26))


def test_kappa_and_correlation_can_fall_when_a_pixel_is_corrected() -> None:
    """Why law 13 does not speak of them."""
    kappa, mcc = RIGHT["kappa"], RIGHT["mcc"]
    truth = np.array([[[0, 0, 0, 1]]])
    assert kappa(truth, np.array([[[1, 1, 2, 0]]]), 3) == pytest.approx(-5 / 11)
    assert kappa(truth, np.array([[[1, 1, 0, 0]]]), 3) == pytest.approx(-1 / 2)
    truth = np.array([[[0, 0, 0, 0, 1]]])
    before, after = (mcc(truth, np.array([[p]]), 3) for p in ([2, 2, 2, 2, 1], [0, 2, 2, 2, 1]))
    assert after < before - 0.02
