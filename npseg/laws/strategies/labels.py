"""Label maps as people draw them: regions, thin lines, noise, one class only; and predictions that resemble a truth."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

__all__ = ["label_maps", "label_pairs", "labels_like"]


@st.composite
def label_maps(
    draw: st.DrawFn,
    *,
    num_classes: int = 3,
    images: tuple[int, int] = (1, 1),
    sides: tuple[int, int] = (1, 6),
    shape: tuple[int, int, int] | None = None,
) -> np.ndarray:
    """Label maps `(N, H, W)`, int64, of labels below `num_classes`.

    Either one label everywhere, or noise, or rectangles over each other, of which those of one pixel's width are thin
    lines. Some labels are often missing. `images` and `sides` bound N, and H and W, which differ more often than not.
    """
    if shape is None:
        shape = (
            draw(st.integers(*images)),
            draw(st.integers(*sides)),
            draw(st.integers(*sides)),
        )
    label = st.integers(0, num_classes - 1)
    kind = draw(st.sampled_from(["constant", "noise", "regions"]))
    if kind == "noise":
        return draw(hnp.arrays(np.int64, shape, elements=label))
    maps = np.full(shape, draw(label), np.int64)
    if kind == "regions":
        for _ in range(draw(st.integers(1, 3))):
            _paint(draw, maps, draw(label))
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
            _paint(draw, prediction, draw(st.integers(0, num_classes - 1)))
    elif kind == "moved":
        prediction = np.roll(truth, draw(st.integers(0, 2)), axis=draw(st.sampled_from([-1, -2])))
    return prediction


@st.composite
def label_pairs(
    draw: st.DrawFn,
    *,
    classes: tuple[int, int] = (1, 4),
    images: tuple[int, int] = (1, 1),
    sides: tuple[int, int] = (1, 6),
    ignore: int | None = None,
    some_valid: bool = True,
) -> dict[str, Any]:
    """A truth and a prediction with the number of classes, as `{"y_true", "y_pred", "num_classes"}`.

    With `ignore`, regions of the truth hold that value, and the dictionary has `ignore_index` as well; with
    `some_valid` at least one pixel of all does not.
    """
    num_classes = draw(st.integers(*classes))
    y_true = draw(label_maps(num_classes=num_classes, images=images, sides=sides))
    y_pred = draw(labels_like(y_true, num_classes))
    case: dict[str, Any] = {"y_true": y_true, "y_pred": y_pred, "num_classes": num_classes}
    if ignore is not None:
        kept = y_true.flat[0]
        for _ in range(draw(st.integers(1, 2))):
            _paint(draw, y_true, ignore)
        if some_valid and (y_true == ignore).all():
            y_true.flat[0] = kept
        case["ignore_index"] = ignore
    return case


def _paint(draw: st.DrawFn, maps: np.ndarray, label: int) -> None:
    """Set a rectangle of one image to a label."""
    images, height, width = maps.shape
    if 0 in maps.shape:
        return
    image = draw(st.integers(0, images - 1))
    top, left = draw(st.integers(0, height - 1)), draw(st.integers(0, width - 1))
    maps[image, top : top + draw(st.integers(1, height)), left : left + draw(st.integers(1, width))] = label
