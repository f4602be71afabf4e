"""Label maps as people draw them: regions, thin lines, noise, one class only; and predictions that resemble a truth."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

__all__ = ["KINDS", "ignore_regions", "label_maps", "label_pairs", "labels_like", "paint"]

KINDS = ("constant", "noise", "regions", "lines", "blobs")
"""Structures of label maps: one label everywhere, noise, rectangles over each other, lines one pixel wide, discs."""


@st.composite
def label_maps(
    draw: st.DrawFn,
    *,
    num_classes: int = 3,
    images: tuple[int, int] = (1, 1),
    sides: tuple[int, int] = (1, 6),
    shape: tuple[int, int, int] | None = None,
    kinds: Sequence[str] = KINDS,
    absent: int | None = None,
) -> np.ndarray:
    """Label maps `(N, H, W)`, int64, of labels below `num_classes`, with the structures `kinds`.

    Some labels are often missing; `absent` is one that always is. `images` and `sides` bound N, and H and W, which
    differ more often than not; with 0 among them maps can be empty. `shape` fixes all three.
    """
    if shape is None:
        shape = (draw(st.integers(*images)), draw(st.integers(*sides)), draw(st.integers(*sides)))
    label = st.integers(0, num_classes - 1)
    if absent is not None:
        label = label.filter(lambda drawn: drawn != absent)
    kind = draw(st.sampled_from(kinds))
    if kind == "noise":
        return draw(hnp.arrays(np.int64, shape, elements=label))
    maps = np.full(shape, draw(label), np.int64)
    if kind == "constant" or 0 in shape:
        return maps
    shapes = {"regions": paint, "lines": _draw_line, "blobs": _draw_disc}
    for _ in range(draw(st.integers(1, 3))):
        shapes[kind](draw, maps, draw(label))
    return maps


def labels_like(truth: np.ndarray, num_classes: int) -> st.SearchStrategy[np.ndarray]:
    """Predictions of a truth, of its shape: equal to it, with regions moved or painted over, or having nothing to do
    with it."""
    return _predictions(truth, num_classes)


@st.composite
def _predictions(draw: st.DrawFn, truth: np.ndarray, num_classes: int) -> np.ndarray:
    kind = draw(st.sampled_from(["other", "painted", "moved", "equal"]))
    if kind == "other":
        return draw(label_maps(num_classes=num_classes, shape=truth.shape))
    prediction = truth.copy()
    if kind == "painted":
        for _ in range(draw(st.integers(1, 2))):
            paint(draw, prediction, draw(st.integers(0, num_classes - 1)))
    elif kind == "moved":
        prediction = np.roll(truth, draw(st.integers(0, 2)), axis=draw(st.sampled_from([-1, -2])))
    return prediction


@st.composite
def ignore_regions(draw: st.DrawFn, truth: np.ndarray, *, ignore: int = 255, some_valid: bool = True) -> np.ndarray:
    """The truth with one or two rectangles of the ignore value; with `some_valid` not everywhere."""
    painted = truth.copy()
    for _ in range(draw(st.integers(1, 2))):
        paint(draw, painted, ignore)
    if some_valid and painted.size and (painted == ignore).all():
        painted.flat[0] = truth.flat[0]
    return painted


@st.composite
def label_pairs(
    draw: st.DrawFn,
    *,
    classes: tuple[int, int] = (1, 4),
    images: tuple[int, int] = (1, 1),
    sides: tuple[int, int] = (1, 6),
    ignore: int | None = None,
    some_valid: bool = True,
    kinds: Sequence[str] = KINDS,
) -> dict[str, Any]:
    """A truth and a prediction with the number of classes, as `{"y_true", "y_pred", "num_classes"}`.

    With `ignore`, regions of the truth hold that value, and the dictionary has `ignore_index` as well; with
    `some_valid` at least one pixel of all does not. `kinds` are the structures of the truth.
    """
    num_classes = draw(st.integers(*classes))
    y_true = draw(label_maps(num_classes=num_classes, images=images, sides=sides, kinds=kinds))
    y_pred = draw(labels_like(y_true, num_classes))
    case: dict[str, Any] = {"y_true": y_true, "y_pred": y_pred, "num_classes": num_classes}
    if ignore is not None:
        case["y_true"] = draw(ignore_regions(y_true, ignore=ignore, some_valid=some_valid))
        case["ignore_index"] = ignore
    return case


def paint(draw: st.DrawFn, maps: np.ndarray, label: int) -> None:
    """Set a rectangle of one image to a label, in place. For strategies, which have `draw`."""
    images, height, width = maps.shape
    if 0 in maps.shape:
        return
    image = draw(st.integers(0, images - 1))
    top, left = draw(st.integers(0, height - 1)), draw(st.integers(0, width - 1))
    maps[image, top : top + draw(st.integers(1, height)), left : left + draw(st.integers(1, width))] = label


def _draw_line(draw: st.DrawFn, maps: np.ndarray, label: int) -> None:
    """A line of one pixel's width from a pixel onwards, along an axis or a diagonal, to the edge of the image."""
    images, height, width = maps.shape
    image, row, column = (draw(st.integers(0, side - 1)) for side in (images, height, width))
    step = draw(st.sampled_from([(0, 1), (1, 0), (1, 1), (1, -1)]))
    while 0 <= row < height and 0 <= column < width:
        maps[image, row, column] = label
        row, column = row + step[0], column + step[1]


def _draw_disc(draw: st.DrawFn, maps: np.ndarray, label: int) -> None:
    images, height, width = maps.shape
    image, row, column = (draw(st.integers(0, side - 1)) for side in (images, height, width))
    rows, columns = np.ogrid[:height, :width]
    maps[image][(rows - row) ** 2 + (columns - column) ** 2 <= draw(st.integers(1, 8))] = label
