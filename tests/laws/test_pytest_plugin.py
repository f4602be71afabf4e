"""`pytest --npseg-target`: a test for each law; nothing at all when it is not asked for."""

from __future__ import annotations

import configparser
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
TWO = ("-k", "within-bounds or symmetric")


def test_each_law_is_a_test_without_any_file(run_pytest, planted):
    result = run_pytest("--npseg-target=planted_metrics:lopsided", "--npseg-metric=miou", "-v", *TWO)
    assert result.returncode == 1
    assert "npseg laws: target planted_metrics:lopsided, metric miou" in result.stdout
    assert re.search(r"^planted_metrics:lopsided::within-bounds PASSED", result.stdout, re.M)
    assert re.search(r"^planted_metrics:lopsided::symmetric FAILED", result.stdout, re.M)
    assert "law 3, symmetric, is broken by iou: " in result.stdout
    assert re.search(r"collected \d+ items / \d+ deselected / 2 selected|collected 2 items", result.stdout)


@pytest.mark.slow
def test_a_right_metric_passes_beside_other_tests(run_pytest, planted):
    (planted / "test_other.py").write_text("def test_other():\n    pass\n")
    result = run_pytest("--npseg-target=planted_metrics:miou", "--npseg-max-examples=20", "-k", "symmetric or other")
    assert result.returncode == 0
    assert "2 passed" in result.stdout


@pytest.mark.slow
def test_expected_failures_of_a_file(run_pytest, planted):
    (planted / "known.txt").write_text("symmetric: it is recall\nwithin-bounds: wrong about this\n")
    result = run_pytest(
        "--npseg-target=planted_metrics:lopsided", "--npseg-metric=miou", "--npseg-xfails=known.txt", "-rx", *TWO
    )
    assert "1 failed, " in result.stdout
    assert "1 xfailed" in result.stdout
    assert "it is recall" in result.stdout
    assert "[XPASS(strict)] wrong about this" in result.stdout


@pytest.mark.slow
def test_a_convention_that_the_answers_contradict_fails(run_pytest, planted):
    result = run_pytest(
        "--npseg-target=planted_metrics:miou", "--npseg-convention=absent=0", "-k", "as-documented", "-v"
    )
    assert "planted_metrics:miou::as-documented-absent FAILED" in result.stdout
    assert "the documentation says 0, the answers say skip" in result.stdout


@pytest.mark.slow
def test_the_same_seed_gives_the_same_text(run_pytest, planted):
    arguments = ("--npseg-target=planted_metrics:unbounded", "--npseg-metric=acc", "--npseg-seed=7", *TWO)
    first, second = (re.sub(r"in [\d.]+s", "", run_pytest(*arguments).stdout) for _ in range(2))
    assert first == second


@pytest.mark.slow
@pytest.mark.parametrize(
    "options, words",
    [
        (["--npseg-metric=miou"], "--npseg-metric needs --npseg-target=module:callable"),
        (["--npseg-target=planted_metrics:miuo"], "planted_metrics has no 'miuo'; did you mean 'miou'"),
        (["--npseg-target=planted_metrics:miou", "--npseg-max-examples=0"], "expected a whole number from 1, got '0'"),
        (["--npseg-target=planted_metrics:miou", "--npseg-convention=x=1"], "there is no convention 'x'"),
        (["--npseg-target=planted_metrics:miou", "--npseg-xfails=no.txt"], "no.txt: cannot be read"),
        (["--npseg-targt=planted_metrics:miou"], "unrecognized arguments"),
    ],
)
def test_bad_options_are_worded(run_pytest, planted, options, words):
    result = run_pytest(*options)
    assert result.returncode == 4
    assert words in result.stderr
    assert "Traceback" not in result.stderr


def test_it_costs_nothing_when_unused(run_pytest, planted):
    (planted / "test_other.py").write_text(
        "import sys\ndef test_other():\n"
        "    assert 'npseg.pytest_plugin' in sys.modules\n"
        "    loaded = {'numpy', 'hypothesis', 'npseg.laws', 'npseg.errors', 'numba', 'scipy'} & set(sys.modules)\n"
        "    assert not loaded\n"
    )
    result = run_pytest("test_other.py")
    assert result.returncode == 0, result.stdout
    assert "npseg laws" not in result.stdout


def test_pytest_finds_it_by_its_entry_point():
    config = configparser.ConfigParser()
    config.read(ROOT / "setup.cfg")
    assert config["options.entry_points"]["pytest11"].split() == ["npseg", "=", "npseg.pytest_plugin"]
