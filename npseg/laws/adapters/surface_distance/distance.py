"""surface-distance, of DeepMind: https://github.com/google-deepmind/surface-distance"""

from __future__ import annotations

from npseg.laws.target import Target

__all__ = ["targets"]


def elements(a, b, spacing):
    from surface_distance import compute_surface_distances

    return compute_surface_distances(a, b, (1.0,) * a.ndim if spacing is None else spacing)


def hausdorff(a, b, spacing=None):
    from surface_distance import compute_robust_hausdorff

    return compute_robust_hausdorff(elements(a, b, spacing), 100)


def hausdorff_percentile(a, b, spacing=None, percentile=95.0):
    from surface_distance import compute_robust_hausdorff

    return compute_robust_hausdorff(elements(a, b, spacing), percentile)


def hd95(a, b, spacing=None):
    from surface_distance import compute_robust_hausdorff

    return compute_robust_hausdorff(elements(a, b, spacing), 95)


def surface_dice(a, b, spacing=None, tolerance_distance=1.0):
    from surface_distance import compute_surface_dice_at_tolerance

    return compute_surface_dice_at_tolerance(elements(a, b, spacing), tolerance_distance)


def targets() -> list[Target]:
    # compute_surface_distances: "If one of the masks is empty, the corresponding lists are empty and all distances in
    # the other list are inf"; "2-dim (resp. 3-dim)"; "Voxel spacing in x0 and x1 directions".
    # Version 0.1 raises on NumPy 2 for an empty mask, unless somebody set np.Inf, as importing torchmetrics does.
    # Symmetric averages are not given: compute_average_surface_distance returns both directions.
    distances = {"hausdorff": hausdorff, "hausdorff_percentile": hausdorff_percentile, "hd95": hd95}
    declared = {"spacing": "supported", "dimension": "2d-3d"}
    return [
        Target("surface-distance", distances, {**declared, "one-empty": "inf"}, library="surface-distance"),
        Target("surface-distance, Dice", {"surface_dice": surface_dice}, declared, library="surface-distance"),
    ]
