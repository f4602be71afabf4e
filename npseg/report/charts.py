"""Line charts as PNG, once for a light page and once for a dark one."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from npseg.report.contents import Curve

__all__ = ["Chart", "line_chart"]

_INCHES = (5.6, 3.2)
_DPI = 150
# Okabe and Ito's colours, which stay apart for colour-blind readers; line styles tell them apart in grey.
_LIGHT = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#8a6d00", "#444444")
_DARK = ("#56b4e9", "#ff9248", "#2fd3a4", "#e5a3c8", "#f0e442", "#cccccc")
_STYLES = ("-", "--", "-.", ":")
_SMOOTH_FROM = 60


class Chart(NamedTuple):
    """One chart: PNG bytes for a light and for a dark page, both transparent, and what it shows in words."""

    light: bytes
    dark: bytes
    text: str


def line_chart(
    title: str,
    curves: Mapping[str, Curve],
    *,
    unit_interval: bool = False,
    level: tuple[str, float] | None = None,
    smooth: bool = False,
) -> Chart:
    """Draw curves over training steps, with a dashed horizontal `level` (its name and height) if given.

    `smooth` draws curves of 60 points and more faintly, under their moving mean. `unit_interval` fixes the axis to
    0..1.
    """
    clean = {name: _finite(curve) for name, curve in curves.items()}
    light, dark = (
        _render(clean, unit_interval, level, smooth, colours, ink)
        for colours, ink in ((_LIGHT, "#333333"), (_DARK, "#d5d9de"))
    )
    ends = [f"{name} ends at {values[-1]:.4g}" for name, (_, values) in clean.items() if len(values)]
    return Chart(light, dark, f"{title} over training steps: {'; '.join(ends) or 'no values'}")


def _finite(curve: Curve) -> tuple[np.ndarray, np.ndarray]:
    steps, values = np.asarray(curve[0], np.float64), np.asarray(curve[1], np.float64)
    kept = np.isfinite(steps) & np.isfinite(values)
    return steps[kept], values[kept]


def _render(
    curves: Mapping[str, tuple[np.ndarray, np.ndarray]],
    unit_interval: bool,
    level: tuple[str, float] | None,
    smooth: bool,
    colours: tuple[str, ...],
    ink: str,
) -> bytes:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator

    # Not pyplot: no global figure, no display, safe in any thread.
    figure = Figure(figsize=_INCHES, dpi=_DPI, layout="constrained")
    FigureCanvasAgg(figure)
    figure.patch.set_alpha(0)
    axes = figure.add_subplot()
    axes.patch.set_alpha(0)
    for index, (name, (steps, values)) in enumerate(curves.items()):
        style: dict[str, Any] = {
            "color": colours[index % len(colours)],
            "linestyle": _STYLES[index % len(_STYLES)],
        }
        label = _literal(name)
        if smooth and len(values) >= _SMOOTH_FROM:
            axes.plot(steps, values, color=style["color"], linewidth=0.8, alpha=0.3)
            axes.plot(*_moving_mean(steps, values), linewidth=1.9, label=label, **style)
        else:
            marker = "o" if len(values) < _SMOOTH_FROM else ""
            axes.plot(steps, values, linewidth=1.9, marker=marker, markersize=4, label=label, **style)
    if level is not None and np.isfinite(level[1]):
        axes.axhline(level[1], color=ink, linewidth=1.1, linestyle=(0, (1, 2)), label=_literal(level[0]))
    if unit_interval:
        axes.set_ylim(0, 1)
    elif all(len(values) == 0 or values.min() >= 0 for _, values in curves.values()):
        axes.set_ylim(bottom=0)
    axes.set_xlabel("step", color=ink)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.grid(axis="y", color=ink, alpha=0.18, linewidth=0.8)
    axes.tick_params(colors=ink, length=3)
    for side, spine in axes.spines.items():
        spine.set_visible(side in ("left", "bottom"))
        spine.set_color(ink)
    if len(axes.get_legend_handles_labels()[1]) > 1:
        axes.legend(frameon=False, labelcolor=ink)
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", metadata={"Software": None})
    return buffer.getvalue()


def _moving_mean(steps: np.ndarray, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    width = max(len(values) // 30, 3)
    window = np.ones(width) / width
    return np.convolve(steps, window, "valid"), np.convolve(values, window, "valid")


def _literal(text: str) -> str:
    # Matplotlib reads $...$ as mathematics and hides labels that start with an underscore.
    return text.replace("$", r"\$").removeprefix("_") or " "
