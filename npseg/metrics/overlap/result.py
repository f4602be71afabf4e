"""What a data set scored: numbers, JSON, a table, and the conventions they follow."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from npseg.errors import ArgumentError
from npseg.metrics.overlap import formulas, matrix_formulas

__all__ = ["Scores", "majority_baseline"]

UNDEFINED = "–"  # noqa: RUF001


@dataclass(frozen=True, eq=False)
class Scores:
    """Scores of one confusion matrix `(K, K)`, rows the truth, pooled over all images.

    A class in neither truth nor prediction is NaN and left out of every mean; so is everything when no pixel
    was valid. Arrays are float64 `(K,)`, `support` is int64 `(K,)`.

    >>> scores = Scores(np.array([[1, 1, 0], [0, 2, 0], [0, 0, 0]]), ("sky", "road", "car"))
    >>> round(scores.miou, 3), round(scores.mean_dice, 3), scores.pixel_accuracy, scores.mean_accuracy
    (0.583, 0.733, 0.75, 0.75)
    >>> print(scores.table())
    class               IoU    Dice   support
    sky              0.5000  0.6667         2
    road             0.6667  0.8000         2
    car                   –       –         0
    mean             0.5833  0.7333         4
    pixel accuracy   0.7500
    mean accuracy    0.7500
    """

    confusion: np.ndarray
    class_names: tuple[str, ...]
    ignore_index: int | None = None

    @property
    def num_classes(self) -> int:
        return len(self.class_names)

    @property
    def iou(self) -> np.ndarray:
        """IoU of each class, NaN where undefined."""
        return formulas.class_iou(self.confusion)

    @property
    def dice(self) -> np.ndarray:
        """Dice coefficient of each class, NaN where undefined."""
        return formulas.class_dice(self.confusion)

    @property
    def accuracy(self) -> np.ndarray:
        """Share of each class's true pixels that were found (recall), NaN where the truth has none."""
        return formulas.class_accuracy(self.confusion)

    @property
    def support(self) -> np.ndarray:
        """Number of valid true pixels of each class."""
        return self.confusion.sum(axis=1)

    @property
    def miou(self) -> float:
        """Mean IoU over the defined classes."""
        return formulas.mean_of_defined(self.iou)

    @property
    def mean_dice(self) -> float:
        """Mean Dice coefficient over the defined classes."""
        return formulas.mean_of_defined(self.dice)

    @property
    def pixel_accuracy(self) -> float:
        """Share of the valid pixels with the right label."""
        return float(matrix_formulas.pixel_accuracy(self.confusion))

    @property
    def mean_accuracy(self) -> float:
        """Mean recall over the classes of the truth."""
        return formulas.mean_of_defined(self.accuracy)

    @property
    def policy(self) -> dict[str, Any]:
        """The conventions behind the numbers, without which they cannot be compared."""
        return {"aggregation": "dataset", "absent": "skip", "ignore_index": self.ignore_index}

    def to_json(self) -> dict[str, Any]:
        """Plain data for `json.dump`; undefined scores are None.

        >>> Scores(np.array([[3, 1], [0, 0]]), ("a", "b")).to_json()["per_class"][0]
        {'name': 'a', 'iou': 0.75, 'dice': 0.8571428571428571, 'support': 4}
        """
        per_class = [
            {"name": name, "iou": _number(iou), "dice": _number(dice), "support": int(support)}
            for name, iou, dice, support in zip(self.class_names, self.iou, self.dice, self.support)
        ]
        return {
            "miou": _number(self.miou),
            "mean_dice": _number(self.mean_dice),
            "pixel_accuracy": _number(self.pixel_accuracy),
            "mean_accuracy": _number(self.mean_accuracy),
            "per_class": per_class,
            "policy": self.policy,
        }

    def table(self) -> str:
        """A text table with a row per class, then the means; undefined scores show as a dash."""
        rows = list(zip(self.class_names, self.iou, self.dice, self.support))
        rows.append(("mean", self.miou, self.mean_dice, self.support.sum()))
        width = max(14, *(len(name) for name in self.class_names))
        lines = [f"{'class':{width}}  {'IoU':>7}  {'Dice':>6}  {'support':>8}"]
        lines += [
            f"{name:{width}}  {_text(iou):>7}  {_text(dice):>6}  {support:>8}" for name, iou, dice, support in rows
        ]
        lines.append(f"{'pixel accuracy':{width}}  {_text(self.pixel_accuracy):>7}")
        lines.append(f"{'mean accuracy':{width}}  {_text(self.mean_accuracy):>7}")
        return "\n".join(lines)


def majority_baseline(scores: Scores, *, majority: int | None = None) -> Scores:
    """Scores of always answering one class, on the data that `scores` were taken from.

    `majority` is that class, by rights the commonest of the training split; without it the commonest of these
    data is taken, which can only flatter the baseline.

    Three of four pixels are class 0, so answering 0 gets IoU 3/4 and 0:

    >>> majority_baseline(Scores(np.array([[2, 1], [0, 1]]), ("a", "b"))).iou
    array([0.75, 0.  ])
    """
    answer = int(np.argmax(scores.support)) if majority is None else int(majority)
    if not 0 <= answer < scores.num_classes:
        raise ArgumentError(
            f"majority_baseline: majority is {majority!r}; it must be a class from 0 to {scores.num_classes - 1}"
        )
    confusion = np.zeros_like(scores.confusion)
    confusion[:, answer] = scores.support
    return Scores(confusion, scores.class_names, scores.ignore_index)


def name_classes(function: str, num_classes: int, class_names: Sequence[str] | None) -> tuple[str, ...]:
    """The names given, or "class 0", "class 1", ..."""
    if class_names is None:
        return tuple(f"class {index}" for index in range(num_classes))
    names = tuple(str(name) for name in class_names)
    if isinstance(class_names, str) or len(names) != num_classes:
        raise ArgumentError(
            f"{function}: class_names has {len(names)} names ({', '.join(names)}) "
            f"for num_classes={num_classes}; pass one name per class, in the order of their labels"
        )
    return names


def _number(value: float) -> float | None:
    return None if math.isnan(value) else float(value)


def _text(value: float) -> str:
    return UNDEFINED if math.isnan(value) else f"{value:.4f}"
