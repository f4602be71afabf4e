"""A module of metrics, as somebody else would write it: one right, others wrong in known ways."""

from __future__ import annotations

import textwrap

MODULE = textwrap.dedent(
    """
    import numpy as np

    pi = 3.14

    def miou(y_true, y_pred, num_classes, ignore_index=None):
        scores = []
        for label in range(num_classes):
            truth, prediction = y_true == label, y_pred == label
            union = (truth | prediction).sum()
            if union:
                scores.append((truth & prediction).sum() / union)
        return float(np.mean(scores))

    def lopsided(y_true, y_pred, num_classes, ignore_index=None):
        "Divides by the truth, where the union is due."
        scores = []
        for label in range(num_classes):
            truth, prediction = y_true == label, y_pred == label
            if truth.any():
                scores.append((truth & prediction).sum() / truth.sum())
        return float(np.mean(scores))

    def unbounded(y_true, y_pred, num_classes, ignore_index=None):
        "A count, where a share is due."
        return float((y_true == y_pred).sum())

    def breaking_off(y_true, y_pred, num_classes, ignore_index=None):
        "Ctrl-C comes when labels are exchanged."
        if (y_true < y_pred).any() and (y_true == 3).any():
            raise KeyboardInterrupt
        return 1.0

    class Metrics:
        def miou(self, y_true, y_pred, num_classes, ignore_index=None):
            return lopsided(y_true, y_pred, num_classes)

    method = Metrics().miou
    unnamed = lambda y_true, y_pred, num_classes, ignore_index=None: lopsided(y_true, y_pred, num_classes)
    """
)
