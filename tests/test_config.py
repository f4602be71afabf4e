"""Settings: defaults, the environment, blocks and threads, and words for what cannot be."""

from __future__ import annotations

import os
import subprocess
import sys
import threading

import numpy as np
import pytest

from npseg import config
from npseg.errors import ConfigError

VARIABLES = ("NPSEG_CONV_ALGORITHM", "NPSEG_PRECISION", "NPSEG_FUSION", "NPSEG_NUM_THREADS")


@pytest.fixture(autouse=True)
def fresh(monkeypatch):
    """Settings as in a new process without variables."""
    for variable in VARIABLES:
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setattr(config, "_defaults", {})


def test_defaults() -> None:
    assert config.current() == {"conv_algorithm": "auto", "precision": "fast", "fusion": True, "threads": None}


def test_blocks_nest_and_end() -> None:
    with config.use(fusion=False, threads=3):
        assert (config.fusion, config.threads) == (False, 3)
        with config.use(threads=None):
            assert (config.fusion, config.threads) == (False, None)
        assert config.threads == 3
    assert (config.fusion, config.threads) == (True, None)


def test_a_block_ends_with_an_error_too() -> None:
    with pytest.raises(ZeroDivisionError), config.use(precision="precise"):
        raise ZeroDivisionError
    assert config.precision == "fast"


def test_as_a_decorator_it_works_every_time() -> None:
    @config.use(conv_algorithm="direct")
    def algorithm() -> str:
        return config.conv_algorithm

    assert [algorithm(), algorithm(), config.conv_algorithm] == ["direct", "direct", "auto"]


def test_set_is_seen_by_other_threads_and_use_is_not() -> None:
    config.set(conv_algorithm="winograd2")
    with config.use(fusion=False):
        seen: list[tuple] = []
        thread = threading.Thread(target=lambda: seen.append((config.conv_algorithm, config.fusion)))
        thread.start()
        thread.join()
    assert seen == [("winograd2", True)]


def test_a_block_goes_before_what_is_set_inside_it() -> None:
    with config.use(precision="precise"):
        config.set(precision="fast")
        assert config.precision == "precise"
    assert config.precision == "fast"


def test_an_assignment_is_a_set() -> None:
    config.threads = 2
    with config.use(threads=1):
        assert config.threads == 1
    assert config.threads == 2
    with pytest.raises(ConfigError, match="conv_algorithm"):
        config.conv_algoritm = "direct"
    with pytest.raises(ConfigError, match="expected one of 'auto'"):
        config.conv_algorithm = "fft"


def test_numpy_integers_count() -> None:
    config.set(threads=np.int64(2))
    assert config.threads == 2
    assert type(config.threads) is int


@pytest.mark.parametrize(
    "settings, words",
    [
        ({"conv_algorithm": "winograd"}, r"conv_algorithm: expected one of 'auto', .* got 'winograd'; did you mean"),
        ({"conv_algorithm": "zzz"}, r"expected one of 'auto', 'winograd4', 'winograd2', 'direct', got 'zzz'$"),
        ({"conv_algorithm": None}, r"got None"),
        ({"precision": "high"}, r"expected one of 'fast', 'precise'"),
        ({"fusion": 1}, r"expected True or False, got 1"),
        ({"threads": 0}, r"a number from 1, or None"),
        ({"threads": 1.5}, r"a number from 1, or None .* got 1.5"),
        ({"threads": True}, r"a number from 1, or None .* got True"),
        ({"thread": 1}, r"unknown setting 'thread'; did you mean 'threads'"),
    ],
)
def test_bad_values_are_worded_and_change_nothing(settings, words) -> None:
    before = config.current()
    for function in (config.set, config.use):
        with pytest.raises(ConfigError, match=words):
            function(**({"precision": "precise", "fusion": False} | settings))
    assert config.current() == before


def test_unknown_names_are_no_attributes() -> None:
    with pytest.raises(AttributeError, match="did you mean 'precision'"):
        _ = config.precison
    assert not hasattr(config, "workers")


@pytest.mark.parametrize(
    "variable, text, name, value",
    [
        ("NPSEG_CONV_ALGORITHM", "Direct", "conv_algorithm", "direct"),
        ("NPSEG_PRECISION", "precise", "precision", "precise"),
        ("NPSEG_FUSION", "0", "fusion", False),
        ("NPSEG_FUSION", "on", "fusion", True),
        ("NPSEG_NUM_THREADS", " 3 ", "threads", 3),
        ("NPSEG_NUM_THREADS", "", "threads", None),
    ],
)
def test_the_environment_gives_the_defaults(monkeypatch, variable, text, name, value) -> None:
    monkeypatch.setenv(variable, text)
    assert config.current()[name] == value


@pytest.mark.parametrize(
    "variable, text, words",
    [
        ("NPSEG_CONV_ALGORITHM", "winograd3", "NPSEG_CONV_ALGORITHM: expected one of"),
        ("NPSEG_PRECISION", "1", "NPSEG_PRECISION: expected one of"),
        ("NPSEG_FUSION", "maybe", "NPSEG_FUSION: expected one of 1, true"),
        ("NPSEG_NUM_THREADS", "two", "NPSEG_NUM_THREADS: expected a number from 1"),
        ("NPSEG_NUM_THREADS", "0", "NPSEG_NUM_THREADS: expected a number from 1"),
    ],
)
def test_a_bad_variable_is_an_error_when_it_is_read(monkeypatch, variable, text, words) -> None:
    monkeypatch.setenv(variable, text)
    with pytest.raises(ConfigError, match=words):
        config.current()


def test_a_bad_variable_is_no_traceback_on_the_command_line() -> None:
    environment = {**os.environ, "NPSEG_NUM_THREADS": "many"}
    ran = subprocess.run(
        [sys.executable, "-m", "npseg.cli", "models"], capture_output=True, text=True, env=environment, check=False
    )
    assert ran.returncode == 2
    assert ran.stderr.startswith("error: NPSEG_NUM_THREADS: expected")
    helped = subprocess.run([sys.executable, "-m", "npseg.cli", "--help"], env=environment, capture_output=True)
    assert helped.returncode == 0


def test_it_is_light_and_reachable() -> None:
    code = "import npseg, sys; npseg.config.current(); print(*sys.modules)"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"numba", "scipy", "numpy"} & {*ran.stdout.split()}
