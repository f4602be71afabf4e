"""Convolution as matrix products: im2col gathers the pixels under each kernel position, col2im is its adjoint.

With P output pixels, T = kh * kw taps and C channels, a convolution is

    forward           Y  (P, K)     = im2col(X) (P, T * C) @ W (T * C, K)
    weight gradient   dW (T * C, K) = im2col(X)' @ dY
    input gradient    dX            = col2im(dY @ W')

The column matrix is T times the size of the image, so it is never built whole: the three passes walk over bands of
output rows and reuse one scratch buffer that stays in cache. A transposed convolution is the input gradient read
forward, and uses the same three passes with the roles of X and Y exchanged.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from npseg.kernels._jit import jit, prange

__all__ = ["col2im", "forward", "im2col", "input_gradient", "weight_gradient"]


@jit(parallel=True)
def im2col(x, cols, first, window):
    """cols[r, ow, i, j] = x[n, oh * sh + i * dh - top, ow * sw + j * dw - left], or 0 outside the image.

    x (N, H, W, C); cols (R, Wo, kh, kw, C) holds the output rows first .. first + R of all N * Ho; window as
    `shapes.Window`, then Ho.
    """
    kh, kw, sh, sw, top, left, dh, dw, out_height = window
    _, height, width, channels = x.shape
    rows, out_width = cols.shape[0], cols.shape[1]
    for r in prange(rows):
        n, oh = divmod(first + r, out_height)
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


@jit(parallel=True)
def col2im(cols, x, first, window):
    """The adjoint of im2col: add every column entry to the pixel that it came from. Shapes as there.

    Each input row collects what belongs to it, so that threads never write to the same place.
    """
    kh, kw, sh, sw, top, left, dh, dw, out_height = window
    _, height, width, channels = x.shape
    rows, out_width = cols.shape[0], cols.shape[1]
    images = x.shape[0]
    # the input rows that this band can reach
    n_first, oh_first = first // out_height, first % out_height
    n_last, oh_last = divmod(first + rows - 1, out_height)
    begin = n_first * height + min(max(oh_first * sh - top, 0), height)
    end = n_last * height + max(min(oh_last * sh + (kh - 1) * dh - top + 1, height), 0)
    for m in prange(begin, min(end, images * height)):
        n, h = m // height, m % height
        row = x[n, h].reshape(-1)
        for i in range(kh):
            reach = h + top - i * dh
            if reach < 0 or reach % sh != 0:
                continue
            oh = reach // sh
            r = n * out_height + oh - first
            if oh >= out_height or r < 0 or r >= rows:
                continue
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


def forward(x: np.ndarray, weight: np.ndarray, y: np.ndarray, window: tuple, scratch: np.ndarray) -> None:
    """Write the convolution of x (N, H, W, C) with weight (kh, kw, C, K) into y (N, Ho, Wo, K).

    `scratch` is a flat buffer for the columns; it must hold at least one output row of them.
    """
    matrix = weight.reshape(-1, weight.shape[3])
    if _is_pointwise(window):
        np.matmul(_pixels(x), matrix, out=_pixels(y))
        return
    for first, rows, cols in _bands(y.shape, weight.shape, scratch):
        im2col(x, cols, first, (*window, y.shape[1]))
        np.matmul(_as_matrix(cols), matrix, out=_band(y, first, rows))


def input_gradient(dy: np.ndarray, weight: np.ndarray, dx: np.ndarray, window: tuple, scratch: np.ndarray) -> None:
    """Write the gradient with respect to the image into dx (N, H, W, C), given dy (N, Ho, Wo, K)."""
    matrix = weight.reshape(-1, weight.shape[3])
    if _is_pointwise(window):
        np.matmul(_pixels(dy), matrix.T, out=_pixels(dx))
        return
    dx[...] = 0
    for first, rows, cols in _bands(dy.shape, weight.shape, scratch):
        np.matmul(_band(dy, first, rows), matrix.T, out=_as_matrix(cols))
        col2im(cols, dx, first, (*window, dy.shape[1]))


def weight_gradient(x: np.ndarray, dy: np.ndarray, dweight: np.ndarray, window: tuple, scratch: np.ndarray) -> None:
    """Write the gradient with respect to the weight into dweight (kh, kw, C, K)."""
    matrix = dweight.reshape(-1, dweight.shape[3])
    if _is_pointwise(window):
        np.matmul(_pixels(x).T, _pixels(dy), out=matrix)
        return
    matrix[...] = 0
    for first, rows, cols in _bands(dy.shape, dweight.shape, scratch):
        im2col(x, cols, first, (*window, dy.shape[1]))
        matrix += _as_matrix(cols).T @ _band(dy, first, rows)


def _is_pointwise(window: tuple) -> bool:
    """A 1x1 kernel at stride 1 without padding: the image is its own column matrix."""
    kh, kw, sh, sw, top, left, _, _ = window
    return (kh, kw, sh, sw, top, left) == (1, 1, 1, 1, 0, 0)


def _bands(
    out_shape: tuple[int, ...], weight_shape: tuple[int, ...], scratch: np.ndarray
) -> Iterator[tuple[int, int, np.ndarray]]:
    """Cut the N * Ho output rows into bands whose columns fit the scratch buffer."""
    count, out_height, out_width, _ = out_shape
    kh, kw, channels, _ = weight_shape
    row_size = out_width * kh * kw * channels
    height = max(1, scratch.size // max(row_size, 1))
    for first in range(0, count * out_height, height):
        rows = min(height, count * out_height - first)
        yield first, rows, scratch[: rows * row_size].reshape(rows, out_width, kh, kw, channels)


def _as_matrix(cols: np.ndarray) -> np.ndarray:
    rows, out_width, kh, kw, channels = cols.shape
    return cols.reshape(rows * out_width, kh * kw * channels)


def _pixels(x: np.ndarray) -> np.ndarray:
    return x.reshape(-1, x.shape[-1])


def _band(y: np.ndarray, first: int, rows: int) -> np.ndarray:
    width, channels = y.shape[2], y.shape[3]
    return y.reshape(-1, channels)[first * width : (first + rows) * width]
