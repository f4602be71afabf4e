"""Checkpoint files: equal bytes, and words for everything that is not one; files whole or not at all."""

from __future__ import annotations

import errno
import json
import os

import numpy as np
import pytest
from safetensors.numpy import save

from npseg import files as files_module
from npseg.errors import CheckpointError, TrainingError
from npseg.files import write_whole
from npseg.train import Checkpoint, MetricsLog, read_checkpoint, read_log, train_run, write_checkpoint
from npseg.train.progress import Progress


def a_checkpoint(**changes):
    weights = {"b": np.arange(3, dtype=np.float32), "a": np.ones((2, 2), np.float64), "n": np.array(4, np.int64)}
    about = {
        "model": {"name": "unet"},
        "weights": weights,
        "step": 7,
        "optimiser": {"steps": np.array([7])},
        "data": {"classes": ["x", "y"]},
    }
    return Checkpoint(**(about | changes))


def test_what_is_written_is_read(tmp_path):
    path = tmp_path / "c.safetensors"
    write_checkpoint(path, a_checkpoint())
    back = read_checkpoint(path)
    assert back.step == 7
    assert back.model == {"name": "unet"}
    assert set(back.weights) == {"a", "b", "n"}
    for name, array in a_checkpoint().weights.items():
        assert back.weights[name].dtype == array.dtype
        np.testing.assert_array_equal(back.weights[name], array)
    np.testing.assert_array_equal(back.optimiser["steps"], [7])


def test_equal_states_give_equal_bytes(tmp_path):
    for index in range(5):
        write_checkpoint(tmp_path / f"{index}", a_checkpoint())
    shuffled = a_checkpoint()
    shuffled.weights = dict(reversed(shuffled.weights.items()))
    write_checkpoint(tmp_path / "5", shuffled)
    assert len({(tmp_path / f"{index}").read_bytes() for index in range(6)}) == 1


@pytest.mark.parametrize("keep", [0, 5, 8, 40, -1, -30])
def test_truncated(tmp_path, keep):
    path = tmp_path / "c.safetensors"
    write_checkpoint(path, a_checkpoint())
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(CheckpointError, match=r"c\.safetensors: truncated"):
        read_checkpoint(path)


@pytest.mark.parametrize(
    "content",
    [
        b"PK\x03\x04" + bytes(100),
        b"\x80\x02}q\x00." * 10,
        b"\x10\0\0\0\0\0\0\0{'not': json....}",
        b"\x02\0\0\0\0\0\0\0[]",
    ],
)
def test_foreign_files(tmp_path, content):
    path = tmp_path / "weights.pt"
    path.write_bytes(content)
    with pytest.raises(CheckpointError, match=r"weights\.pt: not a safetensors file"):
        read_checkpoint(path)


def test_a_header_that_lies(tmp_path):
    header = json.dumps({"a": {"dtype": "F32", "shape": [9], "data_offsets": [0, 4]}}).encode()
    path = tmp_path / "x"
    path.write_bytes(len(header).to_bytes(8, "little") + header + bytes(4))
    with pytest.raises(CheckpointError, match="not a readable safetensors file"):
        read_checkpoint(path)


@pytest.mark.parametrize("about", [None, "[]", "{}", "{", '{"format": 1, "model": 3}'])
def test_safetensors_of_other_programs(tmp_path, about):
    path = tmp_path / "x.safetensors"
    path.write_bytes(save({"a": np.ones(2)}, metadata=None if about is None else {"npseg": about}))
    with pytest.raises(CheckpointError, match=r"not a checkpoint of an npseg run|its npseg metadata is not"):
        read_checkpoint(path)


def test_newer_formats(tmp_path):
    path = tmp_path / "x.safetensors"
    path.write_bytes(save({"a": np.ones(2)}, metadata={"npseg": '{"format": 99}'}))
    with pytest.raises(CheckpointError, match=r"newer npseg.*upgrade"):
        read_checkpoint(path)


def test_missing_and_unreadable(tmp_path):
    with pytest.raises(CheckpointError, match="no such checkpoint"):
        read_checkpoint(tmp_path / "none")
    with pytest.raises(CheckpointError, match="cannot be read"):
        read_checkpoint(tmp_path)


def test_models_that_cannot_be_built():
    with pytest.raises(CheckpointError, match=r"cannot build.*unknown model 'vnet'"):
        a_checkpoint(model={"name": "vnet"}).build_model()
    with pytest.raises(CheckpointError, match="do not fit the model"):
        a_checkpoint(model={"name": "unet", "base_channels": 2, "depth": 1}).build_model()
    with pytest.raises(CheckpointError, match="cannot build"):
        a_checkpoint(model={}).build_model()


def full_disk(*_):
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_a_full_disk_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "f"
    write_whole(path, "old")
    monkeypatch.setattr(files_module.os, "fsync", full_disk)
    with pytest.raises(TrainingError, match="f: no space left on the device"):
        write_whole(path, "new", error=TrainingError)
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["f"]


def test_a_full_disk_during_a_run_keeps_the_last_good_checkpoint(tiny, tmp_path, monkeypatch):
    count, original = 0, os.replace

    def filling_up(source, target):
        nonlocal count
        count += str(target).endswith("last.safetensors")
        if count == 2:
            full_disk()
        original(source, target)

    monkeypatch.setattr(files_module.os, "replace", filling_up)
    with pytest.raises(TrainingError, match=r"no space left.*checkpoint of step 3 is kept.*--resume"):
        train_run(tiny(), tmp_path / "run")
    monkeypatch.undo()
    assert read_checkpoint(tmp_path / "run" / "last.safetensors").step == 3
    assert not list((tmp_path / "run").glob(".*"))
    assert train_run([], tmp_path / "run", resume=True).step == 6


def test_a_place_that_cannot_be_written(tmp_path):
    with pytest.raises(TrainingError, match="cannot be written"):
        write_whole(tmp_path / "none" / "f", b"x", error=TrainingError)
    blocked = tmp_path / "file"
    blocked.write_text("")
    with pytest.raises(TrainingError, match="cannot be written"):
        write_whole(blocked / "f", b"x", error=TrainingError)


def test_a_log_that_cannot_be_written(tmp_path):
    log = MetricsLog(tmp_path / "m.jsonl")
    log.close()
    log._file = open("/dev/full", "ab", buffering=0)  # noqa: SIM115
    with pytest.raises(TrainingError, match=r"m\.jsonl: no space left"):
        log.write({"step": 1})
    log.close()


def test_the_log_keeps_lines_up_to_a_step(tmp_path):
    path = tmp_path / "m.jsonl"
    with MetricsLog(path) as log:
        for step in (1, 2, 3):
            log.write({"step": step, "loss": float("nan") if step == 2 else [0.5, float("inf")]})
            log.sync()
    with open(path, "ab") as file:
        file.write(b'not json\n[1]\n{"no": "step"}\n{"step": 4, "lo')
    with MetricsLog(path, keep_to=2):
        pass
    assert read_log(path) == [{"step": 1, "loss": [0.5, None]}, {"step": 2, "loss": None}]
    assert path.read_text().endswith("\n")
    with MetricsLog(path):
        assert read_log(path) == []
    assert read_log(tmp_path / "none") == []
    with pytest.raises(TrainingError):
        read_log(tmp_path)


def test_progress_takes_the_first_of_equals_and_survives_undefined_scores():
    progress = Progress()
    assert progress.record(1, float("nan"), patience=0)
    assert progress.best_miou is None
    assert not progress.record(2, float("nan"), patience=0)
    assert progress.record(3, 0.2, patience=0)
    assert not progress.record(4, 0.2, patience=0)
    assert (progress.best_step, progress.misses, progress.stopped) == (3, 1, False)
    assert Progress.from_dict(progress.to_dict()) == progress
    with pytest.raises(CheckpointError):
        Progress.from_dict({"surprise": 1})
