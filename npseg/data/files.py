"""Reading and writing image files. Everything a decoder may throw at a damaged file becomes one worded `DataError`.

Orientation: an EXIF tag says how a camera was held. Images and masks are turned as their own tag says (see
`npseg.data.masks` for the one exception), so arrays are always upright.
"""

from __future__ import annotations

import io
import logging
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from npseg.data.problems import counted
from npseg.errors import DataError
from npseg.files import disk_error, write_whole

if TYPE_CHECKING:
    from PIL.Image import Image as PillowImage

__all__ = ["IMAGE_SUFFIXES", "RawMask", "read_image", "read_pixels", "read_sides", "write_image", "write_index_png"]

IMAGE_SUFFIXES = (".png", ".jpg", ".jpeg", ".tif", ".tiff", ".bmp", ".webp", ".npy")
_TIFF_SUFFIXES = (".tif", ".tiff")
_MOST_CHANNELS = 64  # a third axis longer than this is not taken for channels
_SILENT = logging.NullHandler()
_ORIENTATION = 0x0112  # the EXIF tag
# Pillow stretches grey of 2 and 4 bits to 0..255; a label must be shrunk back.
_STRETCHED = {"L;2": 85, "L;4": 17}
# Pillow keeps the high byte of 16-bit colours; these raw modes hand out the low byte.
_LOW_BYTES = {"RGB;16B": "RGB;16L", "RGBA;16B": "RGBA;16L"}


class RawMask:
    """What a mask file holds: `pixels` `(H, W)` or `(H, W, C)`, its palette if it has one, and how it was turned."""

    def __init__(self, pixels: np.ndarray, palette: np.ndarray | None = None, orientation: int = 1) -> None:
        self.pixels, self.palette, self.orientation = pixels, palette, orientation


def read_image(path: str | Path) -> np.ndarray:
    """Read PNG, JPEG, TIFF (8 or 16 bits, grey, colour, several channels) or .npy as `(H, W, C)` in the file's type.

    Alpha of PNG is dropped, palettes become colours, EXIF orientation is applied. Raises `DataError`.
    """
    path = Path(path)
    pixels = _read(path, as_mask=False).pixels
    if pixels.dtype.kind == "f" and not np.isfinite(pixels).all():
        count = int((~np.isfinite(pixels)).sum())
        raise DataError(f"{path}: {counted(count, 'value')} that cannot be used (NaN or infinite); replace by numbers")
    return pixels[:, :, None] if pixels.ndim == 2 else pixels


def read_pixels(path: str | Path) -> RawMask:
    """Read the numbers of a mask file as they stand: of palette files the indices. Raises `DataError`."""
    return _read(Path(path), as_mask=True)


def read_orientation(path: str | Path) -> int:
    """The EXIF orientation of an image file, 1 where there is none."""
    if Path(path).suffix.lower() in (*_TIFF_SUFFIXES, ".npy"):
        return 1
    from PIL import Image

    try:
        with Image.open(path) as opened:
            return int(opened.getexif().get(_ORIENTATION, 1))
    except Exception as error:
        raise _unreadable(Path(path), error) from error


def read_sides(path: str | Path) -> tuple[int, int]:
    """Shorter and longer side of an image, from the head of the file where Pillow reads it. Raises `DataError`.

    Which of them is the height would take the EXIF orientation, which may stand behind the pixels.
    """
    path = Path(path)
    if path.suffix.lower() in (*_TIFF_SUFFIXES, ".npy"):
        height, width = read_image(path).shape[:2]
        return min(height, width), max(height, width)
    from PIL import Image

    try:
        with Image.open(path) as opened:
            return min(opened.size), max(opened.size)
    except Exception as error:
        raise _unreadable(path, error) from error


def write_image(path: str | Path, pixels: np.ndarray) -> None:
    """Write `(H, W)` or `(H, W, 3)` uint8 as PNG, beside and then renamed."""
    from PIL import Image

    _save_png(Path(path), Image.fromarray(pixels))


def write_index_png(path: str | Path, labels: np.ndarray, palette: np.ndarray) -> None:
    """Write labels `(H, W)` of 0 to 255 as a palette PNG: viewers show colours, programs read labels.

    `palette` is `(K, 3)`; labels beyond it get the VOC colours. Raises `DataError` for labels that do not fit.
    """
    from PIL import Image

    from npseg.data.palette import voc_palette

    if labels.ndim != 2 or labels.size == 0 or labels.min() < 0 or labels.max() > 255:
        raise DataError(
            f"write_index_png: {path}: labels must be (H, W) with values 0 to 255, got shape {labels.shape}"
            + (f" with values {labels.min()} to {labels.max()}" if labels.size else "")
        )
    colours = voc_palette()
    colours[: min(len(palette), 256)] = palette[:256]
    picture = Image.fromarray(labels.astype(np.uint8))
    picture.putpalette(colours.tobytes())  # turns grey into indices without touching them
    _save_png(Path(path), picture)


def _save_png(path: Path, picture: PillowImage) -> None:
    content = io.BytesIO()
    picture.save(content, format="PNG")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise disk_error(path, error, DataError) from error
    write_whole(path, content.getvalue(), error=DataError)


def _read(path: Path, *, as_mask: bool) -> RawMask:
    try:
        suffix = path.suffix.lower()
        if suffix == ".npy":
            return RawMask(np.load(path, allow_pickle=False))
        if suffix in _TIFF_SUFFIXES:
            return _read_tiff(path, as_mask=as_mask)
        return _read_with_pillow(path, as_mask=as_mask)
    except DataError:
        raise
    except Exception as error:  # decoders raise whatever they like on damaged files
        raise _unreadable(path, error) from error


def _unreadable(path: Path, error: Exception) -> DataError:
    if not path.exists():
        return DataError(f"{path}: there is no such file")
    size = path.stat().st_size
    if size == 0:
        return DataError(f"{path}: the file is empty; copy it again or remove it")
    return DataError(
        f"{path}: cannot be read as an image ({error}); it may be truncated or not an image: copy it again or remove it"
    )


def _read_with_pillow(path: Path, *, as_mask: bool) -> RawMask:
    from PIL import Image, ImageOps

    with Image.open(path) as opened:
        raw_mode = _raw_mode(opened)  # first: looking for EXIF may load the pixels
        orientation = int(opened.getexif().get(_ORIENTATION, 1))
        if raw_mode in _LOW_BYTES:
            return RawMask(_read_sixteen_bits(path, raw_mode), None, 1)
        opened.load()
        palette = _palette_of(opened) if opened.mode == "P" else None
        upright = ImageOps.exif_transpose(opened) if orientation != 1 else opened
        if as_mask:
            pixels = np.array(upright)
            if raw_mode in _STRETCHED:
                pixels //= _STRETCHED[raw_mode]
            return RawMask(pixels.astype(np.uint8) if pixels.dtype == bool else pixels, palette, orientation)
        return RawMask(np.array(_plain_colours(upright)), None, orientation)


def _plain_colours(picture: PillowImage) -> PillowImage:
    """Without palette, alpha or print colours."""
    if picture.mode in ("L", "RGB", "I", "F") or picture.mode.startswith("I;16"):
        return picture
    if picture.mode in ("1", "LA", "La"):
        return picture.convert("L")
    return picture.convert("RGB")


def _palette_of(picture: PillowImage) -> np.ndarray | None:
    flat = picture.getpalette("RGB")
    return None if flat is None else np.array(flat, np.uint8).reshape(-1, 3)


def _raw_mode(opened: PillowImage) -> str:
    """How the pixels of a PNG are stored, where Pillow's mode does not tell."""
    tiles: Any = getattr(opened, "tile", None)
    return str(tiles[0][3]) if opened.format == "PNG" and tiles else ""


def _read_sixteen_bits(path: Path, mode: str) -> np.ndarray:
    from PIL import Image

    halves = []
    for raw_mode in (mode, _LOW_BYTES[mode]):
        with Image.open(path) as opened:
            opened.tile = [opened.tile[0]._replace(args=raw_mode)]
            halves.append(np.array(opened).astype(np.uint16))
    return (halves[0] << 8 | halves[1])[:, :, :3]


def _read_tiff(path: Path, *, as_mask: bool) -> RawMask:
    import tifffile

    # What is wrong with a file is told by our error; without a handler its log would go to stderr, too.
    logging.getLogger("tifffile").addHandler(_SILENT)
    try:
        with tifffile.TiffFile(path) as opened:
            series = opened.series[0]
            pixels, axes, page = series.asarray(), series.axes, opened.pages[0]
            palette = _tiff_palette(page)
    except ValueError as error:
        if "imagecodecs" not in str(error):
            raise
        return _read_compressed_tiff(path, error, as_mask=as_mask)
    pixels = _height_width_channels(path, pixels, axes)
    if palette is not None and not as_mask and pixels.ndim == 2:
        return RawMask(palette[pixels])
    return RawMask(pixels.astype(np.uint8) if pixels.dtype == bool else pixels, palette)


def _read_compressed_tiff(path: Path, error: Exception, *, as_mask: bool) -> RawMask:
    """Pillow knows a few compressions that tifffile leaves to imagecodecs, but not for every number type."""
    try:
        return _read_with_pillow(path, as_mask=as_mask)
    except Exception as second:
        raise DataError(
            f"{path}: the compression of this TIFF needs one more package ({error}); "
            "pip install imagecodecs, or save the file without compression"
        ) from second


def _tiff_palette(page: Any) -> np.ndarray | None:
    table = getattr(page, "colormap", None)
    return None if table is None else (np.asarray(table).T >> 8).astype(np.uint8)


def _height_width_channels(path: Path, pixels: np.ndarray, axes: str) -> np.ndarray:
    """Axes of a TIFF in the order row, column, channel; only one more axis than rows and columns may be there."""
    keep = [i for i, length in enumerate(pixels.shape) if length > 1 or axes[i] in "YX"]
    axes = "".join(axes[i] for i in keep)
    pixels = pixels.reshape([pixels.shape[i] for i in keep])
    if pixels.ndim == 2:
        return pixels
    if pixels.ndim == 3 and "Y" in axes and "X" in axes:
        other = next(i for i, axis in enumerate(axes) if axis not in "YX")
        # Arrays saved without saying which axis is which: the channels are the short one, first or last.
        if axes[other] == "Q" and pixels.shape[2] < pixels.shape[0]:
            other = 2
        if axes[other] not in "ZT" and pixels.shape[other] <= _MOST_CHANNELS:
            return np.ascontiguousarray(np.moveaxis(pixels, other, 2))
    raise DataError(
        f"{path}: a stack of shape {pixels.shape} (axes {axes}) instead of one image; save each plane as a file of "
        f"its own (up to {_MOST_CHANNELS} channels are read as channels)"
    )
