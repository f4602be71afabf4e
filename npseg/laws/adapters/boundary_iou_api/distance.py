"""Boundary IoU by the formula published with boundary-iou-api, written anew: the width is a share of the diagonal.

https://github.com/bowenc0221/boundary-iou-api, `mask_to_boundary(mask, dilation_ratio=0.02)`: the mask within a frame
of zeros loses what d erosions by a square of 3 x 3 leave, d being that share of the image's diagonal, rounded, at least
1.
The package itself is not needed.
"""

from __future__ import annotations

from npseg.laws.target import Target, Unsupported

__all__ = ["targets"]


def band_of(mask, dilation_ratio=0.02):
    import numpy as np

    steps = max(1, round(dilation_ratio * np.hypot(*mask.shape)))
    eroded = np.pad(mask, 1)
    for _ in range(steps):
        around = np.pad(eroded, 1)
        height, width = eroded.shape
        eroded = np.all([around[y : y + height, x : x + width] for y in range(3) for x in range(3)], axis=0)
    return mask & ~eroded[1:-1, 1:-1]


def boundary_iou(a, b, spacing=None, width=None):
    if spacing is not None or a.ndim != 2:
        raise Unsupported("takes images, without a spacing")
    if width is not None:
        raise Unsupported("its width is a share of the diagonal, not a number of pixels")
    first, second = band_of(a), band_of(b)
    return (first & second).sum() / (first | second).sum()


def targets() -> list[Target]:
    # The frame of zeros is in the code, not in the documentation; so is what becomes of empty masks.
    measures = {"boundary_iou": boundary_iou}
    return [Target("Boundary IoU, published formula", measures, {"dimension": "2d"}, library="boundary-iou-api")]
