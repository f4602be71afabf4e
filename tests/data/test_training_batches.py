from __future__ import annotations

import numpy as np
import pytest

from npseg.data import (
    AugmentConfig,
    DataConfig,
    Dataset,
    DatasetInfo,
    Intensity,
    Sample,
    TrainingBatches,
    class_counts,
    voc_palette,
)
from npseg.data.sampling import draw_sample, rare_classes
from npseg.errors import DataError

PLAIN = AugmentConfig(enabled=False)


def five_images(side=20):
    """Image i is filled with 40 * i; the last one has a speck of class 2."""
    samples = []
    for i in range(5):
        mask = np.zeros((side, side), np.uint8)
        mask[: side // 2] = 1
        if i == 4:
            mask[3:5, 3:5] = 2
        samples.append(Sample(np.full((side, side, 1), 40 * i, np.uint8), mask, f"im{i}"))
    return Dataset([s.name for s in samples], lambda i: samples[i])


def batches(dataset=None, augment=None, ignore=None, seed=0, transform=None, **settings):
    dataset = five_images() if dataset is None else dataset
    config = DataConfig(**{"batch_size": 2, "crop_size": 8, "normalise": False, **settings})
    info = DatasetInfo("five", ("a", "b", "c"), voc_palette(3), ignore, 1)
    intensity = Intensity.fit(dataset, config)
    return TrainingBatches(dataset, intensity, info, config, augment or AugmentConfig(noise=0.1), seed, transform)


def test_shapes_and_types():
    batch = batches().batch(0)
    assert (batch.images.shape, batch.images.dtype) == ((2, 8, 8, 1), np.float32)
    assert (batch.labels.shape, batch.labels.dtype) == ((2, 8, 8), np.int32)
    assert len(batch.names) == 2


def test_a_batch_is_a_function_of_seed_and_step():
    first, second = batches(), batches()
    second.batch(7), second.batch(0)  # whatever was asked before
    one, other = first.batch(3), second.batch(3)
    np.testing.assert_array_equal(one.images, other.images)
    np.testing.assert_array_equal(one.labels, other.labels)
    assert one.names == other.names
    assert not np.array_equal(one.images, batches(seed=1).batch(3).images)
    assert not np.array_equal(one.images, first.batch(4).images)


def test_an_epoch_shows_each_image_once():
    made = batches()
    assert made.steps_per_epoch == 3
    names = [name for step in range(10) for name in made.batch(step).names]
    epochs = [names[i : i + 5] for i in range(0, 20, 5)]
    assert all(sorted(epoch) == [f"im{i}" for i in range(5)] for epoch in epochs)
    assert epochs[0] != epochs[1]


def test_images_smaller_than_the_crop_are_padded_with_what_no_class_has():
    assert set(np.unique(batches(five_images(4), PLAIN).batch(0).labels)) - {2} == {0, 1, 255}
    assert set(np.unique(batches(five_images(4), PLAIN, ignore=7).batch(0).labels)) - {2} == {0, 1, 7}


def test_class_balanced_crops_show_each_class_about_as_often():
    made = batches(sampling="class_balanced", batch_size=30)
    with_rare = [(labels == 2).any() for labels in made.batch(0).labels]
    assert 4 <= sum(with_rare) <= 20  # about a third instead of one in twenty


def test_rare_crops_show_the_rare_class_of_their_image():
    made = batches(augment=PLAIN, rare_crop=1.0, batch_size=5)
    for step in range(5):
        batch = made.batch(step)
        speck = batch.labels[batch.names.index("im4")]
        assert (speck == 2).any()


def test_class_counts_and_rare_classes():
    counts = class_counts(five_images(), 3)
    assert counts[4].tolist() == [200, 196, 4]
    assert rare_classes(counts, 0.02).tolist() == [2]
    assert rare_classes(counts, 0.0001).tolist() == []
    unlabelled = Dataset(["x"], lambda i: Sample(np.zeros((2, 2, 1)), None, "x"))
    assert class_counts(unlabelled, 3).tolist() == [[0, 0, 0]]


def test_draws_do_not_depend_on_each_other():
    alone = draw_sample(0, epoch=3, place=2, length=9)
    draw_sample(0, epoch=2, place=1, length=9)
    assert draw_sample(0, epoch=3, place=2, length=9) == alone


def test_transform_gets_native_pixels_and_small_labels():
    seen = []

    def transform(image, mask):
        seen.append((image.dtype, mask.dtype, image.shape, mask.shape))
        return {"image": image[:, ::-1], "mask": mask[:, ::-1], "more": None}

    plain, mirrored = batches(augment=PLAIN).batch(0), batches(augment=PLAIN, transform=transform).batch(0)
    assert seen[0] == (np.uint8, np.uint8, (8, 8, 1), (8, 8))
    np.testing.assert_array_equal(mirrored.labels, plain.labels[:, :, ::-1])
    np.testing.assert_array_equal(mirrored.images, plain.images[:, :, ::-1])


@pytest.mark.parametrize(
    "result, words",
    [
        (lambda image, mask: (image, mask), "must return a dict"),
        (lambda image, mask: {"image": image}, "must return a dict"),
        (lambda image, mask: {"image": image[:4], "mask": mask}, "must keep the size"),
    ],
)
def test_transforms_that_break_the_contract(result, words):
    with pytest.raises(DataError, match=f"im.: transform.*{words}"):
        batches(transform=result).batch(0)


def test_errors_of_a_transform_carry_the_file():
    def broken(image, mask):
        raise ZeroDivisionError("oops")

    with pytest.raises(ZeroDivisionError) as caught:
        batches(transform=broken).batch(0)
    assert "training crop of im" in caught.value.__notes__[0]


def test_percentile_windows_are_of_the_whole_image():
    ramp = np.arange(400, dtype=np.uint16).reshape(20, 20, 1)
    dataset = Dataset(["ramp"], lambda i: Sample(ramp, np.zeros((20, 20), np.uint8), "ramp"))
    made = batches(dataset, PLAIN, scaling="percentile", percentiles=(0, 100), batch_size=3)
    images = made.batch(0).images
    steps = np.diff(images[:, :, :, 0], axis=2)
    np.testing.assert_allclose(steps, 1 / 399, rtol=1e-3)


def test_what_cannot_be_trained_on():
    with pytest.raises(DataError, match="training split is empty"):
        TrainingBatches(
            Dataset([], lambda i: None), None, DatasetInfo("x", ("a",), voc_palette(1)), DataConfig(), PLAIN, 0
        )
    unmasked = Dataset(["x"], lambda i: Sample(np.zeros((9, 9, 1), np.uint8), None, "x"))
    with pytest.raises(DataError, match="x: has no mask"):
        batches(unmasked).batch(0)
    with pytest.raises(DataError, match="no pixel of the training split has a label"):
        batches(unmasked, rare_crop=0.5)


def test_errors_without_a_name_get_the_name_of_the_image():
    mixed = [np.zeros((9, 9, 1), np.uint8), np.zeros((9, 9, 3), np.uint8)]
    dataset = Dataset(["g", "c"], lambda i: Sample(mixed[i], np.zeros((9, 9), np.uint8), "gc"[i]))
    config = DataConfig(crop_size=8, batch_size=2)
    intensity = Intensity("range", (1, 99), "auto", (0.0,), (1.0,))
    info = DatasetInfo("x", ("a",), voc_palette(1))
    with pytest.raises(DataError, match=r"^c: image has 3 channels"):
        TrainingBatches(dataset, intensity, info, config, PLAIN, 0).batch(0)
