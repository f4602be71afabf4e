"""How well the outlines of one image are met: boundary F1, and the counts of boundary IoU."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from npseg.metrics.distance.boundary_f1 import TOLERANCE_OF_DIAGONAL, boundary_f1
from npseg.metrics.distance.boundary_iou import WIDTH_OF_DIAGONAL, band_counts

__all__ = ["BoundaryCounts", "BoundaryRules", "count_boundaries"]


@dataclass(frozen=True)
class BoundaryRules:
    """How near is near: `tolerance` pixels between outlines for F1, or None for 0.75 % of each image's diagonal."""

    tolerance: float | None = None

    def tolerance_of(self, shape: tuple[int, ...]) -> float:
        """In pixels, for an image of that height and width."""
        return TOLERANCE_OF_DIAGONAL * math.hypot(*shape) if self.tolerance is None else self.tolerance


@dataclass(frozen=True)
class BoundaryCounts:
    """Of one image: boundary F1 of each class `(K,)`, and the pixels of its bands, `(2, K)`: in both, and in either."""

    f1: np.ndarray
    bands: np.ndarray


def count_boundaries(
    truth: np.ndarray, prediction: np.ndarray, num_classes: int, ignore_index: int | None, rules: BoundaryRules
) -> BoundaryCounts:
    """Label maps `(H, W)`, bands of 2 % of the diagonal."""
    f1 = boundary_f1(
        truth, prediction, num_classes=num_classes, tolerance=rules.tolerance_of(truth.shape),
        ignore_index=ignore_index, average=None,
    )  # fmt: skip
    bands = band_counts(
        truth, prediction, num_classes=num_classes, width=WIDTH_OF_DIAGONAL, width_unit="diagonal",
        ignore_index=ignore_index,
    )  # fmt: skip
    return BoundaryCounts(f1, bands)
