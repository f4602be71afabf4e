"""seg-metrics: https://github.com/Jingnan-Jia/segmentation_metrics"""

from __future__ import annotations

from npseg.laws.target import Target

__all__ = ["targets"]


def measured(name, a, b, spacing):
    import seg_metrics.seg_metrics as sg

    options = {"labels": [1], "metrics": [name], "spacing": None if spacing is None else list(spacing)}
    return sg.write_metrics(gdth_img=a.astype(int), pred_img=b.astype(int), **options)[0][name][0]


def hausdorff(a, b, spacing=None):
    return measured("hd", a, b, spacing)


def hd95(a, b, spacing=None):
    return measured("hd95", a, b, spacing)


def average_symmetric_surface_distance(a, b, spacing=None):
    return measured("msd", a, b, spacing)


def targets() -> list[Target]:
    # README: "If evaluating numpy.ndarray with specific spacing, pass a sequence with the length of image dimension";
    # "default surface distance is calculated based on fullyConnected border"; "In 2D image, fullyconnected means 8
    # neighbor points ... In 3D image, 26". "msd: Mean (Average) surface distance", "symmetric".
    measures = {
        "hausdorff": hausdorff,
        "hd95": hd95,
        "average_symmetric_surface_distance": average_symmetric_surface_distance,
    }
    declared = {"spacing": "supported", "boundary": "inner8", "dimension": "2d-3d"}
    return [Target("seg-metrics distances", measures, declared, 1e-5, library="seg-metrics")]
