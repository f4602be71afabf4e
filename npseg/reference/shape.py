"""Moving pixels about: pad, crop and concatenate, each with the move that undoes it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

__all__ = ["concat", "concat_input_gradient", "crop", "crop_input_gradient", "pad", "pad_input_gradient"]

Widths = tuple[tuple[int, int], tuple[int, int]]


def pad(x: np.ndarray, widths: Widths, value: float = 0.0) -> np.ndarray:
    """Put a margin round images: (N, H, W, C) -> (N, top + H + bottom, left + W + right, C).

    `widths` are ((top, bottom), (left, right)) in pixels.

    >>> pad(np.array([1.0, 2.0]).reshape(1, 1, 2, 1), ((0, 0), (1, 2)), value=9.0).ravel().tolist()
    [9.0, 1.0, 2.0, 9.0, 9.0]
    """
    (top, bottom), (left, right) = widths
    n, height, width, channels = x.shape
    y = np.full((n, top + height + bottom, left + width + right, channels), value, x.dtype)
    y[:, top : top + height, left : left + width] = x
    return y


def pad_input_gradient(dy: np.ndarray, widths: Widths) -> np.ndarray:
    """Adjoint of `pad`: the margin depends on no pixel, so its gradient is dropped.

    >>> pad_input_gradient(np.arange(5.0).reshape(1, 1, 5, 1), ((0, 0), (1, 2))).ravel().tolist()
    [1.0, 2.0]
    """
    (top, bottom), (left, right) = widths
    return crop(dy, top, left, dy.shape[1] - top - bottom, dy.shape[2] - left - right)


def crop(x: np.ndarray, top: int, left: int, height: int, width: int) -> np.ndarray:
    """Cut a window out of images: (N, H, W, C) -> (N, height, width, C).

    >>> crop(np.arange(5.0).reshape(1, 1, 5, 1), 0, 1, 1, 2).ravel().tolist()
    [1.0, 2.0]
    """
    return x[:, top : top + height, left : left + width].copy()


def crop_input_gradient(dy: np.ndarray, top: int, left: int, image_size: tuple[int, int]) -> np.ndarray:
    """Adjoint of `crop`: pixels outside the window get zero.

    >>> crop_input_gradient(np.array([1.0, 2.0]).reshape(1, 1, 2, 1), 0, 1, (1, 5)).ravel().tolist()
    [0.0, 1.0, 2.0, 0.0, 0.0]
    """
    bottom, right = image_size[0] - top - dy.shape[1], image_size[1] - left - dy.shape[2]
    return pad(dy, ((top, bottom), (left, right)))


def concat(arrays: Sequence[np.ndarray], axis: int = -1) -> np.ndarray:
    """Lay arrays side by side along one axis; on the last, it joins the channels of images (U-Net's skips).

    >>> concat([np.array([[1.0], [2.0]]), np.array([[3.0, 5.0], [4.0, 6.0]])]).tolist()
    [[1.0, 3.0, 5.0], [2.0, 4.0, 6.0]]
    """
    axis = axis % arrays[0].ndim
    shape = list(arrays[0].shape)
    shape[axis] = sum(a.shape[axis] for a in arrays)
    y = np.zeros(shape, arrays[0].dtype)
    start = 0
    for a in arrays:
        stop = start + a.shape[axis]
        y[(slice(None),) * axis + (slice(start, stop),)] = a
        start = stop
    return y


def concat_input_gradient(dy: np.ndarray, lengths: Sequence[int], axis: int = -1) -> list[np.ndarray]:
    """Adjoint of `concat`: cut the gradient where the arrays met.

    >>> [part.tolist() for part in concat_input_gradient(np.arange(3.0), [1, 2])]
    [[0.0], [1.0, 2.0]]
    """
    return np.split(dy, np.cumsum(lengths)[:-1], axis=axis)
