"""How laws are registered, tried and reported."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import strategies as st

import npseg.laws.catalogue  # noqa: F401
from npseg.errors import ArgumentError
from npseg.laws import LAWS, Code, Law, Target, Unsupported, examine, law
from npseg.laws.conventions import parse_conventions
from npseg.laws.engine import try_law
from npseg.laws.law import find_laws
from npseg.laws.measures import find_measure


def at_most_four(score: Any, y_true: Any) -> str | None:
    value = score(y_true)
    return f"{value} is above 4" if value > 4 else None


def a_law(**changes: Any) -> Law:
    made = Law(
        number=900, name="at-most-four", family="overlap", statement="", symbols="", source="", check=at_most_four,
        draw=lambda: st.integers(0, 1000).map(lambda number: {"y_true": number}), of=("iou",),
    )  # fmt: skip
    return replace(made, **changes)


def same(y_true: int) -> int:
    return y_true


def test_the_smallest_case_is_reported() -> None:
    trial = try_law(Target("same", {"iou": same}), a_law(), ("iou",), {})
    assert (trial.outcome, trial.case, trial.reason) == ("fails", {"y_true": 5}, "5 is above 4")


def test_a_law_that_nothing_breaks_holds_and_says_in_how_many_cases() -> None:
    trial = try_law(Target("none", {"iou": lambda y_true: 0}), a_law(), ("iou",), {}, max_examples=30)
    assert (trial.outcome, trial.reason) == ("holds", "30 cases")


def test_the_same_seed_draws_the_same_cases() -> None:
    def cases(seed: int) -> list[int]:
        seen: list[int] = []
        try_law(Target("none", {"iou": lambda y_true: seen.append(y_true) or 0}), a_law(), ("iou",), {}, seed=seed)
        return seen

    assert cases(1) == cases(1) != cases(2)


def test_cases_that_are_always_tried_come_first_and_are_not_made_smaller() -> None:
    always = ({"y_true": Code("np.int64(7) * 10**6")},)
    trial = try_law(Target("same", {"iou": same}), a_law(always=always, draw=None), ("iou",), {})
    assert trial.outcome == "fails"
    assert trial.reason == "7000000 is above 4"
    assert trial.case == always[0]


def test_what_a_target_raises_is_its_answer() -> None:
    def raising(y_true: int) -> int:
        raise ZeroDivisionError("nothing\nmore") if y_true > 2 else Unsupported("no small numbers")

    trial = try_law(Target("raising", {"iou": raising}), a_law(), ("iou",), {})
    assert (trial.outcome, trial.reason) == ("fails", "raises ZeroDivisionError: nothing")
    assert trial.case == {"y_true": 3}


def test_what_a_target_does_not_take_is_no_fault() -> None:
    def refusing(y_true: int) -> int:
        raise Unsupported("takes nothing")

    trial = try_law(Target("refusing", {"iou": refusing}), a_law(), ("iou",), {})
    assert (trial.outcome, trial.reason) == ("does not apply", "takes nothing")


def test_an_answer_that_changes_from_call_to_call_fails_the_law_and_ends_nothing() -> None:
    calls: list[int] = []

    def unsteady(y_true: int) -> int:
        calls.append(y_true)
        return 5 if len(calls) == 7 else 0

    trial = try_law(Target("unsteady", {"iou": unsteady}), a_law(), ("iou",), {})
    assert (trial.outcome, trial.reason) == ("fails", "5 is above 4")


def test_a_target_that_writes_into_its_arguments_does_not_spoil_the_case() -> None:
    def writing(y_true: np.ndarray) -> float:
        y_true[...] = -1
        return 5.0

    drawn = a_law(draw=lambda: st.integers(0, 3).map(lambda number: {"y_true": np.array([number])}))
    trial = try_law(Target("writing", {"iou": writing}), drawn, ("iou",), {})
    assert trial.case["y_true"].tolist() == [0]


def test_a_convention_that_a_law_does_not_presume_makes_it_not_apply() -> None:
    presuming = a_law(presumes={"absent": ("skip",)})
    target = Target("same", {"iou": same})
    for convention, outcome in (("1", "does not apply"), ("skip", "fails"), ("other", "fails")):
        assert try_law(target, presuming, ("iou",), {"absent": convention}).outcome == outcome
    assert "presumes absent=skip; here it is 1" in try_law(target, presuming, ("iou",), {"absent": "1"}).reason


def test_some_conventions_excuse_only_where_they_are_documented() -> None:
    unless = a_law(unless={"out-of-range": ("drop",)})
    for declared, outcome in (({}, "fails"), ({"out-of-range": "drop"}, "does not apply")):
        target = Target("same", {"iou": same}, declared=declared)
        assert try_law(target, unless, ("iou",), {"out-of-range": "drop"}).outcome == outcome


def test_a_companion_that_the_target_lacks_is_named() -> None:
    for name in ("mean-of-classes", "accumulator-agrees-with-function"):
        trial = try_law(Target("same", {"iou": same}), LAWS[name], ("iou",), {})
        assert trial.outcome == "does not apply"
        assert "iou_per_class" in trial.reason or "iou_in_parts" in trial.reason


def test_a_law_that_relates_measures_needs_all_of_them() -> None:
    related = [LAWS["kappa-below-accuracy"]]
    assert examine(Target("one", {"kappa": same}), laws=related).trials == ()


def test_a_name_stands_for_one_law() -> None:
    with pytest.raises(ArgumentError, match="there is a law 'symmetric' already"):
        law(901, "symmetric", family="", statement="", symbols="", source="", draw=None, of=("iou",))(at_most_four)
    with pytest.raises(ArgumentError, match="one by one, or `needs` several"):
        law(901, "new", family="", statement="", symbols="", source="", draw=None)(at_most_four)
    assert "new" not in LAWS


def test_laws_and_measures_are_found_by_name_or_the_nearest_is_named() -> None:
    assert [one.name for one in find_laws("laws", "20")] == ["transposed-images"]
    assert [one.number for one in find_laws("laws", "symmetric")] == [3]
    with pytest.raises(ArgumentError, match="symmetric"):
        find_laws("laws", "symetric")
    assert find_measure("laws", "miou").name == "iou"
    with pytest.raises(ArgumentError, match="there is no measure 'diec'"):
        Target("typo", {"diec": same})


def test_conventions_are_read_and_checked() -> None:
    assert Target("t", {"miou": same}, declared={"absent": "0"}).measures == {"iou": same}
    with pytest.raises(ArgumentError, match="there is no convention 'absnet'"):
        parse_conventions("laws", "absnet=skip")
    with pytest.raises(ArgumentError, match="must be one of skip, 0, 1, -1"):
        parse_conventions("laws", "absent=2")
    with pytest.raises(ArgumentError, match="cannot read the convention 'absent'"):
        parse_conventions("laws", "absent")


def test_every_law_says_what_it_states_and_why_it_holds() -> None:
    for one in LAWS.values():
        assert one.statement.endswith("."), one.name
        assert one.symbols, one.name
        assert one.source, one.name
        assert one.name == one.name.lower().replace("_", "-")
