"""`@npseg.laws.parametrize`: a test for each law, xfails that are strict, skips with the reason."""

from __future__ import annotations

import pytest

import npseg.laws
from npseg.errors import ArgumentError
from npseg.laws.pytest_marks import BrokenLaw, checks

HEAD = "import npseg.laws\nfrom planted_metrics import *\n"


def names(result):
    """The summary line of pytest and the outcome of each test."""
    lines = [line.split(" ") for line in result.stdout.splitlines() if "::" in line and "%]" in line]
    return {line[0].partition("::")[2]: line[1] for line in lines}


def half(y_true, y_pred, num_classes, ignore_index=None):
    return 0.5


def test_each_law_is_a_test(run_pytest, planted):
    (planted / "test_it.py").write_text(
        HEAD + '@npseg.laws.parametrize(lopsided, metric="miou", max_examples=30)\ndef test_it(check):\n    check()\n'
    )
    result = run_pytest("test_it.py", "-v", "-k", "within-bounds or symmetric")
    assert result.returncode == 1
    assert names(result) == {"test_it[within-bounds]": "PASSED", "test_it[symmetric]": "FAILED"}
    assert "law 3, symmetric, is broken by iou: s(t, p) is " in result.stdout
    assert "    from planted_metrics import lopsided" in result.stdout
    assert "pytest_marks.py" not in result.stdout  # the traceback ends where the user's code does


def test_expected_failures_are_strict(run_pytest, planted):
    (planted / "test_it.py").write_text(
        HEAD + '@npseg.laws.parametrize(lopsided, metric="miou", max_examples=30,\n'
        '    expected_failures={"symmetric": "it is recall", "within-bounds": "wrong about this"})\n'
        "def test_it(check):\n    check()\n"
    )
    result = run_pytest("test_it.py", "-v", "-k", "within-bounds or symmetric")
    assert names(result) == {"test_it[within-bounds]": "FAILED", "test_it[symmetric]": "XFAIL"}
    assert "XFAIL (it is recall)" in result.stdout
    assert "[XPASS(strict)] wrong about this" in result.stdout


def test_a_law_that_does_not_apply_is_skipped_with_the_reason():
    (check,) = checks(npseg.laws.Target("mine", {"iou": lambda *a, **k: 1.0}), laws=[presuming()])
    with pytest.raises(pytest.skip.Exception, match="presumes absent=-1; here it is skip"):
        check()


def test_an_expected_failure_that_does_not_apply_fails():
    expected = npseg.laws.pytest_marks.expectations_of("x", {"presuming": "why"})
    (check,) = checks(npseg.laws.Target("mine", {"iou": lambda *a, **k: 1.0}), expected, laws=[presuming()])
    with pytest.raises(pytest.fail.Exception, match="expected to fail, and does not apply: presumes absent=-1"):
        check()


def presuming():
    from dataclasses import replace

    return replace(npseg.laws.LAWS["symmetric"], name="presuming", presumes={"absent": ("-1",)})


def test_the_same_seed_gives_the_same_message():
    def lopsided(y_true, y_pred, num_classes, ignore_index=None):
        return float((y_true > y_pred).sum())

    law = npseg.laws.LAWS["symmetric"]
    said = []
    for _ in range(2):
        (check,) = checks(npseg.laws.Target("mine", {"iou": lopsided}), laws=[law], seed=3)
        with pytest.raises(BrokenLaw) as error:
            check()
        said.append(str(error.value))
    assert said[0] == said[1]


def test_ids_name_the_measure_where_there_are_several():
    target = npseg.laws.Target("mine", {"iou": len, "dice": len})
    assert [check.id for check in checks(target, laws=[npseg.laws.LAWS["symmetric"]])] == [
        "symmetric-iou", "symmetric-dice",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "options, words",
    [
        ({"metric": "mio"}, "there is no measure 'mio'"),
        ({}, ":half measure? Its name does not say"),
        ({"metric": "iou", "convention": "absent=2"}, "convention absent is '2'"),
        ({"metric": "iou", "convention": {"absnt": "skip"}}, "there is no convention 'absnt'; did you mean 'absent'"),
        ({"metric": "iou", "expected_failures": {"symetric": "why"}}, "no law 'symetric' is tried here"),
        ({"metric": "iou", "expected_failures": {"symmetric": ""}}, "has no reason"),
    ],
)
def test_what_does_not_exist_is_refused_when_the_test_is_defined(options, words):
    with pytest.raises(ArgumentError) as error:
        npseg.laws.parametrize(half, **options)
    assert words in str(error.value)


def test_a_target_may_be_given():
    target = npseg.laws.Target("mine", {"iou": len}, declared={"absent": "skip"})
    mark = npseg.laws.parametrize(target).mark
    assert "as-documented-absent" in [parameter.id for parameter in mark.args[1]]
