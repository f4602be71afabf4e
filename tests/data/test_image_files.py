from __future__ import annotations

import logging
import struct
import zlib

import numpy as np
import pytest
import tifffile
from PIL import Image

from npseg import data
from npseg.data.files import read_pixels
from npseg.errors import DataError

GREY = np.arange(48, dtype=np.uint8).reshape(6, 8)
COLOUR = np.arange(144, dtype=np.uint8).reshape(6, 8, 3)


def png_by_hand(path, pixels, colour_type, bits):
    """The smallest PNG writer, for what Pillow does not write: 16-bit colours, grey of few bits."""
    height, width = pixels.shape[:2]
    rows = pixels.astype(">u2").tobytes() if bits == 16 else pixels.tobytes()
    stride = len(rows) // height
    body = b"".join(b"\0" + rows[i * stride : (i + 1) * stride] for i in range(height))
    if bits < 8:
        width = width * 8 // bits

    def chunk(kind, content):
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    header = struct.pack(">IIBBBBB", width, height, bits, colour_type, 0, 0, 0)
    path.write_bytes(
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(body)) + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize("suffix", ["png", "tif", "bmp"])
@pytest.mark.parametrize("pixels", [GREY, COLOUR], ids=["grey", "colour"])
def test_lossless_formats_round_trip(tmp_path, suffix, pixels):
    path = tmp_path / f"a.{suffix}"
    Image.fromarray(pixels).save(path)
    read = data.read_image(path)
    np.testing.assert_array_equal(read, pixels.reshape(6, 8, -1))
    assert read.dtype == np.uint8


def test_jpeg_is_near(tmp_path):
    Image.fromarray(COLOUR).save(tmp_path / "a.jpg", quality=100, subsampling=0)
    assert np.abs(data.read_image(tmp_path / "a.jpg").astype(int) - COLOUR).max() < 8


def test_sixteen_bits_grey(tmp_path):
    pixels = GREY.astype(np.uint16) * 1000
    Image.fromarray(pixels).save(tmp_path / "a.png")
    tifffile.imwrite(tmp_path / "a.tif", pixels)
    for name in ("a.png", "a.tif"):
        read = data.read_image(tmp_path / name)
        assert read.dtype == np.uint16
        np.testing.assert_array_equal(read[:, :, 0], pixels)


@pytest.mark.parametrize("channels, colour_type", [(3, 2), (4, 6)])
def test_sixteen_bits_colour_keeps_the_low_byte(tmp_path, channels, colour_type):
    pixels = np.random.default_rng(0).integers(0, 65536, (5, 7, channels), dtype=np.uint16)
    png_by_hand(tmp_path / "a.png", pixels, colour_type, 16)
    np.testing.assert_array_equal(data.read_image(tmp_path / "a.png"), pixels[:, :, :3])


def test_alpha_palette_and_bits_become_plain_pixels(tmp_path):
    Image.fromarray(np.dstack([COLOUR, GREY])).save(tmp_path / "rgba.png")
    np.testing.assert_array_equal(data.read_image(tmp_path / "rgba.png"), COLOUR)
    Image.fromarray(np.dstack([GREY, GREY])).save(tmp_path / "la.png")
    np.testing.assert_array_equal(data.read_image(tmp_path / "la.png")[:, :, 0], GREY)
    data.write_index_png(tmp_path / "p.png", GREY % 3, data.voc_palette())
    np.testing.assert_array_equal(data.read_image(tmp_path / "p.png"), data.voc_palette()[GREY % 3])
    Image.fromarray(GREY > 20).save(tmp_path / "one.png")
    np.testing.assert_array_equal(data.read_image(tmp_path / "one.png")[:, :, 0], (GREY > 20) * 255)


@pytest.mark.parametrize("shape", [(5, 20, 30), (20, 30, 5)])
def test_channels_first_or_last_in_tiff(tmp_path, shape):
    pixels = np.random.default_rng(0).integers(0, 999, shape, dtype=np.uint16)
    tifffile.imwrite(tmp_path / "a.tif", pixels)
    expected = np.moveaxis(pixels, 0, 2) if shape[0] == 5 else pixels
    np.testing.assert_array_equal(data.read_image(tmp_path / "a.tif"), expected)


def test_a_stack_of_planes_is_refused(tmp_path):
    tifffile.imwrite(tmp_path / "a.tif", np.zeros((4, 20, 30), np.uint16), imagej=True, metadata={"axes": "ZYX"})
    with pytest.raises(DataError, match=r"a\.tif: a stack of shape \(4, 20, 30\) \(axes ZYX\)"):
        data.read_image(tmp_path / "a.tif")


def test_palette_tiff(tmp_path):
    picture = Image.fromarray(GREY % 3)
    picture.putpalette(data.voc_palette().tobytes())
    picture.save(tmp_path / "a.tif")
    np.testing.assert_array_equal(data.read_image(tmp_path / "a.tif"), data.voc_palette()[GREY % 3])
    np.testing.assert_array_equal(read_pixels(tmp_path / "a.tif").pixels, GREY % 3)


def test_compressed_tiff_without_imagecodecs(tmp_path, monkeypatch):
    """LZW: tifffile leaves it to imagecodecs, Pillow reads it."""

    def refuse(*args, **kwargs):
        raise ValueError("<COMPRESSION.LZW: 5> requires the 'imagecodecs' package")

    Image.fromarray(GREY).save(tmp_path / "a.tif", compression="tiff_lzw")
    monkeypatch.setattr(tifffile.TiffPageSeries, "asarray", refuse)
    np.testing.assert_array_equal(data.read_image(tmp_path / "a.tif")[:, :, 0], GREY)
    monkeypatch.setattr(Image, "open", refuse)
    with pytest.raises(DataError, match="pip install imagecodecs"):
        data.read_image(tmp_path / "a.tif")


def test_arrays_in_npy_files(tmp_path):
    np.save(tmp_path / "a.npy", COLOUR.astype(np.float32))
    np.testing.assert_array_equal(data.read_image(tmp_path / "a.npy"), COLOUR)
    np.save(tmp_path / "b.npy", np.array([{}], dtype=object), allow_pickle=True)
    with pytest.raises(DataError, match=r"b\.npy: cannot be read"):
        data.read_image(tmp_path / "b.npy")


def test_not_finite_values_are_counted(tmp_path):
    pixels = np.zeros((4, 5), np.float32)
    pixels[0, :2] = np.nan
    np.save(tmp_path / "a.npy", pixels)
    with pytest.raises(DataError, match=r"a\.npy: 2 values that cannot be used"):
        data.read_image(tmp_path / "a.npy")


@pytest.mark.parametrize("suffix", ["png", "jpg", "tif"])
@pytest.mark.parametrize("kept", [0, 20, 0.5])
def test_truncated_files_are_worded(tmp_path, suffix, kept):
    path = tmp_path / f"a.{suffix}"
    noise = np.random.default_rng(0).integers(0, 255, (64, 64, 3), dtype=np.uint8)
    Image.fromarray(noise).save(path)
    whole = path.read_bytes()
    path.write_bytes(whole[: int(kept * len(whole)) if kept < 1 else kept])
    with pytest.raises(DataError, match=rf"a\.{suffix}: (cannot be read as an image|the file is empty)"):
        data.read_image(path)


def test_missing_file(tmp_path):
    with pytest.raises(DataError, match="there is no such file"):
        data.read_image(tmp_path / "none.png")


def test_images_are_turned_as_their_tag_says(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6  # a quarter turn clockwise to be upright
    Image.fromarray(GREY).save(tmp_path / "a.png", exif=exif)
    np.testing.assert_array_equal(data.read_image(tmp_path / "a.png")[:, :, 0], np.rot90(GREY, -1))
    assert read_pixels(tmp_path / "a.png").orientation == 6


@pytest.mark.parametrize("bits, packed, labels", [(4, 0x12, [1, 2]), (2, 0b00011011, [0, 1, 2, 3])])
def test_grey_masks_of_few_bits_are_not_stretched(tmp_path, bits, packed, labels):
    png_by_hand(tmp_path / "a.png", np.array([[packed]], np.uint8), 0, bits)
    assert read_pixels(tmp_path / "a.png").pixels.tolist() == [labels]


def test_index_png_keeps_labels_and_shows_colours(tmp_path):
    labels = np.array([[0, 1, 255], [7, 2, 3]])
    palette = np.array([[1, 2, 3], [4, 5, 6]], np.uint8)
    data.write_index_png(tmp_path / "sub" / "a.png", labels, palette)
    np.testing.assert_array_equal(data.read_mask(tmp_path / "sub" / "a.png"), labels)
    np.testing.assert_array_equal(data.read_image(tmp_path / "sub" / "a.png")[0, :2], palette)
    assert [path.name for path in (tmp_path / "sub").iterdir()] == ["a.png"]


@pytest.mark.parametrize("labels", [np.array([[256]]), np.array([[-1]]), np.zeros((2, 2, 2), int), np.zeros((0, 3))])
def test_index_png_refuses_what_does_not_fit(tmp_path, labels):
    with pytest.raises(DataError, match="write_index_png"):
        data.write_index_png(tmp_path / "a.png", labels, data.voc_palette())
    assert list(tmp_path.iterdir()) == []


def test_writing_where_one_cannot(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(DataError, match="cannot be written"):
        data.write_image(tmp_path / "file" / "a.png", GREY)


def test_damaged_tiff_is_told_once(tmp_path, monkeypatch, capsys):
    tifffile.imwrite(tmp_path / "a.tif", COLOUR)
    whole = (tmp_path / "a.tif").read_bytes()
    (tmp_path / "a.tif").write_bytes(whole[: len(whole) // 2])
    monkeypatch.setattr(logging.getLogger(), "handlers", [])  # pytest's own would keep the last resort silent
    with pytest.raises(DataError, match="cannot be read as an image"):
        data.read_image(tmp_path / "a.tif")
    assert capsys.readouterr().err == ""
