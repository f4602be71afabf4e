"""Where a law lets an error pass, it must be one that says no; code that has gone wrong breaks the law."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from right_scores import RIGHT

import npseg.laws.catalogue  # noqa: F401
from npseg.errors import ArgumentError, DTypeError
from npseg.laws import LAWS, Target, examine
from npseg.laws.probing import observed
from npseg.laws.refusing import refuses


class LibraryError(Exception):
    """Derived from no other error, as many libraries have one."""


class LookedUpError(KeyError):
    """Derived from an error of Python."""


def raised_by(code: str) -> Exception:
    try:
        exec(code, {"np": np, "LibraryError": LibraryError, "LookedUpError": LookedUpError})
    except Exception as error:
        return error
    raise AssertionError(f"{code} raises nothing")


@pytest.mark.parametrize(
    "code",
    [
        "raise ValueError", "raise TypeError", "raise NotImplementedError", "assert 2 < 1", "raise LibraryError",
        "np.zeros((2, 2))[0, 2]", "np.zeros(2)[np.zeros(2)]", "np.bincount(np.array([-1]))", "raise Exception('no')",
    ],
)  # fmt: skip
def test_what_is_raised_on_purpose_refuses(code: str) -> None:
    assert refuses(raised_by(code))


@pytest.mark.parametrize("error", [ArgumentError("no"), DTypeError("no")])
def test_the_errors_of_npseg_refuse(error: Exception) -> None:
    assert refuses(error)


@pytest.mark.parametrize(
    "code",
    [
        "1 / 0", "None.shape", "undefined", "def f():\n    a += 1\nf()", "{}[255]", "raise LookedUpError",
        "def f():\n    f()\nf()", "next(iter([]))", "raise MemoryError", "import no_such_module",
    ],
)  # fmt: skip
def test_what_python_raises_by_itself_does_not(code: str) -> None:
    assert not refuses(raised_by(code))


def strays(error: type[Exception], score: Callable[..., Any]) -> Callable[..., Any]:
    def raising(y_true, y_pred, num_classes, ignore_index=None):
        if max(y_true.max(), y_pred.max()) >= num_classes or min(y_true.min(), y_pred.min()) < 0:
            raise error("by the way")
        return score(y_true, y_pred, num_classes, ignore_index)

    return raising


def other_labels(error: type[Exception], score: Callable[..., Any]) -> Callable[..., Any]:
    def raising(y_true, y_pred, num_classes, ignore_index=None):
        if y_true.dtype != np.int64:
            raise error("by the way")
        return score(y_true, y_pred, num_classes, ignore_index)

    return raising


CASES = [
    ("label-out-of-range-in-prediction", "iou", strays),
    ("label-out-of-range-in-truth", "pixel_accuracy", strays),
    ("label-out-of-range-in-counts", "confusion", strays),
    ("labels-as-floats", "iou", other_labels),
    ("type-and-strides-of-labels", "pixel_accuracy", other_labels),
    ("counts-are-exact", "confusion", other_labels),
]


@pytest.mark.parametrize("law, measure, planted", CASES, ids=[case[0] for case in CASES])
def test_laws_let_a_refusal_pass_and_no_accident(law: str, measure: str, planted: Callable[..., Any]) -> None:
    outcomes = {}
    for error in (ValueError, IndexError, LibraryError, ZeroDivisionError, UnboundLocalError, AttributeError):
        target = Target("a target", {measure: planted(error, RIGHT[measure])})
        [trial] = examine(target, laws=[LAWS[law]], max_examples=30).trials
        outcomes[error.__name__] = (trial.outcome, trial.reason.partition(":")[0])
    assert outcomes == {
        **dict.fromkeys(("ValueError", "IndexError", "LibraryError"), ("holds", "30 cases")),
        **{name: ("fails", f"raises {name}") for name in ("ZeroDivisionError", "UnboundLocalError", "AttributeError")},
    }


def test_an_accident_is_no_convention() -> None:
    answers = [
        observed(Target("a target", {"iou": strays(error, RIGHT["iou"])}), "iou").get("out-of-range")
        for error in (ValueError, ZeroDivisionError)
    ]
    assert answers == ["raise", None]
