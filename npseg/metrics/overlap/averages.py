"""From the counts of each image and class to one score: what is pooled, what is averaged, and what an absent class is.

Three choices make a convention. Every score of `formulas` can be taken under each.

**aggregate**, what happens to images:

- "dataset": the counts of all images are added, and scored once (mIoU^D of Wang et al. 2023).
- "image": each image gets one score, from its classes; the result is the mean over images (their mIoU^I).
- "image_class": each class of each image gets a score; first the mean over images for each class, then over classes
  (their mIoU^C). `npseg.laws` calls this "image-then-class". Its "image-class" is the mean of all those scores at once,
  which is `aggregate="image_class", average="micro"` here.

**average**, what happens to classes:

- "macro": the mean over classes, every class alike.
- "weighted": the mean over classes, weighted with their true pixels (of the image, or of all images). If none of the
  classes has any, all weigh the same.
- "micro": the counts of the classes are added before the formula. With "image_class" no counts are left to add: every
  pair of an image and a class weighs the same.
- None: an array with a score for each class; of images, each class's mean over them.

**absent**, what an undefined score is worth: "skip" leaves it out of every mean; 0 or 1 takes its place. It is that of
a class in neither truth nor prediction (of that image, unless counts are added), with "micro" that of an image without
any of the classes. What is in truth or prediction alone is not absent but wrong.

A mean of nothing is NaN. Means over images are exactly rounded sums, so that their order does not matter.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypedDict, get_args

import numpy as np

from npseg.errors import ArgumentError
from npseg.metrics.overlap.class_counts import ClassCounts
from npseg.metrics.overlap.formulas import mean_over_classes, ratio

__all__ = ["Absent", "Aggregate", "Average", "Averages", "Averaging", "averaged", "check_averaging", "mean_of_images"]

Aggregate = Literal["dataset", "image", "image_class"]
Average = Literal["macro", "micro", "weighted"]
Absent = Literal["skip", 0, 1]


class Averages(TypedDict, total=False):
    """Options of every score that is made of classes."""

    aggregate: Aggregate
    average: Average | None
    absent: Absent
    include: Sequence[int] | None
    exclude: Sequence[int] | None


@dataclass(frozen=True)
class Averaging:
    """A convention, checked. `classes` are those that count, None for all."""

    aggregate: Aggregate = "dataset"
    average: Average | None = "macro"
    absent: Absent = "skip"
    classes: tuple[int, ...] | None = None

    @property
    def by_image(self) -> bool:
        """Whether images must be told apart."""
        return self.aggregate != "dataset"


def check_averaging(
    function: str,
    num_classes: int,
    *,
    aggregate: Aggregate = "dataset",
    average: Average | None = "macro",
    absent: Absent = "skip",
    include: Sequence[int] | None = None,
    exclude: Sequence[int] | None = None,
) -> Averaging:
    """The convention of these options, or an `ArgumentError`.

    >>> check_averaging("f", 3, exclude=[0]).classes
    (1, 2)
    """
    check_aggregate(function, aggregate)
    if average is not None and not (isinstance(average, str) and average in get_args(Average)):
        raise ArgumentError(
            f"{function}: average is {average!r}; it must be 'macro' (mean over classes), 'micro' (counts of the "
            "classes added), 'weighted' (mean by true pixels) or None (an array with one score per class)"
        )
    if isinstance(absent, bool) or not isinstance(absent, str | int | float) or absent not in get_args(Absent):
        raise ArgumentError(
            f"{function}: absent is {absent!r}; it must be 'skip' (leave undefined scores out of means), 0 or 1"
        )
    if include is not None and exclude is not None:
        raise ArgumentError(f"{function}: include and exclude are both given; name the classes once")
    classes = None
    if include is not None:
        classes = _check_classes(function, "include", include, num_classes)
    elif exclude is not None:
        without = _check_classes(function, "exclude", exclude, num_classes)
        classes = tuple(label for label in range(num_classes) if label not in without)
        if not classes:
            raise ArgumentError(f"{function}: exclude={list(exclude)} leaves no class of {num_classes} to score")
    return Averaging(aggregate, average, absent, classes)


def check_aggregate(function: str, aggregate: Any, allowed: Sequence[str] = get_args(Aggregate)) -> None:
    """Raise `ArgumentError` for what is no way to aggregate."""
    if not isinstance(aggregate, str) or aggregate not in allowed:
        raise ArgumentError(
            f"{function}: aggregate is {aggregate!r}; it must be one of {', '.join(map(repr, allowed))}"
        )


def averaged(counts: ClassCounts, formula: Callable[[ClassCounts], np.ndarray], how: Averaging) -> float | np.ndarray:
    """The score of counts of images `(N, K)` under a convention: a float, or `(K,)` of the classes that count.

    Two images: class 0 is found whole and then half, class 1 only occurs in the second, and is missed there.

    >>> from npseg.metrics.overlap.formulas import class_iou
    >>> from npseg.metrics.overlap.class_counts import class_counts
    >>> counts = class_counts(np.array([[[4, 0], [0, 0]], [[2, 0], [2, 0]]]))
    >>> [averaged(counts, class_iou, Averaging(aggregate)) for aggregate in ("dataset", "image", "image_class")]
    [0.375, 0.625, 0.375]
    """
    if how.classes is not None:
        counts = counts.of(how.classes)
    if not how.by_image:
        counts = counts.summed(0).with_axis()

    def scored(parts: ClassCounts) -> np.ndarray:
        values = np.asarray(formula(parts), np.float64)
        return values if how.absent == "skip" else np.where(np.isnan(values), float(how.absent), values)

    if how.average == "micro" and how.aggregate != "image_class":
        return mean_of_images(scored(counts.summed(-1)))
    values = scored(counts)
    if how.average is None:
        return _mean_of_each_class(values)
    if how.aggregate != "image_class":
        weights = counts.support if how.average == "weighted" else None
        return mean_of_images(mean_over_classes(values) if weights is None else _weighted(values, weights))
    if how.average == "micro":
        return mean_of_images(np.ravel(values))
    of_classes = _mean_of_each_class(values)
    if how.average == "weighted":
        return float(_weighted(of_classes, counts.summed(0).support))
    return float(mean_over_classes(of_classes))


def mean_of_images(values: np.ndarray) -> float:
    """Mean of the values `(N,)` that are not NaN, whatever their order; NaN if none is.

    >>> mean_of_images(np.array([0.1, np.nan, 0.3]))
    0.2
    """
    defined = values[~np.isnan(values)]
    return math.fsum(defined.tolist()) / defined.size if defined.size else math.nan


def _mean_of_each_class(values: np.ndarray) -> np.ndarray:
    if len(values) == 1:
        return values[0]
    return np.array([mean_of_images(column) for column in values.T])


def _weighted(values: np.ndarray, support: np.ndarray) -> np.ndarray:
    """Mean along the last axis of the defined values, weighted with the support, or evenly where there is none."""
    defined = ~np.isnan(values)
    weights = np.where(defined, support, 0).astype(np.float64)
    weights = np.where(weights.sum(axis=-1, keepdims=True) > 0, weights, defined)
    return ratio((weights * np.where(defined, values, 0.0)).sum(axis=-1), weights.sum(axis=-1))


def _check_classes(function: str, name: str, given: Any, num_classes: int) -> tuple[int, ...]:
    labels = given.tolist() if isinstance(given, np.ndarray) else given
    plain = isinstance(labels, Sequence | set | frozenset | range) and not isinstance(labels, str)
    if not plain or not all(isinstance(one, int | np.integer) and not isinstance(one, bool) for one in labels):
        raise ArgumentError(f"{function}: {name} is {given!r}; it must be a list of classes, such as [1, 2]")
    classes = tuple(sorted(labels) if isinstance(labels, set | frozenset) else map(int, labels))
    strange = [one for one in classes if not 0 <= one < num_classes]
    if strange or len(set(classes)) < len(classes) or (name == "include" and not classes):
        raise ArgumentError(
            f"{function}: {name} is {list(classes)}; it must name each class once, from 0 to {num_classes - 1}"
        )
    return classes
