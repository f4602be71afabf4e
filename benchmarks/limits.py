"""How near npseg's ops come to what the machine can do.

    python benchmarks/limits.py [--ops NAME ...] [--turns N] [--out DIR]

Every op runs on a typical shape, forward and backward, beside its limit measured in the same run, in turns: the time to
move the bytes that it cannot do without, at the speed of a parallel copy or triad, and the time to do its arithmetic,
at the peak of matrix products; the longer of the two is the limit. The fraction is limit over time. Above 1 is
possible: Winograd's convolution multiplies less than the direct one that is counted, and a part of an array may still
be in a cache. Prints a table, writes `limits.json` and `limits.png`.
"""

from __future__ import annotations

import argparse
import io
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from limit_cases import CASES, Need, cases
from machine import COPY_BYTES, GEMM_FLOPS
from turns import Timing, Worker, measure_workers, versions

from npseg.files import write_whole

# What one run of each measure of the machine moves or calculates.
MEASURES = {"copy": ("memory_copy", 2 * COPY_BYTES), "triad": ("memory_triad", 3 * COPY_BYTES)}


def measure_limits(names: Sequence[str], turns: int, tiny: bool) -> dict[str, Any]:
    """All ops and the machine's two limits, in turns."""
    workers = [Worker(name, "machine.py", function) for name, (function, _) in MEASURES.items()]
    workers.append(Worker("gemm", "machine.py", "gemm_peak"))
    workers += [Worker(name, "limit_cases.py", "run_case", {"name": name, "tiny": tiny}) for name in names]
    timings = {timing.name: timing for timing in measure_workers(workers, turns)}
    machine = machine_limits(timings)
    known = cases(tiny)
    rows = []
    for name in names:
        for part, need in known[name].needs.items():
            milliseconds = float(np.median(timings[name].parts[part]))
            described = {"op": name, "title": known[name].title, "pass": part, "ms": milliseconds}
            rows.append({**described, "runs": timings[name].parts[part], **limit_of(need, machine, milliseconds)})
    return {"machine": machine, "rows": rows, "tiny": tiny, "versions": versions("npseg", "numpy", "numba", "scipy")}


def machine_limits(timings: Mapping[str, Timing]) -> dict[str, float]:
    """Bytes and floating-point operations per second, by the better of copy and triad and by the matrix product."""
    rates = {f"{name}_gb_per_s": moved / timings[name].median * 1e-6 for name, (_, moved) in MEASURES.items()}
    return {**rates, "gb_per_s": max(rates.values()), "gflops": GEMM_FLOPS / timings["gemm"].median * 1e-6}


def limit_of(need: Need, machine: Mapping[str, float], milliseconds: float) -> dict[str, Any]:
    """The time that a pass takes at best, what bounds it, and the fraction of the limit that was reached.

    >>> machine = {"gb_per_s": 20.0, "gflops": 100.0}
    >>> limit_of(Need(bytes=40_000_000, flops=100_000_000), machine, milliseconds=4.0)
    {'bytes_ms': 2.0, 'flops_ms': 1.0, 'limit_ms': 2.0, 'bound': 'memory', 'fraction': 0.5}
    """
    by_bytes = need.bytes / machine["gb_per_s"] * 1e-6
    by_flops = need.flops / machine["gflops"] * 1e-6
    limit = max(by_bytes, by_flops)
    return {
        "bytes_ms": by_bytes,
        "flops_ms": by_flops,
        "limit_ms": limit,
        "bound": "memory" if by_bytes >= by_flops else "arithmetic",
        "fraction": limit / milliseconds,
    }


def print_table(result: Mapping[str, Any]) -> None:
    """The table, on the terminal."""
    from rich import box
    from rich.console import Console
    from rich.table import Table

    table = Table(box=box.SIMPLE, padding=(0, 1, 0, 0), title=_title(result))
    for name in ("op", "pass", "bound by"):
        table.add_column(name)
    for name in ("limit ms", "ms", "fraction"):
        table.add_column(name, justify="right")
    for row in result["rows"]:
        numbers = (f"{row['limit_ms']:.2f}", f"{row['ms']:.2f}", f"{row['fraction']:.2f}")
        table.add_row(row["title"], row["pass"], row["bound"], *numbers)
    Console().print(table)


def draw(result: Mapping[str, Any]) -> bytes:
    """A bar for each pass: the fraction of its limit; PNG."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    rows = result["rows"]
    colours = {"memory": "#56b4e9", "arithmetic": "#e69f00"}
    figure = Figure(figsize=(9, 1.4 + 0.28 * len(rows)), dpi=110, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots()
    heights = np.arange(len(rows), 0, -1)
    fractions = [row["fraction"] for row in rows]
    bars = axes.barh(heights, fractions, 0.75, color=[colours[row["bound"]] for row in rows])
    axes.bar_label(bars, [f"{fraction:.2f}" for fraction in fractions], padding=3, fontsize=8)
    for bound, colour in colours.items():
        axes.barh([0], [0], color=colour, label=f"bound by {bound}")
    axes.axvline(1, color="#222222", linewidth=1)
    axes.set_yticks(heights, [f"{row['title']}: {row['pass']}" for row in rows], fontsize=8)
    axes.set_ylim(0.4, len(rows) + 0.6)
    axes.set_xlabel("fraction of the limit")
    axes.set_title(_title(result), fontsize=10)
    axes.margins(x=0.1)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False, fontsize=8)
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", metadata={"Software": None})
    return buffer.getvalue()


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print, save."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--ops", nargs="+", choices=list(CASES), metavar="NAME", default=list(CASES))
    parser.add_argument("--turns", type=int, default=7, help="timed turns of each op")
    parser.add_argument("--out", type=Path, default=Path("runs/limits"), help="directory of the results")
    parser.add_argument("--tiny", action="store_true", help="sizes that only show that everything works")
    options = parser.parse_args(arguments)
    try:
        result = measure_limits(options.ops, options.turns, options.tiny)
    except KeyboardInterrupt:
        print("\nstopped; nothing was measured to its end", file=sys.stderr)
        return 130
    print_table(result)
    options.out.mkdir(parents=True, exist_ok=True)
    write_whole(options.out / "limits.json", json.dumps(result, indent=2) + "\n")
    write_whole(options.out / "limits.png", draw(result))
    print(f"results: {options.out / 'limits.json'}\nfigure:  {options.out / 'limits.png'}")
    return 0


def _title(result: Mapping[str, Any]) -> str:
    machine, found = result["machine"], result["versions"]
    sizes = "; tiny sizes, which say nothing" if result["tiny"] else ""
    return (
        f"{found['threads']} threads of {found['processor']}: {machine['gb_per_s']:.1f} GB/s, "
        f"{machine['gflops']:.0f} GFLOP/s{sizes}"
    )


if __name__ == "__main__":
    sys.exit(main())
