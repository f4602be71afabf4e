from __future__ import annotations

import numpy as np
import pytest

from npseg import data
from npseg.data.shapes import CLASSES, scene


@pytest.fixture(scope="module")
def source():
    return data.load("shapes", data.DataConfig(shapes_counts=(24, 3, 2)))


def test_a_scene_is_a_function_of_split_and_index():
    image, mask = scene(0, 5)
    again, mask_again = scene(0, 5)
    np.testing.assert_array_equal(image, again)
    np.testing.assert_array_equal(mask, mask_again)
    assert (image.shape, image.dtype, mask.shape, mask.dtype) == ((128, 128, 3), np.uint8, (128, 128), np.uint8)


def test_splits_and_indices_show_different_scenes():
    pictures = [scene(split, index, 32)[0].tobytes() for split in range(3) for index in range(4)]
    assert len(set(pictures)) == 12


def test_the_same_scene_at_another_size():
    small, large = scene(0, 0, 64)[1], scene(0, 0, 128)[1]
    assert (small == large[::2, ::2]).mean() > 0.9


def test_every_class_occurs_and_the_star_is_rare(source):
    counts = data.class_counts(source.split("train"), len(CLASSES)).sum(axis=0)
    shares = counts / counts.sum()
    assert (shares[1:5] > 0.02).all()
    assert 0.001 < shares[5] < 0.01
    assert shares[0] < 0.85


def test_sizes_counts_and_recipe(source):
    assert {split: len(dataset) for split, dataset in source.splits.items()} == {"train": 24, "val": 3, "test": 2}
    assert source.info.num_classes == 6
    assert source.info.palette.shape == (6, 3)
    assert source.info.recipe == data.recipe("shapes")
    data.DataConfig(**source.info.recipe["data"])
    data.AugmentConfig(**source.info.recipe["augment"])


def test_scenes_are_kept_after_the_first_look(source):
    train = source.split("train")
    assert train[0].image is train[0].image
