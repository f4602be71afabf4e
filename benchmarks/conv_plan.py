"""Does the cost model of convolutions choose the fastest algorithm?

    python benchmarks/conv_plan.py [--turns N] [--out DIR]

Times 3x3 convolutions of many shapes, forward, by every algorithm in turns, and sets beside each what
`npseg.ops.conv_plan` chooses without timing anything. Regret is the time of the chosen algorithm over that of the
fastest. Prints a table, writes `conv_plan.json` and `conv_plan.png` (predicted against measured cost, both relative to
the direct convolution).
"""

from __future__ import annotations

import argparse
import io
import json
import statistics
import time
from pathlib import Path
from typing import Any

import numpy as np
from turns import versions

from npseg import config, ops
from npseg.files import write_whole
from npseg.ops.conv_plan import costs, plan
from npseg.shapes import Window

ALGORITHMS = {"direct": 0, "winograd2": 2, "winograd4": 4}
# (N, H = W, C, K): the layers of U-Nets and of VGG-16, narrow layers, small and odd images.
SHAPES = [
    (4, 256, 3, 16), (4, 256, 16, 16), (4, 256, 32, 32), (4, 256, 64, 32), (4, 128, 32, 64), (4, 128, 64, 64),
    (4, 64, 128, 128), (4, 64, 256, 128), (4, 32, 256, 256), (4, 32, 512, 256), (4, 16, 256, 512), (4, 16, 512, 512),
    (2, 16, 1024, 1024), (1, 384, 64, 64), (1, 24, 512, 512), (4, 128, 1, 8), (4, 128, 4, 4), (4, 128, 8, 8),
    (4, 128, 8, 2), (4, 128, 64, 21), (1, 64, 64, 64), (1, 7, 64, 64), (8, 5, 128, 128), (1, 3, 512, 512),
]  # fmt: skip
WINDOW = Window(3, 3, 1, 1, 1, 1, 1, 1)


def measure(shape: tuple[int, int, int, int], turns: int) -> dict[str, Any]:
    """One row: milliseconds by algorithm, what the model predicts, what it chooses and what that costs."""
    images, size, channels, features = shape
    rng = np.random.default_rng(0)
    x = rng.standard_normal((images, size, size, channels), np.float32)
    weight = rng.standard_normal((3, 3, channels, features), np.float32)
    runs: dict[str, list[float]] = {name: [] for name in ALGORITHMS}
    for turn in range(turns + 1):
        for name, times in runs.items():
            with config.use(conv_algorithm=name, precision="fast"):
                begun = time.perf_counter()
                ops.conv2d(x, weight, padding=1)
                if turn:  # the first compiles
                    times.append(1000 * (time.perf_counter() - begun))
    with config.use(conv_algorithm="auto", precision="fast"):
        way = plan(images, size, size, channels, features, WINDOW, 4)
    chosen = f"winograd{way.tile}" if way.tile else "direct"
    milliseconds = {name: statistics.median(times) for name, times in runs.items()}
    cost = costs(images, size, size, channels, features)
    return {
        "shape": shape,
        "ms": milliseconds,
        "predicted": {name: cost[tile] / cost[0] for name, tile in ALGORITHMS.items()},
        "chosen": chosen,
        "fastest": min(milliseconds, key=milliseconds.__getitem__),
        "regret": milliseconds[chosen] / min(milliseconds.values()),
    }


def draw(rows: list[dict[str, Any]]) -> bytes:
    """Predicted against measured cost of Winograd relative to direct, on logarithmic axes."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(5.5, 5), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    for name, marker in (("winograd2", "s"), ("winograd4", "o")):
        predicted = [row["predicted"][name] for row in rows]
        measured = [row["ms"][name] / row["ms"]["direct"] for row in rows]
        axes.plot(predicted, measured, marker, label=name, alpha=0.7)
    axes.axline((1, 1), slope=1, color="0.6", linewidth=1)
    axes.axhline(1, color="0.8", linewidth=1)
    axes.axvline(1, color="0.8", linewidth=1)
    axes.set(xscale="log", yscale="log", xlabel="predicted cost : direct", ylabel="measured time : direct")
    axes.legend()
    buffer = io.BytesIO()
    figure.savefig(buffer, dpi=120, format="png")
    return buffer.getvalue()


def main() -> None:
    """Measure, print, save."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--turns", type=int, default=7, help="timed runs of each algorithm on each shape")
    parser.add_argument("--out", type=Path, default=Path("runs/conv_plan"))
    options = parser.parse_args()
    rows = []
    print(f"{'N, H, C, K':>22s} " + " ".join(f"{name:>12s}" for name in ALGORITHMS) + "   chosen     regret")
    for shape in SHAPES:
        row = measure(shape, options.turns)
        rows.append(row)
        times = " ".join(f"{row['ms'][name]:9.2f} ms" for name in ALGORITHMS)
        print(f"{shape!s:>22s} {times}   {row['chosen']:10s} {row['regret']:.2f}", flush=True)
    regrets = [row["regret"] for row in rows]
    print(f"regret: median {statistics.median(regrets):.2f}, worst {max(regrets):.2f}")
    options.out.mkdir(parents=True, exist_ok=True)
    result = {"rows": rows, "versions": versions("npseg", "numpy", "numba")}
    write_whole(options.out / "conv_plan.json", json.dumps(result, indent=2) + "\n")
    write_whole(options.out / "conv_plan.png", draw(rows))


if __name__ == "__main__":
    main()
