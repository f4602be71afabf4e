"""Counting pairs of labels, in plain NumPy."""

from __future__ import annotations

import numpy as np

__all__ = ["confusion_matrix"]


def confusion_matrix(truth, prediction, num_classes, ignore, has_ignore):
    """Confusion matrix (K, K) int64, rows the truth, and the number of pixels with a label outside [0, K)."""
    if has_ignore:
        kept = truth != ignore
        truth, prediction = truth[kept], prediction[kept]
    inside = (truth >= 0) & (truth < num_classes) & (prediction >= 0) & (prediction < num_classes)
    cells = truth[inside].astype(np.int64) * num_classes + prediction[inside].astype(np.int64)
    counts = np.bincount(cells, minlength=num_classes * num_classes).astype(np.int64)
    return counts.reshape(num_classes, num_classes), int(np.count_nonzero(~inside))
