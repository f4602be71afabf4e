from __future__ import annotations

import os

import numpy as np
import pytest

from npseg.errors import ArgumentError, CheckpointError
from npseg.interop import read_safetensors, write_safetensors


def arrays():
    rng = np.random.default_rng(0)
    return {
        "conv.weight": rng.standard_normal((3, 3, 2, 4)).astype(np.float32),
        "bn.num_batches_tracked": np.array(7, np.int64),
        "empty": np.zeros((0, 3), np.float64),
        "turned": rng.standard_normal((4, 5)).T,
    }


def test_arrays_and_metadata_come_back(tmp_path):
    path = tmp_path / "a.safetensors"
    metadata = {"step": 3, "config": {"name": "unet", "classes": ["a", "ö"]}, "best": None}
    write_safetensors(path, arrays(), metadata)
    got, notes = read_safetensors(path)
    assert notes == metadata
    assert got.keys() == arrays().keys()
    for name, array in arrays().items():
        assert got[name].dtype == array.dtype
        assert got[name].shape == array.shape
        np.testing.assert_array_equal(got[name], array)


def test_equal_contents_give_equal_bytes_in_any_order(tmp_path):
    metadata = {str(i): i for i in range(20)}
    write_safetensors(tmp_path / "a", arrays(), metadata)
    write_safetensors(tmp_path / "b", dict(reversed(arrays().items())), dict(reversed(metadata.items())))
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a", "b"]


def test_foreign_metadata_is_left_aside(tmp_path):
    from safetensors.numpy import save_file

    save_file({"w": np.ones(2, np.float32)}, tmp_path / "hf.safetensors", metadata={"format": "pt"})
    got, notes = read_safetensors(tmp_path / "hf.safetensors")
    assert notes == {}
    assert list(got) == ["w"]


@pytest.mark.parametrize("keep", [0, 4, 60, -1])
def test_truncated_file_is_worded(tmp_path, keep):
    path = tmp_path / "cut.safetensors"
    write_safetensors(path, arrays(), {})
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(CheckpointError, match=r"cut\.safetensors: truncated"):
        read_safetensors(path)


def test_foreign_file_is_worded(tmp_path):
    path = tmp_path / "model.pth"
    path.write_bytes(b"PK\x03\x04" + bytes(range(256)) * 4)
    with pytest.raises(CheckpointError, match="not a safetensors file"):
        read_safetensors(path)


@pytest.mark.parametrize("document", ["{", "[1]"])
def test_bad_metadata_is_worded(tmp_path, document):
    from safetensors.numpy import save_file

    save_file({"w": np.ones(2, np.float32)}, tmp_path / "x", metadata={"npseg": document})
    with pytest.raises(CheckpointError, match="its npseg metadata is not"):
        read_safetensors(tmp_path / "x")


def test_absent_file_and_directory_are_worded(tmp_path):
    with pytest.raises(CheckpointError, match="there is no such checkpoint"):
        read_safetensors(tmp_path / "none")
    with pytest.raises(CheckpointError, match="cannot be read"):
        read_safetensors(tmp_path)


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch):
    path = tmp_path / "a.safetensors"
    write_safetensors(path, arrays(), {"step": 1})
    before = path.read_bytes()

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(CheckpointError, match="no space left on the device"):
        write_safetensors(path, arrays(), {"step": 2})
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["a.safetensors"]


def test_missing_directory_is_worded(tmp_path):
    with pytest.raises(CheckpointError, match="cannot be written"):
        write_safetensors(tmp_path / "no" / "a", {}, {})


def test_what_cannot_be_stored_is_worded(tmp_path):
    with pytest.raises(ArgumentError, match="JSON-able"):
        write_safetensors(tmp_path / "a", {}, {"when": object()})
    with pytest.raises(ArgumentError, match="JSON-able"):
        write_safetensors(tmp_path / "a", {}, {"loss": float("nan")})
    with pytest.raises(ArgumentError, match="'name' has type"):
        write_safetensors(tmp_path / "a", {"name": np.array(["x"])}, {})
    assert not list(tmp_path.iterdir())


def test_number_types_that_numpy_lacks_are_worded(tmp_path):
    header = b'{"w":{"dtype":"BF16","shape":[2],"data_offsets":[0,4]}}'
    (tmp_path / "x").write_bytes(len(header).to_bytes(8, "little") + header + bytes(4))
    with pytest.raises(CheckpointError, match="save it as float32"):
        read_safetensors(tmp_path / "x")
