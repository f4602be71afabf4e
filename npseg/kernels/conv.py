"""Convolution as matrix products: im2col gathers the pixels under each kernel position, col2im is its adjoint.

With P output pixels, T = kh * kw taps and C channels, a convolution is

    forward           Y  (P, K)     = im2col(X) (P, T * C) @ W (T * C, K)
    weight gradient   dW (T * C, K) = im2col(X)' @ dY
    input gradient    dX            = col2im(dY @ W')

The column matrix is T times the size of the image, so it is never built whole: each thread walks over bands of image
rows and reuses one scratch buffer that stays in its cache. Where kernels lie side by side (1 x 1, or 2 x 2 at stride 2)
the columns are pieces of the rows of the image, and nothing is gathered or scattered. A transposed convolution is the
input gradient read forward, and uses the same three passes with the roles of X and Y exchanged.

Matrices on the right are packed into panels of WIDTH columns (`pack`), which is how `multiply` reads them. It always
computes ROWS x WIDTH sums, or TALL x HALF where no more columns are filled. Where rows or columns are no multiple of
these, the last block overlaps the one before it and writes the same numbers again. Rows shorter than a block are
written in their order, so that what a block writes too much is overwritten; where nothing follows, and where a matrix
has fewer rows than a block, it goes by way of scratch that has room for one.

Shapes throughout: x, dx (N, H, W, C); y, dy (N, Ho, Wo, K); weight (kh, kw, C, K); window as `shapes.Window`; scratch
(threads, size), a band a thread (`scratch_size`). Rows of all images are numbered in one go, n * Ho + oh.
"""

from __future__ import annotations

import numpy as np

from npseg.kernels._blocks import multiply_rows
from npseg.kernels._jit import jit, prange
from npseg.kernels._vector import HALF, LANES, ROWS, TALL, WIDTH, copy_lanes, multiply, multiply_narrow

__all__ = [
    "forward", "gather_columns", "input_gradient", "pack", "padded", "scatter_columns", "scratch_size",
    "weight_gradient",
]  # fmt: skip

_BAND_BYTES = 256 << 10  # of columns: half the second-level cache of a small core, the other half is for the panels
_LEAST_PIXELS = 48  # of a band: enough to make it worth streaming the weights past them
# Channels: pixels further apart compete for the same lines of a cache when they are read one below another.
_NARROW = 64
_STEP = 256  # pixels whose outer products are added in one go: their channels are read again for every block of sums
_SHALLOW_BYTES = 16 << 10  # of all weights: they stay in the first-level cache, and every row needs to be read once


def padded(features: int) -> int:
    """Features rounded up to whole panels."""
    return -(-features // WIDTH) * WIDTH


def scratch_size(out_width: int, depth: int, features: int, itemsize: int) -> tuple[int, int]:
    """Output rows of a band, and the elements of scratch a thread needs for it. depth = kh * kw * C."""
    pixels = max(_BAND_BYTES // (itemsize * max(depth, 1)), _LEAST_PIXELS)
    height = max(1, pixels // max(out_width, 1))
    rows = height * out_width + TALL
    return height, rows * (padded(depth) + padded(features) + 2 * WIDTH) + TALL


@jit
def _apart(length):
    """Distance of the rows of a buffer: whole panels, and one more. Rows a power of two apart would compete for the
    same lines of a cache."""
    return (length + WIDTH - 1) // WIDTH * WIDTH + WIDTH


@jit(parallel=True)
def pack(matrix, transposed, panels):
    """matrix (R, K) -> panels (ceil(K / WIDTH), R, WIDTH); `transposed` from (K, R).

    The last panel overlaps the one before it where K is no multiple of WIDTH; a K below WIDTH is filled up with zeros.
    """
    rows = panels.shape[1]
    features = matrix.shape[0] if transposed else matrix.shape[1]
    bands = (rows + 63) // 64
    for b in prange(panels.shape[0] * bands):
        panel, band = b // bands, b % bands
        first, last = band * 64, min(band * 64 + 64, rows)
        begin, count = min(panel * WIDTH, max(features - WIDTH, 0)), min(WIDTH, features)
        if transposed:
            for k in range(count):
                for r in range(first, last):
                    panels[panel, r, k] = matrix[begin + k, r]
        else:
            for r in range(first, last):
                for k in range(count):
                    panels[panel, r, k] = matrix[r, begin + k]
        for r in range(first, last):
            for k in range(count, WIDTH):
                panels[panel, r, k] = 0


@jit
def _gather(x, cols, pitch, first, rows, out_height, out_width, window):
    """im2col: cols[r, ow, i, j] = x[n, oh * sh + i * dh - top, ow * sw + j * dw - left], or 0 outside the image.

    cols holds kh * kw * C numbers for each pixel of the output rows first .. first + rows, pixels `pitch` apart. What
    lies between them may be written.
    """
    kh, kw, sh, sw, top, left, dh, dw = window
    _, height, width, channels = x.shape
    images, length = x.reshape(-1), kw * channels
    for r in range(rows):
        n, oh = (first + r) // out_height, (first + r) % out_height
        for i in range(kh):
            h = oh * sh + i * dh - top
            inside = h >= 0 and h < height
            row, at = (n * height + h) * width * channels, r * out_width * pitch + i * length
            if not inside:
                for ow in range(out_width):
                    cols[at + ow * pitch : at + ow * pitch + length] = 0
                continue
            # Pixels whose kw taps lie in the image, side by side: each is one long copy.
            begin = min(max(-(-left // sw), 0), out_width) if dw == 1 else out_width
            end = max(min((width - kw + left) // sw + 1, out_width), begin)
            _copy_runs(cols, at + begin * pitch, pitch, images, row + (begin * sw - left) * channels, sw * channels,
                       length, end - begin, pitch - kh * length)  # fmt: skip
            for edge in range(out_width - (end - begin)):
                ow = edge if edge < begin else edge + end - begin
                for j in range(kw):
                    column = ow * sw - left + j * dw
                    for c in range(channels):
                        there = row + column * channels + c
                        value = images[there] if column >= 0 and column < width else 0
                        cols[at + ow * pitch + j * channels + c] = value


@jit
def _copy_runs(y, y_at, y_step, x, x_at, x_step, length, count, room):
    """Copy `count` runs of `length` numbers by whole vectors, of which the last overlaps the one before it.

    Runs shorter than a vector are copied by one, if y has `room` for it behind each, and as far as x has numbers.
    """
    if length >= LANES:
        for p in range(count):
            for k in range(0, length - LANES + 1, LANES):
                copy_lanes(y, y_at + p * y_step + k, x, x_at + p * x_step + k)
            copy_lanes(y, y_at + p * y_step + length - LANES, x, x_at + p * x_step + length - LANES)
        return
    safe = 0
    if room >= LANES and count > 0:
        safe = min(count, max((x.size - LANES - x_at) // x_step + 1, 0))
    for p in range(safe):
        copy_lanes(y, y_at + p * y_step, x, x_at + p * x_step)
    for p in range(safe, count):
        for k in range(length):
            y[y_at + p * y_step + k] = x[x_at + p * x_step + k]


@jit
def _scatter(cols, pitch, dx, first, rows, out_height, out_width, begin, end, window, once, shift):
    """col2im: add every column entry to the pixel that it came from, as far as that lies in image rows begin .. end.

    cols holds pixels `pitch` apart. With `once`, every pixel is met exactly once, and is written, with shift (kw * C)
    added to it.
    """
    kh, kw, sh, sw, top, left, dh, dw = window
    _, height, width, channels = dx.shape
    for r in range(rows):
        n, oh = (first + r) // out_height, (first + r) % out_height
        for i in range(kh):
            h = oh * sh + i * dh - top
            if h < 0 or h >= height or n * height + h < begin or n * height + h >= end:
                continue
            row = dx[n, h].reshape(-1)
            for ow in range(out_width):
                w = ow * sw - left
                at = (r * out_width + ow) * pitch + i * kw * channels
                taps = cols[at : at + kw * channels]
                if dw == 1 and w >= 0 and w + kw <= width:
                    pixels = row[w * channels : (w + kw) * channels]
                    if once:
                        for k in range(kw * channels):
                            pixels[k] = taps[k] + shift[k]
                    else:
                        for k in range(kw * channels):
                            pixels[k] += taps[k]
                    continue
                for j in range(kw):
                    column = w + j * dw
                    if column >= 0 and column < width:
                        for c in range(channels):
                            row[column * channels + c] += taps[j * channels + c]


@jit
def _copy_rows(pixels, first, count, out, pitch):
    """Rows of a matrix (P, K), from `first`, to a buffer in which they lie `pitch` apart, zeros between."""
    features = pixels.shape[1]
    for p in range(count):
        row = out[p * pitch : (p + 1) * pitch]
        for k in range(features):
            row[k] = pixels[first + p, k]
        for k in range(features, pitch):
            row[k] = 0


@jit
def _take_rows(block, at, pitch, count, pixels, first):
    """The other way: rows of a buffer, from place `at` and `pitch` apart, to those of a matrix (P, K)."""
    features = pixels.shape[1]
    for p in range(count):
        row, target = block[at + p * pitch : at + p * pitch + features], pixels[first + p]
        for k in range(features):
            target[k] = row[k]


@jit
def _side_by_side(window, height, width, out_height, out_width):
    """Whether the kernels cover the image like tiles: every pixel lies under one tap of one of them."""
    kh, kw, sh, sw, top, left, dh, dw = window
    tiles = kh == sh and kw == sw and top == 0 and left == 0 and (kh == 1 or dh == 1) and (kw == 1 or dw == 1)
    return tiles and out_height * sh == height and out_width * sw == width


@jit
def _finish(pixels, first, count, finish):
    """Rows of a matrix (P, K), from `first`: every v becomes min(max(v * scale + shift, low), high)."""
    scale, shift, low, high = finish[0], finish[1], finish[2], finish[3]
    for p in range(first, first + count):
        row = pixels[p]
        for k in range(row.size):
            v = row[k] * scale[k] + shift[k]
            v = low[k] if v < low[k] else v  # comparisons with NaN are false, so it passes
            row[k] = high[k] if v > high[k] else v


@jit
def _block(features):
    """Rows and columns of the blocks that make up a product with so many columns."""
    return (TALL, HALF) if features <= HALF else (ROWS, WIDTH)


@jit
def _product(rows, at, apart, pieces, piece, depth, weights, features, count, out, out_at, pitch):
    """`count` rows of a flat array, from place `at` and `apart` from each other, times the packed weights.

    A row comes in `pieces` of `depth` numbers, `piece` apart. The results (features,) lie `pitch` apart, from place
    `out_at`. Both arrays have room for whole blocks.
    """
    if features <= HALF:
        for first in range(0, count, TALL):
            row = min(first, max(count - TALL, 0))
            multiply_narrow(
                out, out_at + row * pitch, pitch,
                rows, at + row * apart, apart, 1,
                weights, 0, WIDTH, pieces, piece, depth, False,
            )  # fmt: skip
        return
    blocks, panels = (count + ROWS - 1) // ROWS, (features + WIDTH - 1) // WIDTH
    last_row, last_column = max(count - ROWS, 0), max(features - WIDTH, 0)
    by_rows = weights.size * weights.itemsize <= _SHALLOW_BYTES
    for i in range(blocks * panels):
        block, panel = (i // panels, i % panels) if by_rows else (i % blocks, i // blocks)
        row, column = min(block * ROWS, last_row), min(panel * WIDTH, last_column)
        multiply(
            out, out_at + row * pitch + column, pitch,
            rows, at + row * apart, apart, 1,
            weights, panel * pieces * depth * WIDTH, WIDTH, pieces, piece, depth, False,
        )  # fmt: skip


@jit(parallel=True)
def forward(x, panels, y, window, height, scratch, finish):
    """Write the convolution of x into y; panels (n, kh * kw * C, WIDTH) hold the weight, see `pack`.

    finish (4, K) says what becomes of every sum v: min(max(v * scale + shift, low), high); (4, 0) for nothing.
    """
    count, out_height, out_width, features = y.shape
    height_in, width_in, channels = x.shape[1:]
    pixels, weights = y.reshape(count * out_height * out_width, features), panels.reshape(-1)
    columns, results = x.reshape(-1), y.reshape(-1)
    rows, threads = count * out_height, scratch.shape[0]
    least, wide = _block(features)
    apart_gathered, behind = _apart(panels.shape[1]), (height * out_width + TALL) * _apart(panels.shape[1])
    # Columns that are pieces of the image: kh pieces, an image row apart. With one, all pixels of a band are one run.
    pieces, depth, piece = window[0], window[1] * channels, width_in * channels
    in_place = _side_by_side(window, height_in, width_in, out_height, out_width)
    in_place = in_place and out_width * (height if pieces == 1 else 1) >= least
    if not in_place:
        pieces, depth, piece = 1, panels.shape[1], 0
    for t in prange(threads):
        last = (t + 1) * rows // threads
        for first in range(t * rows // threads, last, height):
            band = min(height, last - first)
            size, begin = band * out_width, first * out_width
            source, at, apart, run, lines = columns, begin * pieces * depth, depth, out_width, band
            if pieces == 1:
                run, lines = size, 1
            few = run < least  # never with more pieces: then a run is an image row, long enough or nothing is in place
            if few or not in_place:
                source, at, apart, run, lines = scratch[t], 0, apart_gathered, size, 1
                _gather(x, source, apart, first, band, out_height, out_width, window)
            target, there, pitch = results, begin * features, features
            follow = (last - first - band) * out_width * features  # results of this thread that are still to be written
            aside = few or features + follow < wide
            if aside:
                target, there, pitch = scratch[t], behind, _apart(features)
            for line in range(lines):
                _product(
                    source, at + line * pieces * piece, apart, pieces, piece, depth, weights, features,
                    run, target, there + line * run * pitch, pitch,
                )  # fmt: skip
            if aside:
                _take_rows(target, there, pitch, size, pixels, begin)
            if finish.shape[1]:
                _finish(pixels, begin, size, finish)


def weight_gradient(x, dy, dweight, window, height, scratch) -> None:
    """Write the gradient with respect to the weight into dweight: each thread sums its rows, then these are added."""
    depth, features = dweight.size // dweight.shape[3], dweight.shape[3]
    parts = np.empty((len(scratch), -(-depth // TALL) * TALL, padded(features)), x.dtype)
    _weight_gradient(x, dy, parts, window, height, scratch)
    np.sum(parts[:, :depth, :features], axis=0, out=dweight.reshape(depth, features))


@jit(parallel=True)
def _weight_gradient(x, dy, parts, window, height, scratch):
    kh, kw = window[0], window[1]
    channels = x.shape[3]
    count, out_height, out_width, features = dy.shape
    depth = kh * kw * channels
    apart, beside = _apart(depth), _apart(features)
    pixels = dy.reshape(count * out_height * out_width, features)
    columns, gradients = x.reshape(-1), dy.reshape(-1)
    rows, threads = count * out_height, scratch.shape[0]
    pointwise = kh * kw == 1 and _side_by_side(window, x.shape[1], x.shape[2], out_height, out_width)
    for t in prange(threads):
        parts[t] = 0
        last = (t + 1) * rows // threads
        for first in range(t * rows // threads, last, height):
            band = min(height, last - first)
            size, begin = band * out_width, first * out_width
            # A block reads past the last row of a matrix, so the last bands are copied to where there is room.
            ends = (rows - first - band) * out_width * min(depth, features) < WIDTH
            left, at, step = columns, begin * depth, depth
            if ends or not pointwise or depth > _NARROW:
                left, at, step = scratch[t], 0, apart
                _gather(x, left, apart, first, band, out_height, out_width, window)
            right, ahead, over = gradients, begin * features, features
            if ends or features > _NARROW:
                right, ahead, over = scratch[t, (height * out_width + TALL) * apart :], 0, beside
                _copy_rows(pixels, begin, size, right, beside)
            _add_outer(left, at, step, depth, right, ahead, over, features, size, parts[t])


@jit
def _add_outer(left, at, apart, depth, right, ahead, beside, features, count, sums):
    """sums (depth, K) += the outer products of `count` rows of both flat arrays; sums have room for whole blocks."""
    flat, pitch, columns = sums.reshape(-1), sums.shape[1], _block(features)[1]
    for first in range(0, count, _STEP):
        size = min(_STEP, count - first)
        for panel in range(pitch // WIDTH):
            multiply_rows(
                columns, depth, flat, panel * WIDTH, pitch, left, at + first * apart, 1, apart,
                right, ahead + first * beside + panel * WIDTH, beside, size, True,
            )  # fmt: skip


@jit(parallel=True)
def input_gradient(dy, panels, dx, window, height, scratch, once, bias):
    """Write the gradient with respect to x, and bias (C,) on top, into dx.

    panels (n, K, WIDTH) hold the transposed weight (K, kh * kw * C). Every thread owns some image rows and computes all
    output rows that reach them; a few at the seams twice. With `once` (no two taps meet in a pixel, and none of dx is
    left out) every pixel is written once; where panels end with the rows of the kernel, products are written in place.
    """
    images, in_height, in_width, channels = dx.shape
    rows, threads, out_width = images * in_height, scratch.shape[0], dy.shape[2]
    shift = np.empty(window[1] * channels, dx.dtype)
    for k in range(shift.size):
        shift[k] = bias[k % channels]
    in_place = once and shift.size % WIDTH == 0 and out_width >= ROWS
    for t in prange(threads):
        begin, end = t * rows // threads, (t + 1) * rows // threads
        if in_place:
            _write_rows(dy, panels, dx, window[2], shift, begin, end)
        else:
            if not once:
                for m in range(begin, end):
                    row = dx[m // in_height, m % in_height]
                    for w in range(in_width):
                        row[w] = bias
            if end > begin:
                _scatter_rows(dy, panels, dx, window, height, scratch[t], once, shift, begin, end)


@jit
def _write_rows(dy, panels, dx, stride, shift, begin, end):
    """Image rows begin .. end of the input gradient, where kernels lie side by side: one product each."""
    in_height, length = dx.shape[1], dx.shape[2] * dx.shape[3]
    out_height, out_width, features = dy.shape[1:]
    gradients, images, weights = dy.reshape(-1), dx.reshape(-1), panels.reshape(-1)
    depth, size = shift.size, shift.size * features  # of the weights of one row of the kernel
    for m in range(begin, end):
        n, h = m // in_height, m % in_height
        part = weights[h % stride * size : (h % stride + 1) * size]
        at = (n * out_height + h // stride) * out_width * features
        _product(gradients, at, features, 1, 0, features, part, depth, out_width, images, m * length, depth)
        row = images[m * length : (m + 1) * length].reshape(out_width, depth)
        for w in range(out_width):
            for k in range(depth):
                row[w, k] += shift[k]


@jit
def _scatter_rows(dy, panels, dx, window, height, scratch, once, shift, begin, end):
    """Image rows begin .. end of the input gradient, from all output rows that reach them."""
    kh, sh, top, dh = window[0], window[2], window[4], window[6]
    in_height = dx.shape[1]
    images, out_height, out_width, features = dy.shape
    pixels, weights = dy.reshape(images * out_height * out_width, features), panels.reshape(-1)
    gradients, depth = dy.reshape(-1), kh * shift.size
    apart, pitch = _apart(features), _apart(depth)
    n_first, n_last = begin // in_height, (end - 1) // in_height
    # output row oh touches the image rows oh * sh - top .. oh * sh - top + (kh - 1) * dh
    lowest = (begin % in_height + top - (kh - 1) * dh + sh - 1) // sh
    highest = ((end - 1) % in_height + top) // sh
    last = n_last * out_height + min(highest, out_height - 1) + 1
    for first in range(n_first * out_height + min(max(lowest, 0), out_height), last, height):
        band = min(height, last - first)
        size = band * out_width
        taps = scratch[(height * out_width + TALL) * apart :]
        if size >= _block(depth)[0]:
            at = first * out_width * features
            _product(gradients, at, features, 1, 0, features, weights, depth, size, taps, 0, pitch)
        else:
            _copy_rows(pixels, first * out_width, size, scratch, apart)
            _product(scratch, 0, apart, 1, 0, features, weights, depth, size, taps, 0, pitch)
        _scatter(taps, pitch, dx, first, band, out_height, out_width, begin, end, window, once, shift)


@jit(parallel=True)
def gather_columns(x, cols, window):
    """All columns at once, cols (N, Ho, Wo, kh, kw, C): for few pixels and heavy weights, left to one large product."""
    count, out_height = cols.shape[:2]
    for r in prange(count * out_height):
        n, oh = r // out_height, r % out_height
        row = cols[n, oh]
        _gather(x, row.reshape(-1), row.size // max(row.shape[0], 1), r, 1, out_height, row.shape[0], window)


@jit(parallel=True)
def scatter_columns(cols, dx, window, threads):
    """The adjoint of `gather_columns`: every thread owns some image rows and picks what belongs there."""
    count, out_height, out_width = cols.shape[:3]
    images, in_height = dx.shape[:2]
    rows = images * in_height
    flat = cols.reshape(-1)
    pitch = window[0] * window[1] * dx.shape[3]
    for t in prange(threads):
        begin, end = t * rows // threads, (t + 1) * rows // threads
        for m in range(begin, end):
            dx[m // in_height, m % in_height] = 0
        _scatter(flat, pitch, dx, 0, count * out_height, out_height, out_width, begin, end, window, False, flat)
