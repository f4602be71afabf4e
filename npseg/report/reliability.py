"""The reliability diagram: how often each level of confidence was right."""

from __future__ import annotations

import io
import os
from pathlib import Path

import numpy as np

from npseg.errors import ArgumentError
from npseg.files import write_whole
from npseg.metrics.calibration.result import Reliability

__all__ = ["write_reliability_diagram"]

_SUFFIXES = (".png", ".svg", ".pdf")
_INCHES = (4.4, 4.6)
_DPI = 150
_THIN = 0.008
# Okabe and Ito's colours, which stay apart for colour-blind readers; hatching tells the bars apart in grey.
_ACCURACY, _GAP, _INK = "#0072b2", "#d55e00", "#333333"


def write_reliability_diagram(path: str | os.PathLike[str], reliability: Reliability, *, title: str = "") -> None:
    """Draw accuracy against confidence as PNG, SVG or PDF, by the suffix of `path`.

    Bars reach the accuracy of each bin, the hatched part is the gap to its mean confidence; the strip below shows the
    share of pixels in each bin. Raises `ArgumentError` for another suffix. Guo et al. 2017, figure 1.
    """
    suffix = Path(path).suffix.lower()
    if suffix not in _SUFFIXES:
        raise ArgumentError(
            f"write_reliability_diagram: {os.fspath(path)} ends in {suffix!r}; it must end in {', '.join(_SUFFIXES)}"
        )
    write_whole(path, _render(reliability, title, suffix.removeprefix(".")))


def _render(reliability: Reliability, title: str, form: str) -> bytes:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    # Not pyplot: no global figure, no display, safe in any thread.
    figure = Figure(figsize=_INCHES, dpi=_DPI, layout="constrained")
    FigureCanvasAgg(figure)
    above, below = figure.subplots(2, 1, sharex=True, gridspec_kw={"height_ratios": (4, 1)})
    used = np.flatnonzero(reliability.counts)
    # Bins of equal mass have no width where many pixels are equally sure: a line in front shows that they are there.
    used = used[np.argsort(-np.diff(reliability.edges)[used], kind="stable")]
    widths = np.maximum(np.diff(reliability.edges)[used], _THIN)
    left = np.minimum(reliability.edges[:-1][used], 1 - widths)
    accuracy, confidence = reliability.accuracy[used], reliability.confidence[used]
    above.bar(left, accuracy, widths, align="edge", color=_ACCURACY, edgecolor="white", label="accuracy")
    gap = {"color": "none", "edgecolor": _GAP, "hatch": "////", "linewidth": 0.8}
    above.bar(left, confidence - accuracy, widths, align="edge", bottom=accuracy, label="gap to confidence", **gap)
    above.plot((0, 1), (0, 1), color=_INK, linewidth=1, linestyle="--", label="calibrated")
    above.set_ylabel("accuracy")
    above.set_ylim(0, 1)
    above.legend(frameon=False, loc="upper left")
    ece = "undefined" if np.isnan(reliability.ece) else f"{reliability.ece:.4f}"
    heading = title.replace("$", r"\$") + "\n" if title else ""  # Matplotlib reads $...$ as mathematics
    above.set_title(heading + f"ECE {ece}, {len(reliability.counts)} bins", fontsize=10)
    total = max(int(reliability.counts.sum()), 1)
    below.bar(left, reliability.counts[used] / total, widths, align="edge", color=_INK, edgecolor="white")
    below.set_ylabel("share")
    below.set_xlabel("confidence")
    below.set_xlim(0, 1)
    buffer = io.BytesIO()
    figure.savefig(buffer, format=form, metadata={"Software": None} if form == "png" else None)
    return buffer.getvalue()
