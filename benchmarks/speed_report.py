"""The speed benchmark's table and picture."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

import numpy as np

__all__ = ["draw", "lines_of", "print_table"]

# One a competitor, told apart by the colour-blind too. Others, of which a row may have many of its own, are grey.
_COLOURS = {
    "torch, NCHW": "#0072b2",
    "torch, channels last": "#56b4e9",
    "torch.compile": "#009e73",
    "torch.compile, frozen": "#cc79a7",
    "ONNX Runtime": "#e69f00",
    "OpenVINO": "#d55e00",
}
_OTHERS = "#9aa5af"


def print_table(results: Sequence[dict[str, Any]], title: str) -> None:
    """The table, on the terminal."""
    from rich import box
    from rich.console import Console
    from rich.table import Table

    table = Table(box=box.SIMPLE, padding=(0, 1, 0, 0), title=title)
    table.add_column("work, and who did it", overflow="fold")
    for name in ("median", "/ npseg", "ratio", "at least", "aim"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("reached", no_wrap=True)
    for result in results:
        head, *lines = lines_of(result)
        table.add_row(*head, style="bold", end_section=not lines)
        for line in lines:
            table.add_row(*line, end_section=line is lines[-1])
    console = Console()
    if not console.is_terminal:  # a file has room
        console.width = 120
    console.print(table)


def lines_of(result: dict[str, Any]) -> list[tuple[str, ...]]:
    """A row's lines of the table: who, median, that over npseg's, ratio, at least, aim, reached; the row itself first.

    What stands beside "direct convolution" under "/ npseg" is the factor by which npseg is faster than that.
    """
    bound = "<=" if result["quantity"] == "memory" else ">="
    ratio = f"{result['ratio']:.2f}" if "ratio" in result else "-"
    reached = result.get("verdict") or {"measured": "-"}.get(result["status"], result["status"])
    lines: list[tuple[str, ...]] = [
        (result["title"], "", "", ratio, f"{bound} {result['at_least']:g}", f"{bound} {result['aim']:g}", reached)
    ]
    blank = ("",) * 4
    ours = next((_cost(c, result) for c in result["contestants"] if c["role"] == "ours" and "ms" in c), None)
    for contestant in result["contestants"]:
        if contestant["role"] == "limit" and "ms" in contestant:
            continue  # it is told below, as what it means
        if "ms" not in contestant:
            lines.append((f"  {contestant['name']}: skipped, {contestant['why']}", "", "", *blank))
            continue
        cost = _cost(contestant, result)
        share = f"{cost / ours:.2f}" if ours and contestant["role"] == "peer" else ""
        best = " (best)" if contestant["name"] == result.get("best_peer") else ""
        lines.append((f"  {contestant['name']}{best}", _quantity(cost, result), share, *blank))
    if limit := result.get("direct_convolution"):
        text = f"  direct convolution at the GEMM peak, {limit['gemm_gflops']:.0f} GFLOP/s"
        lines.append((text, f"{limit['limit_ms']:.0f} ms", f"{limit['factor']:.2f}", *blank))
    if result["why"]:
        lines.append((f"  {result['why']}", "", "", *blank))
    return lines


def draw(results: Sequence[dict[str, Any]], title: str) -> bytes:
    """What each peer needs, in npseg's time or memory, with what is wanted of the best of them; PNG."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from matplotlib.ticker import NullLocator

    rows = [result for result in results if result["status"] == "measured" and _shares(result)]
    figure = Figure(figsize=(11, 1.6 + 0.5 * max(len(rows), 1)), dpi=110, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots()
    names = {name for result in rows for name in _shares(result)}
    for height, result in zip(range(len(rows), 0, -1), rows):
        shares = _shares(result)
        least, aim = _wanted(result)
        axes.plot([min(shares.values()), max(shares.values())], [height] * 2, color="#dde3e8", zorder=1)
        axes.plot([least] * 2, [height - 0.2, height + 0.2], color="#d55e00", linewidth=2, zorder=2)
        axes.plot([aim] * 2, [height - 0.2, height + 0.2], color="#009e73", linewidth=2, zorder=2)
        for name, share in shares.items():
            axes.plot(share, height, "o", color=_COLOURS.get(name, _OTHERS), markersize=8, zorder=3)
        best = min(shares, key=lambda name: shares[name])
        axes.annotate(f"{shares[best]:.2f} {best}", (shares[best], height + 0.27), ha="center", fontsize=7)
    for name, colour in _COLOURS.items():
        if name in names:
            axes.plot([], [], "o", color=colour, label=name)
    if names - set(_COLOURS):
        axes.plot([], [], "o", color=_OTHERS, label="others")
    axes.plot([], [], color="#d55e00", linewidth=2, label="at least")
    axes.plot([], [], color="#009e73", linewidth=2, label="aim")
    axes.axvline(1, color="#222222", linewidth=1, zorder=0)
    axes.set_xscale("log")
    low, high = min(axes.get_xlim()[0], 0.8), max(axes.get_xlim()[1], 3)
    ticks = (0.01, 0.03, 0.1, 0.2, 0.5, 1, 1.5, 2, 3, 5, 10, 20, 40, 100, 300, 1000)
    axes.set_xticks([x for x in ticks if low <= x <= high], minor=False)
    axes.xaxis.set_major_formatter("{x:g}")
    axes.xaxis.set_minor_locator(NullLocator())
    axes.set_xlim(low, high)
    axes.set_ylim(0.4, len(rows) + 0.6)
    axes.set_yticks(np.arange(len(rows), 0, -1), [result["title"] for result in rows], fontsize=9)
    axes.set_xlabel("what a peer needs, npseg = 1 (to the right npseg is better; the leftmost peer counts)")
    axes.set_title(title, fontsize=11)
    axes.grid(axis="x", color="#eeeeee", zorder=0)
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.legend(frameon=False, fontsize=8, loc="upper left", bbox_to_anchor=(1, 1))
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", metadata={"Software": None})
    return buffer.getvalue()


def _shares(result: dict[str, Any]) -> dict[str, float]:
    """What each peer that was measured needs, over what npseg needs."""
    costs = {c["name"]: _cost(c, result) for c in result["contestants"] if "ms" in c and c["role"] == "peer"}
    ours = next((_cost(c, result) for c in result["contestants"] if "ms" in c and c["role"] == "ours"), 0)
    return {name: cost / ours for name, cost in costs.items() if ours > 0 and cost > 0}


def _wanted(result: dict[str, Any]) -> tuple[float, float]:
    """At least and aim on the picture's axis: there, less memory is more to the right too."""
    least, aim = result["at_least"], result["aim"]
    return (1 / least, 1 / aim) if result["quantity"] == "memory" else (least, aim)


def _cost(contestant: dict[str, Any], result: dict[str, Any]) -> float:
    return contestant["increase_bytes"] if result["quantity"] == "memory" else contestant["ms"]


def _quantity(cost: float, result: dict[str, Any]) -> str:
    if result["quantity"] == "memory":
        return f"{cost / 2**20:,.0f} MiB"
    return f"{cost:,.0f} ms" if cost >= 100 else f"{cost:.1f} ms" if cost >= 10 else f"{cost:.2f} ms"
