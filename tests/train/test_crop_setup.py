"""The crop size of a run on small images: chosen, told, stored, and kept."""

from __future__ import annotations

import json

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from npseg.cli.app import app
from npseg.data import write_index_png
from npseg.data.palette import voc_palette
from npseg.errors import ConfigError
from npseg.train import Layer, Watcher, train_run
from npseg.train.setup import resolve

CHOSEN = "data.crop_size: 32, since no training image holds a larger square; set it to choose another."
PADDED = (
    "data.crop_size: 94 % of a crop of 96 is padding, since no training image holds a larger square than 24; "
    "32 would do."
)


class Listener(Watcher):
    """Keeps what it is told."""

    def __init__(self):
        self.notes = []

    def note(self, text):
        self.notes.append(text)


@pytest.fixture
def cells(tmp_path):
    """Six images of 24 x 24, whose labels are all known."""
    root = tmp_path / "cells"
    for name in ("images", "masks"):
        (root / name).mkdir(parents=True)
    for seed in range(6):
        pixels = np.random.default_rng(seed).integers(0, 256, (24, 24), dtype=np.uint8)
        Image.fromarray(pixels).save(root / f"images/{seed}.png")
        write_index_png(root / f"masks/{seed}.png", (pixels > 128).astype(np.uint8), voc_palette())
    return root


@pytest.fixture
def layers(cells):
    def with_settings(**settings):
        return [
            Layer("tiny", {
                "data.source": str(cells), "data.batch_size": 2, "data.workers": 0, "model.base_channels": 2,
                "model.depth": 1, "train.steps": 2, "train.checkpoint_every": 1, **settings,
            })
        ]  # fmt: skip

    return with_settings


def stored_crop(run):
    return json.loads((run / "config.json").read_text())["data"]["crop_size"]


def test_small_images_get_small_crops_and_a_note(layers, tmp_path):
    listener = Listener()
    outcome = train_run(layers(), tmp_path / "run", watcher=listener)
    assert outcome.config.data.crop_size == stored_crop(tmp_path / "run") == 32
    assert listener.notes.count(CHOSEN) == 1
    assert "notes" not in json.loads((tmp_path / "run/config.json").read_text())


def test_a_size_that_was_set_is_kept_and_its_padding_told(layers, tmp_path):
    listener = Listener()
    train_run(layers(**{"data.crop_size": 96}), tmp_path / "run", watcher=listener)
    assert stored_crop(tmp_path / "run") == 96
    assert listener.notes.count(PADDED) == 1
    assert CHOSEN not in listener.notes


def test_the_default_may_be_asked_for(layers):
    config = resolve(layers(**{"data.crop_size": 256}))
    assert config.data.crop_size == 256
    assert len(config.notes) == 1


def test_a_size_that_fits_needs_no_note(layers):
    config = resolve(layers(**{"data.crop_size": 32}))
    assert (config.data.crop_size, config.notes) == (32, ())


def test_a_recipe_sets_the_size_too(layers, cells):
    (cells / "dataset.toml").write_text("[recipe.data]\ncrop_size = 96\n")
    config = resolve(layers())
    assert (config.data.crop_size, config.notes) == (96, (PADDED,))


def test_large_images_and_built_in_sets_are_as_before(layers, cells):
    Image.new("L", (300, 300)).save(cells / "images/0.png")
    config = resolve(layers())
    assert (config.data.crop_size, config.notes) == (256, ())
    for name, size in {"shapes": 96, "nuclei": 192}.items():
        config = resolve([Layer("test", {"data.source": name})])
        assert (config.data.crop_size, config.notes) == (size, ())


def test_a_resumed_run_keeps_its_size(layers, cells, tmp_path):
    """Though the images would have another one now."""
    long = {"train.steps": 1, "optim.schedule": "constant"}
    train_run(layers(**long), tmp_path / "run")
    for seed in range(6):
        Image.new("L", (80, 80), seed).save(cells / f"images/{seed}.png")
        Image.new("L", (80, 80), seed % 2).save(cells / f"masks/{seed}.png")
    listener = Listener()
    outcome = train_run(layers(**long | {"train.steps": 2}), tmp_path / "run", resume=True, watcher=listener)
    assert (outcome.step, outcome.config.data.crop_size, stored_crop(tmp_path / "run")) == (2, 32, 32)
    assert not any("crop_size" in note for note in listener.notes)
    with pytest.raises(ConfigError, match=r"data\.crop_size was 32, now 96"):
        train_run(layers(**long, **{"data.crop_size": 96}), tmp_path / "run", resume=True)
    (tmp_path / "run/last.safetensors").unlink()  # as if killed before the first checkpoint
    assert train_run(layers(**long), tmp_path / "run", resume=True).config.data.crop_size == 32


@pytest.mark.parametrize("settings, note", [([], CHOSEN), (["--set", "data.crop_size=96"], PADDED)])
def test_the_check_of_a_folder_says_the_same(cells, settings, note):
    result = CliRunner().invoke(app, ["data", "check", str(cells), *settings, "--json", "-"])
    assert result.exit_code == 0, result.output
    assert note in json.loads(result.stdout)["notes"]


def test_the_check_of_a_missing_folder_is_told_in_its_own_words(tmp_path):
    result = CliRunner().invoke(app, ["data", "check", str(tmp_path / "nowhere")])
    assert result.exit_code == 2
    assert "there is no such data set" in result.output
