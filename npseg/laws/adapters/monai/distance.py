"""MONAI: surface distances, https://docs.monai.io/en/stable/metrics.html"""

from __future__ import annotations

from npseg.laws.target import Target

__all__ = ["targets"]


def channels(mask):
    """A mask as a batch of one image with one channel."""
    import numpy as np
    import torch

    return torch.from_numpy(np.array(mask))[None, None]


def hausdorff(a, b, spacing=None):
    from monai.metrics import compute_hausdorff_distance

    return compute_hausdorff_distance(channels(b), channels(a), include_background=True, spacing=spacing).item()


def hausdorff_percentile(a, b, spacing=None, percentile=95.0):
    from monai.metrics import compute_hausdorff_distance

    options = {"include_background": True, "percentile": percentile, "spacing": spacing}
    return compute_hausdorff_distance(channels(b), channels(a), **options).item()


def hd95(a, b, spacing=None):
    from monai.metrics import compute_hausdorff_distance

    options = {"include_background": True, "percentile": 95, "spacing": spacing}
    return compute_hausdorff_distance(channels(b), channels(a), **options).item()


def average_symmetric_surface_distance(a, b, spacing=None):
    from monai.metrics import compute_average_surface_distance

    options = {"include_background": True, "symmetric": True, "spacing": spacing}
    return compute_average_surface_distance(channels(b), channels(a), **options).item()


def hausdorff_mean(truths, predictions, spacing=None):
    from monai.metrics import HausdorffDistanceMetric

    metric = HausdorffDistanceMetric(include_background=True)
    for a, b in zip(truths, predictions):
        metric(channels(b), channels(a), spacing=spacing)
    return metric.aggregate().item()


def hd95_mean(truths, predictions, spacing=None):
    from monai.metrics import HausdorffDistanceMetric

    metric = HausdorffDistanceMetric(include_background=True, percentile=95)
    for a, b in zip(truths, predictions):
        metric(channels(b), channels(a), spacing=spacing)
    return metric.aggregate().item()


def assd_mean(truths, predictions, spacing=None):
    from monai.metrics import SurfaceDistanceMetric

    metric = SurfaceDistanceMetric(include_background=True, symmetric=True)
    for a, b in zip(truths, predictions):
        metric(channels(b), channels(a), spacing=spacing)
    return metric.aggregate().item()


def surface_dice(a, b, spacing=None, tolerance_distance=1.0):
    from monai.metrics import compute_surface_dice

    options = {"include_background": True, "spacing": spacing}
    return compute_surface_dice(channels(b), channels(a), [tolerance_distance], **options).item()


def surface_dice_of_subvoxels(a, b, spacing=None, tolerance_distance=1.0):
    from monai.metrics import compute_surface_dice

    options = {"include_background": True, "spacing": spacing, "use_subvoxels": True}
    return compute_surface_dice(channels(b), channels(a), [tolerance_distance], **options).item()


def targets() -> list[Target]:
    # The documentation of distances says nothing of empty masks but "may result in nan/inf distance".
    distances = {
        "hausdorff": hausdorff,
        "hausdorff_percentile": hausdorff_percentile,
        "hd95": hd95,
        "average_symmetric_surface_distance": average_symmetric_surface_distance,
        "hausdorff_mean": hausdorff_mean,
        "hd95_mean": hd95_mean,
        "assd_mean": assd_mean,
    }
    given = {"spacing": "supported"}
    # compute_surface_dice: "a class neither being present in the predicted segmentation, nor in the reference: nan";
    # "present in only one: 0"; "supports 2D and 3D images".
    # "length/area of a segmentation boundary is interpreted as the number of its edge pixels"; use_subvoxels: as
    # DeepMind's, which is a dual grid.
    shares = {**given, "both-empty": "nan", "one-empty": "0", "dimension": "2d-3d"}
    subvoxels = {"surface_dice": surface_dice_of_subvoxels}
    # Only the Euclidean distance is here: spacing "is relevant only if distance_metric is set to euclidean".
    return [
        Target("MONAI distances", distances, given, 1e-5, library="monai"),
        Target("MONAI surface Dice", {"surface_dice": surface_dice}, shares, 1e-5, library="monai"),
        Target("MONAI surface Dice of subvoxels", subvoxels, {**shares, "boundary": "dual"}, 1e-5, library="monai"),
    ]  # fmt: skip
