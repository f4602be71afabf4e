"""MedPy: surface distances, https://loli.github.io/medpy/metric.html"""

from __future__ import annotations

from npseg.laws.target import Target

__all__ = ["targets"]


def hausdorff(a, b, spacing=None):
    from medpy.metric.binary import hd

    return hd(b, a, voxelspacing=spacing)


def hd95(a, b, spacing=None):
    from medpy.metric.binary import hd95

    return hd95(b, a, voxelspacing=spacing)


def average_symmetric_surface_distance(a, b, spacing=None):
    from medpy.metric.binary import assd

    return assd(b, a, voxelspacing=spacing)


def targets() -> list[Target]:
    # voxelspacing: "spacing of elements along each dimension". connectivity 1: "a 4-neighbourhood is considered when
    # determining the object surface". Nothing is said of empty masks.
    measures = {
        "hausdorff": hausdorff,
        "hd95": hd95,
        "average_symmetric_surface_distance": average_symmetric_surface_distance,
    }
    return [Target("medpy distances", measures, {"spacing": "supported", "boundary": "inner4"}, library="medpy")]
