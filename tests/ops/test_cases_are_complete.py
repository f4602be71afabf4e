"""The matrix itself is tested: no op escapes it, no case is written twice."""

from __future__ import annotations

import doctest
import inspect
from collections import Counter

import numpy as np
import pytest
from all_cases import CASES

from npseg import ops


def public_functions() -> list[str]:
    return sorted(ops.__all__)


@pytest.mark.parametrize("name", public_functions())
def test_op_is_in_the_matrix(name):
    assert name in {case.op for case in CASES}, f"npseg.ops.{name} has no OpCase in tests/ops/cases_*.py"


@pytest.mark.parametrize("name", public_functions())
def test_op_has_an_example_that_runs(name):
    function = getattr(ops, name)
    text = inspect.getdoc(function) or ""
    module = inspect.getmodule(inspect.unwrap(function))
    examples = doctest.DocTestParser().get_doctest(text, vars(module) | {"np": np, "ops": ops}, name, None, 0)
    assert examples.examples, f"npseg.ops.{name} has no doctest"
    said: list[str] = []
    failed, _ = doctest.DocTestRunner().run(examples, out=said.append)
    assert not failed, "".join(said)


@pytest.mark.parametrize("name", public_functions())
def test_op_has_a_summary(name):
    summary = (inspect.getdoc(getattr(ops, name)) or "").split("\n")[0]
    assert summary.endswith("."), f"the docstring of npseg.ops.{name} does not begin with a sentence"


def test_every_case_names_an_op():
    assert {case.op for case in CASES} <= set(public_functions())


def test_no_two_cases_share_a_name():
    repeated = [name for name, count in Counter(case.id for case in CASES).items() if count > 1]
    assert not repeated


def test_inputs_are_a_function_of_the_case():
    for case in CASES:
        for a, b in zip(case.inputs(), case.inputs()):
            np.testing.assert_array_equal(a, b)
