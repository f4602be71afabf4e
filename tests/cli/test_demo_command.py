"""`npseg demo`, at a size that takes seconds; the real one is timed by a slow test."""

from __future__ import annotations

import json

import pytest

from npseg.errors import ConfigError


@pytest.fixture
def small_demo(monkeypatch):
    from npseg.cli import demonstration

    tiny = {
        "data.shapes_size": 24, "data.shapes_counts": [4, 2, 2], "data.crop_size": 16, "data.batch_size": 2,
        "data.workers": 0, "train.steps": 2, "train.eval_every": 1,
    }  # fmt: skip
    unet = {"model.name": "unet", "model.base_channels": 2, "model.depth": 1}
    fcn = {"model.name": "fcn8s", "model.width": 0.02, "model.fc_channels": 4, "model.batch_norm": True}
    plans = (demonstration.Plan("U-Net", "unet", unet | tiny), demonstration.Plan("FCN-8s", "fcn8s", fcn | tiny))
    monkeypatch.setattr(demonstration, "PLANS", plans)
    return demonstration


def test_a_demo_leaves_table_report_results_and_runs(npseg_program, small_demo, tmp_path):
    answer = npseg_program("demo", "--out", tmp_path / "demo")
    assert answer.code == 0, answer.err
    assert all(word in answer.out for word in ("U-Net", "FCN-8s", "majority baseline", "mIoU", "background", "star"))
    assert "U-Net (1 of 2)" in answer.err
    results = json.loads((tmp_path / "demo/results.json").read_text())
    assert results["npseg_demo"] == "finished"
    assert set(results["models"]) == {"unet", "fcn8s"}
    scores = results["models"]["unet"]["scores"]
    assert len(scores["per_class"]) == 6
    assert results["majority_baseline"]["per_class"][0]["iou"] > 0.3
    assert "data:image/png;base64" in (tmp_path / "demo/report.html").read_text()
    answer = npseg_program("eval", tmp_path / "demo/unet", "--split", "test", "--json", "-")
    assert json.loads(answer.out) == scores
    again = npseg_program("demo", "--out", tmp_path / "demo")
    assert again.code == 0
    assert json.loads((tmp_path / "demo/results.json").read_text())["models"]["unet"]["scores"] == scores


def test_a_demo_replaces_nothing_but_a_demo(npseg_program, small_demo, tmp_path, refused):
    (tmp_path / "unet").mkdir()
    (tmp_path / "unet/config.json").write_text("{}")
    assert "holds a run that is not of a demo" in refused("demo", "--out", tmp_path)
    (tmp_path / "run").mkdir()
    (tmp_path / "run/metrics.jsonl").write_text("")
    assert "holds a run that is not of a demo" in refused("demo", "--out", tmp_path / "run")
    (tmp_path / "results.json").write_text("[1]")
    assert "is not the result of a demo" in refused("demo", "--out", tmp_path)
    (tmp_path / "results.json").write_text("{")
    assert "is not the result of a demo" in refused("demo", "--out", tmp_path)
    assert (tmp_path / "unet/config.json").read_text() == "{}"
    assert "is a file" in refused("demo", "--out", tmp_path / "results.json")


def test_an_interrupted_demo_says_so(npseg_program, small_demo, tmp_path, monkeypatch):
    class Interrupted:
        interrupted = True

    monkeypatch.setattr(small_demo, "train_run", lambda *_, **__: Interrupted())
    answer = npseg_program("demo", "--out", tmp_path)
    assert answer.code == 130
    assert "stopped" in answer.err
    monkeypatch.undo()
    small_demo._claim(tmp_path)  # what it left is known to be of a demo


def test_errors_are_the_packages_own(small_demo, tmp_path):
    (tmp_path / "results.json").write_text("{}")
    with pytest.raises(ConfigError):
        small_demo.demonstrate(tmp_path)


def test_training_does_not_overwrite_a_demo(npseg_program, small_demo, tmp_path, refused):
    (tmp_path / "report.html").write_text("of a demo")
    for more in ([], ["--resume"]):
        words = refused("train", "--data", "shapes", "--out", tmp_path, "--steps", 1, *more)
        assert "choose another --out" in words
    assert (tmp_path / "report.html").read_text() == "of a demo"
