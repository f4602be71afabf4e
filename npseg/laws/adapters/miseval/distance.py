"""miseval: https://github.com/frankkramer-lab/miseval, its table of metrics."""

from __future__ import annotations

from npseg.laws.target import Target, Unsupported

__all__ = ["targets"]


def hausdorff(a, b, spacing=None):
    from miseval import calc_SimpleHausdorffDistance

    if spacing is not None or a.ndim != 2:
        raise Unsupported("takes two images")
    return calc_SimpleHausdorffDistance(a.astype(int), b.astype(int))


def average_hausdorff(a, b, spacing=None):
    from miseval import calc_AverageHausdorffDistance

    if spacing is not None:
        raise Unsupported("takes no spacing")
    return calc_AverageHausdorffDistance(a.astype(int), b.astype(int), c=1)


def targets() -> list[Target]:
    # The README says nothing of spacing and of empty masks. AverageHausdorffDistance returns, by its docstring, the
    # "hausdorff distance", and not a mean.
    return [
        Target("miseval HausdorffDistance", {"hausdorff": hausdorff}, library="miseval"),
        Target("miseval AverageHausdorffDistance", {"hausdorff": average_hausdorff}, library="miseval"),
    ]
