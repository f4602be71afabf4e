"""How sure is a score? Bootstrap intervals of data-set scores, resampled by image or by group."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from npseg.errors import ArgumentError
from npseg.metrics.statistics.count_scores import find_score
from npseg.metrics.statistics.intervals import bca_interval, percentile_interval, standard_error
from npseg.metrics.statistics.resampling import (
    WeightedSums,
    check_number,
    check_seed,
    evaluate,
    pieces,
    resampled,
    unit_of_each_image,
)
from npseg.metrics.statistics.unit_counts import UnitCounts

__all__ = ["ConfidenceInterval", "check_level", "confidence_interval"]


@dataclass(frozen=True)
class ConfidenceInterval:
    """A score, its interval from `low` to `high`, and how that was found.

    `units` is the number of images, or of groups (`unit`), that were drawn from; `undefined` the number of `resamples`
    in which the score does not exist: they are left out of interval and standard error.
    """

    score: str
    estimate: float
    low: float
    high: float
    level: float
    standard_error: float
    method: str
    resamples: int
    undefined: int
    unit: str
    units: int
    images: int
    seed: int

    def to_json(self) -> dict[str, Any]:
        """Plain data for `json.dump`; what is undefined is None."""
        return {
            name: None if isinstance(value, float) and math.isnan(value) else value
            for name, value in vars(self).items()
        }

    def __str__(self) -> str:
        drawn = f"{self.units} images" if self.unit == "image" else f"{self.units} groups of {self.images} images"
        undefined = f", {self.undefined} of them undefined" if self.undefined else ""
        return (
            f"{self.score} {self.estimate:.4f}, {100 * self.level:g} % interval {self.low:.4f} to {self.high:.4f} "
            f"(standard error {self.standard_error:.4f}; {self.method} bootstrap of {drawn}, {self.resamples} "
            f"resamples{undefined}, seed {self.seed})"
        )


def confidence_interval(
    counts: Any,
    score: str | Callable[[np.ndarray], Any] = "miou",
    *,
    groups: Sequence[Any] | np.ndarray | None = None,
    level: float = 0.95,
    resamples: int = 2000,
    method: Literal["percentile", "bca"] = "percentile",
    seed: int = 0,
) -> ConfidenceInterval:
    """Bootstrap interval of the score of a data set.

    - `counts`: the confusion matrix of each image, `(N, K, K)` integers, rows the truth, or `images` of `Scores`.
    - `score`: "miou", "mean_dice", "mean_accuracy", "pixel_accuracy", "frequency_weighted_iou", "generalized_dice",
      "cohen_kappa", "matthews_corrcoef", or a function of counts `(..., K, K)` to `(...)`.
    - `groups`: what each image belongs to (a patient, a video), `(N,)`. Whole groups are drawn then: images of a group
      resemble each other, and drawing them one by one would pretend to more evidence than there is.
    - `method`: "percentile" (Efron and Tibshirani 1993, section 13.3) or "bca", which corrects for bias and skew (Efron
      1987). Both are approximate, and too short with few units (a dozen, say).

    A resample draws as many images (or groups) as there are, with replacement, and scores the sum of their counts, as
    the data set was scored. The answer depends on `seed` alone. Raises `ArgumentError` for fewer than 2 images or
    groups, `ShapeError` and `DTypeError` for anything but counts.

    Where all images scored the same, there is nothing to be unsure of:

    >>> interval = confidence_interval(np.array([[[3, 1], [0, 4]]] * 5), "pixel_accuracy")
    >>> interval.estimate, interval.low, interval.high, interval.standard_error
    (0.875, 0.875, 0.875, 0.0)
    """
    images = UnitCounts.of("confidence_interval", "counts", counts)
    chosen = find_score("confidence_interval", score)
    level = check_level("confidence_interval", level)
    resamples = check_number("confidence_interval", "resamples", resamples)
    seed = check_seed("confidence_interval", seed)
    if method not in ("percentile", "bca"):
        raise ArgumentError(f"confidence_interval: method is {method!r}; it must be 'percentile' or 'bca'")
    units = images.grouped(unit_of_each_image("confidence_interval", len(images), groups))
    count, classes = len(units), units.classes

    def scored(sums: np.ndarray) -> np.ndarray:
        return evaluate("confidence_interval", chosen.function, sums)

    sums = WeightedSums(units, largest=count * units.largest)
    replications = resampled(count, classes, resamples, seed, lambda weights: scored(sums(weights)))
    estimate = float(scored(units.total()[None])[0])
    if method == "bca":
        low, high = bca_interval(replications, estimate, _without_one(units, scored), level)
    else:
        low, high = percentile_interval(replications, level)
    return ConfidenceInterval(
        score=chosen.title,
        estimate=estimate,
        low=low,
        high=high,
        level=level,
        standard_error=standard_error(replications),
        method=method,
        resamples=resamples,
        undefined=int(np.isnan(replications).sum()),
        unit="image" if groups is None else "group",
        units=count,
        images=len(images),
        seed=seed,
    )


def check_level(function: str, level: Any) -> float:
    """A confidence level between 0 and 1."""
    if isinstance(level, bool) or not isinstance(level, int | float | np.number) or not 0 < level < 1:
        raise ArgumentError(f"{function}: level is {level!r}; it must lie between 0 and 1, such as 0.95")
    return float(level)


def _without_one(units: UnitCounts, scored: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
    """Scores of the data set without one unit each (jackknife), `(n,)`."""
    total, values, begin = units.total(), [], 0
    for size in pieces(len(units), 0, units.classes):
        values.append(scored(total - units.dense(begin, begin + size)))
        begin += size
    return np.concatenate(values)
