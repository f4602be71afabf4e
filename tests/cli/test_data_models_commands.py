"""`npseg data` and `npseg models`."""

from __future__ import annotations

import json

import numpy as np
import pytest
from PIL import Image


@pytest.fixture
def photos(tmp_path):
    for kind in ("images", "masks"):
        (tmp_path / "photos" / kind).mkdir(parents=True)
    rng = np.random.default_rng(0)
    for index in range(8):
        mask = (rng.random((12, 16)) > 0.7).astype(np.uint8)
        image = rng.integers(0, 256, (12, 16, 3), np.uint8)
        Image.fromarray(image).save(tmp_path / "photos/images" / f"{index}.png")
        Image.fromarray(mask).save(tmp_path / "photos/masks" / f"{index}.png")
    return tmp_path / "photos"


def test_list(npseg_program):
    out = npseg_program("data", "list").out
    assert "shapes" in out
    assert "nuclei" in out


def test_fetch(npseg_program, refused, tmp_path, monkeypatch):
    assert "did you mean 'nuclei'" in refused("data", "fetch", "nuclea")
    assert "nothing to fetch" in refused("data", "fetch", "shapes")
    import npseg.data

    def fake(name, tell):
        tell("fetching")
        return tmp_path

    monkeypatch.setattr(npseg.data, "fetch", fake)
    answer = npseg_program("data", "fetch", "nuclei")
    assert answer.out.strip() == f"nuclei is in {tmp_path}"
    assert "fetching" in answer.err


def test_check_of_a_sound_folder(npseg_program, photos, tmp_path):
    answer = npseg_program("data", "check", photos, "--json", tmp_path / "r.json")
    assert answer.code == 0, answer.out
    assert "no faults found" in answer.out
    assert json.loads((tmp_path / "r.json").read_text())["ok"] is True


def test_check_finds_several_faults_at_once(npseg_program, photos):
    (photos / "masks/0.png").unlink()
    (photos / "images/1.png").write_bytes(b"\x89PNG\r\n")
    Image.fromarray(np.zeros((3, 3), np.uint8)).save(photos / "masks/2.png")
    answer = npseg_program("data", "check", photos)
    assert answer.code == 2
    assert all(name in answer.out for name in ("0.png", "1.png", "2.png"))
    answer = npseg_program("data", "check", photos, "--json", "-")
    assert len(json.loads(answer.out)["problems"]) >= 3


def test_check_of_nothing(npseg_program, tmp_path, refused):
    assert npseg_program("data", "check", tmp_path).code == 2
    assert "there is no such" in npseg_program("data", "check", tmp_path / "none").out
    assert "1 fault" in refused("data", "check", tmp_path / "none")


def test_show(npseg_program, photos, tmp_path):
    answer = npseg_program("data", "show", photos, "--out", tmp_path / "sheet.png")
    assert answer.code == 0, answer.err
    assert "12 x 16, 3 channels, uint8" in answer.out
    with Image.open(tmp_path / "sheet.png") as sheet:
        assert sheet.size[0] > 100


def test_show_follows_settings(npseg_program):
    tiny = ["--set", "data.shapes_size=16", "--set", "data.shapes_counts=1,1,5"]
    out = npseg_program("data", "show", "shapes", *tiny).out
    assert "16 x 16" in out
    assert "and 2 more" in out


def test_models_are_listed_with_their_cost(npseg_program, tmp_path):
    answer = npseg_program("models", "unet", "--set", "base_channels=4", "--size", "32x16", "--json", tmp_path / "m")
    assert "base_channels = 4" in answer.out
    cost = json.loads((tmp_path / "m").read_text())
    assert (cost["height"], cost["width"], cost["config"]["base_channels"]) == (32, 16, 4)
    assert cost["flops"] > 0


@pytest.mark.slow
def test_all_models(npseg_program, monkeypatch):
    from npseg import models

    monkeypatch.setattr(models, "list_models", lambda: ["unet"])
    answer = npseg_program("models", "--size", "16", "--json", "-")
    assert json.loads(answer.out)["unet"]["parameters"] == 31_037_698


def test_models_refuses(refused):
    assert "did you mean 'unet'" in refused("models", "unett")
    assert "expected height x width" in refused("models", "unet", "--size", "big")
    assert "needs the NAME" in refused("models", "--set", "depth=2")
    assert "did you mean 'depth'" in refused("models", "unet", "--set", "depht=2")
