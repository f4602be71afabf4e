"""What a report shows: plain data, filled in by whoever trained and scored."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from npseg.metrics import Scores

__all__ = ["Curve", "DemoResults", "Example", "Legend", "ModelResult", "RunResults"]


class Curve(NamedTuple):
    """A number followed over training; values that are not finite are left out."""

    steps: Sequence[float]
    values: Sequence[float]


@dataclass(frozen=True)
class Legend:
    """The classes in the order of their labels, their colours `(K, 3)` uint8, and the ignore value."""

    names: Sequence[str]
    palette: np.ndarray
    ignore_index: int | None = None


@dataclass(frozen=True)
class Example:
    """A picture to show: image `(H, W, C)` or `(H, W)` of any type, its mask `(H, W)` if there is one."""

    image: np.ndarray
    truth: np.ndarray | None = None
    name: str = ""


@dataclass(frozen=True)
class ModelResult:
    """One trained model: its scores, and a label map `(H, W)` for every example of the report."""

    name: str
    scores: Scores
    predictions: Sequence[np.ndarray] = ()
    loss: Curve | None = None
    miou: Curve | None = None
    steps: int | None = None
    seconds: float | None = None
    parameters: int | None = None


@dataclass(frozen=True)
class DemoResults:
    """Several models on one data set, beside the baseline that labels every pixel with the commonest class.

    `facts` are shown as they come, for instance versions, processor, counts of images. `summary` is a paragraph.
    """

    legend: Legend
    models: Sequence[ModelResult]
    baseline: Scores
    examples: Sequence[Example] = ()
    title: str = "npseg demo"
    summary: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class RunResults:
    """One run of `npseg train`.

    `config` may be nested. `history` holds the records of `metrics.jsonl` (see `read_history`). `scores` are
    those of the split named by `split`, `predictions` one label map `(H, W)` per example. `waiting_share` is
    the share, from 0 to 1, of training time in which the trainer waited for data.
    """

    legend: Legend
    config: Mapping[str, Any]
    history: Sequence[Mapping[str, Any]] = ()
    scores: Scores | None = None
    baseline: Scores | None = None
    split: str = "val"
    examples: Sequence[Example] = ()
    predictions: Sequence[np.ndarray] = ()
    waiting_share: float | None = None
    title: str = "npseg run"
    summary: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)
