"""Colours for classes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from npseg.errors import DataError

__all__ = ["colour_name", "parse_colour", "voc_palette"]


def voc_palette(count: int = 256) -> np.ndarray:
    """The PASCAL VOC colours `(count, 3)` uint8: bits of the label dealt out to red, green, blue, highest bit first.

    Source: the VOC development kit, `VOClabelcolormap.m`.

    >>> voc_palette(4).tolist()
    [[0, 0, 0], [128, 0, 0], [0, 128, 0], [128, 128, 0]]
    """
    labels = np.arange(count)
    colours = np.zeros((count, 3), dtype=np.uint8)
    for bit in range(8):
        for channel in range(3):
            colours[:, channel] |= (((labels >> (3 * bit + channel)) & 1) << (7 - bit)).astype(np.uint8)
    return colours


def parse_colour(colour: str | Sequence[int]) -> tuple[int, int, int]:
    """Red, green and blue from "#rrggbb" or three numbers of 0 to 255.

    >>> parse_colour("#ff8000"), parse_colour([1, 2, 3])
    ((255, 128, 0), (1, 2, 3))
    """
    try:
        if isinstance(colour, str):
            digits = colour.strip().lstrip("#")
            if len(digits) != 6:
                raise ValueError
            values = [int(digits[i : i + 2], 16) for i in (0, 2, 4)]
        else:
            values = [int(v) for v in colour]
        if len(values) != 3 or not all(0 <= v <= 255 for v in values):
            raise ValueError
    except (TypeError, ValueError):
        raise DataError(f"{colour!r} is not a colour; write '#rrggbb' or three numbers of 0 to 255") from None
    return values[0], values[1], values[2]


def colour_name(colour: Sequence[int]) -> str:
    """The colour as "#rrggbb".

    >>> colour_name((255, 128, 0))
    '#ff8000'
    """
    return "#" + "".join(f"{int(v):02x}" for v in colour)
