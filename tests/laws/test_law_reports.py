"""Reports of an examination: what they hold is what was found, and their programmes run without npseg."""

from __future__ import annotations

import functools
import json
import re
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from npseg.laws import LAWS, Target, Trial, Verdict, examine
from npseg.laws.expectations import Expectation
from npseg.laws.report import (
    Findings,
    counterexample,
    document,
    explanation,
    findings_text,
    joined,
    listing,
    matrix,
    matrix_text,
    summary,
)  # fmt: skip

SYMMETRIC, BOUNDS = LAWS["symmetric"], LAWS["within-bounds"]


def lopsided(y_true, y_pred, num_classes, ignore_index=None):
    return float(np.mean([(y_pred[y_true == label] == label).mean() for label in np.unique(y_true)]))


@functools.cache
def found():
    """One law holds, one fails; of two measures that are the same."""
    target = Target("mine", {"iou": lopsided, "dice": lopsided}, declared={"ignore": "supported"})
    return examine(target, laws=[BOUNDS, SYMMETRIC], max_examples=20)


def of_iou(verdict=None):
    """The two trials of one measure."""
    verdict = verdict or found()
    return replace(verdict, trials=tuple(one for one in verdict.trials if one.measure == "iou" and one.law.number))


def made(name, *outcomes, library=""):
    """Findings with a trial of the law of symmetry for each outcome."""
    trials = tuple(Trial(SYMMETRIC, "iou", outcome, "because") for outcome in outcomes)
    return Findings(Verdict(Target(name, {"iou": lopsided}, library=library), trials, {"iou": {}}))


def runs_without_npseg(text, tmp_path):
    """What the programme prints, in an interpreter that refuses to import npseg and Hypothesis."""
    (tmp_path / "shown.py").write_text("import sys\nsys.modules['npseg'] = sys.modules['hypothesis'] = None\n" + text)
    return subprocess.run([sys.executable, "shown.py"], cwd=tmp_path, capture_output=True, text=True, check=True).stdout


def test_text_holds_conventions_trials_and_the_programme(tmp_path):
    findings = Findings(of_iou())
    text = findings_text(findings)
    assert "ignore=supported (declared)" in " ".join(text.split())
    assert "(inferred)" in text
    assert re.search(r"^1  within-bounds  iou  holds +20 cases$", text, re.M)
    assert re.search(r"^3  symmetric      iou  fails +s\(t, p\) is ", text, re.M)
    (broken,) = findings.broken
    printed = text[text.index("# mine, iou: law 3, symmetric") :].rpartition("\n\n")[0]
    assert runs_without_npseg(printed, tmp_path).strip() == broken.trial.reason
    assert text.endswith("1 fails, 1 holds")


def test_measures_of_the_same_conventions_share_a_line():
    text = findings_text(Findings(found()))
    assert "conventions of iou, dice: " in text


def test_an_expected_failure_is_marked_as_such():
    expectations = [Expectation("symmetric", "it is recall"), Expectation("within-bounds", "never")]
    findings = Findings(of_iou(), expectations)
    assert findings.counts == {"fails as expected": 1, "expected to fail, and holds": 1}
    text = findings_text(findings)
    assert "This is expected: it is recall" in text
    assert "expected to fail, and holds" in text
    assert [finding.trial.law for finding in findings.wrong] == [BOUNDS]


def test_colours_are_asked_for():
    painted = findings_text(Findings(of_iou()), paint=lambda text, outcome: f"<{outcome}>{text}</>")
    assert "<holds>holds</>" in painted
    assert "<fails>fails</>" in painted
    assert "<" not in findings_text(made("mine", "holds", "fails"))


def test_long_reasons_are_folded_into_the_width():
    trial = Trial(SYMMETRIC, "iou", "does not apply", "word " * 60)
    text = findings_text(Findings(Verdict(Target("m", {"iou": lopsided}), (trial,), {"iou": {}})), width=80)
    assert max(map(len, text.splitlines())) <= 80
    assert text.count("word") == 60


def whole(*findings):
    return document(findings, max_examples=20, seed=0)


def test_documents_made_apart_are_joined_to_the_one_made_together():
    first, second = made("one", "fails", "holds", library="monai"), made("two", "fails", "does not apply")
    apart = joined([whole(first), whole(second)], max_examples=20, seed=0)
    assert apart == whole(first, second)
    assert joined([{**whole(first), "interrupted": True}, whole(second)], max_examples=20, seed=0)["interrupted"]


def test_summary_counts_in_words():
    assert summary(whole(made("a", "fails", "holds"), made("b", "holds"))["counts"]) == "1 fails, 2 hold"
    assert summary(made("a", "fails", "fails", "does not apply").counts) == "2 fail, 1 does not apply"
    assert summary({}) == "nothing was tried"


def test_notes_of_a_target_are_in_the_text_and_in_the_document():
    verdict = found()
    noted = Findings(replace(verdict, target=replace(verdict.target, notes=("called with 3 classes",))))
    assert "called with 3 classes" in findings_text(noted)
    assert document([noted], max_examples=20, seed=0)["targets"][0]["notes"] == ["called with 3 classes"]


def test_document_is_plain_data_and_the_same_for_the_same_seed():
    again = examine(found().target, laws=[BOUNDS, SYMMETRIC], max_examples=20)
    findings = [Findings(of_iou(one), [Expectation("symmetric", "it is recall")]) for one in (found(), again)]
    first, second = (json.dumps(document([one], max_examples=20, seed=0), allow_nan=False) for one in findings)
    assert first == second
    content = json.loads(first)
    assert content["form"] == "npseg-laws/1"
    assert content["counts"] == {"fails as expected": 1, "holds": 1}
    assert [law["name"] for law in content["laws"]] == ["within-bounds", "symmetric"]
    (target,) = content["targets"]
    assert target["conventions"]["iou"]["ignore"] == {"value": "supported", "origin": "declared"}
    assert target["conventions"]["iou"]["absent"] == {"value": "skip", "origin": "inferred"}
    held, failed = target["trials"]
    assert (held["outcome"], held["programme"], held["expected"], held["wrong"]) == ("holds", None, None, False)
    assert (failed["outcome"], failed["expected"], failed["wrong"]) == ("fails", "it is recall", False)
    assert "def lopsided(" in failed["programme"]


def test_matrix_counts_trials_of_each_library():
    findings = whole(
        made("one", "fails", "holds", library="monai"), made("two", "fails", "does not apply", library="monai"),
        made("three", "holds", library="medpy"), made("mine", "does not apply"),
    )  # fmt: skip
    ((number, name),) = matrix(findings)
    assert (number, name) == (3, "symmetric")
    assert {library: str(cell) for library, cell in matrix(findings)[3, "symmetric"].items()} == {
        "monai": "fails 2/3", "medpy": "holds", "mine": "–",  # noqa: RUF001
    }  # fmt: skip
    head, row, *_ = matrix_text(findings).splitlines()
    assert head.split() == ["monai", "medpy", "mine"]
    assert row.split() == ["3", "symmetric", "fails", "2/3", "holds", "–"]  # noqa: RUF001


def test_a_wide_matrix_is_cut_into_bands():
    text = matrix_text(whole(*(made(f"library{n}", "holds", "fails") for n in range(12))), width=60)
    assert max(map(len, text.splitlines()[:-1])) <= 60
    assert all(f"library{n} " in text + " " or f"library{n}\n" in text for n in range(12))


def test_laws_are_listed_and_explained():
    text = listing([BOUNDS, SYMMETRIC])
    assert [line.split()[0] for line in text.splitlines() if not line.startswith("    ")] == ["1", "3"]
    assert SYMMETRIC.statement in text
    text = " ".join(explanation(SYMMETRIC).split())
    assert all(part in text for part in (SYMMETRIC.statement, SYMMETRIC.symbols, SYMMETRIC.source, "kappa"))


class Recall:
    """A metric with state, as libraries have them."""

    def score(self, y_true, y_pred, num_classes, ignore_index=None):
        return lopsided(y_true, y_pred, num_classes)

    def __call__(self, y_true, y_pred, num_classes, ignore_index=None):
        return lopsided(y_true, y_pred, num_classes)


def enclosing(exponent):
    def enclosed(y_true, y_pred, num_classes, ignore_index=None):
        return lopsided(y_true, y_pred, num_classes) ** exponent

    return enclosed


@pytest.mark.parametrize(
    "function",
    [
        Recall().score, Recall(), enclosing(2), functools.partial(lopsided, ignore_index=None),
        lambda y_true, y_pred, num_classes, ignore_index=None: lopsided(y_true, y_pred, num_classes),
        eval("lambda y_true, y_pred, num_classes, ignore_index=None: f(y_true, y_pred, num_classes)", {"f": lopsided}),
    ],
    ids=["method", "object", "closure", "partial", "lambda", "without a file"],
)  # fmt: skip
def test_a_function_whose_text_does_not_stand_alone_is_named(function):
    verdict = examine(Target("mine", {"iou": function}), laws=[SYMMETRIC], max_examples=20)
    (broken,) = verdict.failures
    text = counterexample(verdict.target, broken)
    compile(text, "shown", "exec")
    assert re.search("^# `iou` is (<|functools.partial).* define it here", text, re.M)
    assert "score=iou," in text


def test_a_function_that_can_be_imported_is():
    functions = {"iou": functools.lru_cache(enclosing(1))}
    functions["iou"].__qualname__ = "lopsided"
    text = counterexample(Target("mine", functions), Trial(SYMMETRIC, "iou", "fails"))
    assert f"from {__name__} import lopsided as iou" in text
