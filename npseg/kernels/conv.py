"""Convolution as matrix products: im2col gathers the pixels under each kernel position, col2im is its adjoint.

With P output pixels, T = kh * kw taps and C channels, a convolution is

    forward           Y  (P, K)     = im2col(X) (P, T * C) @ W (T * C, K)
    weight gradient   dW (T * C, K) = im2col(X)' @ dY
    input gradient    dX            = col2im(dY @ W')

The column matrix is T times the size of the image, so it is never built whole: each thread walks over bands of image
rows and reuses one scratch buffer that stays in its cache. Where the kernel is one pixel, at stride 1, the columns are
the image, and nothing is gathered. A transposed convolution is the input gradient read forward, and uses the same three
passes with the roles of X and Y exchanged.

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

from npseg.kernels._jit import jit, prange
from npseg.kernels._vector import HALF, ROWS, TALL, WIDTH, multiply, multiply_narrow

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

    cols holds kh * kw * C numbers for each pixel of the output rows first .. first + rows, pixels `pitch` apart.
    """
    kh, kw, sh, sw, top, left, dh, dw = window
    _, height, width, channels = x.shape
    for r in range(rows):
        n, oh = (first + r) // out_height, (first + r) % out_height
        for i in range(kh):
            h = oh * sh + i * dh - top
            inside = h >= 0 and h < height
            row = x[n, h if inside else 0].reshape(-1)
            for ow in range(out_width):
                w = ow * sw - left
                at = (r * out_width + ow) * pitch + i * kw * channels
                taps = cols[at : at + kw * channels]
                if not inside:
                    taps[:] = 0
                elif dw == 1 and w >= 0 and w + kw <= width:  # the kw pixels lie side by side: one long copy
                    start = w * channels
                    for k in range(kw * channels):
                        taps[k] = row[start + k]
                else:
                    for j in range(kw):
                        column = w + j * dw
                        if column < 0 or column >= width:
                            for c in range(channels):
                                taps[j * channels + c] = 0
                        else:
                            for c in range(channels):
                                taps[j * channels + c] = row[column * channels + c]


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
def _pointwise(window):
    """Whether the columns are the image itself: one tap, no stride, no padding."""
    kh, kw, sh, sw, top, left, _, _ = window
    return kh == 1 and kw == 1 and sh == 1 and sw == 1 and top == 0 and left == 0


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
def _product(rows, at, apart, weights, depth, features, count, out, out_at, pitch):
    """`count` rows (depth,) of a flat array, from place `at` and `apart` from each other, times the packed weights.

    The results (features,) lie `pitch` apart, from place `out_at`. Both arrays have room for whole blocks.
    """
    if features <= HALF:
        for first in range(0, count, TALL):
            row = min(first, max(count - TALL, 0))
            multiply_narrow(
                out, out_at + row * pitch, pitch, rows, at + row * apart, apart, 1, weights, 0, WIDTH, depth, False
            )
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
            weights, panel * depth * WIDTH, WIDTH, depth, False,
        )  # fmt: skip


@jit(parallel=True)
def forward(x, panels, y, window, height, scratch, finish):
    """Write the convolution of x into y; panels (n, kh * kw * C, WIDTH) hold the weight, see `pack`.

    finish (4, K) says what becomes of every sum v: min(max(v * scale + shift, low), high); (4, 0) for nothing.
    """
    count, out_height, out_width, features = y.shape
    depth = panels.shape[1]
    pixels, weights = y.reshape(count * out_height * out_width, features), panels.reshape(-1)
    columns, results = x.reshape(-1), y.reshape(-1)
    rows, threads, pointwise = count * out_height, scratch.shape[0], _pointwise(window)
    least, wide = _block(features)
    for t in prange(threads):
        last = (t + 1) * rows // threads
        for first in range(t * rows // threads, last, height):
            band = min(height, last - first)
            size, begin = band * out_width, first * out_width
            source, at, apart = columns, begin * depth, depth
            if not pointwise or size < least:
                source, at, apart = scratch[t], 0, _apart(depth)
                _gather(x, source, apart, first, band, out_height, out_width, window)
            target, there, pitch = results, begin * features, features
            follow = (last - first - band) * out_width * features  # results of this thread that are still to be written
            if size < least or features + follow < wide:
                target, there, pitch = scratch[t], (height * out_width + TALL) * _apart(depth), _apart(features)
            _product(source, at, apart, weights, depth, features, size, target, there, pitch)
            if size < least or features + follow < wide:
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
    rows, threads, gathered = count * out_height, scratch.shape[0], not _pointwise(window)
    for t in prange(threads):
        parts[t] = 0
        last = (t + 1) * rows // threads
        for first in range(t * rows // threads, last, height):
            band = min(height, last - first)
            size, begin = band * out_width, first * out_width
            # A block reads past the last row of a matrix, so the last bands are copied to where there is room.
            ends = (rows - first - band) * out_width * min(depth, features) < WIDTH
            if gathered or ends or max(depth, features) > _NARROW:
                gradient = scratch[t, (height * out_width + TALL) * apart :]
                _gather(x, scratch[t], apart, first, band, out_height, out_width, window)
                _copy_rows(pixels, begin, size, gradient, beside)
                _add_outer(scratch[t], 0, apart, depth, gradient, 0, beside, features, size, parts[t])
            else:
                ahead = begin * features
                _add_outer(columns, begin * depth, depth, depth, gradients, ahead, features, features, size, parts[t])


@jit
def _add_outer(left, at, apart, depth, right, ahead, beside, features, count, sums):
    """sums (depth, K) += the outer products of `count` rows of both flat arrays; sums have room for whole blocks."""
    flat, pitch = sums.reshape(-1), sums.shape[1]
    for first in range(0, count, _STEP):
        size = min(_STEP, count - first)
        if features <= HALF:
            for r in range(0, depth, TALL):
                multiply_narrow(
                    flat, r * pitch, pitch,
                    left, at + first * apart + r, 1, apart,
                    right, ahead + first * beside, beside, size, True,
                )  # fmt: skip
            continue
        for panel in range(pitch // WIDTH):
            for r in range(0, depth, ROWS):
                multiply(
                    flat, r * pitch + panel * WIDTH, pitch,
                    left, at + first * apart + r, 1, apart,
                    right, ahead + first * beside + panel * WIDTH, beside, size, True,
                )  # fmt: skip


@jit(parallel=True)
def input_gradient(dy, panels, dx, window, height, scratch, once, bias):
    """Write the gradient with respect to x, and bias (C,) on top, into dx.

    panels (n, K, WIDTH) hold the transposed weight (K, kh * kw * C). Every thread owns some image rows and computes all
    output rows that reach them; a few at the seams twice. With `once` (no two taps meet in a pixel, and none of dx is
    left out) every pixel is written once.
    """
    kh, sh, top, dh = window[0], window[2], window[4], window[6]
    images, in_height = dx.shape[:2]
    _, out_height, out_width, features = dy.shape
    pixels, weights = dy.reshape(images * out_height * out_width, features), panels.reshape(-1)
    gradients, depth = dy.reshape(-1), kh * window[1] * dx.shape[3]
    apart, pitch = _apart(features), _apart(depth)
    rows, threads, channels = images * in_height, scratch.shape[0], dx.shape[3]
    shift = np.empty(window[1] * channels, dx.dtype)
    for k in range(shift.size):
        shift[k] = bias[k % channels]
    for t in prange(threads):
        begin, end = t * rows // threads, (t + 1) * rows // threads
        if not once:
            for m in range(begin, end):
                row = dx[m // in_height, m % in_height]
                for w in range(row.shape[0]):
                    row[w] = bias
        if end > begin:
            n_first, n_last = begin // in_height, (end - 1) // in_height
            # output row oh touches the image rows oh * sh - top .. oh * sh - top + (kh - 1) * dh
            lowest = (begin % in_height + top - (kh - 1) * dh + sh - 1) // sh
            highest = ((end - 1) % in_height + top) // sh
            last = n_last * out_height + min(highest, out_height - 1) + 1
            for first in range(n_first * out_height + min(max(lowest, 0), out_height), last, height):
                band = min(height, last - first)
                size = band * out_width
                taps = scratch[t, (height * out_width + TALL) * apart :]
                if size >= _block(depth)[0]:
                    at = first * out_width * features
                    _product(gradients, at, features, weights, features, depth, size, taps, 0, pitch)
                else:
                    _copy_rows(pixels, first * out_width, size, scratch[t], apart)
                    _product(scratch[t], 0, apart, weights, features, depth, size, taps, 0, pitch)
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
