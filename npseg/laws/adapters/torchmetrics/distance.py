"""TorchMetrics: Hausdorff distance, https://lightning.ai/docs/torchmetrics/stable/segmentation/hausdorff_distance.html"""

from __future__ import annotations

from npseg.laws.target import Target, Unsupported

__all__ = ["targets"]


def hausdorff(a, b, spacing=None):
    import numpy as np
    import torch
    from torchmetrics.functional.segmentation import hausdorff_distance

    if a.ndim != 2:
        raise Unsupported("distance_transform expects rank 2")
    truth, prediction = (torch.from_numpy(np.stack([~mask, mask])[None]) for mask in (a, b))
    return hausdorff_distance(
        prediction, truth, num_classes=2, spacing=None if spacing is None else list(spacing)
    ).item()


def hausdorff_mean(truths, predictions, spacing=None):
    import numpy as np
    import torch
    from torchmetrics.segmentation import HausdorffDistance

    metric = HausdorffDistance(num_classes=2, spacing=None if spacing is None else list(spacing))
    for a, b in zip(truths, predictions):
        if a.ndim != 2:
            raise Unsupported("distance_transform expects rank 2")
        truth, prediction = (torch.from_numpy(np.stack([~mask, mask])[None]) for mask in (a, b))
        metric.update(prediction, truth)
    return metric.compute().item()


def targets() -> list[Target]:
    # surface_distance: "May return infinity if the predicted mask is empty and the target mask is not, or vice versa."
    # spacing: "spacing between pixels along each spatial dimension".
    measures = {"hausdorff": hausdorff, "hausdorff_mean": hausdorff_mean}
    declared = {"one-empty": "inf", "spacing": "supported"}
    return [Target("torchmetrics HausdorffDistance", measures, declared, 1e-5, library="torchmetrics")]
