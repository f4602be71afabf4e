from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from npseg.data import AugmentConfig
from npseg.data.augment import Crop, cut_image, cut_mask, draw_crop, vary_intensity

ALL = AugmentConfig(scale=(0.5, 2.0), rotate=30.0, flip_vertical=True, rotate90=True)
OFF = AugmentConfig(enabled=False)
SIZES = st.integers(1, 40)


def coordinates(height, width):
    """An image whose pixels say where they are, and the same as labels."""
    rows, columns = np.mgrid[0:height, 0:width]
    return np.dstack([rows, columns]).astype(np.float64), rows * 100 + columns


@given(st.integers(0, 1000), SIZES, SIZES, st.integers(1, 24), st.sampled_from([ALL, OFF]))
def test_labels_come_from_the_mask_or_are_padding(seed, height, width, size, config):
    mask = np.random.default_rng(seed).integers(0, 4, (height, width))
    crop = draw_crop(np.random.default_rng(seed), mask.shape, size, config)
    cut = cut_mask(mask, crop, 255)
    assert cut.shape == (size, size)
    assert cut.dtype == np.int32
    assert set(np.unique(cut)) <= {*np.unique(mask), 255}
    image = cut_image(mask[:, :, None].astype(np.uint8), crop)
    assert (image.shape, image.dtype) == ((size, size, 1), np.uint8)


@given(st.integers(0, 1000), st.sampled_from([ALL, OFF]))
def test_image_and_mask_show_the_same_place(seed, config):
    image, mask = coordinates(60, 50)
    crop = draw_crop(np.random.default_rng(seed), mask.shape, 16, config)
    cut, labels = cut_image(image, crop), cut_mask(mask, crop, -1)
    inside = labels >= 0
    assert inside.any()
    # The nearest pixel is at most half a pixel away from where the image was sampled.
    assert np.abs(cut[inside][:, 0] - labels[inside] // 100).max() <= 0.5 + 1e-6
    assert np.abs(cut[inside][:, 1] - labels[inside] % 100).max() <= 0.5 + 1e-6


@given(st.integers(0, 1000), SIZES, SIZES, st.integers(1, 24))
def test_plain_crops_inside_are_exact_copies(seed, height, width, size):
    image, mask = coordinates(height, width)
    cut = cut_mask(mask, draw_crop(np.random.default_rng(seed), mask.shape, size, OFF), -1)
    inside = cut >= 0
    # No more padding than needed, and the image is whole in it when it is smaller.
    assert inside.sum() == min(size, height) * min(size, width)
    kept = cut[inside].reshape(min(size, height), min(size, width))
    top, left = divmod(int(kept[0, 0]), 100)
    np.testing.assert_array_equal(kept, mask[top : top + kept.shape[0], left : left + kept.shape[1]])
    assert image.shape[:2] == mask.shape


@given(st.integers(0, 1000), st.integers(0, 29), st.integers(0, 39))
def test_the_pixel_in_focus_is_in_the_crop(seed, row, column):
    mask = np.zeros((30, 40), int)
    mask[row, column] = 1
    config = AugmentConfig(scale=(1.0, 3.0), flip_vertical=True, rotate90=True)
    crop = draw_crop(np.random.default_rng(seed), mask.shape, 12, config, focus=(row, column))
    assert (cut_mask(mask, crop, 0) == 1).any()


@given(st.integers(0, 300))
def test_pixel_in_focus_survives_rotation(seed):
    mask = np.zeros((40, 40), int)
    mask[18:21, 20:23] = 1
    config = AugmentConfig(scale=(0.8, 1.5), rotate=45.0)
    crop = draw_crop(np.random.default_rng(seed), mask.shape, 16, config, focus=(19, 21))
    assert (cut_mask(mask, crop, 0) == 1).any()


def test_mirrors_outside():
    image = np.arange(3.0)[None, :, None]
    cut = cut_image(image, Crop(7, (0.0, 1.0)))
    assert cut[3, :, 0].tolist() == [1, 0, 0, 1, 2, 2, 1]
    assert cut_mask(np.array([[5, 6, 7]]), Crop(5, (0.0, 1.0)), 255)[2].tolist() == [255, 5, 6, 7, 255]


def test_zoom_and_turns():
    image = np.array([[0.0, 1.0], [2.0, 3.0]])[:, :, None]
    doubled = cut_image(image, Crop(4, (0.5, 0.5), scale=2.0))
    assert doubled[0, :, 0].tolist() == [0.0, 0.25, 0.75, 1.0]
    assert cut_mask(image[:, :, 0].astype(int), Crop(4, (0.5, 0.5), scale=2.0), 9)[0].tolist() == [0, 0, 1, 1]
    quarter = cut_image(image, Crop(2, (0.5, 0.5), angle=90.0))[:, :, 0]
    np.testing.assert_allclose(quarter, np.rot90(image[:, :, 0], -1), atol=1e-12)
    turned = cut_image(image, Crop(2, (0.5, 0.5), quarter_turns=1, flip_vertical=True, flip_horizontal=True))
    np.testing.assert_array_equal(turned[:, :, 0], np.rot90(image[::-1, ::-1, 0]))


def test_intensity_changes_stay_within_their_bounds():
    scaled = np.full((32, 32, 1), 0.5, np.float32)
    for seed in range(20):
        rng = np.random.default_rng(seed)
        brighter = vary_intensity(rng, scaled, AugmentConfig(brightness=0.1, contrast=0.0))
        assert 0.4 - 1e-6 <= brighter.min() == brighter.max() <= 0.6 + 1e-6
        powered = vary_intensity(rng, scaled, AugmentConfig(brightness=0.0, contrast=0.0, gamma=0.5))
        assert 0.25 - 1e-6 <= powered[0, 0, 0] <= 0.5**0.5 + 1e-6
        noisy = vary_intensity(rng, scaled, AugmentConfig(brightness=0.0, contrast=0.0, noise=0.1))
        assert 0 <= noisy.std() < 0.11
        assert brighter.dtype == powered.dtype == noisy.dtype == np.float32


def test_contrast_keeps_the_mean():
    scaled = np.random.default_rng(0).random((16, 16, 3), dtype=np.float32)
    varied = vary_intensity(np.random.default_rng(1), scaled, AugmentConfig(brightness=0.0, contrast=0.5))
    assert varied.mean() == pytest.approx(scaled.mean(), abs=1e-5)
    assert varied.std() != pytest.approx(scaled.std(), abs=1e-3)


def test_disabled_leaves_the_intensities_alone():
    scaled = np.zeros((2, 2, 1), np.float32)
    assert vary_intensity(np.random.default_rng(0), scaled, OFF) is scaled
