"""The laws of operators hold for npseg's operators and for PyTorch's."""

from __future__ import annotations

import pytest

import npseg.laws.catalogue  # noqa: F401
from npseg.laws import LAWS, examine
from npseg.laws.adapters.npseg import operators as of_npseg
from npseg.laws.adapters.torch import operators as of_torch

OURS = [law for law in LAWS.values() if law.family == "operator"]
NPSEG = pytest.mark.parametrize("target", of_npseg.targets(), ids=lambda target: target.name)
TORCH = pytest.mark.parametrize("target", of_torch.targets(), ids=lambda target: target.name)


def assert_holds(target, examples):
    verdict = examine(target, laws=OURS, max_examples=examples)
    assert not verdict.failures, [(one.law.name, one.reason, one.case) for one in verdict.failures]
    assert sum(one.outcome == "holds" for one in verdict.trials) >= 9


@pytest.mark.slow
@NPSEG
def test_for_npseg(target):
    assert_holds(target, 3)


@pytest.mark.torch
@TORCH
def test_for_pytorch(target):
    pytest.importorskip("torch")
    assert_holds(target, 3)


@pytest.mark.thorough
@NPSEG
def test_for_npseg_at_2000_examples(target):
    assert_holds(target, 2000)


@pytest.mark.thorough
@TORCH
def test_for_pytorch_at_2000_examples(target):
    pytest.importorskip("torch")
    assert_holds(target, 2000)


def test_every_law_of_operators_has_a_number_of_its_own():
    numbers = [law.number for law in OURS]
    assert len(numbers) == len(set(numbers)) == 29
