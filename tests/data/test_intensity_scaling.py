from __future__ import annotations

import json

import numpy as np
import pytest

from npseg.data import DataConfig, Dataset, Intensity, Sample
from npseg.errors import DataError


def dataset(*images):
    samples = [Sample(np.asarray(image), None, f"im{i}") for i, image in enumerate(images)]
    return Dataset([s.name for s in samples], lambda i: samples[i])


def noise(seed, dtype=np.uint8, top=256, channels=3):
    return np.random.default_rng(seed).integers(0, top, (10, 12, channels)).astype(dtype)


@pytest.mark.parametrize("scaling", ["range", "percentile"])
def test_training_images_end_with_mean_0_and_deviation_1(scaling):
    images = [noise(seed) // (seed + 1) for seed in range(3)]
    intensity = Intensity.fit(dataset(*images), DataConfig(scaling=scaling))
    applied = np.concatenate([intensity.apply(image).reshape(-1, 3) for image in images])
    assert applied.dtype == np.float32
    np.testing.assert_allclose(applied.mean(axis=0), 0, atol=1e-4)
    np.testing.assert_allclose(applied.std(axis=0), 1, atol=1e-4)


@pytest.mark.parametrize(
    "dtype, top, range_end",
    [(np.uint8, 100, 255), (np.uint16, 1000, 1023), (np.uint16, 4000, 4095), (np.uint16, 60000, 65535)],
)
def test_range_follows_the_number_type_and_the_sensor(dtype, top, range_end):
    image = noise(0, dtype, top)
    image[0, 0, 0] = top - 1
    intensity = Intensity.fit(dataset(image), DataConfig(normalise=False))
    np.testing.assert_allclose(intensity.apply(image), image / np.float32(range_end), rtol=1e-6)


def test_other_types_go_by_the_extremes_met_in_training():
    image = np.array([[-2.0, 2.0]], np.float32)
    intensity = Intensity.fit(dataset(image), DataConfig(normalise=False))
    assert intensity.apply(image)[:, :, 0].tolist() == [[0.0, 1.0]]
    signed = Intensity.fit(dataset(np.array([[-5, 5]], np.int16)), DataConfig(normalise=False))
    assert signed.apply(np.array([[0]], np.int16))[0, 0, 0] == 0.5


def test_types_not_met_in_training_go_by_their_own_range():
    intensity = Intensity.fit(dataset(noise(0)), DataConfig(normalise=False))
    assert intensity.apply(np.full((1, 1, 3), 65535, np.uint16)).max() == 1.0
    assert intensity.apply(np.full((1, 1, 3), 127, np.int8)).max() == 1.0
    assert intensity.apply(np.full((1, 1, 3), 0.5, np.float32)).max() == 0.5


def test_percentiles_are_of_each_image_and_clipped():
    image = np.arange(101, dtype=np.uint16)[None, :, None]
    intensity = Intensity.fit(dataset(image), DataConfig(scaling="percentile", percentiles=(10, 90), normalise=False))
    for factor in (1, 50):
        applied = intensity.apply(image * factor)[0, :, 0]
        assert applied[[0, 10, 50, 90, 100]].tolist() == pytest.approx([0, 0, 0.5, 1, 1])


def test_constant_images_become_zeros():
    flat = np.full((4, 4, 1), 7, np.uint8)
    for scaling in ("range", "percentile"):
        applied = Intensity.fit(dataset(flat), DataConfig(scaling=scaling)).apply(flat)
        assert np.abs(applied).max() < 1e-6
    floats = flat.astype(np.float32)
    assert np.abs(Intensity.fit(dataset(floats), DataConfig()).apply(floats)).max() == 0


def test_bits_count_as_0_and_1():
    bits = np.array([[True, False]])
    assert Intensity.fit(dataset(bits), DataConfig(normalise=False)).apply(bits)[0, :, 0].tolist() == [1.0, 0.0]


def test_survives_json():
    intensity = Intensity.fit(dataset(noise(0, np.uint16, 900)), DataConfig())
    again = Intensity.from_dict(json.loads(json.dumps(intensity.to_dict())))
    assert again == intensity
    with pytest.raises(DataError, match="not a stored intensity"):
        Intensity.from_dict({"scaling": "range"})


def test_channels_are_conformed_or_refused_by_name():
    grey, colour = noise(0, channels=1), noise(1)
    with pytest.raises(DataError, match="im1: image has 3 channels, training images have 1"):
        Intensity.fit(dataset(grey, colour), DataConfig())
    as_rgb = Intensity.fit(dataset(grey, colour), DataConfig(channels="rgb"))
    assert as_rgb.in_channels == 3
    assert as_rgb.apply(grey[:, :, 0]).shape == (10, 12, 3)
    as_grey = Intensity.fit(dataset(grey, colour), DataConfig(channels="grey", normalise=False))
    np.testing.assert_allclose(as_grey.apply(colour)[:, :, 0], colour.mean(axis=2).round() / 255, atol=1e-6)
    brightest = Intensity.fit(dataset(grey, colour), DataConfig(channels="max", normalise=False))
    np.testing.assert_allclose(brightest.apply(colour)[:, :, 0], colour.max(axis=2) / 255, atol=1e-6)
    with pytest.raises(DataError, match="must be"):
        as_rgb.apply(np.zeros(3))


def test_empty_training_split():
    with pytest.raises(DataError, match="empty"):
        Intensity.fit(dataset(), DataConfig())
