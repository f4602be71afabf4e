"""Questions that show which conventions an operator follows; see `probing`."""

from __future__ import annotations

import numpy as np

from npseg.laws.comparing import differ
from npseg.laws.refusing import refuses
from npseg.laws.target import Unsupported

__all__ = ["OF_AVERAGING", "OF_CONVOLUTIONS", "OF_MAXIMA", "OF_POINTS", "OF_RESIZING"]

GRIDS = {
    "half-pixel": [0.0, 1.0, 3.0, 4.0],
    "align-corners": [0.0, 4 / 3, 8 / 3, 4.0],
    "nearest": [0.0, 0.0, 4.0, 4.0],
}
"""What becomes of a row of two pixels, 0 and 4, made four."""


def grid_convention(score, tolerance):
    """A row of two pixels is made four; where they are copied, three pixels are made two."""
    row = np.asarray(score(np.array([0.0, 4.0]).reshape(1, 1, 2, 1), (1, 4))).ravel()
    for name, values in GRIDS.items():
        if not differ(row, values, tolerance) and name != "nearest":
            return name
    if differ(row, GRIDS["nearest"], tolerance):
        return "other"
    two = np.asarray(score(np.array([0.0, 1.0, 2.0]).reshape(1, 1, 3, 1), (1, 2))).ravel()
    for name, values in (("nearest", [0.0, 1.0]), ("nearest-exact", [0.0, 2.0])):
        if not differ(two, values, tolerance):
            return name
    return "other"


def padding_convention(score, tolerance):
    """The mean of a corner of an image of ones, where the window hangs over."""
    corner = float(score(np.ones((1, 2, 2, 1)), kernel_size=2, stride=2, padding=1)[0, 0, 0, 0])
    if not differ(corner, 0.25, tolerance):
        return "yes"
    return "no" if not differ(corner, 1.0, tolerance) else "other"


def pairs_convention(score, tolerance):
    """Whether a stride of height 1 and width 2 is taken; whether it is right is for the laws."""
    try:
        score(np.ones((1, 3, 3, 1)), np.ones((1, 1, 1, 1)), stride=(1, 2))
    except Unsupported:
        return "none"
    except Exception as error:
        if refuses(error):
            return "none"
        raise
    return "supported"


def result_type_convention(**arguments):
    """The question what becomes of a float32 image of ones; `arguments` are the operator's others."""

    def question(score, tolerance):
        result = np.asarray(score(np.ones((1, 2, 2, 1), np.float32), **arguments))
        return {"float32": "as-given", "float64": "float64"}.get(result.dtype.name, "other")

    return question


OF_CONVOLUTIONS = {
    "pairs": pairs_convention,
    "result-type": result_type_convention(weight=np.ones((1, 1, 1, 1), np.float32)),
}
OF_RESIZING = {"grid": grid_convention, "result-type": result_type_convention(size=(3, 3))}
OF_MAXIMA = {"result-type": result_type_convention(kernel_size=2, stride=1)}
OF_AVERAGING = {"padding-counts": padding_convention, **OF_MAXIMA}
OF_POINTS = {"result-type": result_type_convention()}
