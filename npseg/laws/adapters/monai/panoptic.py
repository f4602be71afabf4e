"""MONAI 1.6.1: `PanopticQualityMetric`, and `compute_panoptic_quality` without renumbering."""

from __future__ import annotations

import numpy as np

from npseg.laws.target import Target, Unsupported

__all__ = ["targets"]


def no_void_no_crowd(void, crowd):
    if void is not None or crowd is not None:
        raise Unsupported("knows neither void nor crowds")


def panoptic_quality_metric(y_true, y_pred, num_classes, things, reduction):
    # "Values in the second channel should be in the range of 0 to num_classes, where 0 represents the background."
    # It has instances only; a stuff class is given as one.
    import torch
    from monai.metrics import PanopticQualityMetric

    metric = PanopticQualityMetric(num_classes, metric_name=("pq", "sq", "rq"), reduction=reduction)
    for pair in zip(y_pred, y_true):
        maps = [np.stack([np.where(np.isin(classes, things), ids, 1), classes + 1]) for classes, ids in pair]
        metric(*(torch.tensor(one[None]) for one in maps))
    return metric.aggregate()


def panoptic_quality_mean(y_true, y_pred, num_classes, things, void=None, crowd=None):
    no_void_no_crowd(void, crowd)
    return float(panoptic_quality_metric(y_true, y_pred, num_classes, things, "mean")[0])


def panoptic_quality_rows(y_true, y_pred, num_classes, things, void=None, crowd=None):
    no_void_no_crowd(void, crowd)
    answer = panoptic_quality_metric(y_true, y_pred, num_classes, things, "mean_batch")
    return np.stack([one.numpy() for one in answer], 1)


def quality_without_remap(y_true, y_pred, num_classes, things, void=None, crowd=None):
    import torch
    from monai.metrics import compute_panoptic_quality

    no_void_no_crowd(void, crowd)
    if num_classes != 1 or len(y_true) != 1 or 0 not in things:
        raise Unsupported("scores the instances of one class in one image")
    truth, prediction = torch.tensor(y_true[0][1]), torch.tensor(y_pred[0][1])
    return np.array([[float(compute_panoptic_quality(prediction, truth, name, False)) for name in ("pq", "sq", "rq")]])


def targets() -> list[Target]:
    """The metric, averaged and per class ("mean_batch", its default), and the function with remap=False."""
    # Of the threshold: "IOU threshold to determine the pairing", 0.5 unless said otherwise. Results are float32.
    return [
        Target(
            "MONAI PanopticQualityMetric", {"pq": panoptic_quality_mean, "pq_per_class": panoptic_quality_rows},
            tolerance=1e-5, library="monai",
        ),
        Target(
            "MONAI compute_panoptic_quality(remap=False)", {"pq_per_class": quality_without_remap},
            tolerance=1e-5, library="monai",
        ),
    ]  # fmt: skip
