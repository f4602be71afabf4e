"""From what a mask file holds to labels: indices, colours, 0/255 masks, and what must never be guessed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from npseg.data.files import RawMask, read_orientation, read_pixels
from npseg.data.palette import colour_name
from npseg.data.problems import counted
from npseg.errors import ConfigError, DataError

__all__ = ["MaskRules", "opaque", "parse_mask_values", "read_mask", "require_size", "turned_along", "two_readings"]

_FREE_IGNORE = 255  # where the raw ignore value is taken by a class
_LISTED = 8  # values or colours that a message lists
_STRAY = np.iinfo(np.int32).min  # in place of a label where a pixel has none


@dataclass(frozen=True)
class MaskRules:
    """How the raw numbers of a mask become labels.

    - `num_classes`: labels must be below it (None: not known yet, anything goes).
    - `ignore_value`: the raw value that counts for nothing, or None.
    - `values`: "auto", "binary", or the raw value of each class.
    - `colours`: `(K, 3)` uint8 for masks painted in colours, or None; `ignore_colour` likewise.
    """

    num_classes: int | None = None
    ignore_value: int | None = None
    values: str | tuple[int, ...] = "auto"
    colours: np.ndarray | None = None
    ignore_colour: tuple[int, int, int] | None = None

    @property
    def undecided(self) -> bool:
        """Whether the classes are still to be inferred from the masks."""
        return self.num_classes is None and self.values == "auto" and self.colours is None

    @property
    def ignore_label(self) -> int | None:
        """The label of ignored pixels after decoding."""
        if self.ignore_value is None:
            return None if self.ignore_colour is None else _FREE_IGNORE
        if isinstance(self.values, tuple) and 0 <= self.ignore_value < len(self.values):
            return _FREE_IGNORE
        return self.ignore_value

    def decode(self, path: str | Path, raw: RawMask) -> np.ndarray:
        """Raw pixels -> labels `(H, W)` of an integer type, checked. Raises `DataError` that names the file."""
        labels, fault = self.attempt(path, raw)
        if fault is not None:
            raise fault
        return labels

    def attempt(self, path: str | Path, raw: RawMask) -> tuple[np.ndarray, DataError | None]:
        """Labels as far as pixels have one, and the fault that `decode` raises if some have none.

        Pixels without a label keep a number that is neither a class nor ignored. Raises `DataError` where no
        pixel can be read.
        """
        pixels, fault = self._flattened(path, raw)
        if fault is not None:
            return pixels, fault
        if self.values == "binary":
            return self._binary(path, pixels), None
        if isinstance(self.values, tuple) and not self._painted(raw):
            return self._mapped(path, pixels)
        low, high = int(np.min(pixels, initial=0)), int(np.max(pixels, initial=0))
        if low < 0 or high == 255 or high >= (self.num_classes or 256):
            return pixels, self._judge(path, *np.unique(pixels, return_counts=True))
        return pixels, None

    def _judge(self, path: str | Path, values: np.ndarray, counts: np.ndarray) -> DataError | None:
        """The fault of raw values, with their pixel counts, that cannot be labels as they stand."""
        if self.ignore_label != 255 and (self.num_classes or 0) <= 255 and 255 in values and set(values) <= {0, 255}:
            return DataError(f"{path}: {two_readings()}")
        if self.num_classes is None:
            return None
        strays = (values < 0) | (values >= self.num_classes)
        if self.ignore_label is not None:
            strays &= values != self.ignore_label
        if not strays.any():
            return None
        ignored = "" if self.ignore_label is None else f" and the ignore value {self.ignore_label}"
        hint = "JPEG smears labels: save masks as PNG. " if _is_jpeg(path) else ""
        return DataError(
            f"{path}: {_listed(values[strays], counts[strays])} outside of the {self.num_classes} classes "
            f"(0 to {self.num_classes - 1}){ignored}. {hint}Name more classes (data.classes), declare the ignore "
            "value (data.ignore_index), or correct the mask"
        )

    def flatten(self, path: str | Path, raw: RawMask) -> np.ndarray:
        """One number per pixel `(H, W)`: colours are looked up, equal channels are taken for grey."""
        pixels, fault = self._flattened(path, raw)
        if fault is not None:
            raise fault
        return pixels

    def _flattened(self, path: str | Path, raw: RawMask) -> tuple[np.ndarray, DataError | None]:
        pixels = raw.pixels
        if pixels.dtype.kind == "f":
            whole = np.rint(pixels)
            if not np.array_equal(whole, pixels):
                raise DataError(f"{path}: a mask must hold whole numbers, this one has type {pixels.dtype}")
            pixels = whole.astype(np.int64)
        pixels = opaque(pixels)
        if pixels.ndim == 3 and pixels.shape[2] == 1:
            pixels = pixels[:, :, 0]
        if pixels.ndim == 2:
            return pixels, None
        if pixels.ndim == 3 and pixels.shape[2] in (2, 4):
            raise DataError(
                f"{path}: the mask has transparency that differs between pixels, which cannot be read as a label; "
                "save it without alpha, or as a palette PNG with one index per class"
            )
        if pixels.ndim != 3 or pixels.shape[2] != 3:
            raise DataError(
                f"{path}: a mask must be (H, W) or painted in colours (H, W, 3), this one is {pixels.shape}; "
                "save one plane of labels"
            )
        if self.colours is not None:
            return self._from_colours(path, pixels)
        if (pixels[:, :, :1] == pixels).all():
            return pixels[:, :, 0], None
        raise DataError(
            f"{path}: a mask painted in colours ({_found_colours(pixels)}), and no colour has a class. Declare them in "
            'dataset.toml ([[classes]] with name = "..." and colour = "#rrggbb") or with '
            "--set 'data.colours=#000000,#ff0000'"
        )

    def _painted(self, raw: RawMask) -> bool:
        return self.colours is not None and raw.pixels.ndim == 3 and raw.pixels.shape[2] >= 3

    def _binary(self, path: str | Path, pixels: np.ndarray) -> np.ndarray:
        # JPEG smears the border between 0 and 255 over values between.
        labels = (pixels > (127 if _is_jpeg(path) else 0)).astype(np.uint8)
        if self.ignore_value is not None and self.ignore_label is not None:
            labels = np.where(pixels == self.ignore_value, self.ignore_label, labels)
        return labels

    def _mapped(self, path: str | Path, pixels: np.ndarray) -> tuple[np.ndarray, DataError | None]:
        raw = [int(value) for value in self.values]
        labels = list(range(len(raw)))
        if self.ignore_value is not None and self.ignore_label is not None:
            raw.append(self.ignore_value)
            labels.append(self.ignore_label)
        looked_up, strays = _look_up(pixels.astype(np.int64), np.array(raw, np.int64), labels)
        if not strays.any():
            return looked_up, None
        return np.where(strays, np.int32(_STRAY), looked_up), DataError(
            f"{path}: {_listed(*np.unique(pixels[strays], return_counts=True))} not among the declared mask values "
            f"{_short(self.values)}; add them to mask_values, or make them the ignore value (data.ignore_index)"
        )

    def _from_colours(self, path: str | Path, pixels: np.ndarray) -> tuple[np.ndarray, DataError | None]:
        colours = [] if self.colours is None else [tuple(colour) for colour in self.colours.tolist()]
        labels = list(range(len(colours)))
        if self.ignore_colour is not None and self.ignore_label is not None:
            colours.append(self.ignore_colour)
            labels.append(self.ignore_label)
        looked_up, strays = _look_up(_packed(pixels), _packed(np.array(colours)), labels)
        if not strays.any():
            return looked_up, None
        hint = "JPEG smears colours: save masks as PNG. " if _is_jpeg(path) else ""
        return np.where(strays, np.int32(_STRAY), looked_up), DataError(
            f"{path}: {counted(int(strays.sum()), 'pixel')} in colours that no class has "
            f"({_found_colours(pixels[strays])}). {hint}Declare the colours in dataset.toml or repaint the mask"
        )


def read_mask(
    path: str | Path, palette: np.ndarray | None = None, *, rules: MaskRules | None = None,
    image_path: str | Path | None = None, image_size: tuple[int, int] | None = None,
) -> np.ndarray:  # fmt: skip
    """Labels `(H, W)` of a mask file: numbers as they stand, indices of palette files, colours looked up in `palette`.

    `palette` `(K, 3)` declares the colour of each class, for masks painted in colours; `rules` declares more. Where
    the image (`image_path`, of `image_size` (H, W)) was turned by its EXIF tag and a mask without a tag only fits the
    image as stored, the mask is turned along. Raises `DataError` that names the file and says what to do.
    """
    if rules is None:
        rules = MaskRules(colours=None if palette is None else np.asarray(palette, np.uint8))
    raw = read_pixels(path)
    if image_size is not None and image_path is not None:
        raw = turned_along(raw, image_path, image_size)
    labels = rules.decode(path, raw)
    if image_size is not None:
        require_size(path, labels.shape, image_path or "", image_size)
    return labels


def require_size(
    path: str | Path, shape: tuple[int, ...], image_path: str | Path, image_size: tuple[int, int]
) -> None:  # fmt: skip
    """Raise `DataError` unless a mask has the size (H, W) of its image."""
    if tuple(shape) != tuple(image_size):
        raise DataError(
            f"{path}: the mask is {shape[1]} x {shape[0]} pixels (width x height), its image {image_path} is "
            f"{image_size[1]} x {image_size[0]}; export the mask again at the size of the image"
        )


def parse_mask_values(text: str) -> str | tuple[int, ...]:
    """The setting `data.mask_values`.

    >>> parse_mask_values("auto"), parse_mask_values("0,128,255"), parse_mask_values("1-4")
    ('auto', (0, 128, 255), (1, 2, 3, 4))
    """
    if text in ("auto", "binary"):
        return text
    values: list[int] = []
    try:
        for part in text.split(","):
            first, dash, last = part.strip().partition("-") if not part.strip().startswith("-") else (part, "", "")
            values += range(int(first), int(last) + 1) if dash else [int(first)]
        if len(set(values)) != len(values):
            raise ValueError
    except ValueError:
        raise ConfigError(
            f'data.mask_values: {text!r} is not "auto", "binary" or a list of different raw values like "0,128,255" '
            'or "1-150"'
        ) from None
    return tuple(values)


def opaque(pixels: np.ndarray) -> np.ndarray:
    """The pixels of a mask without an alpha channel that is the same everywhere, and so says nothing."""
    if pixels.ndim == 3 and pixels.shape[2] in (2, 4) and (pixels[:, :, -1] == pixels[:1, :1, -1]).all():
        return pixels[:, :, :-1]
    return pixels


def two_readings() -> str:
    """What to do about masks that hold only 0 and 255."""
    return (
        "the mask holds only 0 and 255, which can mean two things. If 255 is the foreground: "
        '--set data.mask_values="binary". If 255 is to be ignored: --set data.ignore_index=255 '
        '(in dataset.toml: mask_values = "binary", or ignore = 255)'
    )


def turned_along(raw: RawMask, image_path: str | Path, image_size: tuple[int, int]) -> RawMask:
    """The mask turned like its image, where it carries no tag and only fits the image as stored."""
    size = raw.pixels.shape[:2]
    if raw.orientation != 1 or size == tuple(image_size) or size != (image_size[1], image_size[0]):
        return raw
    turns = {5: (1, True), 6: (3, False), 7: (3, True), 8: (1, False)}.get(read_orientation(image_path))
    if turns is None:
        return raw
    quarters, mirrored = turns
    pixels = np.rot90(raw.pixels, quarters)
    return RawMask(np.ascontiguousarray(pixels[::-1] if mirrored else pixels), raw.palette)


def _look_up(raw: np.ndarray, known: np.ndarray, labels: Sequence[int]) -> tuple[np.ndarray, np.ndarray]:
    """Labels of raw numbers, and where a number is not known."""
    order = np.argsort(known)
    place = np.searchsorted(known, raw, sorter=order).clip(0, len(known) - 1)
    found = order[place]
    fitting = np.uint8 if min(labels) >= 0 and max(labels) <= 255 else np.int32
    return np.asarray(labels, fitting)[found], known[found] != raw


def _packed(colours: np.ndarray) -> np.ndarray:
    wide = colours.astype(np.int64)
    return wide[..., 0] << 32 | wide[..., 1] << 16 | wide[..., 2]


def _listed(values: np.ndarray, counts: np.ndarray) -> str:
    if len(values) == 1:
        return f"{counted(int(counts[0]), 'pixel')} with the raw value {values[0]}"
    order = np.argsort(-counts, kind="stable")[:_LISTED]
    listed = ", ".join(f"{values[i]} ({counted(counts[i], 'pixel')})" for i in order)
    more = "" if len(values) <= _LISTED else f" and {len(values) - _LISTED} more values"
    return f"{counted(int(counts.sum()), 'pixel')} with the raw values {listed}{more}"


def _found_colours(pixels: np.ndarray) -> str:
    colours, counts = np.unique(pixels.reshape(-1, pixels.shape[-1]), axis=0, return_counts=True)
    order = np.argsort(-counts, kind="stable")[:_LISTED]
    listed = ", ".join(f"{colour_name(colours[i])}: {counted(counts[i], 'pixel')}" for i in order)
    return listed + ("" if len(colours) <= _LISTED else f" and {len(colours) - _LISTED} more colours")


def _short(values: str | tuple[int, ...]) -> str:
    listed = [str(v) for v in values]
    return ", ".join(listed if len(listed) <= _LISTED else [*listed[:3], "...", listed[-1]])


def _is_jpeg(path: str | Path) -> bool:
    return Path(path).suffix.lower() in (".jpg", ".jpeg")
