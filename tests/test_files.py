"""Files are written whole or not at all, and what is no file stays what it is."""

from __future__ import annotations

import os
import threading

import pytest

from npseg.errors import DataError
from npseg.files import write_whole


def test_a_link_leads_where_it_did(tmp_path):
    real, link = tmp_path / "real.json", tmp_path / "link.json"
    real.write_text("old")
    link.symlink_to(real)
    write_whole(link, "new")
    assert link.is_symlink()
    assert real.read_text() == "new"
    assert sorted(os.listdir(tmp_path)) == ["link.json", "real.json"]


def test_a_file_keeps_its_permissions(tmp_path):
    place = tmp_path / "secret.json"
    place.write_text("old")
    place.chmod(0o600)
    write_whole(place, "new")
    assert place.stat().st_mode & 0o777 == 0o600


def test_a_pipe_is_written_to_and_stays_a_pipe(tmp_path):
    pipe, read = tmp_path / "pipe", []
    os.mkfifo(pipe)
    reader = threading.Thread(target=lambda: read.append(pipe.read_text()))
    reader.start()
    write_whole(pipe, "through")
    reader.join(timeout=30)
    assert read == ["through"]
    assert pipe.is_fifo()


def test_an_open_descriptor_is_written_to(tmp_path):
    with open(tmp_path / "out.txt", "w+b") as file:
        write_whole(f"/dev/fd/{file.fileno()}", "there")
        assert (tmp_path / "out.txt").read_text() == "there"
    assert os.listdir(tmp_path) == ["out.txt"]


def test_what_stdout_has_written_so_far_stays(tmp_path):
    with open(tmp_path / "out.txt", "wb") as file:
        file.write(b"before ")
        file.flush()
        write_whole(f"/dev/fd/{file.fileno()}", "there")
    assert (tmp_path / "out.txt").read_text() == "before there"


def test_a_place_that_cannot_be_written_is_worded(tmp_path):
    with pytest.raises(DataError, match="cannot be written"):
        write_whole(tmp_path / "no folder" / "x.json", "new", error=DataError)
    with pytest.raises(DataError, match="cannot be written"):
        write_whole(tmp_path, "new", error=DataError)
    with pytest.raises(DataError, match="/dev/fd/9999: cannot be written"):
        write_whole("/dev/fd/9999", "new", error=DataError)
