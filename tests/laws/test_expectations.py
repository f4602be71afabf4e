"""A file of expected failures says what is true: each has a reason, matches something, and comes."""

from __future__ import annotations

import pytest

from npseg.errors import ArgumentError
from npseg.laws import Target, Trial
from npseg.laws.docket import Docket
from npseg.laws.expectations import (
    Expectation,
    Finding,
    check_expectations,
    expectation_for,
    expectations_of,
    read_expectations,
)
from npseg.laws.law import LAWS


def written(tmp_path, text):
    (tmp_path / "known.txt").write_text(text)
    return read_expectations(tmp_path / "known.txt")


def half(y_true, y_pred, num_classes, ignore_index=None):
    return 0.5


def test_lines_of_a_file(tmp_path):
    found = written(
        tmp_path,
        "# known since March\n\nsymmetric: by design: see #12\n within-bounds:  two spaces\n"
        "my library, version 2/iou and iou_per_class within-bounds: both # no comment\n"
        "metrics:miou/iou symmetric: of one target\n",
    )
    assert [(one.target, one.measure, one.law, one.reason) for one in found] == [
        ("", "", "symmetric", "by design: see #12"),
        ("", "", "within-bounds", "two spaces"),
        ("my library, version 2", "iou and iou_per_class", "within-bounds", "both # no comment"),
        ("metrics:miou", "iou", "symmetric", "of one target"),
    ]
    assert found[0].where == f"{tmp_path / 'known.txt'}:3"


@pytest.mark.parametrize(
    "line, words",
    [
        ("symmetric", "cannot read 'symmetric'; write `law: reason`"),
        ("symmetric:", "the expected failure of symmetric has no reason; write `symmetric: reason`"),
        (": because", "cannot read"),
        ("iou symmetric: because", "or `target/measure law: reason` for one measure"),
        ("mine/ symmetric: because", "cannot read"),
    ],
)
def test_lines_that_cannot_be_read(tmp_path, line, words):
    with pytest.raises(ArgumentError, match=r"known\.txt:2: ") as error:
        written(tmp_path, f"# one\n{line}\n")
    assert words in str(error.value)


def test_files_that_cannot_be_read(tmp_path):
    with pytest.raises(ArgumentError, match=r"cannot be read as a file of expected failures \(No such file"):
        read_expectations(tmp_path / "nowhere.txt")
    (tmp_path / "known.txt").write_bytes(b"\xff\xfe")
    with pytest.raises(ArgumentError, match="not text in UTF-8"):
        read_expectations(tmp_path / "known.txt")


def test_arguments_of_parametrize():
    (one,) = expectations_of("parametrize", {"mine/iou symmetric": "why"})
    assert (one.target, one.measure, one.law, one.reason) == ("mine", "iou", "symmetric", "why")
    with pytest.raises(ArgumentError, match=r"parametrize: expected_failures: .* has no reason"):
        expectations_of("parametrize", {"symmetric": ""})


@pytest.mark.parametrize(
    "key, words",
    [
        ("symetric", "no law 'symetric' is tried here; did you mean 'symmetric'"),
        ("3", "no law '3' is tried here; name one of symmetric"),
        ("999", "no law '999' is tried here"),
        ("mine/dice symmetric", "law symmetric is not tried on mine/dice; did you mean 'mine/iou'"),
        ("yours/iou symmetric", "is not tried on yours/iou"),
    ],
)
def test_what_matches_nothing_is_an_error(key, words):
    docket = Docket(Target("mine", {"iou": half}))
    check_expectations(expectations_of("x", {"mine/iou symmetric": "why", "symmetric": "why"}), [docket])
    with pytest.raises(ArgumentError, match="an expected failure matches nothing: ") as error:
        check_expectations(expectations_of("x", {key: "why"}), [docket])
    assert words in str(error.value)


def test_the_expectation_that_names_the_target_stands():
    law = LAWS["symmetric"]
    given = [Expectation("symmetric", "any"), Expectation("symmetric", "this one", "mine", "iou")]
    assert expectation_for(given, "mine", law, "iou").reason == "this one"
    assert expectation_for(given, "yours", law, "iou").reason == "any"
    assert expectation_for(given, "mine", LAWS["within-bounds"], "iou") is None


@pytest.mark.parametrize(
    "outcome, expected, words, wrong",
    [
        ("holds", False, "holds", False),
        ("fails", False, "fails", True),
        ("does not apply", False, "does not apply", False),
        ("fails", True, "fails as expected", False),
        ("holds", True, "expected to fail, and holds", True),
        ("does not apply", True, "expected to fail, and does not apply", True),
    ],
)
def test_what_becomes_of_an_expectation(outcome, expected, words, wrong):
    law = LAWS["symmetric"]
    finding = Finding(Trial(law, "iou", outcome), Expectation(law.name, "why") if expected else None)
    assert (finding.outcome, finding.is_wrong) == (words, wrong)
