"""`npseg warmup`, and what is said when kernels are compiled without it."""

from __future__ import annotations

import ctypes
import json
import os
import shutil
import signal
import subprocess
import sys
import time

import pytest

from npseg import kernels
from npseg.cli import progress
from npseg.errors import ConfigError
from npseg.models.unet import UPSAMPLINGS
from npseg.train import warmup

PROGRAM = [sys.executable, "-m", "npseg.cli"]


def variables(cache, **more) -> dict[str, str]:
    """The environment of a process with the compiler on and a cache of its own."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("NUMBA_", "NPSEG_"))}
    return {**kept, "NUMBA_CACHE_DIR": str(cache), **more}


@pytest.fixture
def compilation(monkeypatch):
    """Lets a test say that a kernel is being compiled, with a cache directory or without."""
    from contextlib import contextmanager

    begun = []

    @contextmanager
    def watch(begin):
        begun.append(begin)
        yield

    monkeypatch.setattr(kernels.compiling, "watch", watch)

    def compiling(kernel, *, kept):
        monkeypatch.setattr(kernels.compiling, "cache_directory", lambda: "here" if kept else None)
        for begin in begun:
            begin(kernel)

    return compiling


@pytest.fixture
def one_piece(monkeypatch):
    """A warm-up of one tiny piece."""
    tiny = {"data.shapes_size": 16, "data.crop_size": 16, "data.batch_size": 1, "model.name": "unet",
            "model.base_channels": 2, "model.depth": 1}  # fmt: skip
    piece = warmup.Piece("tiny", {**warmup._TINY_DATA, **tiny})
    monkeypatch.setattr(warmup, "pieces", lambda models: [piece])


def test_it_says_what_was_done(npseg_program, one_piece, monkeypatch, tmp_path):
    monkeypatch.setattr(kernels.compiling, "cache_directory", lambda: tmp_path)
    monkeypatch.setattr(kernels.compiling, "counts", lambda: kernels.compiling.Counts(3, 4))
    answer = npseg_program("warmup", "--json", tmp_path / "done.json")
    assert answer.code == 0
    assert "tiny (1 of 1)" in answer.err
    assert answer.out.startswith("3 kernels compiled, 4 found compiled, in ")
    assert answer.out.endswith(f"kept in {tmp_path}\n")
    done = json.loads((tmp_path / "done.json").read_text())
    assert done.pop("seconds") >= 0
    assert done == {"models": ["unet"], "compiled": 3, "loaded": 4, "cache": str(tmp_path)}


def test_without_a_directory_it_refuses_at_once(refused, monkeypatch):
    monkeypatch.setattr(kernels.compiling, "cache_directory", lambda: None)
    assert "NUMBA_CACHE_DIR can name one" in refused("warmup")


def test_an_unknown_model_is_told_before_any_work(refused):
    assert "unknown model 'unett'; did you mean 'unet'?" in refused("warmup", "--model", "unett")


def test_the_pieces_fit_every_model():
    """Every piece is a valid configuration; only building it is tried here."""
    from npseg.train.settings import Layer
    from npseg.train.setup import resolve

    titles = []
    upsamplings = set()
    for piece in warmup.pieces():
        titles.append(piece.title)
        if piece.model is None:
            continue
        run = resolve([Layer("test", {**warmup._TINY_DATA, **piece.settings})])
        assert run.train.steps == 1
        upsamplings.add(piece.settings.get("model.upsampling"))
    assert len(set(titles)) == len(titles)
    assert upsamplings > set(UPSAMPLINGS) - {"transposed"}
    assert titles[-1] == "depthwise convolution"
    assert titles[-1] not in [piece.title for piece in warmup.pieces(["unet"])]
    with pytest.raises(ConfigError, match="did you mean 'unet'"):
        list(warmup.pieces(["unet", "unett"]))


@pytest.mark.slow
def test_after_it_training_and_prediction_compile_nothing(tmp_path):
    environment = variables(tmp_path / "cache")
    first = subprocess.run([*PROGRAM, "warmup", "--json", "-"], env=environment, capture_output=True, text=True)
    assert first.returncode == 0, first.stderr
    told = json.loads(first.stdout)
    assert told["compiled"] > 10
    assert list((tmp_path / "cache").rglob("*.nbc"))
    code = """
import numpy as np, npseg
from npseg import kernels
names = []
with kernels.compiling.watch(names.append):
    for name, settings, size in (("unet", {"base_channels": 32}, 256), ("unet", {"base_channels": 4, "depth": 2}, 40),
                                 ("unet", {"base_channels": 32, "upsampling": "bilinear"}, 128),
                                 ("unet", {"base_channels": 32, "upsampling": "pixel_shuffle"}, 128),
                                 ("unet", {"base_channels": 4, "depth": 2, "upsampling": "bilinear"}, 45),
                                 ("unet", {"base_channels": 4, "depth": 2, "upsampling": "pixel_shuffle"}, 45),
                                 ("fcn8s", {"width": 0.5, "fc_channels": 256}, 96)):
        model = npseg.create_model(name, in_channels=3, num_classes=5, **settings)
        images = np.zeros((2, size, size, 3), np.float32)
        optimizer = npseg.optim.AdamW(model.parameters())
        npseg.losses.cross_entropy(model(npseg.Tensor(images)), np.zeros((2, size, size), np.int32)).backward()
        optimizer.step()
        npseg.infer.Predictor(model).labels(images)
    for stride, channels in ((1, 6), (1, 32), (2, 32)):
        layer = npseg.nn.Conv2d(channels, channels, 3, stride=stride, padding=1, groups=channels)
        images = np.zeros((2, 20, 20, channels), np.float32)
        layer(npseg.Tensor(images, requires_grad=True)).sum().backward()
        npseg.infer.compile(layer)(images)
print(names)
"""
    second = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True)
    assert second.stdout == "[]\n", second.stderr


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_ctrl_c_keeps_what_is_compiled(tmp_path):
    environment, cache = variables(tmp_path / "cache"), tmp_path / "cache"
    process = subprocess.Popen(
        [*PROGRAM, "warmup", "--model", "unet"], env=environment, stderr=subprocess.PIPE, text=True
    )
    deadline = time.monotonic() + 120
    while len(list(cache.rglob("*.nbc"))) < 2 and time.monotonic() < deadline:
        time.sleep(0.1)
    process.send_signal(signal.SIGINT)  # once
    _, err = process.communicate(timeout=120)
    assert process.returncode == 130, err
    assert err.endswith("interrupted\n")
    assert len(list(cache.rglob("*.nbc"))) >= 2


class PressedIn:
    """A piece of work in which Ctrl-C comes where Python drops an exception: in a finaliser, in a callback from C."""

    title, model = "tiny", "unet"

    def __init__(self, place):
        self.place, self.passed = place, []

    def run(self):
        def press(*_):
            signal.raise_signal(signal.SIGINT)
            return 0

        if self.place == "finaliser":
            type("Dying", (), {"__del__": press})()
        else:
            ctypes.CFUNCTYPE(ctypes.c_int)(press)()
        self.passed.append(self.place)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("place", ["finaliser", "callback"])
def test_one_ctrl_c_is_enough_wherever_it_comes(npseg_program, monkeypatch, tmp_path, place):
    first, second = PressedIn(place), PressedIn(place)
    monkeypatch.setattr(warmup, "pieces", lambda models: [first, second])
    monkeypatch.setattr(kernels.compiling, "cache_directory", lambda: tmp_path)
    before = signal.getsignal(signal.SIGINT)
    answer = npseg_program("warmup")
    assert (answer.code, answer.out) == (130, "")
    assert answer.err.endswith("interrupted\n")
    assert (first.passed, second.passed) == ([place], [])
    assert signal.getsignal(signal.SIGINT) is before


@pytest.mark.parametrize("kept", [True, False])
def test_compilation_is_told_once(compilation, capsys, kept):
    with progress.telling_of_compilation():
        compilation("conv.forward", kept=kept)
        compilation("conv.forward", kept=kept)
    err = capsys.readouterr().err
    assert err.count("compiling kernels") == 1
    assert ("once" in err) is kept
    assert ("NUMBA_CACHE_DIR" in err) is not kept


@pytest.mark.slow
def test_training_tells_of_compilation_when_it_happens(tmp_path):
    """In a process of its own, whose cache lacks at least one kernel; a second one has nothing to tell."""
    environment = variables(tmp_path / "cache")
    if (here := kernels.compiling.cache_directory()) is not None:  # to compile everything again would show no more
        shutil.copytree(here, tmp_path / "cache" / here.name, ignore=shutil.ignore_patterns("*.tmp.*"))
    for file in (tmp_path / "cache").rglob("pixel_losses._sweep-*"):
        file.unlink()
    told = []
    for name in ("first", "second"):
        ran = subprocess.run(
            [*PROGRAM, "train", "--data", "shapes", "--out", str(tmp_path / name), "--steps", "1"]
            + [part for pair in SMALL for part in ("--set", pair)],
            env=environment, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert ran.returncode == 0, ran.stderr
        told.append(ran.stderr.count("compiling kernels, once"))
        assert "1 step took" in ran.stderr
        assert "% of it waiting for data" in ran.stderr
    assert told == [1, 0]


SMALL = [
    "data.shapes_size=24", "data.shapes_counts=2,1,0", "data.crop_size=16", "data.batch_size=1", "data.workers=0",
    "model.base_channels=2", "model.depth=1",
]  # fmt: skip


def test_the_library_says_nothing(tmp_path):
    code = "import numpy as np; from npseg import kernels; kernels.shuffle.depth_to_space(np.ones((1, 2, 2, 4)), 2)"
    ran = subprocess.run([sys.executable, "-c", code], env=variables(tmp_path), capture_output=True, text=True)
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", "")


@pytest.mark.parametrize("terminal", [True, False])
def test_what_is_being_done(monkeypatch, capsys, terminal):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: terminal, raising=False)
    with progress.working() as show:
        show("work with [brackets]")
        show("more")
        time.sleep(0.2 if terminal else 0)
    assert terminal or capsys.readouterr().err == "work with [brackets]\n"
