from __future__ import annotations

import numpy as np
import pytest

from npseg import data
from npseg.data.palette import parse_colour
from npseg.errors import DataError


def test_voc_palette_has_its_published_colours():
    palette = data.voc_palette()
    assert palette[15].tolist() == [192, 128, 128]  # person
    assert palette[20].tolist() == [0, 64, 128]  # tvmonitor
    assert palette[255].tolist() == [224, 224, 192]  # border
    assert len({tuple(colour) for colour in palette.tolist()}) == 256


@pytest.mark.parametrize("colour", ["red", "#12345", [1, 2], [1, 2, 256], None, "#gggggg"])
def test_what_is_no_colour(colour):
    with pytest.raises(DataError, match="is not a colour"):
        parse_colour(colour)


@pytest.mark.parametrize(
    "shape, dtype",
    [((6, 8), np.uint8), ((6, 8, 1), np.uint16), ((6, 8, 2), np.uint8), ((6, 8, 5), np.float32), ((6, 8, 4), np.uint8)],
)
def test_anything_can_be_seen(shape, dtype):
    image = (np.random.default_rng(0).random(shape) * 200).astype(dtype)
    seen = data.viewable(image)
    assert (seen.shape, seen.dtype) == ((6, 8, 3), np.uint8)
    if shape[-1] in (1, 8):
        assert (seen.min(), seen.max()) == (0, 255)
    if shape[-1] == 4:
        np.testing.assert_array_equal(seen, image[:, :, :3])


def test_a_flat_image_can_be_seen():
    assert data.viewable(np.full((3, 3), 7.0)).max() == 0


def test_overlay_leaves_the_background_and_draws_borders():
    image = np.full((6, 6, 3), 100, np.uint8)
    labels = np.zeros((6, 6), int)
    labels[2:5, 2:5] = 1
    palette = np.array([[0, 0, 0], [200, 0, 0]], np.uint8)
    seen = data.overlay(image, labels, palette)
    assert seen[0, 0].tolist() == [100, 100, 100]
    assert seen[3, 3].tolist() == [150, 50, 50]
    assert seen[4, 4].tolist() == [200, 0, 0]
    assert data.overlay(image, labels).shape == (6, 6, 3)
    with pytest.raises(DataError, match="overlay: the image is"):
        data.overlay(image, labels[:3])


def test_contact_sheet():
    source = data.load("shapes", data.DataConfig(shapes_counts=(3, 1, 0), shapes_size=32))
    sheet = data.contact_sheet(source.split("train"), source.info, 8, side=40)
    assert (sheet.shape, sheet.dtype) == ((80, 160, 3), np.uint8)
    # 36 pixels in a margin of 2 show 32
    np.testing.assert_array_equal(sheet[2, 2], source.split("train")[0].image[0, 0])
    assert (sheet[:2] == 255).all()
    assert data.contact_sheet(source.split("val"), source.info, side=40).shape == (40, 80, 3)
    with pytest.raises(DataError, match="nothing to show"):
        data.contact_sheet(source.splits["test"], source.info)


def test_contact_sheet_of_images_without_masks():
    dataset = data.Dataset(["x"], lambda i: data.Sample(np.zeros((9, 5, 1), np.uint16), None, "x"))
    info = data.DatasetInfo("x", ("a",), data.voc_palette(1))
    assert data.contact_sheet(dataset, info, side=20).shape == (20, 40, 3)
