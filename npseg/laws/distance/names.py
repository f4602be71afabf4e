"""The measures of boundaries by the way they are read."""

from __future__ import annotations

__all__ = ["DISTANCES", "MEANS", "SCORES", "SHARES"]

DISTANCES = ("hausdorff", "hausdorff_percentile", "hd95", "average_symmetric_surface_distance")
"""0 is best, and infinity worst."""

SHARES = ("surface_dice", "boundary_f1", "boundary_iou")
"""1 is best, and 0 worst."""

SCORES = (*DISTANCES, *SHARES)

MEANS = ("hausdorff_mean", "hd95_mean", "assd_mean")
"""Of several cases, as an implementation takes the mean itself."""
