"""Which algorithm a convolution runs by: a pure function of shapes, threads and settings, never timed at run time.

The cost of an algorithm is counted in multiply-adds at the speed of the matrix products, because they dominate. What
else it does is expressed in the same unit by factors that were measured (benchmarks/conv_plan.py draws predicted and
measured times of all algorithms, and says where the choice is wrong):

    direct      pixels * 9 * (C * K' + TAP + GATHER * C)
    F(m x m)    tiles * ((m + 2)^2 * C * K' + TRANSFORM[m] * (C" + K")) + WEIGHTS[m] * C * K

K' is K in whole half panels. C" and K" are C in whole vectors and K', and NARROW times that for less than a vector,
whose tiles are copied into wider ones, number by number. Counting tiles, panels and vectors, not pixels and channels,
is what makes small images and narrow layers come out right. Of the two ways to cut the work of a Winograd convolution,
by tiles or by panels, the one is taken whose stationary operand fits the cache.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from npseg import config, kernels
from npseg.shapes import Window

__all__ = ["Plan", "costs", "plan"]

# Multiply-adds that one channel of a tile, or one (c, k) of the weight, costs in the transforms; and the copying of a
# tap's channels, one more channel.
TRANSFORM = {4: 750.0, 2: 260.0}
WEIGHTS = {4: 270.0, 2: 120.0}
TAP, GATHER = 100.0, 5.0
NARROW = 2.0

# Processors with AVX-512 have a second-level cache of 1 MiB a core at least; others may have a quarter of that.
_ROOMY = kernels.winograd.LANES > 8

# Bytes of transformed operands that should stay in the cache shared by the cores, and of those that stream past it.
SHARED_CACHE = 20 << 20
STREAMED_WEIGHTS = (8 if _ROOMY else 12) << 20
CHUNK_BYTES, LEAST_CHUNK = 4 << 20, 64  # of a chunk of tiles of the weight gradient, and tiles
OWN_SUMS = (10 if _ROOMY else 3) << 20  # bytes of a transformed weight gradient of which every thread can have its own
HEAVY_WEIGHTS, ALL_COLUMNS = 4 << 20, 64 << 20  # bytes: few pixels and heavy weights are left to one large product


class Plan(NamedTuple):
    """How one pass is computed.

    algorithm: "direct" (bands of columns), "columns" (all columns, one large product), or "winograd".
    tile: m of F(m x m, 3 x 3), 0 for the others.
    by_panels: whether Winograd's threads share the panels of features, instead of the tiles.
    block: tiles that a Winograd thread works on at a time, a multiple of TALL.
    chunk: tiles that the weight gradient transforms at a time when its threads share the panels; 0 when they share
        the tiles.
    """

    algorithm: str
    tile: int = 0
    by_panels: bool = False
    block: int = 0
    chunk: int = 0


def plan(images: int, height: int, width: int, channels: int, features: int, window: Window, itemsize: int) -> Plan:
    """The plan for `images` outputs of height x width x features from inputs of that many channels.

    `config.conv_algorithm` can force one where it exists: Winograd is for 3 x 3 kernels at stride 1.
    """
    algorithm = config.conv_algorithm
    winograd = window[:4] == (3, 3, 1, 1) and config.precision != "precise" and algorithm != "direct"
    if winograd and min(images, height, width) > 0:
        cost = costs(images, height, width, channels, features, window.dh, window.dw)
        forced = {"winograd4": 4, "winograd2": 2}.get(algorithm)
        tile = forced or min(cost, key=lambda m: (cost[m], m))
        if tile:
            return _winograd(
                tile, _tiles(images, height, width, window.dh, window.dw, tile), channels, features, itemsize
            )
    depth = window.kh * window.kw * channels
    columns, weights = images * height * width * depth * itemsize, depth * features * itemsize
    if weights >= HEAVY_WEIGHTS and columns <= min(weights, ALL_COLUMNS):
        return Plan("columns")
    return Plan("direct")


def costs(
    images: int, height: int, width: int, channels: int, features: int, dh: int = 1, dw: int = 1
) -> dict[int, float]:
    """Multiply-adds of a 3 x 3 convolution at stride 1: direct (key 0) and by F(m x m) (key m).

    >>> cost = costs(1, 64, 64, 64, 64)
    >>> min(cost, key=cost.get)
    4
    """
    lanes, half = kernels.winograd.LANES, kernels.winograd.HALF
    padded = -(-features // half) * half
    cost = {0: images * height * width * 9 * (channels * padded + TAP + GATHER * channels)}
    vectors = -(-channels // lanes) * lanes * (NARROW if channels < lanes else 1)
    vectors += padded * (NARROW if features < lanes else 1)
    for m in (4, 2):
        tiles = _tiles(images, height, width, dh, dw, m)
        products = (m + 2) ** 2 * channels * padded
        cost[m] = tiles * (products + TRANSFORM[m] * vectors) + WEIGHTS[m] * channels * features
    return cost


def _winograd(m: int, tiles: int, channels: int, features: int, itemsize: int) -> Plan:
    places = (m + 2) ** 2
    weights, inputs = places * channels * features * itemsize, places * tiles * channels * itemsize
    by_panels = weights > STREAMED_WEIGHTS and inputs <= SHARED_CACHE
    if by_panels:
        block = 24 if _ROOMY and channels <= 256 else 48
    else:
        block = 24 if _ROOMY or weights > SHARED_CACHE else 12
    chunk = max(LEAST_CHUNK, CHUNK_BYTES // (places * (channels + features) * itemsize))
    if tiles > chunk and weights <= OWN_SUMS:
        chunk = 0
    return Plan("winograd", m, by_panels, block, min(chunk, tiles))


def _tiles(images: int, height: int, width: int, dh: int, dw: int, m: int) -> int:
    return images * math.prod(kernels.winograd.tile_grid(height, width, (0, 0, dh, dw, m)))
