"""`npseg train`: what it leaves behind, resuming, and what bad input gets."""

from __future__ import annotations

import json
import os
import signal

import numpy as np
import pytest
from PIL import Image


def test_a_run_has_settings_metrics_checkpoints_and_a_report(shapes_run):
    assert {path.name for path in shapes_run.iterdir()} == {
        "config.json", "metrics.jsonl", "best.safetensors", "last.safetensors", "report.html",
    }  # fmt: skip
    config = json.loads((shapes_run / "config.json").read_text())
    assert config["model"] == {
        "base_channels": 2, "depth": 1, "name": "unet", "skips": True, "upsampling": "transposed",
    }  # fmt: skip
    assert config["optim"]["lr"] == 0.004  # the recipe's
    assert config["train"]["steps"] == 3
    assert "<html" in (shapes_run / "report.html").read_text()[:200]


def test_progress_goes_to_stderr_and_results_to_stdout(npseg_program, tiny_settings, tmp_path):
    answer = npseg_program("train", "--data", "shapes", "--out", tmp_path / "r", "--steps", 2, *tiny_settings)
    assert answer.code == 0
    assert "2 steps took " in answer.err
    assert "% of it waiting for data" in answer.err
    assert "time spent waiting for data" in (tmp_path / "r/report.html").read_text()
    assert "step 2/2" in answer.err
    assert "validation mIoU" in answer.err
    assert "pixel accuracy" in answer.out
    assert str(tmp_path / "r") in answer.out


def test_resume_ends_with_the_same_bits(npseg_program, tiny_settings, tmp_path, shapes_run):
    base = ["train", "--data", "shapes", "--model", "unet", "--out", tmp_path / "r", "--steps", 3, *tiny_settings]
    assert npseg_program(*base, "--resume").code == 0  # nothing is there: starts afresh
    assert (tmp_path / "r/last.safetensors").read_bytes() == (shapes_run / "last.safetensors").read_bytes()
    assert npseg_program("train", "--out", tmp_path / "r", "--resume").code == 0  # nothing left to do
    assert (tmp_path / "r/last.safetensors").read_bytes() == (shapes_run / "last.safetensors").read_bytes()


def test_an_occupied_directory(refused, shapes_run, tiny_settings):
    before = (shapes_run / "last.safetensors").read_bytes()
    words = refused("train", "--data", "shapes", "--out", shapes_run, "--steps", 3, *tiny_settings)
    assert str(shapes_run) in words
    assert "--resume" in words
    assert (shapes_run / "last.safetensors").read_bytes() == before


def test_resume_with_other_settings(refused, shapes_run):
    assert "optim.lr was 0.004, now 0.1" in refused("train", "--out", shapes_run, "--resume", "--set", "optim.lr=0.1")
    assert "planned for 3 steps" in refused("train", "--out", shapes_run, "--resume", "--steps", 9)


FEW = ["--set", "data.shapes_size=16", "--set", "data.shapes_counts=2,1,1"]


@pytest.mark.parametrize(
    "arguments, words",
    [
        (["--data", "shapes", "--model", "unett"], "did you mean 'unet'?"),
        (["--data", "shapess"], "did you mean 'shapes'?"),
        (["--data", "shapes", "--set", "optim.lrr=1"], "did you mean 'optim.lr'?"),
        (["--data", "shapes", "--set", "optim.lr=big"], "expected a number, got 'big'"),
        (["--data", "shapes", "--set", "model.num_classes=3"], "the classes of the data set decide it"),
        (["--data", "shapes", "--set", "model.base_chanels=3"], "unknown setting 'base_chanels'; did you mean"),
        (["--data", "shapes", "--set", "model.depth=0"], "depth"),
        (["--data", "shapes", "--set", "data.classes=a,b"], "the setting names 2 (a, b); leave it out"),
        (["--data", "shapes", "--steps", "1", "--epochs", "1"], "exclude each other"),
        (["--data", "shapes", "--config", "none.toml"], "there is no file none.toml"),
        (["--data", "shapes", "--steps", "0"], "--steps"),
        (["--data", "shapes", "--set", "data.shapes_counts=3,0,0"], "'val' is empty"),
        ([], "give --data NAME or --data DIR"),
    ],
)
def test_wrong_arguments_make_no_run(refused, tmp_path, arguments, words):
    message = " ".join(refused("train", "--out", tmp_path / "run", *FEW, *arguments).replace("│", " ").split())
    assert words in message
    assert not (tmp_path / "run").exists()


def test_settings_from_a_file_lose_against_set(npseg_program, tiny_settings, tmp_path):
    file = tmp_path / "a.toml"
    file.write_text('seed = 3\n[optim]\nlr = 0.5\nname = "sgd"\n[data]\nsource = "shapes"\n')
    answer = npseg_program(
        "train", "--out", tmp_path / "r", "--config", file, "--steps", 1, *tiny_settings, "--set", "optim.lr=0.25"
    )
    assert answer.code == 0, answer.err
    config = json.loads((tmp_path / "r/config.json").read_text())
    assert (config["seed"], config["optim"]["lr"], config["optim"]["name"]) == (3, 0.25, "sgd")


def test_an_output_that_cannot_be_made(refused, tmp_path, tiny_settings):
    (tmp_path / "file").write_text("")
    base = ["train", "--data", "shapes", "--steps", 1, *tiny_settings]
    assert "is a file" in refused(*base, "--out", tmp_path / "file")
    assert "cannot be written" in refused(*base, "--out", tmp_path / "file" / "run")


def test_ctrl_c_saves_and_says_how_to_go_on(npseg_program, tiny_settings, tmp_path, shapes_run, monkeypatch):
    from npseg.cli import training_progress

    class Interrupting(training_progress.PlainWatcher):
        def step(self, record):
            super().step(record)
            if record.step == 2:
                os.kill(os.getpid(), signal.SIGINT)

    monkeypatch.setattr(training_progress, "PlainWatcher", Interrupting)
    base = ["train", "--data", "shapes", "--model", "unet", "--out", tmp_path / "r", "--steps", 3, *tiny_settings]
    answer = npseg_program(*base)
    assert answer.code == 130
    assert "stopped after step 2 of 3" in answer.err
    assert "--resume" in answer.err
    monkeypatch.undo()
    assert npseg_program(*base, "--resume").code == 0
    assert (tmp_path / "r/last.safetensors").read_bytes() == (shapes_run / "last.safetensors").read_bytes()


def test_ctrl_c_elsewhere_is_quiet(npseg_program, tmp_path, monkeypatch):
    import npseg.train

    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(npseg.train, "train_run", interrupted)
    answer = npseg_program("train", "--data", "shapes", "--out", tmp_path / "r")
    assert (answer.code, answer.err.strip()) == (130, "interrupted")


@pytest.mark.parametrize("error, words", [
    (OSError(28, "No space left on device", "/x/y"), "/x/y: No space left on device"),
    (OSError("broken"), "the system refused: broken"),
    (MemoryError("Unable to allocate 9 TiB"), "not enough memory (Unable to allocate 9 TiB)"),
])  # fmt: skip
def test_errors_of_the_system_are_worded(refused, tmp_path, monkeypatch, error, words):
    import npseg.train

    def failing(*_, **__):
        raise error

    monkeypatch.setattr(npseg.train, "train_run", failing)
    assert words in refused("train", "--data", "shapes", "--out", tmp_path / "r")


def test_bugs_keep_their_traceback(npseg_program, tmp_path, monkeypatch):
    import npseg.train

    def buggy(*_, **__):
        raise RuntimeError("a bug")

    monkeypatch.setattr(npseg.train, "train_run", buggy)
    with pytest.raises(RuntimeError, match="a bug"):
        npseg_program("train", "--data", "shapes", "--out", tmp_path / "r")


@pytest.fixture
def photos(tmp_path):
    """Five grey images with two classes in a folder."""
    rng = np.random.default_rng(0)
    for kind in ("images", "masks"):
        (tmp_path / "photos" / kind).mkdir(parents=True)
    for index in range(8):
        mask = (rng.random((20, 24)) > 0.5).astype(np.uint8)
        Image.fromarray((mask * 100 + 50).astype(np.uint8)).save(tmp_path / "photos/images" / f"{index}.png")
        Image.fromarray(mask).save(tmp_path / "photos/masks" / f"{index}.png")
    return tmp_path / "photos"


def test_a_folder_of_images(npseg_program, tmp_path, photos):
    settings = ["data.crop_size=16", "data.batch_size=2", "data.workers=0", "model.base_channels=2", "model.depth=1"]
    flags = [part for pair in settings for part in ("--set", pair)]
    answer = npseg_program("train", "--data", photos, "--out", tmp_path / "r", "--epochs", 1, *flags)
    assert answer.code == 0, answer.err
    content = (tmp_path / "r/last.safetensors").read_bytes()
    assert os.fsencode(str(tmp_path)) not in content
    assert npseg_program("eval", tmp_path / "r", "--split", "val").code == 0


def test_early_stopping_is_told(npseg_program, tiny_settings, tmp_path):
    flags = ["--set", "train.patience=1", "--set", "train.eval_every=1", "--set", "optim.lr=1e-12"]
    answer = npseg_program("train", "--data", "shapes", "--out", tmp_path, "--steps", 50, *tiny_settings, *flags)
    assert answer.code == 0
    assert "stopped early after step" in answer.out
