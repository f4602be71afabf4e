"""Resizing images: each output pixel reads the input at one place; the conventions differ in where it is.

Pixel centres lie at 0, 1, 2, ... in both images. To map output position i to an input position:

    align_corners=False   src = (i + 0.5) * in / out - 0.5     pixels are squares; the images' outer edges
    coincide align_corners=True    src = i * (in - 1) / (out - 1)       pixels are points; the corner pixels
    coincide nearest               src = floor(i * in / out)            PyTorch's "nearest"

Rows and columns are resized one after the other, so an axis of length `in` becomes `out` by one matrix (out,
in), and the adjoint is its transpose.
"""

from __future__ import annotations

import math

import numpy as np

__all__ = ["interpolation_matrix", "resize", "resize_input_gradient"]


def interpolation_matrix(
    in_size: int, out_size: int, *, mode: str = "bilinear", align_corners: bool = False
) -> np.ndarray:
    """The matrix (out_size, in_size) that resizes one axis. Every row sums to one.

    >>> interpolation_matrix(2, 4).tolist()
    [[1.0, 0.0], [0.75, 0.25], [0.25, 0.75], [0.0, 1.0]]
    >>> interpolation_matrix(2, 3, align_corners=True).tolist()
    [[1.0, 0.0], [0.5, 0.5], [0.0, 1.0]]
    >>> interpolation_matrix(2, 3, mode="nearest").tolist()
    [[1.0, 0.0], [1.0, 0.0], [0.0, 1.0]]
    """
    matrix = np.zeros((out_size, in_size))
    for i in range(out_size):
        if mode == "nearest":
            matrix[i, i * in_size // out_size] = 1.0
            continue
        if align_corners:
            source = i * (in_size - 1) / (out_size - 1) if out_size > 1 else 0.0
        else:
            source = (i + 0.5) * in_size / out_size - 0.5
        source = min(max(source, 0.0), in_size - 1.0)  # beyond the outermost centres: repeat the edge
        below = math.floor(source)
        above = min(below + 1, in_size - 1)
        matrix[i, below] += 1.0 - (source - below)
        matrix[i, above] += source - below
    return matrix


def resize(x: np.ndarray, size: tuple[int, int], *, mode: str = "bilinear", align_corners: bool = False) -> np.ndarray:
    """Resize images (N, H, W, C) -> (N, *size, C), mode "bilinear" or "nearest".

    >>> x = np.array([0.0, 4.0]).reshape(1, 1, 2, 1)
    >>> resize(x, (1, 4)).ravel().tolist()
    [0.0, 1.0, 3.0, 4.0]
    >>> resize(x, (1, 5), align_corners=True).ravel().tolist()
    [0.0, 1.0, 2.0, 3.0, 4.0]
    """
    rows = interpolation_matrix(x.shape[1], size[0], mode=mode, align_corners=align_corners)
    columns = interpolation_matrix(x.shape[2], size[1], mode=mode, align_corners=align_corners)
    return np.einsum("ah,bw,nhwc->nabc", rows, columns, x).astype(x.dtype)


def resize_input_gradient(
    dy: np.ndarray, image_size: tuple[int, int], *, mode: str = "bilinear", align_corners: bool = False
) -> np.ndarray:
    """Adjoint of `resize`: the transposed matrices. dy (N, H_out, W_out, C) -> (N, *image_size, C).

    >>> resize_input_gradient(np.ones((1, 1, 4, 1)), (1, 2)).ravel().tolist()
    [2.0, 2.0]
    """
    rows = interpolation_matrix(image_size[0], dy.shape[1], mode=mode, align_corners=align_corners)
    columns = interpolation_matrix(image_size[1], dy.shape[2], mode=mode, align_corners=align_corners)
    return np.einsum("ah,bw,nabc->nhwc", rows, columns, dy).astype(dy.dtype)
