"""Scores over whole images at their original size."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from npseg.data import Dataset, DatasetInfo
from npseg.errors import DataError, NpsegError
from npseg.infer import Predictor
from npseg.metrics import Scores, SegmentationMetrics

__all__ = ["evaluate"]


def evaluate(
    predictor: Predictor,
    dataset: Dataset,
    info: DatasetInfo,
    *,
    on_image: Callable[[int, int], Any] | None = None,
) -> Scores:
    """Predict every image of `dataset` whole and score it against its mask.

    `on_image(done, images)` hears of each. Raises `DataError` that names an image without mask, or one
    that cannot be scored.
    """
    metrics = SegmentationMetrics(info.num_classes, info.ignore_index, info.classes, per_image=False)
    for index in range(len(dataset)):
        sample = dataset[index]
        if sample.mask is None:
            raise DataError(f"{sample.name}: has no mask, so it cannot be scored; `npseg predict` needs none")
        try:
            metrics.update(sample.mask, predictor.labels(sample.image))
        except NpsegError as error:
            raise DataError(f"{sample.name}: {error}") from error
        if on_image is not None:
            on_image(index + 1, len(dataset))
    return metrics.compute()
