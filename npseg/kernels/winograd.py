"""3x3 convolution at stride 1 by Winograd's minimal filtering. Lavin and Gray 2016, "Fast algorithms for CNNs".

A tile of m x m output pixels depends on (m + 2) x (m + 2) input pixels. Transform both the tile d and the kernel g, and
the convolution becomes an entrywise product, summed over channels:

    Y = A' [ (G g G') * (B' d B) ] A            for F(m x m, 3 x 3), * entry by entry

That is (m + 2)^2 multiplications instead of 9 m^2: 36 for 144 with m = 4, 16 for 36 with m = 2. For many tiles and
channels, each of the (m + 2)^2 places is a matrix product of its own, (tiles x C) by (C x K), and there the time goes.
The transforms only add, and multiply by small numbers.

The passes share this form. The input gradient is the convolution with the kernel turned over (`turn`). For the weight
gradient, every place holds V (tiles x C) of the input and D = A dY A' (tiles x K) of the gradient; V'D, summed over the
tiles, is the gradient of the transformed kernel, and G' folds it back to 3 x 3.

A dilated convolution is the same on interleaved grids: tile rows lie `dilation` pixels apart. Tiles at the border are
copied to a patch with zeros around the image.

Shapes: x (N, H, W, C), y and dy (N, Ho, Wo, K), weight (3, 3, C, K). Geometry `where` is (top, left, dh, dw, m). Tiles
are numbered through all images. Features are worked on in panels of WIDTH; of the last, only HALF the columns are
calculated if no more are filled. Scratch is (threads, size); `ops/conv_passes.py` says how much of it each needs.

The forward pass can gather the moments of its features for a batch norm behind it, while they are in registers:
`moments` (slots, 4, K'), float64, gets a pivot, the sums of y - pivot and of its square, and the number of pixels. K'
is K in whole panels, or 0 if nobody asks.
"""

from __future__ import annotations

import numpy as np

from npseg.kernels._blocks import multiply_rows
from npseg.kernels._jit import jit, prange
from npseg.kernels._vector import HALF, LANES, TALL, WIDTH, tile_map

__all__ = [
    "forward_by_panels", "forward_by_tiles", "tile_grid", "transform_weights", "turn", "weight_gradient_by_panels",
    "weight_gradient_by_tiles",
]  # fmt: skip

_SPAN = 6  # pixels of the largest tile along one axis


# The transforms of one line, applied to both axes of a tile. The points are 0, 1, -1, 2, -2 and infinity for m = 4, and
# 0, 1, -1 and infinity for m = 2.


def _input_4(d0, d1, d2, d3, d4, d5):
    """B'd."""
    a, b = d4 - 4.0 * d2, d3 - 4.0 * d1
    e, f = d4 - d2, d3 - d1
    return 4.0 * d0 - 5.0 * d2 + d4, a + b, a - b, 2.0 * f + e, e - 2.0 * f, 4.0 * d1 - 5.0 * d3 + d5


def _weight_4(g0, g1, g2):
    """Gg."""
    a, b = (-1.0 / 6.0) * (g0 + g2), (1.0 / 24.0) * g0 + (1.0 / 6.0) * g2
    return 0.25 * g0, a - (1.0 / 6.0) * g1, a + (1.0 / 6.0) * g1, b + (1.0 / 12.0) * g1, b - (1.0 / 12.0) * g1, 1.0 * g2


def _output_4(m0, m1, m2, m3, m4, m5):
    """A'm."""
    p, q, r, s = m1 + m2, m1 - m2, m3 + m4, m3 - m4
    return m0 + p + r, 2.0 * s + q, 4.0 * r + p, 8.0 * s + q + m5


def _gradient_4(y0, y1, y2, y3):
    """A y: the adjoint of the output transform."""
    a, b, c, d = y0 + y2, y1 + y3, 4.0 * y2 + y0, 8.0 * y3 + 2.0 * y1
    return 1.0 * y0, a + b, a - b, c + d, c - d, 1.0 * y3


def _fold_4(u0, u1, u2, u3, u4, u5):
    """G'u: the adjoint of the weight transform."""
    a, b, c, d = u1 + u2, u1 - u2, u3 + u4, u3 - u4
    return (
        (1.0 / 24.0) * c + (0.25 * u0 - (1.0 / 6.0) * a),
        (1.0 / 12.0) * d - (1.0 / 6.0) * b,
        (1.0 / 6.0) * (c - a) + u5,
    )


def _input_2(d0, d1, d2, d3):
    return d0 - d2, d1 + d2, d2 - d1, d1 - d3


def _weight_2(g0, g1, g2):
    a = g0 + g2
    return 1.0 * g0, 0.5 * (a + g1), 0.5 * (a - g1), 1.0 * g2


def _output_2(m0, m1, m2, m3):
    return m0 + m1 + m2, m1 - m2 - m3


def _gradient_2(y0, y1):
    return 1.0 * y0, y0 + y1, y0 - y1, -1.0 * y1


def _fold_2(u0, u1, u2, u3):
    a = u1 + u2
    return 0.5 * a + u0, 0.5 * (u1 - u2), 0.5 * a + u3


_map_input_4, _map_input_2 = tile_map(_input_4, 6), tile_map(_input_2, 4)
_map_weight_4, _map_weight_2 = tile_map(_weight_4, 3), tile_map(_weight_2, 3)
_map_output_4 = tile_map(_output_4, 6, finishing=True)
_map_output_2 = tile_map(_output_2, 4, finishing=True)
_map_gradient_4, _map_gradient_2 = tile_map(_gradient_4, 4), tile_map(_gradient_2, 2)
_map_fold_4, _map_fold_2 = tile_map(_fold_4, 6), tile_map(_fold_2, 4)


def tile_grid(height: int, width: int, where: tuple) -> tuple[int, int]:
    """Tiles that cover an output of that size, down and across: each of dh x dw interleaved grids has its own."""
    _, _, dh, dw, m = where
    return dh * _up(_up(height, dh), m), dw * _up(_up(width, dw), m)


def _up(size: int, step: int) -> int:
    return -(-size // step)


@jit
def _first_pixel(tile, high, wide, where):
    """Image, row and column of a tile's first output pixel."""
    dh, dw, m = where[2], where[3], where[4]
    n, rest = tile // (high * wide), tile % (high * wide)
    i, j = rest // wide, rest % wide
    down, across = high // dh, wide // dw  # tiles of one of the interleaved grids
    return n, i // down + (i % down) * m * dh, j // across + (j % across) * m * dw


@jit
def _columns(panel, features):
    """Columns of a panel that are calculated: all, or half of them."""
    return HALF if features - panel * WIDTH <= HALF else WIDTH


@jit
def _copy_in(x, n, h, w, first, count, dh, dw, size, patch, pitch):
    """Channels first .. first + count of a tile, in a patch with `pitch` channels: zeros outside and in the rest."""
    height, width = x.shape[1:3]
    for i in range(size):
        for j in range(size):
            row, column, at = h + i * dh, w + j * dw, (i * size + j) * pitch
            filled = count if row >= 0 and row < height and column >= 0 and column < width else 0
            for c in range(filled):
                patch[at + c] = x[n, row, column, first + c]
            for c in range(filled, pitch):
                patch[at + c] = 0


@jit
def _input_tile(x, n, h, w, where, v, at, step, patch):
    """V of the tile whose first input pixel is (h, w), from v[at]: place by place, each `step` after the other."""
    height, width, channels = x.shape[1:]
    dh, dw, m = where[2], where[3], where[4]
    size, pitch = m + 2, max(channels, LANES)
    if h >= 0 and w >= 0 and h + (size - 1) * dh < height and w + (size - 1) * dw < width and channels >= LANES:
        source, begin = x.reshape(-1), ((n * height + h) * width + w) * channels
        down, across = dh * width * channels, dw * channels
    else:
        _copy_in(x, n, h, w, 0, channels, dh, dw, size, patch, pitch)
        source, begin, down, across = patch, 0, size * pitch, pitch
    if m == 4:
        _map_input_4(v, at, size * step, step, source, begin, down, across, pitch)
    else:
        _map_input_2(v, at, size * step, step, source, begin, down, across, pitch)


@jit
def _output_tile(products, at, step, y, n, h, w, where, panel, patch, finish, own):
    """Write the output pixels of one tile, features of one panel, from its products; add to the moments in `own`.

    Returns how many pixels there are.
    """
    height, width, features = y.shape[1:]
    dh, dw, m = where[2], where[3], where[4]
    size, first, columns = m + 2, panel * WIDTH, _columns(panel, features)
    whole = h + (m - 1) * dh < height and w + (m - 1) * dw < width and first + columns <= features
    if whole:
        target, begin = y.reshape(-1), ((n * height + h) * width + w) * features + first
        down, across = dh * width * features, dw * features
    else:
        target, begin, down, across = patch, 0, m * WIDTH, WIDTH
    gathered = own.size // 3 if whole else 0
    place = (target, begin, down, across, products, at, size * step, step, columns, finish, first)
    if m == 4:
        _map_output_4(*place, own, gathered)
    else:
        _map_output_2(*place, own, gathered)
    if whole:
        return m * m
    pixels, filled = 0, min(columns, features - first)
    for i in range(m):
        for j in range(m):
            row, column, place = h + i * dh, w + j * dw, (i * m + j) * WIDTH
            if row < height and column < width:
                pixels += 1
                for k in range(filled):
                    y[n, row, column, first + k] = patch[place + k]
                if own.size:
                    _add_pixel(patch, place, filled, own, first)
    return pixels


@jit
def _add_pixel(values, at, count, own, first):
    """What the output transform does with `own` for whole tiles, for one pixel."""
    size = own.size // 3
    for k in range(count):
        difference = values[at + k] - own[first + k]
        own[size + first + k] += difference
        own[2 * size + first + k] += difference * difference


@jit
def _output_tiles(products, begin, count, y, where, grid, panel, patch, finish, own, moments):
    """`_output_tile` of `count` tiles; what they add to `own` goes on to moments (4, K'), exact enough for all."""
    m, first, last = where[4], panel * WIDTH, min(panel * WIDTH + WIDTH, y.shape[3])
    if own.size and moments[3, first] == 0:
        _choose_pivot(products, m, first, last, own, moments)
    pixels = 0
    for k in range(count):
        n, h, w = _first_pixel(begin + k, grid[0], grid[1], where)
        at = k * (m + 2) * (m + 2) * WIDTH
        pixels += _output_tile(products, at, WIDTH, y, n, h, w, where, panel, patch, finish, own)
    if own.size and pixels:
        _hand_in(own, first, last, pixels, moments)


@jit
def _choose_pivot(products, m, first, last, own, moments):
    """The first pixel of a tile: A' begins with m + 1 ones and a zero, so it is the sum of products."""
    for c in range(first, last):
        own[c] = 0
        for i in range(m + 1):
            for j in range(m + 1):
                own[c] += products[(i * (m + 2) + j) * WIDTH + c - first]
        moments[0, c] = own[c]


@jit
def _hand_in(own, first, last, pixels, moments):
    """Add the moments of a block of tiles to those of the thread, whose mean is the pivot of the next block."""
    size = own.size // 3
    for c in range(first, last):
        apart, total = own[c] - moments[0, c], np.float64(own[size + c])
        moments[1, c] += total + pixels * apart
        moments[2, c] += own[2 * size + c] + apart * (2 * total + pixels * apart)
        moments[3, c] += pixels
        own[c] = moments[0, c] + moments[1, c] / moments[3, c]
        own[size + c] = own[2 * size + c] = 0


@jit
def _gradient_tile(dy, n, h, w, where, panel, d, at, step, patch):
    """D of one tile and panel: the output gradient, transformed. What lies over the far border counts as zero."""
    height, width, features = dy.shape[1:]
    dh, dw, m = where[2], where[3], where[4]
    size, first, columns = m + 2, panel * WIDTH, _columns(panel, features)
    if h + (m - 1) * dh < height and w + (m - 1) * dw < width and first + columns <= features:
        source, begin = dy.reshape(-1), ((n * height + h) * width + w) * features + first
        down, across = dh * width * features, dw * features
    else:
        _copy_in(dy, n, h, w, first, min(columns, features - first), dh, dw, m, patch, WIDTH)
        source, begin, down, across = patch, 0, m * WIDTH, WIDTH
    if m == 4:
        _map_gradient_4(d, at, size * step, step, source, begin, down, across, columns)
    else:
        _map_gradient_2(d, at, size * step, step, source, begin, down, across, columns)


@jit
def _weight_panel(weight, panel, begin, end, u, at, m, patch):
    """U of one panel, channels begin .. end, from u[at]: (places, C + 1, WIDTH), columns past the last feature zero.

    The spare row keeps places from lying a power of two apart, where they would compete for the same lines of a cache.
    """
    channels, features = weight.shape[2:]
    first, size, step = panel * WIDTH, m + 2, (channels + 1) * WIDTH
    for c in range(begin, end):
        if first + WIDTH <= features:
            source, place, across = weight.reshape(-1), c * features + first, channels * features
        else:
            source, place, across = patch, 0, WIDTH
            for tap in range(9):
                for k in range(WIDTH):
                    inside = first + k < features
                    patch[tap * WIDTH + k] = weight[tap // 3, tap % 3, c, first + k] if inside else 0
        if m == 4:
            _map_weight_4(u, at + c * WIDTH, size * step, step, source, place, 3 * across, across, WIDTH)
        else:
            _map_weight_2(u, at + c * WIDTH, size * step, step, source, place, 3 * across, across, WIDTH)


@jit
def _products(v, v_at, pitch, u, u_at, channels, places, count, columns, products):
    """The entrywise products of `count` tiles with the weights of one panel, summed over channels: matrix products.

    v (tiles, places, pitch) from v_at; u (places, C + 1, WIDTH) from u_at; products (tiles, places, WIDTH), `columns`
    of each WIDTH.
    """
    for place in range(places):
        multiply_rows(
            columns, count, products, place * WIDTH, places * WIDTH, v, v_at + place * pitch, places * pitch, 1,
            u, u_at + place * (channels + 1) * WIDTH, WIDTH, channels, False,
        )  # fmt: skip


@jit
def _gradient_products(v, v_step, pitch, d, d_at, d_step, channels, places, count, columns, sums, at, add):
    """The gradient of the transformed weights of one panel, from `count` tiles: V'D at every place.

    v (places, tiles, pitch), places v_step apart; d from d_at (places, tiles, WIDTH), d_step apart; sums from `at`
    (places, C in whole TALL, WIDTH), added to what is there with `add`; `columns` of each WIDTH.
    """
    tall = (channels + TALL - 1) // TALL * TALL
    for place in range(places):
        multiply_rows(
            columns, channels, sums, at + place * tall * WIDTH, WIDTH, v, place * v_step, 1, pitch,
            d, d_at + place * d_step, WIDTH, count, add,
        )  # fmt: skip


@jit(parallel=True)
def transform_weights(weight, u, m):
    """U = G g G' of all panels, into u (panels, places * (C + 1) * WIDTH)."""
    channels = weight.shape[2]
    panels, size = u.shape
    parts = (channels + 31) // 32
    flat = u.reshape(-1)
    for i in prange(panels * parts):
        panel, part = i // parts, i % parts
        patch = np.empty(9 * WIDTH, weight.dtype)
        _weight_panel(weight, panel, part * 32, min(part * 32 + 32, channels), flat, panel * size, m, patch)


@jit(parallel=True)
def turn(weight, turned):
    """The kernel of the input gradient: turned[i, j, k, c] = weight[2 - i, 2 - j, c, k], strip by strip."""
    channels, features = weight.shape[2:]
    bands = (channels + 15) // 16
    for i in prange(9 * bands):
        tap, band = i // bands, i % bands
        source, target = weight[2 - tap // 3, 2 - tap % 3], turned[tap // 3, tap % 3]
        last = min(band * 16 + 16, channels)
        for first in range(0, features, 64):
            for k in range(first, min(first + 64, features)):
                for c in range(band * 16, last):
                    target[k, c] = source[c, k]


@jit(parallel=True)
def forward_by_tiles(x, joined, u, y, where, grid, block, finish, moments, scratch):
    """Many tiles: each thread takes its share in blocks, whose V stays in the cache while all of U streams past.

    The channels of `joined` (N, H, W, C2) follow those of x; it may have none. Every thread has a slot of moments.
    """
    channels, pitch = x.shape[3] + joined.shape[3], max(x.shape[3] + joined.shape[3], LANES)
    top, left, m = where[0], where[1], where[4]
    high, wide = grid
    panels, size = u.shape
    places, threads = (m + 2) * (m + 2), scratch.shape[0]
    tiles = x.shape[0] * high * wide
    flat = u.reshape(-1)
    for t in prange(threads):
        v = scratch[t, : places * block * pitch]
        products = scratch[t, v.size : v.size + places * block * WIDTH]
        patch = scratch[t, v.size + products.size :]
        own = np.zeros(3 * moments.shape[2], y.dtype)
        last = (t + 1) * tiles // threads
        for begin in range(t * tiles // threads, last, block):
            count = min(block, last - begin)
            for k in range(count):
                n, h, w = _first_pixel(begin + k, high, wide, where)
                at = k * places * pitch
                _input_tile(x, n, h - top, w - left, where, v, at, pitch, patch)
                if joined.shape[3]:
                    _input_tile(joined, n, h - top, w - left, where, v, at + x.shape[3], pitch, patch)
            for panel in range(panels):
                columns = _columns(panel, y.shape[3])
                _products(v, 0, pitch, flat, panel * size, channels, places, count, columns, products)
                _output_tiles(products, begin, count, y, where, grid, panel, patch, finish, own, moments[t])


@jit(parallel=True)
def _all_inputs(x, v, at, where, grid, first, count, pitch, step, scratch):
    """V of tiles first .. first + count, from v[at]: tiles lie `pitch` apart, the places of a tile `step`."""
    threads = scratch.shape[0]
    for t in prange(threads):
        patch = scratch[t]
        for k in range(t * count // threads, (t + 1) * count // threads):
            n, h, w = _first_pixel(first + k, grid[0], grid[1], where)
            _input_tile(x, n, h - where[0], w - where[1], where, v, at + k * pitch, step, patch)


def forward_by_panels(x, joined, weight, y, where, grid, block, finish, moments, v, scratch) -> None:
    """Few tiles, many features: V of all tiles first, then each thread takes panels of features, transforms their
    weights when it needs them, and finishes their outputs. `joined` as in `forward_by_tiles`; moments in one slot."""
    places = (where[4] + 2) ** 2
    tiles = x.shape[0] * grid[0] * grid[1]
    pitch = max(x.shape[3] + joined.shape[3], LANES)
    _all_inputs(x, v, 0, where, grid, 0, tiles, places * pitch, pitch, scratch)
    if joined.shape[3]:
        _all_inputs(joined, v, x.shape[3], where, grid, 0, tiles, places * pitch, pitch, scratch)
    _panels(weight, v, y, where, grid, block, finish, moments, scratch)


@jit(parallel=True)
def _panels(weight, v, y, where, grid, block, finish, moments, scratch):
    channels, features = weight.shape[2:]
    pitch = max(channels, LANES)
    m = where[4]
    places, threads = (m + 2) * (m + 2), scratch.shape[0]
    panels = (features + WIDTH - 1) // WIDTH
    tiles = y.shape[0] * grid[0] * grid[1]
    for t in prange(threads):
        u = scratch[t, : places * (channels + 1) * WIDTH]
        products = scratch[t, u.size : u.size + places * block * WIDTH]
        patch = scratch[t, u.size + products.size :]
        own = np.zeros(3 * moments.shape[2], y.dtype)
        for panel in range(t * panels // threads, (t + 1) * panels // threads):
            _weight_panel(weight, panel, 0, channels, u, 0, m, patch)
            for begin in range(0, tiles, block):
                count = min(block, tiles - begin)
                at = begin * places * pitch
                _products(v, at, pitch, u, 0, channels, places, count, _columns(panel, features), products)
                _output_tiles(products, begin, count, y, where, grid, panel, patch, finish, own, moments[0])


def weight_gradient_by_tiles(x, dy, dweight, where, grid, block, sums, scratch) -> None:
    """Many tiles, narrow layers: each thread adds up the products of its own tiles, block by block in its cache.

    sums (threads, panels, places * C' * WIDTH), C' being C rounded up to TALL, is added over the threads at the end.
    """
    _own_sums(x, dy, where, grid, block, sums, scratch)
    _fold_sums(sums, dweight, where, scratch)


@jit(parallel=True)
def _own_sums(x, dy, where, grid, block, sums, scratch):
    channels, pitch = x.shape[3], max(x.shape[3], LANES)
    top, left, m = where[0], where[1], where[4]
    high, wide = grid
    threads, panels, size = sums.shape
    places = (m + 2) * (m + 2)
    v_step, d_step = block * pitch + WIDTH, (block + 1) * WIDTH
    tiles = x.shape[0] * high * wide
    for t in prange(threads):
        v = scratch[t, : places * v_step + WIDTH]
        d = scratch[t, v.size : v.size + panels * places * d_step]
        patch = scratch[t, v.size + d.size :]
        own = sums[t].reshape(-1)
        own[:] = 0
        last = (t + 1) * tiles // threads
        for begin in range(t * tiles // threads, last, block):
            count = min(block, last - begin)
            for k in range(count):
                n, h, w = _first_pixel(begin + k, high, wide, where)
                _input_tile(x, n, h - top, w - left, where, v, k * pitch, v_step, patch)
                for panel in range(panels):
                    _gradient_tile(dy, n, h, w, where, panel, d, panel * places * d_step + k * WIDTH, d_step, patch)
            for panel in range(panels):
                _gradient_products(
                    v, v_step, pitch, d, panel * places * d_step, d_step, channels, places, count,
                    _columns(panel, dy.shape[3]), own, panel * size, True,
                )  # fmt: skip


@jit(parallel=True)
def _fold_sums(sums, dweight, where, scratch):
    channels = dweight.shape[2]
    threads, panels, length = sums.shape
    size = where[4] + 2
    step = length // (size * size)
    for t in prange(threads):
        for panel in range(t * panels // threads, (t + 1) * panels // threads):
            total = sums[0, panel]
            for other in range(1, threads):
                part = sums[other, panel]
                for i in range(length):
                    total[i] += part[i]
            for c in range(channels):
                _fold(total, c * WIDTH, step, size, dweight, c, panel, scratch[t])


def weight_gradient_by_panels(x, dy, dweight, where, grid, chunk, v, d, u, scratch) -> None:
    """Few tiles, wide layers: chunks of tiles are transformed, then every thread adds up the products of its panels.

    u (slots, places * C' * WIDTH): a slot for each panel, or one for each thread when one chunk does it all. Places
    have some numbers between them in v and d, as in U.
    """
    tiles = x.shape[0] * grid[0] * grid[1]
    pitch = max(x.shape[3], LANES)
    v_step, d_step = chunk * pitch + WIDTH, (chunk + 1) * WIDTH
    for first in range(0, tiles, chunk):
        count = min(chunk, tiles - first)
        _all_inputs(x, v, 0, where, grid, first, count, pitch, v_step, scratch)
        _all_gradients(dy, d, where, grid, first, count, d_step, scratch)
        _add_up(v, d, u, dweight, where, count, v_step, d_step, first == 0, first + count == tiles, scratch)


@jit(parallel=True)
def _all_gradients(dy, d, where, grid, first, count, step, scratch):
    """D of tiles first .. first + count: panels, in them places `step` apart, in them tiles (WIDTH)."""
    m = where[4]
    places, threads = (m + 2) * (m + 2), scratch.shape[0]
    panels = (dy.shape[3] + WIDTH - 1) // WIDTH
    for t in prange(threads):
        for k in range(t * count // threads, (t + 1) * count // threads):
            n, h, w = _first_pixel(first + k, grid[0], grid[1], where)
            patch = scratch[t]
            for panel in range(panels):
                at = panel * places * step + k * WIDTH
                _gradient_tile(dy, n, h, w, where, panel, d, at, step, patch)


@jit(parallel=True)
def _add_up(v, d, u, dweight, where, count, v_step, d_step, fresh, last, scratch):
    channels, features = dweight.shape[2:]
    m, pitch = where[4], max(channels, LANES)
    size, places = m + 2, (m + 2) * (m + 2)
    panels, threads = (features + WIDTH - 1) // WIDTH, scratch.shape[0]
    tall = (channels + TALL - 1) // TALL * TALL
    for t in prange(threads):
        for panel in range(t * panels // threads, (t + 1) * panels // threads):
            total = u[panel if u.shape[0] == panels else np.int64(t)]
            _gradient_products(
                v, v_step, pitch, d, panel * places * d_step, d_step, channels, places, count,
                _columns(panel, features), total, 0, not fresh,
            )  # fmt: skip
            if last:
                for c in range(channels):
                    _fold(total, c * WIDTH, tall * WIDTH, size, dweight, c, panel, scratch[t])


@jit
def _fold(total, at, step, size, dweight, c, panel, patch):
    """The gradient of the kernel of channel c, features of one panel, from that of the transformed kernel."""
    channels, features = dweight.shape[2:]
    first = panel * WIDTH
    whole = first + WIDTH <= features
    if whole:
        target, place, across = dweight.reshape(-1), c * features + first, channels * features
    else:
        target, place, across = patch, 0, WIDTH
    if size == 6:
        _map_fold_4(target, place, 3 * across, across, total, at, size * step, step, WIDTH)
    else:
        _map_fold_2(target, place, 3 * across, across, total, at, size * step, step, WIDTH)
    if not whole:
        for tap in range(9):
            for k in range(features - first):
                dweight[tap // 3, tap % 3, c, first + k] = patch[tap * WIDTH + k]
