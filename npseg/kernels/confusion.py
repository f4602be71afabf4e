"""Counting pairs of labels: the one loop under every metric."""

from __future__ import annotations

import numpy as np

from npseg.kernels._jit import jit

__all__ = ["confusion_matrix"]


@jit
def confusion_matrix(truth, prediction, num_classes, ignore, has_ignore):
    """Confusion matrix (K, K) int64, rows the truth, and the number of pixels with a label outside [0, K).

    `truth` and `prediction` are flat integer arrays of equal length; `ignore` has the type of `truth`, so
    that no value is changed by the comparison.
    """
    # Neighbouring pixels mostly fall into one cell. An increment waits for the store of the one before it
    # when both hit one address, so four tables take turns.
    tables = np.zeros((4, num_classes * num_classes), np.int64)
    outside = 0
    for i in range(truth.size):
        if has_ignore and truth[i] == ignore:
            continue
        # int64 before any arithmetic: uint64 and int64 together would become float64. Labels from 2**63 up
        # turn negative, hence stay outside.
        t = np.int64(truth[i])
        p = np.int64(prediction[i])
        if 0 <= t < num_classes and 0 <= p < num_classes:
            tables[i & 3, t * num_classes + p] += 1
        else:
            outside += 1
    return tables.sum(axis=0).reshape(num_classes, num_classes), outside
