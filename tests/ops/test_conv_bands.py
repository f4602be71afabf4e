"""Convolutions run over bands of rows, as many as fit the scratch memory. How many must not matter."""

from __future__ import annotations

import cases_conv
import numpy as np
import pytest
from op_case import assert_close, direction, first

from npseg import config, ops
from npseg.autograd import Tensor
from npseg.kernels import conv, threads
from npseg.ops import conv_plan
from npseg.shapes import Window


def run(case):
    arrays = case.inputs()
    leaves = [Tensor(x, requires_grad=True) for x in arrays]
    y = first(case.run(getattr(ops, case.op), leaves))
    y.backward(direction(case.rng(salt=1), y.shape))
    return [y.data, *[leaf.grad for leaf in leaves]]


@pytest.mark.parametrize("case", cases_conv.CASES, ids=lambda case: case.id)
def test_many_bands_do_as_one(case, monkeypatch):
    expected = run(case)
    monkeypatch.setattr(conv, "_BAND_BYTES", 1)
    monkeypatch.setattr(conv, "_LEAST_PIXELS", 1)
    for name, got, want in zip(["value", "input", "weight", "bias"], run(case), expected):
        assert_close(got, want, 1e-12, name)


@pytest.mark.parametrize("count", [1, 3, 7])
@pytest.mark.parametrize("case", cases_conv.CASES, ids=lambda case: case.id)
def test_many_threads_do_as_one(case, count, monkeypatch):
    """Threads share the rows; more threads than rows, too."""
    expected = run(case)
    monkeypatch.setattr(threads, "count", lambda: count)
    for name, got, want in zip(["value", "input", "weight", "bias"], run(case), expected):
        assert_close(got, want, 1e-12, name)


def test_a_large_convolution_before_does_not_change_the_bits():
    """The scratch memory grows and stays; its length must not decide how sums are cut."""
    case = next(case for case in cases_conv.CASES if case.label == "many-rows")
    before = run(case)
    ops.conv2d(np.ones((1, 4, 600, 8)), np.ones((3, 3, 8, 2)), padding=1)
    for got, want in zip(run(case), before):
        np.testing.assert_array_equal(got, want)


PLAIN = [case for case in cases_conv.CASES if "groups" not in case.fresh_options()]


@pytest.mark.parametrize("case", PLAIN, ids=lambda case: case.id)
def test_one_large_product_does_as_bands(case, monkeypatch):
    """What few pixels under heavy weights are left to."""
    with config.use(conv_algorithm="direct"):
        expected = run(case)
        monkeypatch.setattr(conv_plan, "HEAVY_WEIGHTS", 0)
        monkeypatch.setattr(conv_plan, "ALL_COLUMNS", 1 << 60)
        monkeypatch.setattr(conv_plan, "min", lambda weights, most: most, raising=False)
        found = run(case)
    for name, got, want in zip(["value", "input", "weight", "bias"], found, expected):
        assert_close(got, want, 1e-12, name)


def test_no_images_under_heavy_weights():
    x, weight = np.zeros((0, 4, 4, 300), np.float32), np.ones((3, 3, 300, 512), np.float32)
    leaves = Tensor(x, requires_grad=True), Tensor(weight, requires_grad=True)
    with config.use(conv_algorithm="direct"):
        assert conv_plan.plan(1, 4, 4, 300, 512, Window(3, 3, 1, 1, 1, 1, 1, 1), 4).algorithm == "columns"
        y = ops.conv2d(*leaves, padding=1)
        y.sum().backward()
    assert y.shape == (0, 4, 4, 512)
    assert leaves[0].grad.shape == x.shape
    assert not leaves[1].grad.any()
