"""Convolution as matrix products: im2col gathers the pixels under each kernel position, col2im is its adjoint.

With P output pixels, T = kh * kw taps and C channels, a convolution is

    forward           Y  (P, K)     = im2col(X) (P, T * C) @ W (T * C, K)
    weight gradient   dW (T * C, K) = im2col(X)' @ dY
    input gradient    dX            = col2im(dY @ W')

The column matrix is T times the size of the image, so it is never built whole: each thread walks over bands of image
rows and reuses one scratch buffer that stays in its cache. A transposed convolution is the input gradient read forward,
and uses the same three passes with the roles of X and Y exchanged.

Shapes throughout: x, dx (N, H, W, C); y, dy (N, Ho, Wo, K); weight (kh, kw, C, K); window as `shapes.Window`; scratch
(threads, size), at least one output row of columns a thread. Rows of all images are numbered in one go, n * Ho + oh.
"""

from __future__ import annotations

import numpy as np

from npseg.kernels._jit import jit, prange
from npseg.kernels.threads import single_threaded_blas

__all__ = ["forward", "input_gradient", "weight_gradient"]


def forward(x: np.ndarray, weight: np.ndarray, y: np.ndarray, window: tuple, scratch: np.ndarray) -> None:
    """Write the convolution of x with weight into y."""
    with single_threaded_blas():
        _forward(x, weight, y, window, scratch)


def input_gradient(dy: np.ndarray, weight: np.ndarray, dx: np.ndarray, window: tuple, scratch: np.ndarray) -> None:
    """Write the gradient with respect to x into dx."""
    with single_threaded_blas():
        _input_gradient(dy, np.ascontiguousarray(weight.reshape(-1, weight.shape[3]).T), dx, window, scratch)


def weight_gradient(x: np.ndarray, dy: np.ndarray, dweight: np.ndarray, window: tuple, scratch: np.ndarray) -> None:
    """Write the gradient with respect to the weight into dweight: each thread sums its rows, then these are added."""
    parts = np.zeros((len(scratch), dweight.size // dweight.shape[3], dweight.shape[3]), x.dtype)
    with single_threaded_blas():
        _weight_gradient(x, dy, parts, window, scratch)
    np.sum(parts, axis=0, out=dweight.reshape(parts.shape[1:]))


@jit
def _gather(x, cols, first, out_height, window):
    """im2col: cols[r, ow, i, j] = x[n, oh * sh + i * dh - top, ow * sw + j * dw - left], or 0 outside the image.

    cols (R, Wo, kh, kw, C) holds the output rows first .. first + R.
    """
    kh, kw, sh, sw, top, left, dh, dw = window
    _, height, width, channels = x.shape
    rows, out_width = cols.shape[0], cols.shape[1]
    for r in range(rows):
        n, oh = (first + r) // out_height, (first + r) % out_height
        for i in range(kh):
            h = oh * sh + i * dh - top
            if h < 0 or h >= height:
                for ow in range(out_width):
                    cols[r, ow, i] = 0
                continue
            row = x[n, h].reshape(-1)
            for ow in range(out_width):
                w = ow * sw - left
                taps = cols[r, ow, i].reshape(-1)
                if dw == 1 and w >= 0 and w + kw <= width:  # the kw pixels lie side by side: one long copy
                    start = w * channels
                    for k in range(kw * channels):
                        taps[k] = row[start + k]
                    continue
                for j in range(kw):
                    column = w + j * dw
                    if column < 0 or column >= width:
                        for c in range(channels):
                            taps[j * channels + c] = 0
                    else:
                        for c in range(channels):
                            taps[j * channels + c] = row[column * channels + c]


@jit
def _scatter(cols, dx, first, out_height, begin, end, window):
    """col2im: add every column entry to the pixel that it came from, as far as that lies in image rows begin .. end."""
    kh, kw, sh, sw, top, left, dh, dw = window
    _, height, width, channels = dx.shape
    rows, out_width = cols.shape[0], cols.shape[1]
    for r in range(rows):
        n, oh = (first + r) // out_height, (first + r) % out_height
        for i in range(kh):
            h = oh * sh + i * dh - top
            if h < 0 or h >= height or n * height + h < begin or n * height + h >= end:
                continue
            row = dx[n, h].reshape(-1)
            for ow in range(out_width):
                w = ow * sw - left
                taps = cols[r, ow, i].reshape(-1)
                if dw == 1 and w >= 0 and w + kw <= width:
                    start = w * channels
                    for k in range(kw * channels):
                        row[start + k] += taps[k]
                    continue
                for j in range(kw):
                    column = w + j * dw
                    if column >= 0 and column < width:
                        for c in range(channels):
                            row[column * channels + c] += taps[j * channels + c]


@jit
def _band_height(scratch, row_size):
    """Output rows whose columns fit the scratch buffer of one thread."""
    return max(1, scratch.shape[1] // max(1, row_size))


@jit(parallel=True)
def _forward(x, weight, y, window, scratch):
    kh, kw, channels, features = weight.shape
    count, out_height, out_width, _ = y.shape
    matrix = weight.reshape(kh * kw * channels, features)
    pixels = y.reshape(count * out_height * out_width, features)
    rows, threads = count * out_height, scratch.shape[0]
    height = _band_height(scratch, out_width * kh * kw * channels)
    for t in prange(threads):
        last = (t + 1) * rows // threads
        for first in range(t * rows // threads, last, height):
            band = min(height, last - first)
            taps = scratch[t, : band * out_width * kh * kw * channels]
            _gather(x, taps.reshape(band, out_width, kh, kw, channels), first, out_height, window)
            out = pixels[first * out_width : (first + band) * out_width]
            np.dot(taps.reshape(band * out_width, kh * kw * channels), matrix, out)


@jit(parallel=True)
def _weight_gradient(x, dy, parts, window, scratch):
    kh, kw = window[0], window[1]
    channels = x.shape[3]
    count, out_height, out_width, features = dy.shape
    pixels = dy.reshape(count * out_height * out_width, features)
    rows, threads = count * out_height, scratch.shape[0]
    height = _band_height(scratch, out_width * kh * kw * channels)
    for t in prange(threads):
        last = (t + 1) * rows // threads
        for first in range(t * rows // threads, last, height):
            band = min(height, last - first)
            taps = scratch[t, : band * out_width * kh * kw * channels]
            _gather(x, taps.reshape(band, out_width, kh, kw, channels), first, out_height, window)
            gradient = pixels[first * out_width : (first + band) * out_width]
            parts[t] += np.dot(taps.reshape(band * out_width, kh * kw * channels).T, gradient)


@jit(parallel=True)
def _input_gradient(dy, matrix, dx, window, scratch):
    """Every thread owns some image rows and computes all output rows that reach them; a few at the seams twice."""
    kh, kw, sh, top, dh = window[0], window[1], window[2], window[4], window[6]
    images, in_height, _, channels = dx.shape
    _, out_height, out_width, features = dy.shape
    pixels = dy.reshape(images * out_height * out_width, features)
    rows, threads = images * in_height, scratch.shape[0]
    height = _band_height(scratch, out_width * kh * kw * channels)
    for t in prange(threads):
        begin, end = t * rows // threads, (t + 1) * rows // threads
        for m in range(begin, end):
            dx[m // in_height, m % in_height] = 0
        if end > begin:
            n_first, n_last = begin // in_height, (end - 1) // in_height
            # output row oh touches the image rows oh * sh - top .. oh * sh - top + (kh - 1) * dh
            lowest = (begin % in_height + top - (kh - 1) * dh + sh - 1) // sh
            highest = ((end - 1) % in_height + top) // sh
            last = n_last * out_height + min(highest, out_height - 1) + 1
            for first in range(n_first * out_height + min(max(lowest, 0), out_height), last, height):
                band = min(height, last - first)
                taps = scratch[t, : band * out_width * kh * kw * channels]
                gradient = pixels[first * out_width : (first + band) * out_width]
                np.dot(gradient, matrix, taps.reshape(band * out_width, kh * kw * channels))
                _scatter(taps.reshape(band, out_width, kh, kw, channels), dx, first, out_height, begin, end, window)
