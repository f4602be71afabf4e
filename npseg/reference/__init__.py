"""The functions of npseg, slow and obvious, in plain NumPy.

They are the oracle of the tests and the text of the lessons: each says what its op means with the fewest
ideas, one subject a file, under the same names as `npseg.ops` and `npseg.kernels`. Beside each linear
function stands its adjoint, the map that carries a gradient of the output back to the input.
"""

from __future__ import annotations

from npseg.reference import (
    activation,
    arithmetic,
    calibration,
    confusion,
    conv,
    cross_entropy,
    distance,
    dropout,
    focal,
    linear,
    norm,
    overlap,
    panoptic,
    pixel_losses,
    pool,
    reduction,
    resize,
    shape,
    shuffle,
    soft_dice,
    softmax,
    statistics,
    winograd,
)

__all__ = [
    "activation",
    "arithmetic",
    "calibration",
    "confusion",
    "conv",
    "cross_entropy",
    "distance",
    "dropout",
    "focal",
    "linear",
    "norm",
    "overlap",
    "panoptic",
    "pixel_losses",
    "pool",
    "reduction",
    "resize",
    "shape",
    "shuffle",
    "soft_dice",
    "softmax",
    "statistics",
    "winograd",
]
