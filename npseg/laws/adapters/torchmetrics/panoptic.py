"""`torchmetrics.detection.PanopticQuality` 1.9.0 as a target."""

from __future__ import annotations

import numpy as np

from npseg.laws.target import Target, Unsupported

__all__ = ["targets"]


def panoptic_quality_metric(y_true, y_pred, num_classes, things, crowd, per_class):
    import torch
    from torchmetrics.detection import PanopticQuality

    if crowd is not None:
        raise Unsupported("knows no crowds")
    stuff = set(range(num_classes)) - set(things)
    metric = PanopticQuality(
        set(things), stuff, allow_unknown_preds_category=True, return_sq_and_rq=per_class, return_per_class=per_class
    )
    for truth, prediction in zip(y_true, y_pred):
        metric.update(torch.tensor(np.stack(prediction, -1)[None]), torch.tensor(np.stack(truth, -1)[None]))
    return metric.compute().numpy()


def panoptic_quality_mean(y_true, y_pred, num_classes, things, void=None, crowd=None):
    return float(panoptic_quality_metric(y_true, y_pred, num_classes, things, crowd, False))


def panoptic_quality_rows(y_true, y_pred, num_classes, things, void=None, crowd=None):
    # The classes come in the order of the things, then the stuff, sorted within each.
    order = sorted(things) + sorted(set(range(num_classes)) - set(things))
    rows = panoptic_quality_metric(y_true, y_pred, num_classes, things, crowd, True)
    return rows.reshape(-1, 3)[np.argsort(order)]


def targets() -> list[Target]:
    """Per class and on average; void is any category that is neither thing nor stuff."""
    # "Points in the target tensor that do not map to a known category ID are automatically ignored in the metric
    # computation." Of unknown predictions it says that they are "to be ignored in the metric computation" on demand,
    # which can be meant of pixels, of segments and of unions; so nothing is declared of them.
    measures = {"pq": panoptic_quality_mean, "pq_per_class": panoptic_quality_rows}
    return [Target("torchmetrics PanopticQuality", measures, {"void": "supported"}, library="torchmetrics")]
