"""Calibration: of the pixels that a model calls 80 % sure, are 80 % right?"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Literal, overload

import numpy as np

from npseg.errors import ArgumentError
from npseg.metrics.calibration.counts import (
    CalibrationCounts,
    bin_numbers,
    check_bins,
    count_bins,
    equal_mass_edges,
    equal_width_edges,
    valid_pieces,
)
from npseg.metrics.calibration.result import CalibrationScores, Reliability, mean_of_bins
from npseg.metrics.overlap.confusion import check_ignore_index, check_num_classes
from npseg.metrics.overlap.names import name_classes
from npseg.metrics.states import require_state, require_twin

__all__ = [
    "CalibrationMetrics",
    "brier_score",
    "classwise_calibration_error",
    "expected_calibration_error",
    "negative_log_likelihood",
    "reliability",
]

_STATE_VERSION = 1
_SETTINGS = ("num_classes", "bins", "ignore_index", "class_names")
_SUMS = ("counts", "hits", "confidence", "squared_error", "log_loss")
_BINNINGS = ("width", "mass")

Binning = Literal["width", "mass"]


def reliability(
    y_true: Any,
    probabilities: Any,
    *,
    bins: int = 15,
    binning: Binning = "width",
    label: int | None = None,
    ignore_index: int | None = None,
) -> Reliability:
    """Confidence, accuracy and number of pixels of each bin of confidence: a reliability diagram as numbers.

    `y_true` holds labels, for instance `(N, H, W)`; `probabilities` one number per class on a last axis,
    `(N, H, W, K)`. Pixels whose truth is `ignore_index` do not count, whatever was predicted there.

    The confidence of a pixel is its largest probability, and it is right if that class (the first of equals) is the
    true one. With `label`, confidence is the probability of that class, whether or not it is the largest.

    `binning="width"` cuts [0, 1] into bins (m / M, (m + 1) / M], 0 being in the first. `"mass"` chooses edges
    such that bins hold equally many pixels; equal confidences share a bin. Guo et al. 2017, section 2; Nixon et al.
    2019 for equal mass.

    Raises `ShapeError` for shapes that do not fit, `ArgumentError` for labels outside `[0, K)`, for NaN, for
    probabilities outside [0, 1] by more than 1e-6 (less is clipped), and for sums that differ from 1 by more than 1e-3.

    The pixel that was 0.6 sure is right, of those that were 0.8 and 0.7 sure two of three:

    >>> chances = [[0.8, 0.2], [0.8, 0.2], [0.6, 0.4], [0.3, 0.7]]
    >>> result = reliability([0, 1, 0, 1], chances, bins=5)
    >>> result.counts, result.accuracy.round(3), result.confidence.round(3)
    (array([0, 0, 1, 3, 0]), array([  nan,   nan, 1.   , 0.667,   nan]), array([  nan,   nan, 0.6  , 0.767,   nan]))
    >>> round(result.ece, 3)
    0.175
    """
    return _read("reliability", y_true, probabilities, bins, binning, label, ignore_index)


def expected_calibration_error(
    y_true: Any,
    probabilities: Any,
    *,
    bins: int = 15,
    binning: Binning = "width",
    ignore_index: int | None = None,
) -> float:
    """Expected calibration error (ECE) of the top label: the pixels' mean of |accuracy - confidence| of their bin.

    Arguments and errors are those of `reliability`; NaN if no pixel is valid. It depends on the number of bins, which
    belongs beside the number. Guo et al. 2017, equation 3; with `binning="mass"` Nixon et al. 2019.

    One pixel is 0.6 sure and right, three are 0.7667 sure on average and right twice: 1/4 * 0.4 + 3/4 * 0.1.

    >>> chances = [[0.8, 0.2], [0.8, 0.2], [0.6, 0.4], [0.3, 0.7]]
    >>> round(expected_calibration_error([0, 1, 0, 1], chances, bins=5), 3)
    0.175
    """
    return _read("expected_calibration_error", y_true, probabilities, bins, binning, None, ignore_index).ece


@overload
def classwise_calibration_error(
    y_true: Any,
    probabilities: Any,
    *,
    bins: int = 15,
    binning: Binning = "width",
    ignore_index: int | None = None,
    average: Literal["macro"] = "macro",
) -> float: ...
@overload
def classwise_calibration_error(
    y_true: Any,
    probabilities: Any,
    *,
    bins: int = 15,
    binning: Binning = "width",
    ignore_index: int | None = None,
    average: None,
) -> np.ndarray: ...
def classwise_calibration_error(
    y_true: Any,
    probabilities: Any,
    *,
    bins: int = 15,
    binning: Binning = "width",
    ignore_index: int | None = None,
    average: Literal["macro"] | None = "macro",
) -> float | np.ndarray:
    """Calibration error of the probability of each class, or its mean over all classes (classwise-ECE).

    For each class every valid pixel counts: its probability of that class against whether it is the true one. A class
    that the truth does not hold is defined, too: it should have got no probability. Arguments and errors are those of
    `reliability`; NaN if no pixel is valid. Kull et al. 2019, "Beyond temperature scaling", section 2.

    Class 0 got 0.75 twice, and was right once:

    >>> classwise_calibration_error([0, 1], [[0.75, 0.25], [0.75, 0.25]], bins=2, average=None)
    array([0.25, 0.25])
    """
    function = "classwise_calibration_error"
    bins, ignore_index = check_bins(function, bins), check_ignore_index(function, ignore_index)
    _check_binning(function, binning)
    if average not in ("macro", None):
        raise ArgumentError(f"{function}: average is {average!r}; it must be 'macro' or None")
    if binning == "width":
        counts = count_bins(function, y_true, probabilities, bins=bins, ignore_index=ignore_index)
        errors = CalibrationScores(counts, name_classes(function, len(counts.counts) - 1, None)).classwise_ece
    else:
        num_classes, pieces = valid_pieces(function, y_true, probabilities, ignore_index)
        taken = list(pieces)
        labels = np.concatenate([np.zeros(0, np.int64), *(part for part, _ in taken)])
        chances = np.concatenate([np.zeros((0, num_classes)), *(part for _, part in taken)])
        errors = np.array(
            [_reliability(chances[:, label], labels == label, bins, binning).ece for label in range(num_classes)]
        )
    return errors if average is None else float(errors.mean())


def brier_score(y_true: Any, probabilities: Any, *, ignore_index: int | None = None) -> float:
    """Brier score: the pixels' mean of the squared distance between probabilities and one-hot truth, 0 to 2.

    Summed over classes, as Brier wrote it; for two classes it is twice the score of the one probability that some
    libraries report. Arguments and errors are those of `reliability`; NaN if no pixel is valid. Brier 1950.

    The first pixel gives 0.2 squared twice, the second 0.6 squared twice:

    >>> round(brier_score([0, 1], [[0.8, 0.2], [0.6, 0.4]]), 3)
    0.4
    """
    return _counted("brier_score", y_true, probabilities, ignore_index).brier


def negative_log_likelihood(y_true: Any, probabilities: Any, *, ignore_index: int | None = None) -> float:
    """Negative log-likelihood (log loss): the pixels' mean of -ln of the true class's probability.

    Infinite when a true class was given probability 0. Arguments and errors are those of `reliability`; NaN if no
    pixel is valid. Guo et al. 2017, equation 6.

    The losses are ln 2 and ln 4, of which 3/2 ln 2 = 1.0397 is the mean:

    >>> round(negative_log_likelihood([0, 1], [[0.5, 0.5], [0.75, 0.25]]), 4)
    1.0397
    """
    return _counted("negative_log_likelihood", y_true, probabilities, ignore_index).nll


class CalibrationMetrics:
    """Accumulates the calibration of any number of images, in `bins` bins of one width.

    Counts of pixels are exact, however the data are split; the sums of probabilities, squares and logarithms are
    float64, so that another order may change their last digits. Errors are those of `reliability`.

    >>> metrics = CalibrationMetrics(2, bins=5)
    >>> metrics.update([0, 1], [[0.8, 0.2], [0.8, 0.2]])
    >>> metrics.update([0, 1], [[0.6, 0.4], [0.3, 0.7]])
    >>> scores = metrics.compute()
    >>> round(scores.ece, 3), round(scores.brier, 3)
    (0.175, 0.465)
    """

    def __init__(
        self,
        num_classes: int,
        *,
        bins: int = 15,
        ignore_index: int | None = None,
        class_names: Sequence[str] | None = None,
    ) -> None:
        self.num_classes = check_num_classes("CalibrationMetrics", num_classes)
        self.bins = check_bins("CalibrationMetrics", bins)
        self.ignore_index = check_ignore_index("CalibrationMetrics", ignore_index)
        self.class_names = name_classes("CalibrationMetrics", self.num_classes, class_names)
        self.reset()

    def update(self, y_true: Any, probabilities: Any) -> None:
        """Count one image or batch: labels `(...)`, probabilities `(..., K)`. When it raises, nothing was counted."""
        self._sums.add(
            count_bins(
                "CalibrationMetrics.update",
                y_true,
                probabilities,
                bins=self.bins,
                ignore_index=self.ignore_index,
                num_classes=self.num_classes,
            )
        )

    def merge(self, other: CalibrationMetrics) -> CalibrationMetrics:
        """Add the counts of another accumulator with the same classes, bins and ignore value; returns self."""
        require_twin(self, other, _SETTINGS)
        self._sums.add(other._sums)
        return self

    def reset(self) -> None:
        """Forget everything counted."""
        self._sums = CalibrationCounts.empty(self.num_classes, self.bins)

    def compute(self) -> CalibrationScores:
        """The scores so far. Changes nothing, so it can be called at any time and as often as wanted."""
        return CalibrationScores(self._sums.copy(), self.class_names, self.ignore_index)

    def state_dict(self) -> dict[str, Any]:
        """Everything needed to go on elsewhere, as plain data; rows are the classes, then the top label."""
        return {
            "version": _STATE_VERSION,
            "num_classes": self.num_classes,
            "bins": self.bins,
            "ignore_index": self.ignore_index,
            "class_names": list(self.class_names),
            "counts": self._sums.counts.tolist(),
            "hits": self._sums.hits.tolist(),
            "confidence": self._sums.confidence.tolist(),
            "squared_error": self._sums.squared_error,
            "log_loss": self._sums.log_loss if math.isfinite(self._sums.log_loss) else "inf",  # JSON has no infinity
        }

    @classmethod
    def from_state_dict(cls, state: Mapping[str, Any]) -> CalibrationMetrics:
        """The accumulator that `state_dict` described, also after a way through JSON.

        >>> metrics = CalibrationMetrics(2)
        >>> metrics.update([1], [[0.25, 0.75]])
        >>> CalibrationMetrics.from_state_dict(metrics.state_dict()).compute().ece
        0.25
        """
        function = "CalibrationMetrics.from_state_dict"
        require_state(function, state, (_STATE_VERSION,), (*_SETTINGS, *_SUMS))
        metrics = cls(
            state["num_classes"],
            bins=state["bins"],
            ignore_index=state["ignore_index"],
            class_names=state["class_names"],
        )
        expected = metrics._sums.counts.shape
        arrays = {name: np.asarray(state[name]) for name in ("counts", "hits", "confidence")}
        for name, array in arrays.items():
            kinds = "fiu" if name == "confidence" else "iu"
            if array.shape != expected or array.dtype.kind not in kinds or not (array >= 0).all():
                raise ArgumentError(
                    f"{function}: {name} is {array.dtype} of shape {array.shape}, expected numbers from 0 on of shape "
                    f"{expected}; the state is damaged"
                )
        if (arrays["hits"] > arrays["counts"]).any() or np.unique(arrays["counts"].sum(axis=1)).size != 1:
            raise ArgumentError(
                f"{function}: hits and counts contradict each other: a bin has more hits than pixels, or classes have "
                "different numbers of pixels; the state is damaged"
            )
        # Of n pixels the confidences of a bin sum to at most n, squared errors to 2 n, and logarithms have no bound.
        squared_error, log_loss = (_number(function, name, state[name]) for name in ("squared_error", "log_loss"))
        pixels, slack = arrays["counts"][-1].sum(), 1 + 1e-6
        if (arrays["confidence"] > arrays["counts"] * slack).any() or squared_error > 2 * pixels * slack:
            raise ArgumentError(
                f"{function}: confidence or squared_error is larger than so many pixels can have; the state is damaged"
            )
        metrics._sums.add(CalibrationCounts(**arrays, squared_error=squared_error, log_loss=log_loss))
        return metrics


def _read(
    function: str, y_true: Any, probabilities: Any, bins: int, binning: Binning, label: int | None,
    ignore_index: int | None,
) -> Reliability:  # fmt: skip
    bins, ignore_index = check_bins(function, bins), check_ignore_index(function, ignore_index)
    _check_binning(function, binning)
    num_classes, pieces = valid_pieces(function, y_true, probabilities, ignore_index)
    is_class = isinstance(label, int | np.integer) and not isinstance(label, bool) and 0 <= label < num_classes
    if label is not None and not is_class:
        raise ArgumentError(
            f"{function}: label is {label!r}; it must be a class from 0 to {num_classes - 1}, or None for the top label"
        )
    confidences, hits = [np.zeros(0)], [np.zeros(0, np.bool_)]
    for labels, chances in pieces:
        if label is None:
            top = chances.argmax(axis=1)
            confidences.append(chances[np.arange(labels.size), top])
            hits.append(top == labels)
        else:
            confidences.append(chances[:, label])
            hits.append(labels == label)
    return _reliability(np.concatenate(confidences), np.concatenate(hits), bins, binning)


def _number(function: str, name: str, value: Any) -> float:
    """A sum of losses as its state has it: from 0 on, "inf" for one that JSON cannot hold."""
    if value == "inf":
        return math.inf
    if isinstance(value, bool) or not isinstance(value, int | float) or not value >= 0:
        raise ArgumentError(f"{function}: {name} is {value!r}, expected a number from 0 on; the state is damaged")
    return float(value)


def _reliability(confidences: np.ndarray, hits: np.ndarray, bins: int, binning: Binning) -> Reliability:
    edges = equal_mass_edges(confidences, bins) if binning == "mass" else equal_width_edges(bins)
    numbers = bin_numbers(confidences, edges)
    counts = np.bincount(numbers, minlength=bins).astype(np.int64)
    return Reliability(
        edges,
        counts,
        mean_of_bins(np.bincount(numbers, confidences, bins), counts),
        mean_of_bins(np.bincount(numbers[hits], minlength=bins), counts),
    )


def _counted(function: str, y_true: Any, probabilities: Any, ignore_index: int | None) -> CalibrationScores:
    ignore_index = check_ignore_index(function, ignore_index)
    counts = count_bins(function, y_true, probabilities, bins=1, ignore_index=ignore_index)
    return CalibrationScores(counts, name_classes(function, len(counts.counts) - 1, None), ignore_index)


def _check_binning(function: str, binning: str) -> None:
    if binning not in _BINNINGS:
        raise ArgumentError(
            f"{function}: binning is {binning!r}; it must be 'width' (bins of one width) "
            "or 'mass' (bins of equally many pixels)"
        )
