from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from npseg import data
from npseg.data.files import RawMask
from npseg.data.masks import MaskRules, parse_mask_values
from npseg.errors import ConfigError, DataError

PALETTE = np.array([[0, 0, 0], [255, 0, 0], [0, 0, 255]], np.uint8)


def decode(pixels, path="m.png", **rules):
    return MaskRules(**rules).decode(path, RawMask(np.asarray(pixels)))


def test_labels_within_the_classes_pass_untouched():
    labels = np.array([[0, 1], [2, 255]], np.uint8)
    assert decode(labels, num_classes=3, ignore_value=255) is not None
    np.testing.assert_array_equal(decode(labels, num_classes=3, ignore_value=255), labels)


def test_labels_outside_are_counted_with_advice():
    with pytest.raises(DataError) as caught:
        decode([[0, 1, 7, 7, 9]], num_classes=2)
    words = str(caught.value)
    assert "m.png: 3 pixels with the raw values 7 (2 pixels), 9 (1 pixel) outside of the 2 classes (0 to 1)" in words
    assert "data.ignore_index" in words


def test_negative_labels_are_outside_unless_ignored():
    with pytest.raises(DataError, match="1 pixel with the raw value -1 outside"):
        decode(np.array([[0, -1]]), num_classes=2)
    assert decode(np.array([[0, -1]]), num_classes=2, ignore_value=-1).tolist() == [[0, -1]]


@pytest.mark.parametrize("classes", [None, 2, 21])
def test_only_0_and_255_is_never_guessed(classes):
    with pytest.raises(DataError, match=r'data.mask_values="binary".*data.ignore_index=255'):
        decode([[0, 255]], num_classes=classes)


def test_both_readings_of_0_and_255():
    assert decode([[0, 255]], num_classes=2, values="binary").tolist() == [[0, 1]]
    assert decode([[0, 255]], num_classes=2, ignore_value=255).tolist() == [[0, 255]]


def test_binary_takes_all_but_0_for_foreground():
    assert decode([[0, 1, 7, 300]], values="binary").tolist() == [[0, 1, 1, 1]]
    assert decode([[0, 2, 255]], values="binary", ignore_value=255).tolist() == [[0, 1, 255]]
    assert decode([[0, 3, 250, 255]], path="m.jpg", values="binary").tolist() == [[0, 0, 1, 1]]


def test_listed_values_become_classes_exactly_once():
    assert decode([[0, 128, 255]], values=(0, 128, 255)).tolist() == [[0, 1, 2]]
    # ADE20K: 0 is ignored, 1..3 are the classes 0..2
    rules = MaskRules(3, 0, (1, 2, 3))
    assert rules.ignore_label == 255
    assert rules.decode("m.png", RawMask(np.array([[0, 1, 3]]))).tolist() == [[255, 0, 2]]
    with pytest.raises(DataError, match=r"1 pixel with the raw value 7 not among the declared mask values 0, 128"):
        decode([[0, 7]], values=(0, 128))


@given(st.lists(st.integers(0, 2), min_size=1, max_size=20))
def test_colours_decode_to_the_labels_they_paint(labels):
    labels = np.array([labels])
    np.testing.assert_array_equal(decode(PALETTE[labels], colours=PALETTE), labels)


def test_colours_without_a_class_are_named():
    painted = PALETTE[[[0, 1, 2]]].copy()
    painted[0, 2] = 1, 2, 3
    with pytest.raises(DataError, match=r"m\.png: 1 pixel in colours.*#010203: 1 pixel"):
        decode(painted, colours=PALETTE)
    with pytest.raises(DataError, match="JPEG smears colours"):
        decode(painted, path="m.jpg", colours=PALETTE)
    assert decode(painted, colours=PALETTE, ignore_colour=(1, 2, 3)).tolist() == [[0, 1, 255]]


def test_colour_masks_without_a_mapping_list_their_colours():
    with pytest.raises(DataError, match=r"#000000: 2 pixels, #ff0000: 1 pixel.*data.colours"):
        decode(PALETTE[[[0, 1, 0]]])


def test_grey_saved_as_colours_and_constant_alpha_are_harmless():
    grey = np.array([[0, 1, 2]], np.uint8)
    assert decode(np.repeat(grey[:, :, None], 3, axis=2)).tolist() == [[0, 1, 2]]
    alpha = np.full_like(grey, 255)
    assert decode(np.dstack([grey, alpha])).tolist() == [[0, 1, 2]]
    assert decode(np.dstack([PALETTE[grey], alpha]), colours=PALETTE).tolist() == [[0, 1, 2]]
    with pytest.raises(DataError, match="transparency"):
        decode(np.dstack([PALETTE[grey], grey]), colours=PALETTE)


def test_fractions_are_no_labels():
    assert decode(np.array([[0.0, 2.0]], np.float32)).tolist() == [[0, 2]]
    with pytest.raises(DataError, match="whole numbers"):
        decode(np.array([[0.0, 0.5]], np.float32))


def test_a_single_channel_axis_is_dropped():
    assert decode(np.array([[[0], [1]]])).tolist() == [[0, 1]]


@pytest.mark.parametrize("text", ["binry", "0,,1", "1,1", ""])
def test_mask_values_that_make_no_sense(text):
    with pytest.raises(ConfigError, match=r"data.mask_values"):
        parse_mask_values(text)


def test_negative_mask_values():
    assert parse_mask_values("-1,0,3") == (-1, 0, 3)


def test_palette_files_are_read_as_indices(tmp_path):
    labels = np.array([[0, 1], [2, 20]])
    data.write_index_png(tmp_path / "m.png", labels, data.voc_palette())
    np.testing.assert_array_equal(data.read_mask(tmp_path / "m.png"), labels)


def test_read_mask_with_a_palette_for_painted_masks(tmp_path):
    Image.fromarray(PALETTE[[[0, 1], [2, 1]]]).save(tmp_path / "m.png")
    assert data.read_mask(tmp_path / "m.png", PALETTE).tolist() == [[0, 1], [2, 1]]


def test_mask_of_another_size_names_both(tmp_path):
    data.write_index_png(tmp_path / "m.png", np.zeros((4, 6), int), PALETTE)
    with pytest.raises(
        DataError, match=r"m\.png: the mask is 6 x 4 pixels \(width x height\), its image a\.png is 8 x 4"
    ):
        data.read_mask(tmp_path / "m.png", image_path="a.png", image_size=(4, 8))


@pytest.mark.parametrize("orientation", range(2, 9))
@pytest.mark.parametrize("tagged", [True, False])
def test_orientation_turns_image_and_mask_alike(tmp_path, orientation, tagged):
    """A mask with the tag turns by itself; one without, drawn on the stored pixels, is turned along."""
    labels = np.arange(12, dtype=np.uint8).reshape(3, 4)
    exif = Image.Exif()
    exif[0x0112] = orientation
    Image.fromarray(labels).save(tmp_path / "a.png", exif=exif)
    Image.fromarray(labels).save(tmp_path / "m.png", **({"exif": exif} if tagged else {}))
    image = data.read_image(tmp_path / "a.png")
    mask = data.read_mask(tmp_path / "m.png", image_path=tmp_path / "a.png", image_size=image.shape[:2])
    if tagged or orientation >= 5:
        np.testing.assert_array_equal(mask, image[:, :, 0])
    else:  # same size either way: taken as drawn on the upright picture
        np.testing.assert_array_equal(mask, labels)


def test_sideways_mask_of_an_image_without_a_tag_is_an_error(tmp_path):
    Image.fromarray(np.zeros((3, 4), np.uint8)).save(tmp_path / "a.png")
    Image.fromarray(np.zeros((4, 3), np.uint8)).save(tmp_path / "m.png")
    with pytest.raises(DataError, match="export the mask again"):
        data.read_mask(tmp_path / "m.png", image_path=tmp_path / "a.png", image_size=(3, 4))
