"""Scores of classes before the softmax, channels last."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from npseg.laws.strategies.labels import label_maps

__all__ = ["logit_pairs", "logits", "logits_for"]


def logits(
    *,
    num_classes: int = 3,
    images: tuple[int, int] = (1, 1),
    sides: tuple[int, int] = (1, 6),
    dtype: Any = np.float64,
    largest: float = 8.0,
) -> st.SearchStrategy[np.ndarray]:
    """Logits `(N, H, W, K)` of absolute value up to `largest`, among them ties and all equal."""
    shapes = st.tuples(st.integers(*images), st.integers(*sides), st.integers(*sides), st.just(num_classes))
    return shapes.flatmap(lambda shape: hnp.arrays(dtype, shape, elements=_numbers(dtype, largest)))


@st.composite
def logits_for(
    draw: st.DrawFn, labels: np.ndarray, num_classes: int, *, dtype: Any = np.float64, margin: float = 1.0
) -> np.ndarray:
    """Logits `(N, H, W, K)` whose argmax over the last axis is `labels`, ahead of every other class by `margin`."""
    values = draw(hnp.arrays(dtype, (*labels.shape, num_classes), elements=_numbers(dtype, 4.0)))
    ahead = values.max(axis=-1, keepdims=True) + dtype(margin)
    np.put_along_axis(values, labels[..., None], ahead, axis=-1)
    return values


@st.composite
def logit_pairs(
    draw: st.DrawFn,
    *,
    classes: tuple[int, int] = (2, 4),
    images: tuple[int, int] = (1, 2),
    sides: tuple[int, int] = (1, 6),
    dtype: Any = np.float64,
    largest: float = 8.0,
) -> dict[str, Any]:
    """A truth and logits of its shape with the number of classes, as `{"y_true", "logits", "num_classes"}`."""
    num_classes = draw(st.integers(*classes))
    y_true = draw(label_maps(num_classes=num_classes, images=images, sides=sides))
    values = draw(hnp.arrays(dtype, (*y_true.shape, num_classes), elements=_numbers(dtype, largest)))
    return {"y_true": y_true, "logits": values, "num_classes": num_classes}


def _numbers(dtype: Any, largest: float) -> st.SearchStrategy[float]:
    width = np.dtype(dtype).itemsize * 8
    whole = st.integers(-int(largest), int(largest)).map(float)
    return whole | st.floats(-largest, largest, width=width)
