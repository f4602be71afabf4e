"""Logits as networks give them: unsure, confident, tied, huge; with the labels they are held against."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from hypothesis import strategies as st

from npseg.laws.strategies.filling import filling
from npseg.laws.strategies.labels import label_maps

__all__ = ["KINDS", "class_weights", "logits_of_kinds", "loss_cases"]

KINDS = ("random", "confident", "tied", "huge")
HUGE = 1e4


@st.composite
def logits_of_kinds(draw: st.DrawFn, shape: tuple[int, ...], kinds: Sequence[str] = KINDS[:3]) -> np.ndarray:
    """Logits `(N, H, W, C)`, float64, of one of these kinds.

    "random": in [-4, 4). "confident": one class of each pixel stands out by up to 20. "tied": zeros and ones only, or
    one of them. "huge": +-10000 among zeros and ones, whose exponentials no float holds.
    """
    kind = draw(st.sampled_from(list(kinds)))
    values = draw(filling(shape))
    if kind == "tied":
        return (values & 1).astype(np.float64)
    if kind == "huge":
        return np.array([0.0, 1.0, HUGE, -HUGE])[values & 3]
    if kind == "confident":
        chosen = draw(label_maps(num_classes=shape[-1], shape=shape[:-1]))  # type: ignore[arg-type]
        return values / 32 + draw(st.integers(1, 20)) * np.eye(shape[-1])[chosen]
    return values / 32


def class_weights(num_classes: int) -> st.SearchStrategy[np.ndarray]:
    """Weights `(C,)` of classes, positive quarters."""
    return st.lists(st.integers(1, 16), min_size=num_classes, max_size=num_classes).map(lambda w: np.array(w) / 4)


@st.composite
def loss_cases(
    draw: st.DrawFn,
    *,
    classes: tuple[int, int] = (2, 4),
    images: tuple[int, int] = (1, 2),
    sides: tuple[int, int] = (1, 3),
    kinds: Sequence[str] = KINDS[:3],
    ignore: bool | None = False,
    weights: bool | None = False,
    some_valid: bool = True,
    labels_only: bool = False,
) -> dict[str, Any]:
    """Logits and labels, `{"logits", "labels"}`, of which some classes are often absent.

    With `ignore`, regions of the labels are ignored, and `"ignore_index"` says by which value; with `weights` there is
    `"class_weights"` of the classes. None: sometimes. `labels_only` leaves the logits out, and gives `"num_classes"`.
    """
    num_classes = draw(st.integers(*classes))
    labels = draw(label_maps(num_classes=num_classes, images=images, sides=sides))
    ignored = draw(st.booleans()) if ignore is None else ignore
    if ignored:
        value, kept = draw(st.sampled_from([255, -1, num_classes])), labels.flat[0]
        labels[draw(label_maps(num_classes=2, shape=labels.shape)) == 1] = value
        if some_valid and (labels == value).all():
            labels.flat[0] = kept
    case: dict[str, Any] = {"labels": labels, "num_classes": num_classes}
    if not labels_only:
        case = {"logits": draw(logits_of_kinds((*labels.shape, num_classes), kinds)), "labels": labels}
    if ignored:
        case["ignore_index"] = value
    if draw(st.booleans()) if weights is None else weights:
        case["class_weights"] = draw(class_weights(num_classes))
    return case
