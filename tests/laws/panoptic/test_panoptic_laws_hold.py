"""The laws of panoptic quality hold for npseg's, whose answers show the conventions that it documents."""

from __future__ import annotations

import pytest

import npseg.laws.catalogue  # noqa: F401
from npseg.laws import LAWS, examine
from npseg.laws.adapters.npseg.panoptic import targets
from npseg.laws.probing import observed

PANOPTIC = [law for law in LAWS.values() if law.family == "panoptic"]
(OURS,) = targets()


@pytest.mark.parametrize("measure", ["pq", "pq_per_class"])
def test_what_is_documented_is_what_the_answers_show(measure):
    assert observed(OURS, measure) == OURS.declared


def outcomes(max_examples):
    return examine(OURS, laws=PANOPTIC, max_examples=max_examples).trials


def test_every_law_is_tried_and_holds():
    trials = outcomes(4)
    assert [(trial.law.name, trial.reason, trial.case) for trial in trials if trial.outcome != "holds"] == []
    assert {trial.law.name for trial in trials} >= {law.name for law in PANOPTIC}
    assert len(PANOPTIC) >= 20


@pytest.mark.thorough
def test_every_law_holds_in_2000_cases():
    trials = outcomes(2000)
    assert [(trial.law.name, trial.reason, trial.case) for trial in trials if trial.outcome != "holds"] == []


def test_laws_35_to_40_stand_under_their_numbers():
    assert {number: LAWS[name].number for name, number in NUMBERED.items()} == {
        number: number for number in NUMBERED.values()
    }


NUMBERED = {
    "pq-is-sq-times-rq": 35,
    "instance-ids-may-be-renamed": 36,
    "abstaining-lowers": 37,
    "crowds-may-be-merged": 38,
    "panoptic-symmetric": 39,
    "unseen-class-is-left-out": 40,
}
