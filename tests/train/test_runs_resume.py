"""Runs: stopped anywhere and resumed, they end with the bits of a run that was left alone."""

from __future__ import annotations

import json
import os
import signal

import numpy as np
import pytest
from PIL import Image

from npseg.data import TrainingBatches
from npseg.errors import CheckpointError, ConfigError, DataError, TrainingError
from npseg.train import Layer, Watcher, interrupt, read_checkpoint, read_log, train_run
from npseg.train import run as run_module
from npseg.train.trainer import DivergedError

FILES = ("last.safetensors", "best.safetensors", "config.json")


class Killed(BaseException):
    """Stands for SIGKILL: nothing in npseg may catch it."""


class KillAt(Watcher):
    """Dies when step `at` is reported, or during the scoring of that step."""

    def __init__(self, at, during_scoring=False):
        self.at, self.during_scoring, self.last = at, during_scoring, 0

    def step(self, record):
        self.last = record.step
        if not self.during_scoring and record.step == self.at:
            raise Killed

    def scoring(self, done, images):
        if self.during_scoring and self.last == self.at:
            raise Killed


class Interrupt(Watcher):
    """Sends this process a signal at a step, as Ctrl-C does."""

    def __init__(self, at, number=signal.SIGINT, during_scoring=False):
        self.at, self.number, self.during_scoring, self.last = at, number, during_scoring, 0

    def step(self, record):
        self.last = record.step
        if not self.during_scoring and record.step == self.at:
            os.kill(os.getpid(), self.number)

    def scoring(self, done, images):
        if self.during_scoring and self.last == self.at and done == 1:
            os.kill(os.getpid(), self.number)


@pytest.fixture(scope="module")
def straight(tmp_path_factory):
    """A run that nothing disturbed."""
    from npseg.train import train_run

    out = tmp_path_factory.mktemp("straight") / "run"
    train_run([Layer("tiny", _tiny())], out)
    return out


def _tiny():
    return {
        "data.source": "shapes", "data.shapes_size": 24, "data.shapes_counts": [5, 2, 1], "data.crop_size": 16,
        "data.batch_size": 2, "data.workers": 0, "model.base_channels": 2, "model.depth": 1, "train.steps": 6,
        "train.eval_every": 4, "train.checkpoint_every": 3,
    }  # fmt: skip


def same_bits(one, other):
    return {name: (one / name).read_bytes() == (other / name).read_bytes() for name in FILES}


def without_times(path):
    return [{k: v for k, v in r.items() if k not in ("seconds", "waited")} for r in read_log(path / "metrics.jsonl")]


def test_a_run_leaves_settings_metrics_and_checkpoints(straight):
    records = read_log(straight / "metrics.jsonl")
    steps = [record["step"] for record in records if "loss" in record]
    scored = [record for record in records if "val_miou" in record]
    assert steps == [1, 2, 3, 4, 5, 6]
    assert [record["step"] for record in scored] == [4, 6]
    assert {"loss_cross_entropy", "loss_dice", "lr", "grad_norm", "seconds", "waited"} <= records[0].keys()
    assert [entry["name"] for entry in scored[0]["val_per_class"]][:2] == ["background", "disc"]
    assert json.loads((straight / "config.json").read_text())["optim"]["schedule"] == "one_cycle"
    last = read_checkpoint(straight / "last.safetensors")
    assert (last.step, last.steps, last.data["classes"][0]) == (6, 6, "background")
    assert last.optimiser
    best = read_checkpoint(straight / "best.safetensors")
    assert best.step == last.progress["best_step"]
    assert not best.optimiser


def test_nothing_of_time_and_place_goes_into_the_checkpoint(straight):
    content = (straight / "last.safetensors").read_bytes()
    assert os.fsencode(straight.parent.name) not in content
    header = json.loads(content[8 : 8 + int.from_bytes(content[:8], "little")])
    assert list(header["__metadata__"]) == ["npseg"]


def test_the_same_seed_gives_the_same_bits_in_any_directory(straight, tiny, tmp_path):
    train_run(tiny(), tmp_path / "somewhere" / "else")
    assert all(same_bits(straight, tmp_path / "somewhere" / "else").values())
    assert without_times(straight) == without_times(tmp_path / "somewhere" / "else")


def test_another_seed_gives_other_bits(straight, tiny, tmp_path):
    train_run(tiny(seed=1), tmp_path)
    assert not same_bits(straight, tmp_path)["last.safetensors"]


def test_threads_that_prepare_batches_change_nothing(straight, tiny, tmp_path):
    train_run(tiny(**{"data.workers": 2}), tmp_path)
    assert same_bits(straight, tmp_path)["last.safetensors"]


@pytest.mark.parametrize("at", [1, 2, 3, 4, 5, 6])
@pytest.mark.parametrize("during_scoring", [False, True])
def test_killed_and_resumed(straight, tiny, tmp_path, at, during_scoring):
    out = tmp_path / "run"
    if during_scoring and at not in (4, 6):
        return
    with pytest.raises(Killed):
        train_run(tiny(), out, watcher=KillAt(at, during_scoring))
    outcome = train_run(tiny(), out, resume=True)
    assert outcome.step == 6
    assert all(same_bits(straight, out).values())
    assert without_times(straight) == without_times(out)


@pytest.mark.parametrize("write", range(1, 6))
@pytest.mark.parametrize("before", [True, False])
def test_killed_around_each_write_of_a_checkpoint(straight, tiny, tmp_path, monkeypatch, write, before):
    """Also between last.safetensors and best.safetensors."""
    out, count, original = tmp_path / "run", 0, run_module.write_checkpoint

    def dying(path, checkpoint):
        nonlocal count
        count += 1
        if count == write and before:
            raise Killed
        original(path, checkpoint)
        if count == write:
            raise Killed

    monkeypatch.setattr(run_module, "write_checkpoint", dying)
    try:
        train_run(tiny(), out)
    except Killed:
        pass
    else:
        assert count < write
    monkeypatch.undo()
    train_run(tiny(), out, resume=True)
    assert all(same_bits(straight, out).values())
    assert without_times(straight) == without_times(out)


@pytest.mark.parametrize("at, number, during_scoring", [
    (2, signal.SIGINT, False), (4, signal.SIGTERM, False), (4, signal.SIGINT, True), (6, signal.SIGINT, True),
])  # fmt: skip
def test_ctrl_c_saves_and_resumes(straight, tiny, tmp_path, at, number, during_scoring):
    handler = signal.getsignal(signal.SIGINT)  # a background shell job ignores it from the start
    outcome = train_run(tiny(), tmp_path, watcher=Interrupt(at, number, during_scoring))
    assert outcome.interrupted
    assert read_checkpoint(tmp_path / "last.safetensors").step == at
    assert signal.getsignal(signal.SIGINT) is handler
    outcome = train_run(tiny(), tmp_path, resume=True)
    assert not outcome.interrupted
    assert all(same_bits(straight, tmp_path).values())


def test_a_second_ctrl_c_stops_at_once(tiny, tmp_path, monkeypatch):
    monkeypatch.setattr(interrupt, "_ONE_WISH", 0.0)

    class Impatient(Interrupt):
        def step(self, record):
            super().step(record)
            super().step(record)

    with pytest.raises(KeyboardInterrupt):
        train_run(tiny(), tmp_path, watcher=Impatient(2))


def test_a_finished_run_has_nothing_left_to_do(straight, tiny):
    before = {name: (straight / name).read_bytes() for name in FILES}
    outcome = train_run(tiny(), straight, resume=True)
    assert (outcome.step, outcome.interrupted, outcome.scores) == (6, False, None)
    assert {name: (straight / name).read_bytes() for name in FILES} == before


def test_metrics_are_cut_back_to_the_checkpoint(straight, tiny, tmp_path):
    out = tmp_path / "run"
    with pytest.raises(Killed):
        train_run(tiny(), out, watcher=KillAt(5))
    with open(out / "metrics.jsonl", "ab") as file:
        file.write(b'{"step": 6, "loss"')

    class Look(Watcher):
        def begin(self, step, steps):
            self.seen = [record["step"] for record in read_log(out / "metrics.jsonl")]

    look = Look()
    train_run(tiny(), out, resume=True, watcher=look)
    assert look.seen == [1, 2, 3, 4, 4]  # the checkpoint before step 5 is the best one, of step 4
    assert [record["step"] for record in read_log(out / "metrics.jsonl") if "loss" in record] == [1, 2, 3, 4, 5, 6]


def test_resuming_nothing_starts_afresh(straight, tiny, tmp_path):
    out = tmp_path / "run"
    train_run(tiny(), out, resume=True)
    assert all(same_bits(straight, out).values())


def test_a_run_killed_before_its_first_checkpoint_starts_afresh(straight, tiny, tmp_path):
    with pytest.raises(Killed):
        train_run(tiny(), tmp_path, watcher=KillAt(2))
    assert not (tmp_path / "last.safetensors").exists()
    train_run([], tmp_path, resume=True)  # the settings are remembered
    assert all(same_bits(straight, tmp_path).values())


def test_settings_are_remembered(straight, tiny, tmp_path):
    with pytest.raises(Killed):
        train_run(tiny(), tmp_path, watcher=KillAt(4))
    train_run([], tmp_path, resume=True)
    assert all(same_bits(straight, tmp_path).values())


def test_resuming_with_other_settings_says_which(straight):
    with pytest.raises(ConfigError, match=r"optim\.lr was 0\.004, now 0\.5.*another --out"):
        train_run([Layer("--set", {"optim.lr": 0.5})], straight, resume=True)
    with pytest.raises(ConfigError, match=r"model\.skips was True, now False"):
        train_run([Layer("--set", {"model.skips": False})], straight, resume=True)


def test_settings_that_change_no_result_may_change(straight, tmp_path, tiny):
    with pytest.raises(Killed):
        train_run(tiny(), tmp_path, watcher=KillAt(4))
    train_run([Layer("--set", {"data.workers": 1, "train.checkpoint_every": 2})], tmp_path, resume=True)
    assert same_bits(straight, tmp_path)["last.safetensors"]


def test_a_planned_schedule_cannot_be_extended(straight):
    with pytest.raises(ConfigError, match=r"planned for 6 steps, and optim\.schedule='one_cycle'"):
        train_run([Layer("--steps", {"train.steps": 9})], straight, resume=True)


def test_a_constant_schedule_can_be_extended(tiny, tmp_path):
    constant = {"optim.schedule": "constant"}
    train_run(tiny(**constant), tmp_path / "short")
    with pytest.raises(ConfigError, match="already done 6 steps, 5 are asked for"):
        train_run([Layer("--steps", {"train.steps": 5})], tmp_path / "short", resume=True)
    outcome = train_run([Layer("--steps", {"train.steps": 8})], tmp_path / "short", resume=True)
    assert outcome.step == 8
    train_run(tiny(**constant, **{"train.steps": 8}), tmp_path / "long")
    short, long = (read_checkpoint(tmp_path / name / "last.safetensors") for name in ("short", "long"))
    assert all((short.weights[name] == long.weights[name]).all() for name in long.weights)


def test_an_occupied_directory_is_refused(straight, tiny, tmp_path):
    with pytest.raises(ConfigError, match="already holds a run; go on with it by --resume"):
        train_run(tiny(), straight)
    file = tmp_path / "file"
    file.write_text("x")
    with pytest.raises(ConfigError, match="is a file"):
        train_run(tiny(), file)


def test_overwriting_replaces_a_run(straight, tiny, tmp_path):
    train_run(tiny(seed=5), tmp_path)
    train_run(tiny(), tmp_path, overwrite=True)
    assert all(same_bits(straight, tmp_path).values())
    assert without_times(straight) == without_times(tmp_path)


def test_patience_stops_early_and_stays_stopped(tiny, tmp_path, monkeypatch):
    falling = iter([0.5, 0.4, 0.3, 0.2])

    class Falling:
        def __init__(self, scores):
            self.scores, self.miou = scores, next(falling)

        def to_json(self):
            return self.scores.to_json() | {"miou": self.miou}

    original = run_module.evaluate
    monkeypatch.setattr(run_module, "evaluate", lambda *a, **k: Falling(original(*a, **k)))
    changes = {"train.eval_every": 1, "train.patience": 2}
    outcome = train_run(tiny(**changes), tmp_path)
    assert (outcome.step, outcome.progress.stopped, outcome.progress.best_step) == (3, True, 1)
    assert read_checkpoint(tmp_path / "best.safetensors").step == 1
    again = train_run([], tmp_path, resume=True)
    assert (again.step, again.interrupted) == (3, False)


def test_a_lost_best_checkpoint_is_noted(tiny, tmp_path):
    heard = []

    class Note(Watcher):
        def note(self, text):
            heard.append(text)

    with pytest.raises(Killed):
        train_run(tiny(**{"train.checkpoint_every": 1}), tmp_path, watcher=KillAt(6))
    (tmp_path / "best.safetensors").unlink()
    train_run([], tmp_path, resume=True, watcher=Note())
    assert any("is not the checkpoint of step 4" in text for text in heard)


def test_a_loss_that_is_not_a_number_stops_with_advice(tiny, tmp_path):
    with pytest.raises(TrainingError) as caught:
        train_run(tiny(**{"optim.lr": 1e30, "train.steps": 40, "optim.schedule": "constant"}), tmp_path)
    words = str(caught.value)
    assert "step " in words
    assert "train_000" in words
    assert "optim.lr" in words
    assert "heckpoint" in words
    assert not list(tmp_path.glob("*"))


def spoilt(tiny, out, monkeypatch, error, at=5):
    """A run whose batch number `at`, counted from 0, raises `error`."""
    original = TrainingBatches.batch

    def batch(self, step):
        if step == at:
            raise error
        return original(self, step)

    with monkeypatch.context() as patched:
        patched.setattr(TrainingBatches, "batch", batch)
        train_run(tiny(**{"train.eval_every": 6}), out)


def test_a_file_that_spoils_half_way_loses_no_step(tiny, tmp_path, monkeypatch):
    with pytest.raises(TrainingError, match=r"x\.png: truncated\. The checkpoint of step 5 is kept.*--resume"):
        spoilt(tiny, tmp_path, monkeypatch, DataError("x.png: truncated"))
    assert read_checkpoint(tmp_path / "last.safetensors").step == 5


def test_a_diverged_run_is_not_to_be_resumed(tiny, tmp_path, monkeypatch):
    with pytest.raises(TrainingError, match=r"step 3 is kept.*--resume would meet the same.*another --out or delete"):
        spoilt(tiny, tmp_path, monkeypatch, DivergedError("nan"))
    assert read_checkpoint(tmp_path / "last.safetensors").step == 3


def test_a_first_run_that_fails_at_once_does_not_block_its_directory(straight, tiny, tmp_path, monkeypatch):
    out = tmp_path / "run"
    with pytest.raises(TrainingError, match="nothing is kept"):
        spoilt(tiny, out, monkeypatch, DivergedError("nan"), at=0)
    assert not out.exists()
    train_run(tiny(), out)
    assert all(same_bits(straight, out).values())


def test_files_beside_a_failed_run_stay(tiny, tmp_path, monkeypatch):
    (tmp_path / "mine.txt").write_text("x")
    with pytest.raises(TrainingError):
        spoilt(tiny, tmp_path, monkeypatch, DivergedError("nan"), at=0)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


@pytest.fixture
def photos(tmp_path):
    """Grey images and masks of two classes; s3 is for validation."""
    for kind, value in (("images", 90), ("masks", 1)):
        (tmp_path / "photos" / kind).mkdir(parents=True)
        for index in range(4):
            picture = np.zeros((20, 24), np.uint8)
            picture[4:9, 3 + index : 12] = value
            Image.fromarray(picture).save(tmp_path / f"photos/{kind}/s{index}.png")
    (tmp_path / "photos/dataset.toml").write_text(
        'classes = ["a", "b"]\n[splits]\ntrain = ["s0", "s1", "s2"]\nval = ["s3"]\n'
    )
    return tmp_path / "photos"


def of_photos(tiny, photos):
    return tiny(**{"data.source": str(photos), "train.steps": 2})


@pytest.mark.parametrize("kind, damage", [
    ("images", lambda path: path.write_bytes(path.read_bytes()[:60])),
    ("masks", lambda path: Image.new("L", (9, 9)).save(path)),
    ("masks", lambda path: Image.new("L", (24, 20), 7).save(path)),
    ("images", lambda path: Image.new("RGB", (24, 20)).save(path)),
])  # fmt: skip
def test_a_damaged_validation_file_is_found_at_once(tiny, tmp_path, photos, kind, damage):
    damage(photos / kind / "s3.png")
    with pytest.raises(DataError, match=r"s3"):
        train_run(of_photos(tiny, photos), tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_the_folder_of_the_images_goes_into_no_checkpoint(tiny, tmp_path, photos):
    train_run(of_photos(tiny, photos), tmp_path / "one")
    train_run(of_photos(tiny, photos.rename(tmp_path / "moved")), tmp_path / "two")
    assert same_bits(tmp_path / "one", tmp_path / "two")["last.safetensors"]


def test_a_report_of_something_else_is_not_overwritten(tiny, tmp_path):
    (tmp_path / "report.html").write_text("mine")
    for resume in (False, True):
        with pytest.raises(ConfigError, match="holds files that npseg would replace; choose another --out"):
            train_run(tiny(), tmp_path, resume=resume)
    assert (tmp_path / "report.html").read_text() == "mine"


def test_a_finished_run_that_lost_its_best_checkpoint(tiny, tmp_path):
    class Note(Watcher):
        def note(self, text):
            heard.append(text)

    heard = []
    outcome = train_run(tiny(), tmp_path)
    assert outcome.progress.best_step in (4, 6)
    (tmp_path / "best.safetensors").unlink()
    train_run([], tmp_path, resume=True, watcher=Note())
    if outcome.progress.best_step == 6:
        assert read_checkpoint(tmp_path / "best.safetensors").step == 6
    else:
        assert any("cannot be made again; last.safetensors is whole" in text for text in heard)


def test_checkpoints_that_do_not_fit(straight, tiny, tmp_path):
    train_run(tiny(**{"model.name": "unet", "model.depth": 2}), tmp_path)
    (tmp_path / "last.safetensors").write_bytes((straight / "last.safetensors").read_bytes())
    with pytest.raises(CheckpointError, match=r"another architecture.*model\.depth=1 instead of 2"):
        train_run([], tmp_path, resume=True)


def test_a_checkpoint_from_another_run_is_refused(straight, tiny, tmp_path):
    train_run(tiny(**{"model.skips": False}), tmp_path)
    (tmp_path / "last.safetensors").write_bytes((straight / "last.safetensors").read_bytes())
    with pytest.raises(CheckpointError, match=r"another architecture.*model\.skips=True instead of False"):
        train_run([], tmp_path, resume=True)


def test_a_run_whose_configuration_lacks_keys_goes_on(straight, tiny, tmp_path):
    train_run(tiny(), tmp_path)
    stored = json.loads((tmp_path / "config.json").read_text())
    del stored["model"]["skips"], stored["optim"]["power"]
    (tmp_path / "config.json").write_text(json.dumps(stored))
    train_run(tiny(), tmp_path, resume=True)
    assert all(same_bits(straight, tmp_path).values())


def test_a_plan_that_was_edited(tiny, tmp_path):
    train_run(tiny(), tmp_path)
    stored = (tmp_path / "config.json").read_text()
    (tmp_path / "config.json").write_text(stored.replace('"steps": 6', '"steps": 9'))
    with pytest.raises(ConfigError, match=r"planned for 6 steps, config\.json says 9; put back"):
        train_run([], tmp_path, resume=True)


def test_other_classes_on_resume(tiny, tmp_path, monkeypatch):
    train_run(tiny(), tmp_path)
    checkpoint = read_checkpoint(tmp_path / "last.safetensors")
    checkpoint.data["classes"] = ["a", "b"]
    run_module.write_checkpoint(tmp_path / "last.safetensors", checkpoint)
    with pytest.raises(ConfigError, match=r"started on the classes \['a', 'b'\]"):
        train_run([], tmp_path, resume=True)


def test_an_unknown_model_is_told_before_anything_is_made(tiny, tmp_path):
    with pytest.raises(ConfigError, match="did you mean 'unet'"):
        train_run(tiny(**{"model.name": "unett"}), tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_an_empty_split_is_told_before_anything_is_made(tiny, tmp_path):
    from npseg.errors import DataError

    with pytest.raises(DataError, match="'val' is empty"):
        train_run(tiny(**{"data.shapes_counts": [3, 0, 1]}), tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_warm_up_must_fit_into_the_run(tiny, tmp_path):
    with pytest.raises(ConfigError, match=r"optim\.warmup_steps=6 must be less than the 6 steps"):
        train_run(tiny(**{"optim.warmup_steps": 6}), tmp_path / "run")


def test_images_added_half_way(tiny, tmp_path):
    layers = [*tiny(), Layer("--epochs", {"train.epochs": 2})]
    with pytest.raises(Killed):
        train_run(layers, tmp_path, watcher=KillAt(4))
    stored = tmp_path / "config.json"
    config = json.loads(stored.read_text())
    config["data"]["shapes_counts"] = [9, 2, 1]
    stored.write_text(json.dumps(config))
    with pytest.raises(ConfigError, match="planned for 6 steps, 2 epochs of the data now take 10"):
        train_run([], tmp_path, resume=True)


def test_epochs_count_passes_over_the_images(tiny, tmp_path):
    layers = [*tiny(), Layer("--epochs", {"train.epochs": 2})]
    assert train_run(layers, tmp_path).steps == 6  # 5 images in batches of 2: 3 steps each


@pytest.mark.parametrize("changes", [
    {"optim.name": "sgd", "optim.momentum": 0.0}, {"optim.name": "adam"}, {"loss.class_weights": "balanced"},
    {"loss.class_weights": [1, 2, 1, 1, 1, 1], "loss.focal": 0.5},
])  # fmt: skip
def test_other_rules_train_too(tiny, tmp_path, changes):
    assert train_run(tiny(**{"train.steps": 2, **changes}), tmp_path).step == 2


def test_weights_for_too_few_classes(tiny, tmp_path):
    with pytest.raises(ConfigError, match="2 weights for 6 classes"):
        train_run(tiny(**{"loss.class_weights": [1, 2]}), tmp_path)


def test_a_recipe_for_another_model_is_left_out(tiny, tmp_path):
    """`shapes` advises base_channels, which FCN does not have."""
    settings = {"model.name": "fcn32s", "model.width": 0.02, "model.fc_channels": 4, "train.steps": 1}
    layers = tiny(**settings)
    values = {k: v for k, v in layers[0].values.items() if k not in ("model.base_channels", "model.depth")}
    outcome = train_run([Layer("tiny", values)], tmp_path)
    assert outcome.model.config["fc_channels"] == 4
