"""A broken law is printed as a programme that says the same sentence where npseg cannot be imported."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

import npseg.laws.catalogue  # noqa: F401
from npseg.laws import LAWS, Code, Target, Trial, Unsupported, examine, programme
from npseg.laws.adapters.own import own_target
from npseg.laws.report import counterexample
from npseg.laws.reproduction import written

WITHOUT_NPSEG = "import sys; sys.modules['npseg'] = None; exec(compile(sys.stdin.read(), 'programme', 'exec'))"
HALF = 0.5


def printed_by(text: str) -> str:
    """What the programme prints, in an interpreter in which `import npseg` raises."""
    done = subprocess.run(
        [sys.executable, "-I", "-W", "ignore", "-c", WITHOUT_NPSEG], input=text, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def failure(target: Target, law: str) -> Trial:
    [trial] = examine(target, laws=[LAWS[law]], max_examples=200).failures
    return trial


def share(mask):
    return mask.mean()


mean = share


def differ(y_true, y_pred):
    """Has the name of a helper of the laws, and means something else."""
    return mean(y_true != y_pred) - HALF * (y_true == y_pred).mean()


def wrong_share(y_true, y_pred, num_classes, ignore_index=None):
    if ignore_index is not None:
        raise Unsupported("knows no ignore value")
    return float(differ(y_true, y_pred)) + 10 * (y_true[0, 0, 0] == 0)


def half_of_truth(y_true, y_pred, num_classes, ignore_index=None):
    y_true[...] = 0
    return 0.5


def saturating(y_true, y_pred, num_classes, ignore_index=None):
    keys = y_true.astype(int) * num_classes + y_pred
    return np.minimum(np.bincount(keys.ravel(), minlength=num_classes**2), 2**24).reshape(num_classes, num_classes)


def last_part(parts, num_classes, ignore_index=None):
    while isinstance(parts, list):
        parts = parts[-1] if parts and parts[-1] else parts[0]
    return float((parts[0] == parts[1]).mean())


@pytest.mark.parametrize(
    "measure, function, law",
    [
        ("pixel_accuracy", wrong_share, "symmetric"),
        ("pixel_accuracy", wrong_share, "pixels-in-any-order"),
        ("iou", wrong_share, "within-bounds"),
        ("iou", half_of_truth, "inputs-stay"),
        ("confusion", saturating, "many-pixels-in-confusion"),
        ("pixel_accuracy_in_parts", last_part, "merging"),
    ],
)
def test_the_programme_prints_the_sentence_without_npseg(measure, function, law) -> None:
    target = Target("a target", {measure: function})
    trial = failure(target, law)
    text = programme(target, trial)
    assert "npseg" not in text
    assert printed_by(text) == trial.reason


def test_laws_that_relate_measures_print_all_of_them() -> None:
    target = Target("a target", {"iou": wrong_share, "dice": half_of_truth})
    trial = failure(target, "mean-dice-around-mean-iou")
    assert printed_by(programme(target, trial)) == trial.reason


def test_code_given_with_the_target_is_what_is_printed() -> None:
    text = "def iou(y_true, y_pred, num_classes, ignore_index=None):\n    return 3.0"
    target = Target("a target", {"iou": lambda t, p, k, i=None: 3.0}, code={"iou": text})
    trial = failure(target, "within-bounds")
    assert printed_by(programme(target, trial)) == trial.reason


def test_a_function_without_a_text_is_asked_for() -> None:
    target = Target("a target", {"iou": lambda t, p, k, i=None: 3.0})
    text = programme(target, failure(target, "within-bounds"))
    assert "define score here" in text
    compile(text, "programme", "exec")


def made(of, weights=None, unit="a unit", grid=()):
    """A score that needs variables of this function: numbers, arrays, a module, functions."""
    import math

    def tripled(value):
        return value * scale

    def score(y_true, y_pred, num_classes, ignore_index=None):
        if weights is not None:
            return float(np.sum(weights)) + len(unit)
        return tripled(float(of(y_true == y_pred)) - len(grid)) + math.pi * (y_true[0, 0, 0] == 0)

    scale = 3
    return score


def made_counting():
    calls = 0

    def score(y_true, y_pred, num_classes, ignore_index=None):
        nonlocal calls
        calls += 1
        return 2.0

    return score


@pytest.mark.parametrize(
    "function", [made(share), made(np.mean), made(differ, np.array([1.5, 3])), made(share, np.float64(2), grid=(1, 2))]
)
def test_variables_of_the_function_around_are_printed(function) -> None:
    for target in (Target("a target", {"iou": function}), own_target(function, ["iou"])):
        trial = failure(target, "within-bounds")
        assert printed_by(programme(target, trial)) == trial.reason


def test_two_closures_of_one_name_keep_their_variables() -> None:
    target = Target("a target", {"iou": made(share, 0.25), "dice": made(share, 7.5)})
    trial = failure(target, "mean-dice-around-mean-iou")
    assert printed_by(programme(target, trial)) == trial.reason


@pytest.mark.parametrize(
    "function, asked",
    [
        (made(share, unit=range(3), weights=1.0), "define unit here: it is a variable of the function around, of type"),
        (made_counting(), "define score here: it changes variables of the function that it is defined in"),
    ],
)
def test_what_cannot_be_written_down_is_asked_for(function, asked) -> None:
    target = own_target(function, ["iou"])
    text = counterexample(target, failure(target, "within-bounds"))
    assert asked in text
    compile(text, "programme", "exec")


def test_values_are_written_as_numpy_reads_them() -> None:
    values = [
        np.array([[[0, 1]]], np.uint8), np.zeros((1, 0, 2), np.int64), np.array([0.5, np.nan, np.inf]), 3, None, "inf",
        [(np.array([1]), np.array([2])), [], [(np.array([True]), 1.0)]], float("nan"), (0.0, float("inf")), (),
    ]  # fmt: skip
    for value in values:
        again = eval(written(value), {"np": np})
        np.testing.assert_equal(again, value)
        if isinstance(value, np.ndarray):
            assert (again.dtype, again.shape) == (value.dtype, value.shape)
    assert written(Code("np.zeros(3)")) == "np.zeros(3)"
