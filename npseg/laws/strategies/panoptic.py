"""Objects and regions: a class map with an instance map, with void and crowds, and predictions that resemble them."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import strategies as st

__all__ = ["VOID", "instance_maps", "panoptic_pairs"]

VOID = 255
"""The void label in the cases drawn here."""

Image = tuple[np.ndarray, np.ndarray]


@st.composite
def instance_maps(
    draw: st.DrawFn,
    *,
    num_classes: int = 3,
    sides: tuple[int, int] = (1, 5),
    objects: tuple[int, int] = (0, 4),
    gaps: bool = False,
) -> Image:
    """An image as class map and instance map `(H, W)`, int64: rectangles over each other, of which one may lie in two
    parts or cover another; one instance id may stand in two classes.

    Ids are those from 1 on, each used; with `gaps` any from 1 to 1000. Classes are often missing.
    """
    shape = draw(st.integers(*sides)), draw(st.integers(*sides))
    classes, ids = np.full(shape, draw(st.integers(0, num_classes - 1)), np.int64), np.ones(shape, np.int64)
    for _ in range(draw(st.integers(*objects))):
        window = draw(_windows(shape))
        classes[window], ids[window] = draw(st.integers(0, num_classes - 1)), draw(st.integers(1, 4))
    return classes, _numbered(draw, ids, gaps)


@st.composite
def panoptic_pairs(
    draw: st.DrawFn,
    *,
    classes: tuple[int, int] = (1, 3),
    images: tuple[int, int] = (1, 2),
    sides: tuple[int, int] = (1, 5),
    void: bool | None = False,
    predicted_void: bool = False,
    crowd: bool | None = False,
    all_things: bool = False,
    gaps: bool = False,
) -> dict[str, Any]:
    """Images in truth and prediction: `{"y_true", "y_pred", "num_classes", "things"}` in the form of panoptic measures.

    With `void`, regions of the truth are void, with `predicted_void` some of the prediction, and the case has `"void"`;
    with `crowd`, parts of thing classes are crowds, and it has `"crowd"`. None leaves it to chance. Every image has a
    pixel of truth that is neither. Predictions are equal but for the ids, wrong on a pixel or two, shifted, painted
    over, cut so that objects overlap by half, or have nothing to do with it.
    """
    num_classes = draw(st.integers(*classes))
    labels = st.integers(0, num_classes - 1)
    things = list(range(num_classes)) if all_things else sorted(draw(st.sets(labels)))
    y_true, y_pred, crowds = [], [], []
    void, crowd = draw(st.booleans()) if void is None else void, draw(st.booleans()) if crowd is None else crowd
    for _ in range(draw(st.integers(*images))):
        truth = draw(instance_maps(num_classes=num_classes, sides=sides, gaps=gaps))
        y_pred.append(draw(_prediction(truth, num_classes, gaps)))
        marked = np.zeros(truth[0].shape, bool)
        if crowd:
            for _ in range(draw(st.integers(0, 2))):
                marked[draw(_windows(marked.shape))] = True
        kept = truth[0][0, 0], truth[1][0, 0]
        if void:
            _make_void(draw, truth)
        marked &= np.isin(truth[0], things)
        if (marked | (truth[0] == VOID)).all():
            truth[0][0, 0], truth[1][0, 0] = kept
            marked[0, 0] = False
        crowds.append(marked)
        if predicted_void:
            _make_void(draw, y_pred[-1])
        y_true.append(truth)
    case: dict[str, Any] = {"y_true": y_true, "y_pred": y_pred, "num_classes": num_classes, "things": things}
    if void or predicted_void:
        case["void"] = VOID
    if crowd:
        case["crowd"] = crowds
    return case


@st.composite
def _prediction(draw: st.DrawFn, truth: Image, num_classes: int, gaps: bool) -> Image:
    classes, ids = truth[0].copy(), truth[1].copy()
    kind = draw(st.sampled_from(["other", "painted", "nudged", "halved", "shifted", "renamed"]))
    if kind == "shifted":
        classes, ids = np.roll(classes, 1, axis=1), np.roll(ids, 1, axis=1)
    if kind == "renamed":
        ids = int(ids.max()) + 1 - ids
    if kind == "halved":
        label, name = (array[draw(_pixels(classes.shape))] for array in truth)
        segment = np.flatnonzero((classes == label) & (ids == name))
        given_away = segment[len(segment) - len(segment) // 2 :]
        ids.flat[given_away] = ids.max() + 1
        if draw(st.booleans()):
            classes.flat[given_away] = draw(st.integers(0, num_classes - 1))
    if kind == "nudged":
        for place in draw(st.lists(_pixels(classes.shape), min_size=1, max_size=3)):
            source = draw(_pixels(classes.shape))
            classes[place], ids[place] = classes[source], ids[source]
    if kind == "other":
        classes[:] = draw(st.integers(0, num_classes - 1))
    if kind in ("other", "painted"):
        for _ in range(draw(st.integers(1, 3))):
            window = draw(_windows(classes.shape))
            classes[window], ids[window] = draw(st.integers(0, num_classes - 1)), draw(st.integers(1, 4))
    return classes, _numbered(draw, ids, gaps)


def _numbered(draw: st.DrawFn, ids: np.ndarray, gaps: bool) -> np.ndarray:
    """The same instances, numbered from 1 on, or at will."""
    names, ranks = np.unique(ids, return_inverse=True)
    ranks = ranks.reshape(ids.shape)
    if not gaps:
        return ranks + 1
    new = draw(st.lists(st.integers(1, 1000), min_size=len(names), max_size=len(names), unique=True))
    return np.array(new, np.int64)[ranks]


def _make_void(draw: st.DrawFn, image: Image) -> None:
    for _ in range(draw(st.integers(0, 2))):
        window = draw(_windows(image[0].shape))
        image[0][window], image[1][window] = VOID, 0


@st.composite
def _windows(draw: st.DrawFn, shape: tuple[int, int]) -> tuple[slice, slice]:
    top, left = draw(_pixels(shape))
    height, width = draw(st.integers(1, shape[0] - top)), draw(st.integers(1, shape[1] - left))
    return slice(top, top + height), slice(left, left + width)


def _pixels(shape: tuple[int, int]) -> st.SearchStrategy[tuple[int, int]]:
    return st.tuples(st.integers(0, shape[0] - 1), st.integers(0, shape[1] - 1))
