"""Pairs of label maps with something more that a test needs: a change to them, or a property that they must have."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import strategies as st

from npseg.laws.strategies.labels import label_maps, label_pairs, labels_like

__all__ = [
    "correctable_pairs",
    "duplicated_pairs",
    "ignored_pairs",
    "out_of_range_pairs",
    "pairs_with_every_class",
    "pairs_with_every_class_on_both_sides",
    "permuted_pairs",
    "relabelled_pairs",
    "repeated_pairs",
    "right_pairs",
    "split_pairs",
    "tiled_pairs",
    "typed_pairs",
]

DTYPES = ("int64", "int32", "int16", "uint8", "uint16")
LAYOUTS = ("plain", "strided", "transposed", "reversed", "read-only")


@st.composite
def pairs_with_every_class(
    draw: st.DrawFn, *, classes: tuple[int, int] = (2, 4), images: tuple[int, int] = (1, 2)
) -> dict[str, Any]:
    """A truth and a prediction; in each image of the truth every class occurs."""
    case = draw(label_pairs(classes=classes, images=images, sides=(2, 5)))
    maps, num_classes = case["y_true"], case["num_classes"]
    for image in maps:
        places = draw(st.permutations(range(image.size)))[:num_classes]
        image.flat[places] = np.arange(num_classes)
    return case


@st.composite
def pairs_with_every_class_on_both_sides(draw: st.DrawFn, *, classes: tuple[int, int] = (2, 4)) -> dict[str, Any]:
    """A truth and a prediction of one image; every class occurs in both."""
    case = draw(pairs_with_every_class(classes=classes, images=(1, 1)))
    places = draw(st.permutations(range(case["y_pred"].size)))[: case["num_classes"]]
    case["y_pred"].flat[places] = np.arange(case["num_classes"])
    return case


@st.composite
def right_pairs(
    draw: st.DrawFn, *, classes: tuple[int, int] = (1, 4), images: tuple[int, int] = (1, 2)
) -> dict[str, Any]:
    """A truth and the number of classes, without a prediction."""
    num_classes = draw(st.integers(*classes))
    return {"y_true": draw(label_maps(num_classes=num_classes, images=images)), "num_classes": num_classes}


@st.composite
def permuted_pairs(draw: st.DrawFn, *, what: str) -> dict[str, Any]:
    """A pair and the `order` of its `"pixels"`, the same in each image, or of its `"images"`."""
    case = draw(label_pairs(images=(2, 4) if what == "images" else (1, 2), sides=(1, 4)))
    images, height, width = case["y_true"].shape
    count = images if what == "images" else height * width
    return {**case, "order": np.array(draw(st.permutations(range(count))), np.int64)}


@st.composite
def relabelled_pairs(draw: st.DrawFn) -> dict[str, Any]:
    """A pair and `names`: the label that takes the place of each label."""
    case = draw(label_pairs(classes=(2, 4), images=(1, 2)))
    return {**case, "names": np.array(draw(st.permutations(range(case["num_classes"]))), np.int64)}


@st.composite
def duplicated_pairs(draw: st.DrawFn) -> dict[str, Any]:
    """A pair and how often it is repeated."""
    return {**draw(label_pairs(images=(1, 2))), "copies": draw(st.integers(2, 4))}


@st.composite
def tiled_pairs(draw: st.DrawFn) -> dict[str, Any]:
    """Tiles of one image each, `across` in a row, and several rows of them."""
    across, down = draw(st.sampled_from([(2, 1), (1, 2), (3, 1), (2, 2), (1, 3)]))
    return {**draw(label_pairs(images=(across * down, across * down), sides=(1, 4))), "across": across}


@st.composite
def correctable_pairs(draw: st.DrawFn, *, images: tuple[int, int] = (1, 2)) -> dict[str, Any]:
    """A pair and the `pixel`, counted over all images, at which truth and prediction differ."""
    case = draw(label_pairs(classes=(2, 4), images=images))
    wrong = np.flatnonzero(case["y_true"] != case["y_pred"])
    if not wrong.size:
        case["y_pred"].flat[0] = (case["y_true"].flat[0] + 1) % case["num_classes"]
        wrong = np.array([0])
    return {**case, "pixel": int(wrong[draw(st.integers(0, wrong.size - 1))])}


@st.composite
def ignored_pairs(
    draw: st.DrawFn,
    *,
    classes: tuple[int, int] = (1, 4),
    images: tuple[int, int] = (1, 2),
    in_use: bool = False,
    other: bool = False,
) -> dict[str, Any]:
    """A pair of which some pixels, not all, are ignored; by 255 or -1, or with `in_use` by the label of a class.

    With `other`, also a prediction `other_pred` that differs from `y_pred` at ignored pixels only.
    """
    case = draw(label_pairs(classes=classes, images=images, ignore=255))
    y_true, num_classes = case["y_true"], case["num_classes"]
    ignore = draw(st.integers(0, num_classes - 1) if in_use else st.sampled_from([255, -1]))
    if in_use and (y_true[y_true != 255] == ignore).all():
        y_true.flat[np.flatnonzero(y_true != 255)[0]] = (ignore + 1) % num_classes
    y_true[y_true == 255] = ignore
    case["ignore_index"] = ignore
    if other:
        others = draw(labels_like(case["y_pred"], num_classes))
        case["other_pred"] = np.where(y_true == ignore, others, case["y_pred"])
    return case


@st.composite
def out_of_range_pairs(draw: st.DrawFn) -> dict[str, Any]:
    """A truth, a `pixel` of it that is not alone in its class, and a `label` that no class has."""
    num_classes = draw(st.integers(2, 4))
    y_true = draw(label_maps(num_classes=num_classes, images=(1, 2), sides=(2, 5)))
    y_true[0, 0, 1] = y_true[0, 0, 0]
    pixel = draw(st.integers(0, 1))
    return {"y_true": y_true, "num_classes": num_classes, "pixel": pixel, "label": draw(_no_class(num_classes))}


def _no_class(num_classes: int) -> st.SearchStrategy[int]:
    return st.sampled_from([num_classes, num_classes + 1, 255, -1])


@st.composite
def typed_pairs(draw: st.DrawFn, *, ignore: bool = False) -> dict[str, Any]:
    """A pair of up to 200 classes with a `dtype`, a memory `layout` and a number of `threads`."""
    num_classes = draw(st.sampled_from([1, 2, 3, 4, 19, 200]))
    case = draw(
        label_pairs(classes=(num_classes, num_classes), images=(1, 2), ignore=255 if ignore else None)
    )  # 255 is the largest label of uint8
    extras = {"dtype": st.sampled_from(DTYPES), "layout": st.sampled_from(LAYOUTS), "threads": st.integers(1, 2)}
    return {**case, **{name: draw(extra) for name, extra in extras.items()}}


@st.composite
def split_pairs(draw: st.DrawFn, *, merged: bool = False) -> dict[str, Any]:
    """`parts`: pairs of label maps in a list; with `merged`, some of them in lists of their own, which can be empty."""
    case = draw(label_pairs(images=(2, 4), sides=(1, 4)))
    maps, total = (case["y_true"], case["y_pred"]), len(case["y_true"])
    cuts = sorted(draw(st.sets(st.integers(1, total - 1), min_size=1)))
    bounds = list(zip([0, *cuts], [*cuts, total]))
    parts: list[Any] = [tuple(one[start:stop] for one in maps) for start, stop in bounds]
    if merged:
        parts = draw(_in_lists(parts))
    return {"parts": parts, "num_classes": case["num_classes"]}


@st.composite
def _in_lists(draw: st.DrawFn, parts: list[Any]) -> list[Any]:
    """The same pairs in the same order, in a list of lists of lists."""
    cut = draw(st.integers(0, len(parts) - 1))
    first, second = parts[:cut], parts[cut:]
    if len(second) > 1 and draw(st.booleans()):
        second = draw(_in_lists(second))
    return [first, second] if draw(st.booleans()) else [*first, second]


@st.composite
def repeated_pairs(draw: st.DrawFn) -> dict[str, Any]:
    """A pair, `copies` of it down and across, and a number of `threads`."""
    copies = draw(st.tuples(st.integers(1, 3), st.integers(1, 3)))
    return {**draw(label_pairs(sides=(1, 4))), "copies": copies, "threads": draw(st.integers(1, 2))}
