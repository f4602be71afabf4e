"""npseg.metrics: distances between boundaries, one target for each boundary that its documentation offers."""

from __future__ import annotations

from npseg.laws.target import Target, Unsupported

__all__ = ["targets"]


def hausdorff(a, b, spacing=None):
    from npseg.metrics import hausdorff_distance

    return hausdorff_distance(a, b, spacing=spacing)


def hausdorff_percentile(a, b, spacing=None, percentile=95.0):
    from npseg.metrics import hausdorff_distance

    return hausdorff_distance(a, b, spacing=spacing, percentile=percentile)


def hd95(a, b, spacing=None):
    from npseg.metrics import hd95

    return hd95(a, b, variant="monai", spacing=spacing)


def average_symmetric_surface_distance(a, b, spacing=None):
    from npseg.metrics import average_symmetric_surface_distance

    return average_symmetric_surface_distance(a, b, spacing=spacing)


def surface_dice(a, b, spacing=None, tolerance_distance=1.0):
    from npseg.metrics import surface_dice

    return surface_dice(a, b, tolerance=tolerance_distance, spacing=spacing, boundary="inner4")


def hausdorff_mean(truths, predictions, spacing=None):
    import numpy as np

    return np.mean([hausdorff(a, b, spacing) for a, b in zip(truths, predictions)])


def hd95_mean(truths, predictions, spacing=None):
    import numpy as np

    return np.mean([hd95(a, b, spacing) for a, b in zip(truths, predictions)])


def assd_mean(truths, predictions, spacing=None):
    import numpy as np

    return np.mean([average_symmetric_surface_distance(a, b, spacing) for a, b in zip(truths, predictions)])


def hausdorff_inner8(a, b, spacing=None):
    from npseg.metrics import hausdorff_distance

    return hausdorff_distance(a, b, spacing=spacing, boundary="inner8")


def percentile_inner8(a, b, spacing=None, percentile=95.0):
    from npseg.metrics import hausdorff_distance

    return hausdorff_distance(a, b, spacing=spacing, boundary="inner8", percentile=percentile, pooling="pooled")


def hd95_inner8(a, b, spacing=None):
    from npseg.metrics import hd95

    return hd95(a, b, variant="seg-metrics", spacing=spacing)


def assd_inner8(a, b, spacing=None):
    from npseg.metrics import average_symmetric_surface_distance

    return average_symmetric_surface_distance(a, b, spacing=spacing, boundary="inner8", pooling="pooled")


def surface_dice_inner8(a, b, spacing=None, tolerance_distance=1.0):
    from npseg.metrics import surface_dice

    return surface_dice(a, b, tolerance=tolerance_distance, spacing=spacing, boundary="inner8")


def hausdorff_dual(a, b, spacing=None):
    from npseg.metrics import hausdorff_distance

    return hausdorff_distance(a, b, spacing=spacing, boundary="dual")


def percentile_dual(a, b, spacing=None, percentile=95.0):
    from npseg.metrics import hausdorff_distance

    return hausdorff_distance(a, b, spacing=spacing, boundary="dual", percentile=percentile)


def hd95_dual(a, b, spacing=None):
    from npseg.metrics import hd95

    return hd95(a, b, variant="surface-distance", spacing=spacing)


def assd_dual(a, b, spacing=None):
    from npseg.metrics import average_symmetric_surface_distance

    return average_symmetric_surface_distance(a, b, spacing=spacing, boundary="dual", pooling="mean_directed")


def surface_dice_dual(a, b, spacing=None, tolerance_distance=1.0):
    from npseg.metrics import surface_dice

    return surface_dice(a, b, tolerance=tolerance_distance, spacing=spacing)


def boundary_f1(a, b, spacing=None, tolerance_distance=1.0):
    from npseg.metrics import boundary_f1

    if spacing is None and a.ndim == 3:
        spacing = (1, 1, 1)  # which says that it is a volume, and not images
    options = {"num_classes": 2, "tolerance": tolerance_distance, "spacing": spacing, "average": None}
    return boundary_f1(a.astype(int), b.astype(int), **options)[1]


def boundary_iou(a, b, spacing=None, width=1):
    from npseg.metrics import boundary_iou

    if spacing is not None or a.ndim != 2:
        raise Unsupported("boundary_iou takes images, and its width is in pixels")
    options = {"num_classes": 2, "width": width, "width_unit": "pixels", "average": None}
    return boundary_iou(a.astype(int), b.astype(int), **options)[1]


def targets() -> list[Target]:
    """Documented in the docstrings of `surface_distances`, `hausdorff_distance`, `surface_dice`, `boundary_f1` and
    `boundary_iou`."""
    distances = {"spacing": "supported", "dimension": "2d-3d", "frame": "outside"}
    far = {**distances, "one-empty": "inf", "both-empty": "0"}
    shares = {**distances, "one-empty": "0", "both-empty": "nan"}
    inner4 = {
        "hausdorff": hausdorff,
        "hausdorff_percentile": hausdorff_percentile,
        "hd95": hd95,
        "average_symmetric_surface_distance": average_symmetric_surface_distance,
    }
    means = {"hausdorff_mean": hausdorff_mean, "hd95_mean": hd95_mean, "assd_mean": assd_mean}
    inner8 = dict(zip(inner4, (hausdorff_inner8, percentile_inner8, hd95_inner8, assd_inner8)))
    dual = dict(zip(inner4, (hausdorff_dual, percentile_dual, hd95_dual, assd_dual)))
    pixels = {"dimension": "2d", "one-empty": "0", "both-empty": "nan"}
    return [
        Target("npseg, bands", {"boundary_iou": boundary_iou}, {**pixels, "frame": "outside"}, library="npseg"),
        Target("npseg, distances", {**inner4, **means}, {**far, "boundary": "inner4"}, library="npseg"),
        Target("npseg, distances, inner8", inner8, {**far, "boundary": "inner8"}, library="npseg"),
        Target("npseg, distances, dual", dual, {**far, "boundary": "dual"}, library="npseg"),
        Target("npseg, shares", {"surface_dice": surface_dice}, {**shares, "boundary": "inner4"}, library="npseg"),
        Target(
            "npseg, shares, inner8", {"surface_dice": surface_dice_inner8}, {**shares, "boundary": "inner8"},
            library="npseg",
        ),
        Target(
            "npseg, shares, dual", {"surface_dice": surface_dice_dual}, {**shares, "boundary": "dual"}, library="npseg"
        ),
        Target(
            "npseg, boundary F1", {"boundary_f1": boundary_f1},
            {**shares, "boundary": "inner4", "frame": "none"}, library="npseg",
        ),
    ]  # fmt: skip
