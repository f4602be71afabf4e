"""How npseg's time and memory grow with the number of pixels and with the batch.

    python benchmarks/scaling.py [--to SIDE] [--train-to SIDE] [--turns N] [--out DIR]

A U-Net of base width 16, inference and training step: one square image of 64 to 2048 pixels a side, and batches of 1 to
8 images of 256 x 256. Every point is a process of its own; time is a median, memory the peak above what the loaded
libraries take. Both should grow linearly, so two numbers are fitted to each curve: the slope, in nanoseconds or bytes
per pixel of cost = constant + slope x pixels, and the exponent of cost ~ pixels^exponent, which is 1 when the constant
is negligible. Prints both, writes `scaling.json` and `scaling.png`.
"""

from __future__ import annotations

import argparse
import io
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from subjects import Subject
from turns import Worker, WorkerFailed, measure_workers, versions

from npseg.files import write_whole

MODEL = Subject("unet", 16, 1, 256)
SIDES = (64, 128, 256, 512, 1024, 2048)
BATCHES = (1, 2, 3, 4, 6, 8)
EXPONENT_FROM = 128**2  # pixels; below, weights and calls are a part of the cost that does not grow
QUANTITIES = {"time": "ns per pixel", "memory": "bytes per pixel"}
# Peak memory of the first process of all would hold what the compiler took.
WARM_UP = replace(MODEL, size=64)


@dataclass(frozen=True)
class Point:
    """What one batch cost."""

    work: str  # "train" or "infer"
    along: str  # what grows: "pixels" or "batch"
    pixels: int  # of all images together
    batch: int
    milliseconds: float
    bytes: int

    def cost(self, quantity: str) -> float:
        """Nanoseconds or bytes."""
        return self.bytes if quantity == "memory" else 1e6 * self.milliseconds


@dataclass(frozen=True)
class Fit:
    """cost = constant + slope pixels, and cost ~ pixels^exponent. `deviation` is the worst relative error of the
    line."""

    constant: float
    slope: float
    exponent: float
    deviation: float


def fit(pixels: Sequence[float], costs: Sequence[float]) -> Fit:
    """Least squares of relative errors for the line, of logarithms for the exponent.

    >>> fit([1e5, 2e5, 4e5], [10 + 3e5, 10 + 6e5, 10 + 12e5])
    Fit(constant=10.0, slope=3.0, exponent=1.0, deviation=0.0)
    """
    x, y = np.asarray(pixels, float), np.asarray(costs, float)
    # Every point counts alike, as on the log-log plot: divide each equation by its cost.
    constant, slope = np.linalg.lstsq(np.stack([1 / y, x / y], 1), np.ones(len(x)), rcond=None)[0]
    large = x >= EXPONENT_FROM if (x >= EXPONENT_FROM).sum() > 1 else x > 0
    exponent = np.polyfit(np.log(x[large]), np.log(y[large]), 1)[0]
    deviation = np.abs((constant + slope * x) / y - 1).max()
    return Fit(*(round(float(value), 3) + 0.0 for value in (constant, slope, exponent, deviation)))


def measure_points(works: Sequence[str], subjects: Sequence[Subject], along: str, turns: int) -> list[Point]:
    """One process after another; what does not fit into memory is told and left out."""
    found: list[Point] = []
    for work in works:
        _run(work, WARM_UP, 0)
        for subject in subjects:
            timings = _run(work, subject, turns)
            shape = f"{subject.batch} x {subject.size} x {subject.size}"
            if not timings:
                print(f"{work} {shape}: left out", flush=True)
                continue
            pixels = subject.batch * subject.size**2
            found.append(Point(work, along, pixels, subject.batch, timings[0].median, timings[0].increase_bytes))
            mebibytes = found[-1].bytes / 2**20
            print(f"{work} {shape}: {found[-1].milliseconds:.1f} ms, {mebibytes:.0f} MiB", flush=True)
    return found


def _run(work: str, subject: Subject, turns: int) -> list[Any]:
    def failed(failure: WorkerFailed) -> None:
        print(failure.stderr.rstrip(), file=sys.stderr)

    worker = Worker(work, "npseg_work.py", work, asdict(subject), ("npseg_loaded",))
    return measure_workers([worker], turns, failed)


def fits(points: Sequence[Point]) -> dict[str, dict[str, float]]:
    """The fits of all curves that have at least three points: `{"train by pixels: time": {...}, ...}`."""
    found = {}
    for work, along in dict.fromkeys((point.work, point.along) for point in points):
        curve = [point for point in points if (point.work, point.along) == (work, along)]
        for quantity in QUANTITIES:
            if len(curve) > 2:
                numbers = fit([p.pixels for p in curve], [p.cost(quantity) for p in curve])
                found[f"{work} by {along}: {quantity}"] = asdict(numbers)
    return found


def draw(points: Sequence[Point], title: str) -> bytes:
    """Time and memory over pixels, along both ways to have more of them, log-log; PNG."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(10, 8), dpi=110, layout="constrained")
    FigureCanvasAgg(figure)
    figure.suptitle(title)
    found = fits(points)
    headings = {"pixels": "one image, ever larger", "batch": f"ever more images of {MODEL.size} x {MODEL.size}"}
    for column, (along, heading) in zip(figure.subplots(2, 2).T, headings.items()):
        for axes, (quantity, unit) in zip(column, QUANTITIES.items()):
            scale, name = (1e-6, "milliseconds") if quantity == "time" else (2**-20, "MiB at the peak")
            for work, colour in (("train", "#d55e00"), ("infer", "#0072b2")):
                curve = [point for point in points if (point.work, point.along) == (work, along)]
                if not curve:
                    continue
                x = np.array([point.pixels for point in curve], float)
                label = "training step" if work == "train" else "inference"
                if line := found.get(f"{work} by {along}: {quantity}"):
                    label += f": {line['slope']:,.0f} {unit}, exponent {line['exponent']:.2f}"
                    fitted = scale * (line["constant"] + line["slope"] * x)
                    axes.plot(x, np.where(fitted > 0, fitted, np.nan), "--", color=colour, linewidth=1)
                axes.plot(x, [scale * point.cost(quantity) for point in curve], "o", color=colour, label=label)
            axes.set_xscale("log", base=2)
            axes.set_yscale("log")
            axes.set_ylabel(name)
            axes.grid(color="#eeeeee")
            axes.spines[["top", "right"]].set_visible(False)
            if axes.get_legend_handles_labels()[0]:
                axes.legend(frameon=False, fontsize=8)
        column[0].set_title(heading, fontsize=11)
        column[1].set_xlabel("pixels of all images")
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", metadata={"Software": None})
    return buffer.getvalue()


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print, save."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--to", type=int, default=2048, metavar="SIDE", help="largest image of inference")
    parser.add_argument("--train-to", type=int, default=2048, metavar="SIDE", help="largest image of training")
    parser.add_argument("--batch-to", type=int, default=8, metavar="N", help="largest batch; 0 for none")
    parser.add_argument("--turns", type=int, default=3, help="timed turns of each point")
    parser.add_argument("--out", type=Path, default=Path("runs/scaling"), help="directory of the results")
    options = parser.parse_args(arguments)
    points: list[Point] = []
    stopped = False
    try:
        for work, largest in (("infer", options.to), ("train", options.train_to)):
            sides = [replace(MODEL, size=side) for side in SIDES if side <= largest]
            points += measure_points([work], sides, "pixels", options.turns)
            _save(points, options.out)
        batches = [replace(MODEL, batch=batch) for batch in BATCHES if batch <= options.batch_to]
        if batches:
            points += measure_points(["infer", "train"], batches, "batch", options.turns)
    except KeyboardInterrupt:
        stopped = True
        print("\nstopped; finished curves are kept", file=sys.stderr)
    _save(points, options.out)
    for name, numbers in fits(points).items():
        unit = QUANTITIES[name.rsplit(" ", 1)[1]]
        print(
            f"{name:24s} {numbers['slope']:10,.1f} {unit}, exponent {numbers['exponent']:.2f}, at most "
            f"{100 * numbers['deviation']:.0f} % off the line"
        )
    print(f"results: {options.out / 'scaling.json'}\nfigure:  {options.out / 'scaling.png'}")
    return 130 if stopped else 0


def _save(points: Sequence[Point], out: Path) -> None:
    found = versions("npseg", "numpy", "numba", "scipy")
    title = f"U-Net, base {MODEL.width}, float32; {found['threads']} threads of {found['processor']}"
    result = {"model": asdict(MODEL), "points": [asdict(p) for p in points], "fits": fits(points), "versions": found}
    out.mkdir(parents=True, exist_ok=True)
    write_whole(out / "scaling.json", json.dumps(result, indent=2) + "\n")
    write_whole(out / "scaling.png", draw(points, title))


if __name__ == "__main__":
    sys.exit(main())
