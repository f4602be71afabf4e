"""What calibration measures report: reliability per bin, and the scores of a data set."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from npseg.errors import ArgumentError
from npseg.metrics.calibration.counts import CalibrationCounts, equal_width_edges
from npseg.metrics.overlap.class_rows import UNDEFINED

__all__ = ["CalibrationScores", "Reliability"]


@dataclass(frozen=True, eq=False)
class Reliability:
    """A reliability diagram as numbers: how often each level of confidence was right.

    Of M bins: `edges` `(M + 1,)`, `counts` of pixels (int64), `confidence` (mean probability) and `accuracy` (share of
    pixels that were right), NaN for a bin without pixels. DeGroot and Fienberg 1983; Guo et al. 2017, section 2.

    Three pixels said 0.7 and two of them were right, one said 0.9 and was:

    >>> result = Reliability(np.array([0, 0.8, 1]), np.array([3, 1]), np.array([0.7, 0.9]), np.array([2 / 3, 1]))
    >>> round(result.ece, 3), round(result.mce, 3)
    (0.05, 0.1)
    """

    edges: np.ndarray
    counts: np.ndarray
    confidence: np.ndarray
    accuracy: np.ndarray

    @property
    def ece(self) -> float:
        """Expected calibration error, the pixels' mean of |accuracy - confidence|. Guo et al. 2017, equation 3."""
        used = self.counts > 0
        if not used.any():
            return math.nan
        gaps = np.abs(self.accuracy[used] - self.confidence[used])
        return float(np.sum(self.counts[used] * gaps) / self.counts.sum())

    @property
    def mce(self) -> float:
        """Maximum calibration error, the largest |accuracy - confidence| of a bin. Guo et al. 2017, equation 5."""
        used = self.counts > 0
        return float(np.abs(self.accuracy[used] - self.confidence[used]).max()) if used.any() else math.nan

    def to_json(self) -> dict[str, Any]:
        """Plain data for `json.dump`; undefined values are None."""
        return {
            "edges": self.edges.tolist(),
            "counts": self.counts.tolist(),
            "confidence": [_number(value) for value in self.confidence.tolist()],
            "accuracy": [_number(value) for value in self.accuracy.tolist()],
            "ece": _number(self.ece),
            "mce": _number(self.mce),
        }


@dataclass(frozen=True, eq=False)
class CalibrationScores:
    """Calibration of a data set: all valid pixels pooled, bins of one width. Everything is NaN without a pixel.

    >>> counts = CalibrationCounts.empty(2, 2)
    >>> counts.counts += [[1, 3], [3, 1], [0, 4]]
    >>> counts.hits += [[0, 3], [0, 1], [0, 4]]
    >>> counts.confidence += [[0.25, 2.75], [0.25, 0.75], [0, 3.5]]
    >>> scores = CalibrationScores(counts, ("sky", "road"))
    >>> scores.ece, scores.classwise_ece
    (0.125, array([0.125, 0.125]))
    """

    sums: CalibrationCounts
    class_names: tuple[str, ...]
    ignore_index: int | None = None

    @property
    def num_pixels(self) -> int:
        """Number of valid pixels."""
        return self.sums.num_pixels

    @property
    def ece(self) -> float:
        """Expected calibration error of the top label. Guo et al. 2017, equation 3."""
        return self.reliability().ece

    @property
    def mce(self) -> float:
        """Maximum calibration error of the top label. Guo et al. 2017, equation 5."""
        return self.reliability().mce

    @property
    def classwise_ece(self) -> np.ndarray:
        """Expected calibration error of each class's probability, float64 `(K,)`. Kull et al. 2019, section 2."""
        return np.array([self.reliability(label).ece for label in range(len(self.class_names))])

    @property
    def mean_classwise_ece(self) -> float:
        """Mean of `classwise_ece` over all classes: classwise-ECE of Kull et al. 2019, section 2."""
        return float(self.classwise_ece.mean())

    @property
    def brier(self) -> float:
        """Mean squared distance between probabilities and one-hot truth, 0 to 2. Brier 1950."""
        return self.sums.squared_error / self.num_pixels if self.num_pixels else math.nan

    @property
    def nll(self) -> float:
        """Mean of -ln of the true class's probability; infinite where that was 0."""
        return self.sums.log_loss / self.num_pixels if self.num_pixels else math.nan

    def reliability(self, label: int | None = None) -> Reliability:
        """The reliability of the top label, or of the probability of one class."""
        num_classes = len(self.class_names)
        if label is not None and not 0 <= label < num_classes:
            raise ArgumentError(
                f"CalibrationScores.reliability: label is {label!r}; it must be a class from 0 to {num_classes - 1}, "
                "or None for the top label"
            )
        row = num_classes if label is None else label
        counts = self.sums.counts[row].copy()
        return Reliability(
            equal_width_edges(len(counts)),
            counts,
            mean_of_bins(self.sums.confidence[row], counts),
            mean_of_bins(self.sums.hits[row], counts),
        )

    @property
    def policy(self) -> dict[str, Any]:
        """The conventions behind the numbers, without which they cannot be compared."""
        return {
            "aggregation": "dataset",
            "bins": self.sums.counts.shape[1],
            "binning": "equal width, right edge included",
            "ignore_index": self.ignore_index,
        }

    def to_json(self) -> dict[str, Any]:
        """Plain data for `json.dump`; undefined and infinite scores are None."""
        per_class = [
            {"name": name, "ece": _number(value)} for name, value in zip(self.class_names, self.classwise_ece.tolist())
        ]
        return {
            "ece": _number(self.ece),
            "mce": _number(self.mce),
            "mean_classwise_ece": _number(self.mean_classwise_ece),
            "brier": _number(self.brier),
            "nll": _number(self.nll),
            "num_pixels": self.num_pixels,
            "per_class": per_class,
            "reliability": self.reliability().to_json(),
            "policy": self.policy,
        }

    def table(self) -> str:
        """A text table: calibration error per class, then the scores of the whole; undefined shows as a dash."""
        rows = list(zip(self.class_names, self.classwise_ece.tolist()))
        rows += [
            ("mean", self.mean_classwise_ece),
            ("top label", self.ece),
            ("largest gap", self.mce),
            ("Brier score", self.brier),
            ("log loss", self.nll),
        ]
        width = max(14, *(len(name) for name in self.class_names))
        lines = [f"{'class':{width}}  {'ECE':>7}"]
        lines += [f"{name:{width}}  {_text(value):>7}" for name, value in rows]
        return "\n".join(lines)


def mean_of_bins(sums: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Sums over counts, NaN where a bin is empty."""
    means = np.full(counts.shape, np.nan)
    np.divide(sums, counts, out=means, where=counts > 0)
    return means


def _number(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None


def _text(value: float) -> str:
    return UNDEFINED if math.isnan(value) else f"{value:.4f}"
