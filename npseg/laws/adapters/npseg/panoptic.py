"""`npseg.metrics.PanopticMetrics` as a target."""

from __future__ import annotations

import numpy as np

from npseg.laws.target import Target

__all__ = ["targets"]


def panoptic_result(y_true, y_pred, num_classes, things, void=None, crowd=None):
    from npseg.metrics import PanopticMetrics

    metrics = PanopticMetrics(num_classes, things=things, void=void)
    for number, (truth, prediction) in enumerate(zip(y_true, y_pred)):
        metrics.update(truth, prediction, crowd=None if crowd is None else crowd[number])
    return metrics.compute()


def panoptic_quality_of(y_true, y_pred, num_classes, things, void=None, crowd=None):
    return panoptic_result(y_true, y_pred, num_classes, things, void, crowd).pq


def panoptic_rows(y_true, y_pred, num_classes, things, void=None, crowd=None):
    per_class = panoptic_result(y_true, y_pred, num_classes, things, void, crowd).per_class
    return np.array([(row.pq, row.sq, row.rq) for row in per_class])


def targets() -> list[Target]:
    """Panoptic quality as documented in `npseg.metrics.panoptic_quality`."""
    declared = {
        "absent": "skip", "aggregate": "dataset", "void": "supported", "void-prediction": "missing",
        "crowd": "supported", "matching": "iou>0.5",
    }  # fmt: skip
    measures = {"pq": panoptic_quality_of, "pq_per_class": panoptic_rows}
    return [Target("npseg PanopticMetrics", measures, declared, 1e-12, library="npseg")]
