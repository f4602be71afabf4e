"""Ctrl-C while a run compiles kernels: a step is given up only where no finished one is lost by it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from pathlib import Path

import numba
import pytest

from npseg.train import Watcher, read_checkpoint, train_run
from npseg.train import run as run_module
from npseg.train.trainer import Trainer

FILES = ("last.safetensors", "best.safetensors", "config.json")


def contents(out):
    return {name: (out / name).read_bytes() for name in FILES if (out / name).exists()}


class Compiler:
    """Stands for the compiler: what it asks before a pass, asked where a test wants a kernel to be compiled."""

    def __init__(self):
        self.ask = None

    @contextmanager
    def breaking_off(self, ask):
        self.ask = ask
        yield
        self.ask = None

    def pressed_in_a_pass(self):
        signal.raise_signal(signal.SIGINT)
        self.ask()


@pytest.fixture
def compiler(monkeypatch):
    compiler = Compiler()
    monkeypatch.setattr(run_module.compiling, "breaking_off", compiler.breaking_off)
    return compiler


@pytest.fixture
def pressing_in_step(compiler, monkeypatch):
    """`pressing_in_step(2)`: Ctrl-C comes in a pass of the compiler at the end of that step, when all is changed."""
    train_step = Trainer.train_step

    def press_at(at):
        def pressed(self, batch, **options):
            record = train_step(self, batch, **options)
            if self.step == at:
                compiler.pressed_in_a_pass()
            return record

        monkeypatch.setattr(Trainer, "train_step", pressed)

    return press_at


@pytest.fixture
def straight(tiny, tmp_path):
    train_run(tiny(), tmp_path / "straight")
    return contents(tmp_path / "straight")


def test_the_first_step_of_a_new_run_is_given_up(tiny, tmp_path, straight, pressing_in_step, monkeypatch):
    out = tmp_path / "run"
    pressing_in_step(1)
    with pytest.raises(KeyboardInterrupt):
        train_run(tiny(), out)
    assert contents(out).keys() == {"config.json"}
    pressing_in_step(None)
    assert not train_run([], out, resume=True).interrupted
    assert contents(out) == straight


@pytest.mark.parametrize("reached", [2, 3])
def test_a_step_after_a_checkpoint_is_given_up_and_the_checkpoint_stands(
    tiny, tmp_path, straight, pressing_in_step, reached
):
    """Step 4 is the first of a resumed process, or comes after the checkpoint of step 3 in the same one."""
    out = tmp_path / "run"
    if reached == 2:
        train_run(tiny(), out, watcher=PressAfter(2))
        assert read_checkpoint(out / "last.safetensors").step == 2
    before = contents(out).get("last.safetensors")
    pressing_in_step(reached + 1)
    with pytest.raises(KeyboardInterrupt):
        train_run(tiny(), out, resume=True)
    assert read_checkpoint(out / "last.safetensors").step == reached
    assert before in (None, contents(out)["last.safetensors"])
    pressing_in_step(None)
    train_run(tiny(), out, resume=True)
    assert contents(out) == straight


def test_a_step_after_unsaved_ones_is_finished_and_saved(tiny, tmp_path, straight, pressing_in_step):
    out = tmp_path / "run"
    pressing_in_step(2)
    outcome = train_run(tiny(), out)
    assert (outcome.interrupted, outcome.step) == (True, 2)
    assert read_checkpoint(out / "last.safetensors").step == 2
    pressing_in_step(None)
    train_run(tiny(), out, resume=True)
    assert contents(out) == straight


@pytest.mark.parametrize("saved", [False, True], ids=["unsaved", "saved"])
def test_a_scoring_is_dropped_and_the_steps_before_it_are_saved(tiny, tmp_path, straight, compiler, monkeypatch, saved):
    out, evaluate = tmp_path / "run", run_module.evaluate

    def pressed(*arguments, **options):
        compiler.pressed_in_a_pass()
        raise AssertionError("the wish is not granted")

    monkeypatch.setattr(run_module, "evaluate", pressed)
    for _ in range(1 + saved):  # the second time it is owed from the beginning
        outcome = train_run(tiny(), out, resume=True)
        assert (outcome.interrupted, outcome.step, outcome.scores) == (True, 4, None)
        assert read_checkpoint(out / "last.safetensors").step == 4
    monkeypatch.setattr(run_module, "evaluate", evaluate)
    train_run(tiny(), out, resume=True)
    assert contents(out) == straight


def test_another_thread_compiles_on(tiny, tmp_path, compiler, monkeypatch):
    """Its exception would not be that of the run."""
    passed = []

    def in_thread(self, batch, **options):
        signal.raise_signal(signal.SIGINT)
        thread = threading.Thread(target=lambda: passed.append(compiler.ask()))
        thread.start()
        thread.join()
        raise StopIteration

    monkeypatch.setattr(Trainer, "train_step", in_thread)
    with pytest.raises(RuntimeError, match="StopIteration"):
        train_run(tiny(), tmp_path)
    assert passed == [None]


def test_a_wish_is_noted_at_once(tiny, tmp_path):
    watcher = PressAfter(2)
    train_run(tiny(), tmp_path, watcher=watcher)
    assert watcher.notes == ["stopping as soon as nothing is lost by it; Ctrl-C again stops at once"]


class PressAfter(Watcher):
    def __init__(self, at):
        self.at, self.notes = at, []

    def note(self, text):
        self.notes.append(text)

    def step(self, record):
        if record.step == self.at:
            signal.raise_signal(signal.SIGINT)


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32" or bool(numba.config.DISABLE_JIT), reason="signals; compiled kernels")
def test_ctrl_c_in_a_terminal_does_not_wait_for_the_first_step(tmp_path):
    out, cache, said = tmp_path / "run", tmp_path / "cache", tmp_path / "stderr"
    command = [sys.executable, "-m", "npseg.cli", "train", "--data", "shapes", "--out", str(out), "--steps", "2"]
    command += ["--set", "model.base_channels=2", "--set", "data.shapes_counts=4,2,2", "--set", "data.crop_size=64"]
    with said.open("w") as stderr:
        process = subprocess.Popen(
            command, env={**os.environ, "NUMBA_CACHE_DIR": str(cache)}, stderr=stderr, start_new_session=True
        )
        deadline = time.monotonic() + 120
        while len(list(cache.rglob("*.nbc"))) < 2 and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.1)
        companions = _companions(process.pid)
        pressed = time.monotonic()
        os.killpg(process.pid, signal.SIGINT)  # as a terminal does
        assert process.wait(timeout=120) == 130
    seconds, err = time.monotonic() - pressed, said.read_text()
    assert err.endswith("interrupted\n"), err
    assert not [words for words in ("Traceback", "Exception ignored", "step 1/2") if words in err], err
    assert seconds < 20, seconds  # about one as a rule, but the step is a minute away
    assert not any(Path(f"/proc/{pid}").exists() for pid in companions)
    assert contents(out).keys() == {"config.json"}
    ended = subprocess.run([*command, "--resume"], capture_output=True, text=True)
    assert ended.returncode == 0, ended.stderr
    assert read_checkpoint(out / "last.safetensors").step == 2


def _companions(parent):
    """Companions of this process, where there is /proc."""
    found = []
    for file in Path("/proc").glob("[0-9]*/stat"):
        try:
            if file.read_text().rpartition(") ")[2].split()[1] == str(parent):
                found.append(file.parent.name)
        except OSError:
            continue
    return found
