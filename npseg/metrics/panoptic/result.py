"""What a panoptic segmentation scored: PQ, SQ and RQ per class and on average."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple

from npseg.metrics.overlap.class_rows import UNDEFINED
from npseg.metrics.panoptic.matching import IOU_BITS

__all__ = ["ClassQuality", "MeanQuality", "PanopticQuality"]


@dataclass(frozen=True)
class ClassQuality:
    """Panoptic quality of one class, from counts of segments and the exact sum of the matches' IoU.

    `iou_units` is that sum in units of 2**-53. A class without any segment is undefined (NaN). A class that was
    seen but never matched has PQ, SQ and RQ 0: the mean over no matches is set to 0, as panopticapi does, because
    leaving the class out would let the mean SQ rise when a class is missed. So PQ = SQ * RQ for every seen class.

    One match of IoU 3/4, one true segment missed and no false alarm:

    >>> row = ClassQuality("car", True, 1, 0, 1, 3 * 2**51)
    >>> row.sq, round(row.rq, 4), row.pq
    (0.75, 0.6667, 0.5)
    """

    name: str
    is_thing: bool
    true_positives: int
    false_positives: int
    false_negatives: int
    iou_units: int

    @property
    def seen(self) -> bool:
        """Whether the class has a segment that counts, in truth or prediction."""
        return self._twice_segments > 0

    @property
    def pq(self) -> float:
        """Sum of the matches' IoU / (TP + FP / 2 + FN / 2). Kirillov et al. 2019, equation 1."""
        return 2 * self.iou_units / (self._twice_segments << IOU_BITS) if self.seen else math.nan

    @property
    def sq(self) -> float:
        """Mean IoU of the matches (segmentation quality). Kirillov et al. 2019, equation 2."""
        if self.true_positives:
            return self.iou_units / (self.true_positives << IOU_BITS)
        return 0.0 if self.seen else math.nan

    @property
    def rq(self) -> float:
        """F1 of the segments (recognition quality), TP / (TP + FP / 2 + FN / 2). Kirillov et al. 2019, equation 2."""
        return 2 * self.true_positives / self._twice_segments if self.seen else math.nan

    @property
    def iou_sum(self) -> float:
        """Sum of the IoU of the matches."""
        return self.iou_units / (1 << IOU_BITS)

    @property
    def _twice_segments(self) -> int:
        return 2 * self.true_positives + self.false_positives + self.false_negatives


class MeanQuality(NamedTuple):
    """Means over the seen classes of a kind, and how many those are; NaN when there is none."""

    pq: float
    sq: float
    rq: float
    num_classes: int


@dataclass(frozen=True, eq=False)
class PanopticQuality:
    """Panoptic quality of a data set: `per_class`, and its means over all, thing and stuff classes.

    A class without a segment in truth or prediction is NaN and left out of the means; a mean of nothing is NaN.
    The mean PQ is no product of the mean SQ and the mean RQ: only within a class is PQ = SQ * RQ.

    >>> rows = (ClassQuality("car", True, 1, 0, 1, 3 * 2**51), ClassQuality("sky", False, 0, 0, 0, 0))
    >>> quality = PanopticQuality(rows)
    >>> quality.pq, quality.things.num_classes, quality.stuff.pq
    (0.5, 1, nan)
    >>> print(quality.table())
    class               PQ      SQ      RQ      TP      FP      FN
    car             0.5000  0.7500  0.6667       1       0       1
    sky                  –       –       –       0       0       0
    things          0.5000  0.7500  0.6667       1       0       1
    stuff                –       –       –       0       0       0
    all             0.5000  0.7500  0.6667       1       0       1
    """

    per_class: tuple[ClassQuality, ...]
    void: int | None = None

    @property
    def pq(self) -> float:
        """Mean panoptic quality of the seen classes."""
        return self.all.pq

    @property
    def sq(self) -> float:
        """Mean segmentation quality of the seen classes."""
        return self.all.sq

    @property
    def rq(self) -> float:
        """Mean recognition quality of the seen classes."""
        return self.all.rq

    @property
    def all(self) -> MeanQuality:
        """Means over all seen classes."""
        return _mean(self.per_class)

    @property
    def things(self) -> MeanQuality:
        """Means over the seen thing classes."""
        return _mean(row for row in self.per_class if row.is_thing)

    @property
    def stuff(self) -> MeanQuality:
        """Means over the seen stuff classes."""
        return _mean(row for row in self.per_class if not row.is_thing)

    @property
    def policy(self) -> dict[str, Any]:
        """The conventions behind the numbers, without which they cannot be compared."""
        return {
            "aggregation": "dataset",
            "absent": "skip",
            "match": "IoU > 0.5",
            "unmatched_sq": 0,
            "void": self.void,
            "void_prediction": "counts as missing",
        }

    def to_json(self) -> dict[str, Any]:
        """Plain data for `json.dump`; undefined scores are None.

        >>> PanopticQuality((ClassQuality("car", True, 1, 0, 1, 3 * 2**51),)).to_json()["things"]["pq"]
        0.5
        """
        return {
            **_numbers(self.all),
            "things": _numbers(self.things),
            "stuff": _numbers(self.stuff),
            "per_class": [
                {
                    "name": row.name,
                    "is_thing": row.is_thing,
                    "pq": _number(row.pq),
                    "sq": _number(row.sq),
                    "rq": _number(row.rq),
                    "tp": row.true_positives,
                    "fp": row.false_positives,
                    "fn": row.false_negatives,
                    "iou_sum": row.iou_sum,
                }
                for row in self.per_class
            ],
            "policy": self.policy,
        }

    def table(self) -> str:
        """A text table with a row per class, then the means; undefined scores show as a dash."""
        width = max(14, *(len(row.name) for row in self.per_class))
        lines = [f"{'class':{width}}" + "".join(f"  {head:>6}" for head in ("PQ", "SQ", "RQ", "TP", "FP", "FN"))]
        kinds = {
            "things": [row for row in self.per_class if row.is_thing],
            "stuff": [row for row in self.per_class if not row.is_thing],
            "all": list(self.per_class),
        }
        named = [(row.name, [row], (row.pq, row.sq, row.rq)) for row in self.per_class]
        named += [(name, rows, _mean(rows)[:3]) for name, rows in kinds.items()]
        for name, rows, scores in named:
            counts = (
                sum(row.true_positives for row in rows),
                sum(row.false_positives for row in rows),
                sum(row.false_negatives for row in rows),
            )
            cells = [*map(_text, scores), *map(str, counts)]
            lines.append(f"{name:{width}}" + "".join(f"  {cell:>6}" for cell in cells))
        return "\n".join(lines)


def _mean(rows: Iterable[ClassQuality]) -> MeanQuality:
    seen = [row for row in rows if row.seen]
    if not seen:
        return MeanQuality(math.nan, math.nan, math.nan, 0)
    # fsum rounds once, so that the order of the classes does not matter.
    pq, sq, rq = (math.fsum(values) / len(seen) for values in zip(*((row.pq, row.sq, row.rq) for row in seen)))
    return MeanQuality(pq, sq, rq, len(seen))


def _numbers(mean: MeanQuality) -> dict[str, Any]:
    return {"pq": _number(mean.pq), "sq": _number(mean.sq), "rq": _number(mean.rq), "num_classes": mean.num_classes}


def _number(value: float) -> float | None:
    return None if math.isnan(value) else value


def _text(value: float) -> str:
    return UNDEFINED if math.isnan(value) else f"{value:.4f}"
