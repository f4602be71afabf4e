"""What a comparison found: numbers, JSON, and a table that says what was tested and resampled."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

__all__ = ["Comparison", "Difference"]

_UNDEFINED = "–"  # noqa: RUF001


@dataclass(frozen=True)
class Difference:
    """One score of two models, A minus B; NaN where a side is undefined, None where that was not asked for.

    `interval` and `standard_error` are of the paired bootstrap, `p_value` of the permutation test, `p_holm` the same
    corrected over the classes (only of classes). `undefined_resamples` were left out of the interval;
    `undefined_swaps` count against the difference.
    """

    name: str
    a: float
    b: float
    difference: float
    interval: tuple[float, float] | None = None
    standard_error: float | None = None
    undefined_resamples: int | None = None
    p_value: float | None = None
    p_holm: float | None = None
    undefined_swaps: int | None = None

    def to_json(self) -> dict[str, Any]:
        """Plain data for `json.dump`; what is undefined or was not asked for is None."""
        low, high = self.interval or (math.nan, math.nan)
        return {
            "name": self.name,
            "a": _number(self.a),
            "b": _number(self.b),
            "difference": _number(self.difference),
            "low": _number(low),
            "high": _number(high),
            "standard_error": _number(self.standard_error),
            "undefined_resamples": self.undefined_resamples,
            "p_value": _number(self.p_value),
            "p_holm": _number(self.p_holm),
            "undefined_swaps": self.undefined_swaps,
        }


@dataclass(frozen=True)
class Comparison:
    """The data-set score of two models, their classes' scores if asked for, and how they were tested.

    `units` is the number of images, or of groups of `images` (`unit`), that were resampled and swapped; `resamples` and
    `swaps` how often (None: not done); `exact` whether the swaps were all there are.

    >>> one = Difference("mean IoU", 0.75, 0.5, 0.25, (0.125, 0.375), 0.0625, 0, 0.03125, None, 0)
    >>> print(Comparison("mean IoU", "", ("new", "old"), one, (), "image", 6, 6, 0.95, 2000, 64, True, 0).table())
    new (A) against old (B), 6 images
                      A       B    A - B       95 % interval       p
    mean IoU     0.7500  0.5000  +0.2500  +0.1250 to +0.3750  0.0312
    interval: paired bootstrap, percentiles of 2000 resamples of 6 images
    p: two-sided, the models swapped image by image, all 64 ways
    seed 0
    """

    score: str
    class_score: str
    names: tuple[str, str]
    overall: Difference
    per_class: tuple[Difference, ...]
    unit: str
    units: int
    images: int
    level: float
    resamples: int | None
    swaps: int | None
    exact: bool | None
    seed: int

    def to_json(self) -> dict[str, Any]:
        """Plain data for `json.dump`."""
        return {
            "score": self.score,
            "class_score": self.class_score or None,
            "a": self.names[0],
            "b": self.names[1],
            "overall": self.overall.to_json(),
            "per_class": [row.to_json() for row in self.per_class],
            "unit": self.unit,
            "units": self.units,
            "images": self.images,
            "level": self.level,
            "resamples": self.resamples,
            "swaps": self.swaps,
            "exact": self.exact,
            "seed": self.seed,
        }

    def table(self) -> str:
        """A text table: a row for the score and one for each class, then what was done."""
        rows = [self.overall, *self.per_class]
        width = max(11, *(len(row.name) for row in rows))
        head = f"{'':{width}}  {'A':>6}  {'B':>6}  {'A - B':>7}"
        if self.resamples is not None:
            head += f"  {f'{100 * self.level:g} % interval':>18}"
        if self.swaps is not None:
            head += f"  {'p':>6}" + (f"  {'Holm':>6}" if self.per_class else "")
        lines = [f"{self.names[0]} (A) against {self.names[1]} (B), {self._drawn()}", head]
        for row in rows:
            if self.per_class and row is self.per_class[0]:
                lines.append(f"{self.class_score or 'score'} of each class:")
            lines.append(self._row(row, width))
        return "\n".join([*lines, *self._notes()])

    def _row(self, row: Difference, width: int) -> str:
        text = f"{row.name:{width}}  {_text(row.a):>6}  {_text(row.b):>6}  {_text(row.difference, '+.4f'):>7}"
        if self.resamples is not None:
            low, high = row.interval or (math.nan, math.nan)
            undefined = math.isnan(low) or math.isnan(high)
            text += f"  {_UNDEFINED if undefined else f'{low:+.4f} to {high:+.4f}':>18}"
        if self.swaps is not None:
            text += f"  {_text(row.p_value):>6}"
            if self.per_class:
                text += f"  {'' if row is self.overall else _text(row.p_holm):>6}"
        return text.rstrip()

    def _notes(self) -> list[str]:
        notes = []
        if self.resamples is not None:
            notes.append(f"interval: paired bootstrap, percentiles of {self.resamples} resamples of {self._drawn()}")
        if self.swaps is not None:
            how = f"all {self.swaps} ways" if self.exact else f"{self.swaps} random ways, p = (b + 1) / (m + 1)"
            notes.append(f"p: two-sided, the models swapped {self.unit} by {self.unit}, {how}")
            if self.per_class:
                notes.append("Holm: p corrected for the number of classes")
        return [*notes, f"seed {self.seed}"]

    def _drawn(self) -> str:
        return f"{self.units} images" if self.unit == "image" else f"{self.units} groups of {self.images} images"


def _number(value: float | None) -> float | None:
    return None if value is None or math.isnan(value) else value


def _text(value: float | None, form: str = ".4f") -> str:
    return _UNDEFINED if value is None or math.isnan(value) else format(value, form)
