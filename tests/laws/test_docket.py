"""What is to be tried is known before it is tried, and the same seed draws the same cases."""

from __future__ import annotations

import numpy as np

from npseg.laws import LAWS, Target, examine
from npseg.laws.docket import Docket


def lopsided(y_true, y_pred, num_classes, ignore_index=None):
    return float(np.mean([(y_pred[y_true == label] == label).mean() for label in np.unique(y_true)]))


def test_entries_are_known_before_anything_is_called():
    def never(*arguments, **named):
        raise AssertionError("called too early")

    docket = Docket(Target("mine", {"iou": never, "dice": never}, declared={"absent": "skip"}))
    names = [(entry.law.name, entry.measure) for entry in docket.entries]
    assert names[:2] == [("as-documented-absent", "iou"), ("as-documented-absent", "dice")]
    assert ("symmetric", "iou") in names
    assert ("symmetric", "dice") in names
    numbers = [entry.law.number for entry in docket.entries]
    assert numbers == sorted(numbers)


def test_examine_tries_the_docket():
    target = Target("mine", {"iou": lopsided}, declared={"ignore": "none"})
    laws = [LAWS["within-bounds"], LAWS["symmetric"]]
    docket = Docket(target, laws=laws, max_examples=10)
    told = []
    verdict = examine(
        target, laws=laws, max_examples=10, progress=lambda law, measure: told.append((law.name, measure))
    )
    assert told == [(entry.law.name, entry.measure) for entry in docket.entries]
    assert [trial.law.name for trial in verdict.trials] == [name for name, _ in told]
    assert verdict.conventions == docket.conventions
    assert verdict.conventions["iou"]["ignore"] == "none"


def test_an_entry_by_itself_gives_what_the_whole_gives():
    target = Target("mine", {"iou": lopsided})
    laws = [LAWS["symmetric"]]
    (whole,) = examine(target, laws=laws, seed=5).trials
    (entry,) = Docket(target, laws=laws, seed=5).entries
    alone = Docket(target, laws=laws, seed=5).hear(entry)
    assert whole.outcome == alone.outcome == "fails"
    assert whole.reason == alone.reason
    assert str(whole.case) == str(alone.case)


def per_class(dice, absent):
    def score(y_true, y_pred, num_classes, ignore_index=None):
        each = []
        for label in range(num_classes):
            truth, prediction = y_true == label, y_pred == label
            both, sizes = (truth & prediction).sum(), truth.sum() + prediction.sum()
            each.append((2 * both / sizes if dice else both / (sizes - both)) if sizes else absent)
        return np.array(each)

    return score


def test_a_law_that_relates_measures_is_excused_by_either_of_them():
    for absent in ((np.nan, -1.0), (-1.0, np.nan)):
        target = Target(
            "mine", {"iou_per_class": per_class(False, absent[0]), "dice_per_class": per_class(True, absent[1])}
        )
        (trial,) = examine(target, laws=[LAWS["dice-from-iou"]], max_examples=50).trials
        assert (trial.outcome, trial.reason) == ("does not apply", "presumes absent=skip or 0 or 1; here it is -1")


def test_measures_that_differ_in_what_the_law_presumes_break_it():
    for absent in ((np.nan, 1.0), (1.0, np.nan)):
        target = Target(
            "mine", {"iou_per_class": per_class(False, absent[0]), "dice_per_class": per_class(True, absent[1])}
        )
        (trial,) = examine(target, laws=[LAWS["dice-from-iou"]], max_examples=50).trials
        assert trial.outcome == "fails"
