"""npseg's own scores of boundaries keep every law; what looks like a law and is none, they break."""

from __future__ import annotations

import pytest

import npseg.laws.catalogue  # noqa: F401 - the laws enter the register when their files are read
from npseg.laws import LAWS, examine
from npseg.laws.adapters.npseg.distance import targets
from npseg.laws.distance.fallacies import FALLACIES

TARGETS = {target.name: target for target in targets()}


def failures(target, max_examples):
    return [(t.law.name, t.measure, t.reason) for t in examine(target, max_examples=max_examples).failures]


@pytest.mark.parametrize("name", TARGETS)
def test_every_law_holds(name):
    assert failures(TARGETS[name], 4) == []


@pytest.mark.thorough
@pytest.mark.parametrize("name", TARGETS)
def test_every_law_holds_for_2000_cases(name):
    assert failures(TARGETS[name], 2000) == []


def test_no_law_is_for_a_measure_that_npseg_lacks():
    has = {measure for target in TARGETS.values() for measure in target.measures}
    for law in LAWS.values():
        if law.family == "distance":
            assert set(law.of) | set(law.needs) <= has


@pytest.mark.parametrize("fallacy", FALLACIES.values(), ids=list(FALLACIES))
def test_a_fallacy_is_broken_by_right_scores_and_is_in_no_register(fallacy):
    assert fallacy.name not in LAWS
    broken = [
        trial
        for target in TARGETS.values()
        if set(fallacy.of) & set(target.measures) and "inner" not in target.name and "dual" not in target.name
        for trial in examine(target, laws=[fallacy], max_examples=1).failures
    ]
    assert [trial.law for trial in broken] == [fallacy]
    assert fallacy.source
