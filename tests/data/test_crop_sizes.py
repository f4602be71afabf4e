"""Which crop suits a folder of small images."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from npseg import data
from npseg.data import DataConfig, fitting_crop, share_of_padding, small_images
from npseg.data.files import read_sides
from npseg.errors import DataError


@pytest.fixture
def folder_of(tmp_path):
    """`folder_of({"train/a": (h, w)})` writes images/train/a.png, masks/train/a.png and returns the folder."""

    def write(sizes):
        for name, size in sizes.items():
            image, mask = tmp_path / "set/images" / f"{name}.png", tmp_path / "set/masks" / f"{name}.png"
            image.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(np.zeros(size, np.uint8)).save(image)
            data.write_index_png(mask, np.zeros(size, np.uint8), data.voc_palette())
        return tmp_path / "set"

    return write


def test_small_images_are_told_by_their_sides(folder_of):
    root = folder_of({"a": (64, 64), "b": (40, 200)})
    assert sorted(small_images(root, DataConfig())) == [(40, 200), (64, 64)]


@pytest.mark.parametrize("side, crop, small", [(224, 256, True), (225, 256, False), (60, 64, False), (60, 65, True)])
def test_an_image_fills_a_crop_that_is_only_rounded_up(folder_of, side, crop, small):
    assert bool(small_images(folder_of({"a": (side, 300)}), DataConfig(crop_size=crop))) == small


def test_one_large_image_is_enough(folder_of):
    assert small_images(folder_of({"a": (64, 64), "b": (300, 300)}), DataConfig()) == []


def test_only_training_images_count(folder_of):
    root = folder_of({"train/a": (48, 48), "val/b": (300, 300), "test/c": (300, 300)})
    assert small_images(root, DataConfig()) == [(48, 48)]
    root = folder_of({"train/d": (300, 300)})
    assert small_images(root, DataConfig()) == []


def test_splits_of_dataset_toml_count(folder_of):
    root = folder_of({"a": (48, 48), "b": (300, 300)})
    (root / "dataset.toml").write_text('[splits]\ntrain = ["a"]\nval = ["b"]\n')
    assert small_images(root, DataConfig()) == [(48, 48)]


def test_splits_of_dataset_toml_win_over_folders(folder_of):
    root = folder_of({"train/a": (300, 300), "val/b": (48, 48)})
    (root / "dataset.toml").write_text('[splits]\ntrain = ["b"]\nval = ["a"]\n')
    assert small_images(root, DataConfig()) == [(48, 48)]


def test_what_cannot_be_read_is_left_to_others(folder_of, tmp_path):
    root = folder_of({"a": (64, 64), "b": (64, 64)})
    (root / "images/b.png").write_bytes(b"")
    assert small_images(root, DataConfig()) == []
    assert small_images(tmp_path / "nowhere", DataConfig()) == []
    (tmp_path / "empty").mkdir()
    assert small_images(tmp_path / "empty", DataConfig()) == []


@pytest.mark.parametrize("name", [name for name, _ in data.available()])
def test_built_in_sets_are_not_looked_at(folder_of, tmp_path, monkeypatch, name):
    """Nor is a folder that has the name of one; only `./name` is a folder."""
    folder_of({"a": (64, 64)}).rename(tmp_path / name)
    monkeypatch.chdir(tmp_path)
    assert small_images(name, DataConfig(crop_size=4096)) == []
    assert small_images(f"./{name}", DataConfig(crop_size=4096)) == [(64, 64)]


def test_the_crop_holds_the_largest_square_and_halves_evenly():
    assert [fitting_crop([(side, side)]) for side in (1, 32, 33, 64, 224, 225)] == [32, 32, 64, 64, 224, 256]
    assert fitting_crop([(40, 200), (60, 60)]) == 64


def test_the_share_of_padding_is_that_of_the_batches(folder_of):
    """Counted on labels of real crops, of images that are long, small and large."""
    root = folder_of({"train/a": (20, 90), "train/b": (30, 30), "val/c": (9, 9)})
    config = DataConfig(crop_size=64, batch_size=2, ignore_index=255, classes=("a", "b"))
    source = data.load(root, config)
    train = source.split("train")
    still = data.AugmentConfig(enabled=False)
    batch = data.TrainingBatches(train, data.Intensity.fit(train, config), source.info, config, still, 0).batch(0)
    assert share_of_padding(small_images(root, config), 64) == pytest.approx((batch.labels == 255).mean())


@pytest.mark.parametrize("suffix", [".png", ".tif", ".npy", ".bmp"])
def test_sides_of_every_kind_of_file(tmp_path, suffix):
    path, pixels = tmp_path / f"image{suffix}", np.zeros((30, 20, 3), np.uint8)
    if suffix == ".npy":
        np.save(path, pixels)
    else:
        Image.fromarray(pixels).save(path)
    assert read_sides(path) == (20, 30)


@pytest.mark.parametrize("suffix", [".png", ".tif", ".npy"])
def test_sides_of_a_damaged_file(tmp_path, suffix):
    path = tmp_path / f"image{suffix}"
    path.write_bytes(b"not an image")
    with pytest.raises(DataError, match=path.name):
        read_sides(path)
