"""Checkerboard energy: how much of a decoder's response repeats the grid of its upsampling.

A decoder that doubles the resolution `depth` times by rules that differ from pixel to pixel (the four weights of a
2 x 2 transposed convolution, the four groups of channels of a pixel shuffle) paints a pattern that repeats every
2^depth pixels: Odena, Dumoulin and Olah 2016, "Deconvolution and Checkerboard Artifacts", Distill,
doi:10.23915/distill.00003. They show it to the eye; here it is a number.

The network is shown flat images of several colours. What varies in space in its answer is then of the decoder's
making, and what varies from colour to colour is what was asked for. The energy is the share of the first in both.
Flat images and not scenes, because the texture of a scene has power at every frequency, those of the grid included;
several colours, because in the answer to a single one any pattern, however faint, is all there is. Zero padding
disturbs the answer near the border, so the rim from which the border can be seen is cut off.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import product

import numpy as np

__all__ = ["checkerboard_energy", "flat_images", "grid_pattern", "respond"]

_LEVELS = (64, 192)  # of red, green and blue: eight colours within the range of ordinary images


def checkerboard_energy(responses: np.ndarray, period: int) -> float:
    """Share of the variation of `responses (N, H, W, C)` that repeats every `period` pixels, from 0 to 1.

    The spectral power at the frequencies (k, l) / period other than (0, 0), which are those of `period` and of all
    that divide it, over all power but that of each channel's mean over images and pixels. 0 for flat and for smooth
    responses, 1 for a pattern that repeats; of noise, one part in as many as periods fit into the image. H and W are
    at least two periods, of which one is used up at the border.

    >>> rows, columns = np.mgrid[:12, :12]
    >>> checkerboard = (rows + columns)[None, :, :, None] % 2.0
    >>> checkerboard_energy(checkerboard, 2), checkerboard_energy(0 * checkerboard + 5, 2)
    (1.0, 0.0)

    Two flat answers, -3 and 3, under a pattern of -1 and 1: their variances are 9 and 1.

    >>> wanted = np.array([-3.0, 3.0])[:, None, None, None]
    >>> checkerboard_energy(wanted + (2 * checkerboard - 1), 2)
    0.1
    """
    responses = np.asarray(responses, np.float64)
    inner = _inner(responses, period)
    total = inner.var(axis=(0, 1, 2)).sum()
    if total <= (1e-6 * np.abs(inner).max()) ** 2:  # flat up to rounding
        return 0.0
    return float(np.square(grid_pattern(responses, period)).mean(axis=(0, 1, 2)).sum() / total)


def grid_pattern(responses: np.ndarray, period: int) -> np.ndarray:
    """The part of `responses (N, H, W, C)` that repeats every `period` pixels, without its mean:
    `(N, period, period, C)`.

    The mean over one period around each pixel keeps what is smooth and nothing of the frequencies of the grid. It is
    subtracted; then pixels at equal places of the grid are averaged.
    """
    inner = _inner(responses, period)
    images, height, width, channels = inner.shape
    smooth = _mean_over_period(_mean_over_period(responses, period, 1), period, 2)
    detail = inner - smooth[:, :height, :width]
    blocks = detail.reshape(images, height // period, period, width // period, period, channels)
    return blocks.mean(axis=(1, 3))


def flat_images(depth: int) -> np.ndarray:
    """Flat images `(8, side, side, 3)` uint8, as large as `respond` wants them for a U-Net of that depth."""
    colours = np.array(list(product(_LEVELS, repeat=3)), np.uint8)
    side = 2 * _rim(depth) + 4 * 2**depth
    return np.ascontiguousarray(np.broadcast_to(colours[:, None, None], (len(colours), side, side, 3)))


def respond(logits: Callable[[np.ndarray], np.ndarray], depth: int) -> np.ndarray:
    """What a U-Net answers to flat images, its rim cut off: `(8, H, W, K)` with 4 periods of 2^depth pixels a side."""
    rim = _rim(depth)
    return np.stack([logits(image)[rim:-rim, rim:-rim] for image in flat_images(depth)])


def _rim(depth: int) -> int:
    """Pixels from which the border can be seen, as a multiple of 2^depth.

    Down: two 3 x 3 convolutions at each level i see 2 * 2^i pixels far, and pooling adds at most 2^i. Up: as much for
    the convolutions but those of the deepest level, and 2 * 2^i for interpolation. Together 9 * 2^depth - 7.
    """
    return 9 * 2**depth


def _mean_over_period(signal: np.ndarray, period: int, axis: int) -> np.ndarray:
    """Mean along one axis over `period` pixels around each; of an even period, both ends count half."""
    weights = np.ones(2 * (period // 2) + 1)
    if period % 2 == 0:
        weights[[0, -1]] = 0.5
    windows = np.lib.stride_tricks.sliding_window_view(signal, len(weights), axis)
    return windows @ weights / period


def _inner(signal: np.ndarray, period: int) -> np.ndarray:
    """The whole periods among the pixels that have a period around them."""
    half = period // 2
    height, width = ((side - 2 * half) // period * period for side in signal.shape[1:3])
    return signal[:, half : half + height, half : half + width]
