"""The benchmarks of scaling and of limits: their arithmetic on known numbers, and tiny runs."""

from __future__ import annotations

import doctest
import importlib
import json
import os
import sys
from pathlib import Path

import numpy as np
import pytest

BENCHMARKS = Path(__file__).parent.parent / "benchmarks"
compiled = pytest.mark.skipif(os.environ.get("NUMBA_DISABLE_JIT") == "1", reason="runs models without the compiler")


def _load(name):
    sys.path.insert(0, str(BENCHMARKS))
    try:
        return importlib.import_module(name)
    finally:
        sys.path.remove(str(BENCHMARKS))


@pytest.fixture(scope="module")
def scaling():
    return _load("scaling")


@pytest.fixture(scope="module")
def limits():
    return _load("limits")


@pytest.mark.parametrize("name", ["scaling", "limits"])
def test_examples(name):
    assert doctest.testmod(_load(name)).failed == 0


def test_quadratic_growth_is_told_from_linear(scaling):
    pixels = [2.0**k for k in range(12, 23)]
    assert scaling.fit(pixels, [p * p for p in pixels]).exponent == pytest.approx(2)
    assert scaling.fit(pixels, [p * p for p in pixels]).deviation > 0.5
    line = scaling.fit(pixels, [500 + 7 * p for p in pixels])
    assert (line.constant, line.slope, line.deviation) == (500, 7, 0)
    assert line.exponent == pytest.approx(1, abs=0.01)


def test_costs_are_nanoseconds_and_bytes(scaling):
    point = scaling.Point("train", "batch", 1000, 1, milliseconds=2.0, bytes=4096)
    assert (point.cost("time"), point.cost("memory")) == (2e6, 4096)


@compiled
@pytest.mark.slow
def test_scaling_from_end_to_end(scaling, tmp_path, capsys):
    arguments = ["--to", "256", "--train-to", "128", "--batch-to", "0", "--turns", "1", "--out", str(tmp_path)]
    assert scaling.main(arguments) == 0
    result = json.loads((tmp_path / "scaling.json").read_text())
    assert [(p["work"], p["pixels"]) for p in result["points"]] == [
        ("infer", 64**2), ("infer", 128**2), ("infer", 256**2), ("train", 64**2), ("train", 128**2),
    ]  # fmt: skip
    assert set(result["fits"]) == {"infer by pixels: time", "infer by pixels: memory"}
    assert (tmp_path / "scaling.png").read_bytes().startswith(b"\x89PNG")
    assert "infer by pixels: time" in capsys.readouterr().out


def test_the_slower_of_memory_and_arithmetic_is_the_limit(limits):
    machine = {"gb_per_s": 10.0, "gflops": 100.0}
    busy = limits.limit_of(limits.Need(10_000_000, 10**9), machine, 20.0)
    assert (busy["bound"], busy["limit_ms"], busy["fraction"]) == ("arithmetic", 10.0, 0.5)


def test_needs_counted_by_hand(limits):
    pixels = 4 * 256 * 256
    needs = {name: case.needs for name, case in limits.CASES.items()}
    assert needs["conv 1x1"]["forward"].flops == 2 * pixels * 32 * 64
    assert needs["conv 1x1"]["forward"].bytes == 4 * (pixels * (32 + 64) + 32 * 64)
    assert needs["conv strided"]["forward"].flops == 2 * pixels // 4 * 9 * 32 * 64
    assert needs["depthwise"]["forward"].flops == 2 * pixels * 9 * 32
    assert needs["transposed"]["forward"].flops == 2 * pixels // 4 * 4 * 64 * 32
    assert needs["batch norm"]["backward"].bytes == 5 * 4 * pixels * 32
    assert needs["max pool"]["forward"].bytes == 4 * pixels * 32 * 5 / 4
    assert needs["adam"]["step"].bytes == 7 * 4 * 2**23


@compiled
def test_every_case_runs_and_times_its_passes(limits):
    for name, case in limits.CASES.items():
        found = _load("limit_cases").run_case(name, tiny=True)()
        assert list(found) == list(case.needs), name
        assert min(found.values()) > 0


def test_pullbacks_of_the_cases_give_every_gradient():
    case = _load("limit_cases").cases(tiny=True)["depthwise"]
    forward = case.make()
    dx, dw = forward()()
    assert dx.shape == (4, 16, 16, 32)
    assert dw.shape == (3, 3, 1, 32)
    assert np.isfinite(dx).all()
    again, _ = forward()()
    np.testing.assert_array_equal(dx, again)


@compiled
@pytest.mark.slow
def test_limits_from_end_to_end(limits, tmp_path, capsys):
    arguments = ["--tiny", "--ops", "relu", "adam", "--turns", "1", "--out", str(tmp_path)]
    assert limits.main(arguments) == 0
    result = json.loads((tmp_path / "limits.json").read_text())
    assert [(r["op"], r["pass"]) for r in result["rows"]] == [
        ("relu", "forward"),
        ("relu", "backward"),
        ("adam", "step"),
    ]
    assert all(row["fraction"] > 0 for row in result["rows"])
    assert result["machine"]["gb_per_s"] > 0
    assert (tmp_path / "limits.png").read_bytes().startswith(b"\x89PNG")
    assert "ReLU, 32" in capsys.readouterr().out
