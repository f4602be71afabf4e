"""3x3 convolution by Winograd's minimal filtering, tile by tile, in matrices that can be looked at.

A filter of m outputs with r = 3 taps needs m * r multiplications if done as written. Winograd showed that m + r - 1 are
enough. It begins with another problem, the product of two polynomials with m and r coefficients, y and g: evaluate both
at m + r - 2 points and at infinity, multiply the values, and interpolate. Evaluating is A y and G g, interpolating is B
(its divisions stand in G, which is applied once to each kernel):

    g times y = B [ (G g) * (A y) ]

For a given g this is a linear map from m numbers to m + r - 1. Filtering is its adjoint: the matrices are transposed
and stand in the opposite order,

    y = A' [ (G g) * (B' d) ]

Nested over rows and columns, m x m outputs of a 3 x 3 kernel take (m + 2)^2 multiplications: 16 for 36 with m = 2, 36
for 144 with m = 4. Sums over channels may be taken before A', which is what makes the rest matrix products.

Backward: the gradient of the input is a convolution again, of dy with the kernel turned by half a turn, so it needs
nothing new. That of the weights is the adjoint in g, with the same three matrices: G' [ (B' d) * (A dy) ], where the
sum over all tiles may be taken before G'.
Lavin and Gray 2016, "Fast algorithms for convolutional neural networks", sections 4.1 and 4.3.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

__all__ = ["MATRICES", "conv2d", "filter_line", "weight_gradient"]

# (B', G, A') for m outputs: points 0, 1, -1, infinity for m = 2; 0, 1, -1, 2, -2, infinity for m = 4.
MATRICES: dict[int, tuple[np.ndarray, np.ndarray, np.ndarray]] = {
    2: (
        np.array([[1, 0, -1, 0], [0, 1, 1, 0], [0, -1, 1, 0], [0, 1, 0, -1]], float),
        np.array([[1, 0, 0], [1 / 2, 1 / 2, 1 / 2], [1 / 2, -1 / 2, 1 / 2], [0, 0, 1]]),
        np.array([[1, 1, 1, 0], [0, 1, -1, -1]], float),
    ),
    4: (
        np.array(
            [
                [4, 0, -5, 0, 1, 0],
                [0, -4, -4, 1, 1, 0],
                [0, 4, -4, -1, 1, 0],
                [0, -2, -1, 2, 1, 0],
                [0, 2, -1, -2, 1, 0],
                [0, 4, 0, -5, 0, 1],
            ],
            float,
        ),
        np.array(
            [
                [1 / 4, 0, 0],
                [-1 / 6, -1 / 6, -1 / 6],
                [-1 / 6, 1 / 6, -1 / 6],
                [1 / 24, 1 / 12, 1 / 6],
                [1 / 24, -1 / 12, 1 / 6],
                [0, 0, 1],
            ]
        ),
        np.array([[1, 1, 1, 1, 1, 0], [0, 1, -1, 2, -2, 0], [0, 1, 1, 4, 4, 0], [0, 1, -1, 8, -8, 1]], float),
    ),
}


def filter_line(d: np.ndarray, g: np.ndarray, m: int) -> np.ndarray:
    """m outputs of a line of m + 2 numbers under 3 taps: y[i] = d[i] g[0] + d[i + 1] g[1] + d[i + 2] g[2].

    >>> filter_line(np.array([1.0, 2.0, 3.0, 4.0]), np.array([1.0, 10.0, 100.0]), 2).tolist()
    [321.0, 432.0]
    """
    inputs, weights, outputs = MATRICES[m]
    return outputs @ ((weights @ g) * (inputs @ d))


def conv2d(x: np.ndarray, weight: np.ndarray, *, padding: int = 0, dilation: int = 1, tile: int = 4) -> np.ndarray:
    """The convolution of x (N, H, W, C) with weight (3, 3, C, K) at stride 1, by tiles of tile x tile outputs.

    >>> x = np.arange(16.0).reshape(1, 4, 4, 1)
    >>> conv2d(x, np.ones((3, 3, 1, 1)), tile=2)[0, :, :, 0].round(6).tolist()    # sums of 3 x 3 neighbourhoods
    [[45.0, 54.0], [81.0, 90.0]]
    """
    inputs, weights, outputs = MATRICES[tile]
    height, width = (n + 2 * padding - 2 * dilation for n in x.shape[1:3])
    y = np.zeros((x.shape[0], height, width, weight.shape[3]))
    u = np.einsum("ai,bj,ijck->abck", weights, weights, weight)  # G g G'
    for n, rows, columns in _tiles(y.shape, tile, dilation):
        d = _pixels(x[n], rows - padding, columns - padding)
        v = np.einsum("ai,bj,ijc->abc", inputs, inputs, d)  # B' d B
        products = np.einsum("abc,abck->abk", v, u)
        out = np.einsum("ia,jb,abk->ijk", outputs, outputs, products)  # A' [...] A
        for i, row in enumerate(rows[:tile]):
            for j, column in enumerate(columns[:tile]):
                if row < height and column < width:
                    y[n, row, column] = out[i, j]
    return y


def weight_gradient(x: np.ndarray, dy: np.ndarray, *, padding: int = 0, dilation: int = 1, tile: int = 4) -> np.ndarray:
    """Gradient (3, 3, C, K) of the weight of `conv2d`, from its input x (N, H, W, C) and dy (N, H', W', K).

    >>> x = np.arange(16.0).reshape(1, 4, 4, 1)
    >>> weight_gradient(x, np.ones((1, 2, 2, 1)), tile=2)[:, :, 0, 0].round(6).tolist()    # sums of 2 x 2 squares
    [[10.0, 14.0, 18.0], [26.0, 30.0, 34.0], [42.0, 46.0, 50.0]]
    """
    inputs, weights, outputs = MATRICES[tile]
    products = np.zeros((tile + 2, tile + 2, x.shape[3], dy.shape[3]))
    for n, rows, columns in _tiles(dy.shape, tile, dilation):
        d = _pixels(x[n], rows - padding, columns - padding)
        v = np.einsum("ai,bj,ijc->abc", inputs, inputs, d)  # B' d B
        dz = np.einsum("ia,jb,ijk->abk", outputs, outputs, _pixels(dy[n], rows[:tile], columns[:tile]))  # A dy A'
        products += np.einsum("abc,abk->abck", v, dz)
    return np.einsum("ai,bj,abck->ijck", weights, weights, products)  # G' [...] G


def _tiles(shape: tuple[int, ...], tile: int, dilation: int) -> Iterator[tuple[int, np.ndarray, np.ndarray]]:
    """Image, rows and columns of every tile's inputs, counted as outputs are; the first `tile` are its outputs."""
    steps = dilation * np.arange(tile + 2)
    for n in range(shape[0]):
        for first_row in _starts(shape[1], tile, dilation):
            for first_column in _starts(shape[2], tile, dilation):
                yield n, first_row + steps, first_column + steps


def _starts(size: int, tile: int, dilation: int) -> list[int]:
    """First outputs of the tiles on one axis: each of the `dilation` interleaved grids has tiles of its own."""
    return [first for grid in range(dilation) for first in range(grid, size, tile * dilation)]


def _pixels(image: np.ndarray, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """image[rows][:, columns], zeros outside."""
    height, width, channels = image.shape
    tile = np.zeros((len(rows), len(columns), channels))
    for i, row in enumerate(rows):
        for j, column in enumerate(columns):
            if 0 <= row < height and 0 <= column < width:
                tile[i, j] = image[row, column]
    return tile
