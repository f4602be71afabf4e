"""Conventions are told from the answers of measures that follow them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from right_scores import RIGHT, RIGHT_BY_IMAGE, dices, ious, matrix_of, mean, precisions, recalls

from npseg.laws import Target, Unsupported, examine
from npseg.laws.conventions import CONVENTIONS
from npseg.laws.probing import QUESTIONS, observed


def mean_over(formula: Callable[..., Any], absent: float = np.nan, empty_truth: float = 0.0) -> Callable[..., float]:
    def score(y_true, y_pred, num_classes, ignore_index=None):
        m = matrix_of(y_true, y_pred, num_classes, ignore_index)
        each = np.where(m.sum(0) + m.sum(1) > 0, formula(m), absent)
        return mean(np.where((m.sum(1) == 0) & (m.sum(0) > 0), empty_truth, each))

    return score


def over_images_and_classes(y_true, y_pred, num_classes, ignore_index=None):
    return mean(np.concatenate([ious(matrix_of(t, p, num_classes, ignore_index)) for t, p in zip(y_true, y_pred)]))


def over_images_then_classes(formula: Callable[..., Any]) -> Callable[..., float]:
    def score(y_true, y_pred, num_classes, ignore_index=None):
        each = np.array([formula(matrix_of(t, p, num_classes, ignore_index)) for t, p in zip(y_true, y_pred)])
        return mean(np.array([mean(scores) for scores in each.T]))

    return score


def answer(convention: str, score: Callable[..., Any], measure: str = "iou") -> str | None:
    return observed(Target("a target", {measure: score}), measure).get(convention)


@pytest.mark.parametrize("formula", [ious, dices])
def test_what_an_absent_class_counts_as(formula: Callable[..., Any]) -> None:
    for value, name in ((np.nan, "skip"), (0.0, "0"), (1.0, "1"), (-1.0, "-1"), (0.3, "other")):
        assert answer("absent", mean_over(formula, absent=value)) == name


@pytest.mark.parametrize("formula", [ious, dices])
def test_what_a_class_without_truth_counts_as(formula: Callable[..., Any]) -> None:
    assert answer("empty-truth", mean_over(formula)) == "0"
    assert answer("empty-truth", mean_over(formula, empty_truth=np.nan)) == "skip"


@pytest.mark.parametrize("name", RIGHT_BY_IMAGE)
def test_how_images_are_put_together(name: str) -> None:
    assert answer("aggregate", RIGHT[name], name) == "dataset"
    assert answer("aggregate", RIGHT_BY_IMAGE[name], name) == "image"


def test_how_images_are_put_together_class_by_class() -> None:
    assert answer("aggregate", over_images_and_classes) == "image-class"
    for formula in (ious, dices, precisions, recalls):
        assert answer("aggregate", over_images_then_classes(formula)) == "image-then-class"
    assert answer("aggregate", RIGHT["iou_per_class"], "iou_per_class") == "dataset"


def test_a_question_without_an_answer_says_nothing() -> None:
    def accuracy(y_true, y_pred, num_classes, ignore_index=None):
        if ignore_index is not None:
            raise Unsupported("no ignore value")
        return (y_true == y_pred).mean()

    # Images of one size have the same accuracy either way, and of other sizes there are none without an ignore value.
    assert answer("aggregate", accuracy, "pixel_accuracy") is None
    assert answer("empty-truth", RIGHT["recall"], "recall") is None


def test_whether_an_ignore_value_is_known() -> None:
    def without(y_true, y_pred, num_classes, ignore_index=None):
        if ignore_index is not None:
            raise Unsupported("no ignore value")
        return RIGHT["iou"](y_true, y_pred, num_classes)

    assert answer("ignore", RIGHT["iou"]) == "supported"
    assert answer("ignore", without) == "none"


def test_whether_an_ignored_class_stays_in_the_mean() -> None:
    def left_out(y_true, y_pred, num_classes, ignore_index=None):
        each = ious(matrix_of(y_true, y_pred, num_classes, ignore_index))
        return mean(np.delete(each, ignore_index) if ignore_index in range(num_classes) else each)

    assert answer("ignored-class", RIGHT["iou"]) == "kept"
    assert answer("ignored-class", left_out) == "left-out"


def test_what_becomes_of_labels_out_of_range() -> None:
    def kept_within(limit):
        def score(y_true, y_pred, num_classes, ignore_index=None):
            kept = (y_pred < num_classes) | (not limit)
            return float((y_true == y_pred)[kept].mean())

        return score

    for score, name in ((RIGHT["iou"], "raise"), (kept_within(True), "drop"), (kept_within(False), "count")):
        assert answer("out-of-range", score) == name


def test_documentation_that_the_answers_contradict_is_a_broken_law() -> None:
    target = Target("a target", {"iou": RIGHT["iou"]}, declared={"absent": "1", "aggregate": "dataset"})
    verdict = examine(target, laws=[])
    assert [(trial.law.name, trial.reason) for trial in verdict.failures] == [
        ("as-documented-absent", "the documentation says 1, the answers say skip")
    ]
    assert verdict.conventions["iou"]["absent"] == "1"


def test_every_question_is_about_a_known_convention() -> None:
    assert {name for questions in QUESTIONS.values() for name in questions} <= set(CONVENTIONS)
