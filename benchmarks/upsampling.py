"""How a U-Net's decoder may double the resolution, and what its skips are worth, side by side on `shapes`.

    python benchmarks/upsampling.py [--steps N] [--seeds N] [--out DIR]

Transposed convolution, bilinear interpolation and pixel shuffle, each with skips and without: parameters,
milliseconds of a training step and of the prediction of one scene, checkerboard energy before and after training
(`checkerboard.py` says what that is; Odena, Dumoulin and Olah 2016), mIoU and boundary F1 on the test scenes. All six
train on the same batches, step by step in turns, so that the clock treats them alike. Scores and energies are means
over the seeds, times are medians. Prints a table, writes `upsampling.json` and `upsampling.png`; about 5 minutes on
2 cores.

With kernel and stride 2, a transposed convolution and a pixel shuffle after a 1 x 1 convolution can express the same
functions (Shi et al. 2016); they differ in their biases, in how they start and in how the work is laid out.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
from checkerboard import checkerboard_energy, respond
from turns import versions

from npseg.files import write_whole

UPSAMPLINGS = ("transposed", "bilinear", "pixel_shuffle")
NOT_TIMED = 3  # first steps of a seed: they compile, and fill caches
TOLERANCE = 0.0075  # of the boundary F1, as a part of the image's diagonal: Csurka, Larlus and Perronnin 2013


@dataclass(frozen=True)
class Plan:
    """How much work is done; the same for all competitors."""

    steps: int = 150
    seeds: int = 3
    base_channels: int = 8
    depth: int = 4
    crop_size: int = 96
    batch_size: int = 4
    scene_size: int = 128
    scenes: tuple[int, int, int] = (200, 0, 40)

    @property
    def period(self) -> int:
        """Pixels after which the grid of all upsamplings together repeats."""
        return 2**self.depth

    @property
    def tolerance(self) -> float:
        """Distance in pixels at which two boundaries still agree."""
        return TOLERANCE * self.scene_size * 2**0.5


@dataclass(frozen=True)
class Scores:
    """What one seed gave one competitor."""

    energy_untrained: float
    energy_trained: float
    miou: float
    boundary_f1: float


@dataclass
class Row:
    """A competitor over all seeds. `pictures` are its responses to flat images, untrained and trained."""

    upsampling: str
    skips: bool
    parameters: int = 0
    step_ms: list[float] = field(default_factory=list)
    inference_ms: list[float] = field(default_factory=list)
    seeds: list[Scores] = field(default_factory=list)
    pictures: dict[str, np.ndarray] = field(default_factory=dict)

    def mean(self, score: str) -> float:
        """Mean over the seeds."""
        return statistics.fmean(getattr(scores, score) for scores in self.seeds)

    def to_json(self) -> dict[str, Any]:
        """Everything but the pictures."""
        return {
            "upsampling": self.upsampling,
            "skips": self.skips,
            "parameters": self.parameters,
            "step_ms": statistics.median(self.step_ms),
            "inference_ms": statistics.median(self.inference_ms),
            **{name: self.mean(name) for name in Scores.__dataclass_fields__},
            "seeds": [asdict(scores) for scores in self.seeds],
        }


def compare(plan: Plan) -> list[Row]:
    """Train and score all competitors."""
    rows = [Row(upsampling, skips) for upsampling, skips in product(UPSAMPLINGS, (True, False))]
    for seed in range(plan.seeds):
        _run_seed(rows, plan, seed)
    return rows


class _Competitor:
    """One model of one seed."""

    def __init__(self, row: Row, plan: Plan, seed: int, source: Any, intensity: Any) -> None:
        from npseg.infer import Predictor
        from npseg.train.setup import build_model, build_trainer

        config = _configuration(plan, seed, row)
        self.row, self.plan = row, plan
        self.model = build_model(config, intensity.in_channels, source.info)
        self.trainer, _ = build_trainer(config, self.model, source.info, source.split("train"), intensity)
        self.predictor = Predictor(self.model, intensity.apply)
        row.parameters = sum(parameter.size for parameter in self.model.parameters())

    def energy(self, when: str) -> float:
        responses = respond(self.predictor.logits, self.plan.depth)
        self.row.pictures.setdefault(when, responses)
        return checkerboard_energy(responses, self.plan.period)


def _run_seed(rows: list[Row], plan: Plan, seed: int) -> None:
    from rich.console import Console
    from rich.progress import track

    from npseg.data import Intensity
    from npseg.train import load_source

    config = _configuration(plan, seed, rows[0])
    source = load_source(config)
    intensity = Intensity.fit(source.split("train"), config.data)
    competitors = [_Competitor(row, plan, seed, source, intensity) for row in rows]
    untrained = [one.energy("untrained") for one in competitors]
    batches = competitors[0].trainer.batches
    for one in competitors:
        one.model.train()
    for step in track(range(plan.steps), f"seed {seed + 1} of {plan.seeds}", console=Console(stderr=True)):
        batch = batches.batch(step)
        for one in competitors:
            record = one.trainer.train_step(batch)
            if step >= min(NOT_TIMED, plan.steps - 1):
                one.row.step_ms.append(1000 * record.seconds)
    truth, predictions = _predict(competitors, source.split("test"))
    for one, before, prediction in zip(competitors, untrained, predictions):
        miou, boundary = _score(truth, prediction, source.info.num_classes, plan.tolerance)
        one.row.seeds.append(Scores(before, one.energy("trained"), miou, boundary))


def _configuration(plan: Plan, seed: int, row: Row) -> Any:
    """The shipped recipe of `shapes`, with the sizes of the plan."""
    from npseg.train import Layer
    from npseg.train.setup import resolve

    settings = {
        "data.source": "shapes",
        "data.shapes_size": plan.scene_size,
        "data.shapes_counts": plan.scenes,
        "data.crop_size": plan.crop_size,
        "data.batch_size": plan.batch_size,
        "model.name": "unet",
        "model.base_channels": plan.base_channels,
        "model.depth": plan.depth,
        "model.upsampling": row.upsampling,
        "model.skips": row.skips,
        "train.steps": plan.steps,
        "seed": seed,
    }
    return resolve([Layer("benchmark", settings)])


def _predict(competitors: list[_Competitor], scenes: Any) -> tuple[np.ndarray, list[np.ndarray]]:
    """Truth (N, H, W), and the predictions of each competitor, timed in turns."""
    predictions: list[list[np.ndarray]] = [[] for _ in competitors]
    for index in range(len(scenes)):
        image = scenes[index].image
        for one, labels in zip(competitors, predictions):
            start = time.perf_counter()
            labels.append(one.predictor.labels(image))
            if index >= min(NOT_TIMED, len(scenes) - 1):
                one.row.inference_ms.append(1000 * (time.perf_counter() - start))
    truth = np.stack([scenes[index].mask for index in range(len(scenes))])
    return truth, [np.stack(labels) for labels in predictions]


def _score(truth: np.ndarray, prediction: np.ndarray, classes: int, tolerance: float) -> tuple[float, float]:
    from npseg.metrics import boundary_f1, iou_score

    return (
        float(iou_score(truth, prediction, num_classes=classes)),
        float(boundary_f1(truth, prediction, num_classes=classes, tolerance=tolerance)),
    )


_HEADINGS = ("energy\nbefore", "energy\nafter", "mIoU", "bound-\nary F1")  # of the fields of Scores


def print_table(rows: list[Row], plan: Plan) -> None:
    """The table, on the terminal."""
    from rich import box
    from rich.console import Console
    from rich.table import Table

    table = Table(
        box=box.SIMPLE,
        padding=(0, 1, 0, 0),
        title=f"U-Net, base {plan.base_channels}, on shapes: {plan.steps} steps, seeds: {plan.seeds}",
        caption="energy: checkerboard energy before and after training, from 0 to 1\n"
        f"boundary F1: outlines at most {plan.tolerance:.2f} pixels apart",
    )
    table.add_column("upsampling")
    table.add_column("skips")
    for name in ("para-\nmeters", "ms per\nstep", "ms per\nscene", *_HEADINGS):
        table.add_column(name, justify="right")
    for row in rows:
        table.add_row(
            row.upsampling,
            "on" if row.skips else "off",
            f"{row.parameters:,}",
            f"{statistics.median(row.step_ms):.0f}",
            f"{statistics.median(row.inference_ms):.1f}",
            *(f"{row.mean(name):.3f}" for name in Scores.__dataclass_fields__),
            end_section=not row.skips,
        )
    Console().print(table)


def write_results(rows: list[Row], plan: Plan, out: Path) -> None:
    """`upsampling.json` and `upsampling.png` in `out`."""
    result = {
        "plan": {**asdict(plan), "tolerance": plan.tolerance},
        "rows": [row.to_json() for row in rows],
        "versions": versions("npseg", "numpy", "numba", "scipy"),
    }
    out.mkdir(parents=True, exist_ok=True)
    write_whole(out / "upsampling.json", json.dumps(result, indent=2) + "\n")
    write_whole(out / "upsampling.png", draw(rows, plan))


def draw(rows: list[Row], plan: Plan) -> bytes:
    """Bars of everything in the table, above what each decoder answers to a flat grey image; PNG."""
    import io

    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(13, 8.5), dpi=110, layout="constrained")
    FigureCanvasAgg(figure)
    bars, patches = figure.subfigures(2, 1, height_ratios=(1, 1.25))
    _draw_bars(bars, rows)
    _draw_patches(patches, rows, plan)
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", metadata={"Software": None})
    return buffer.getvalue()


def _draw_bars(figure: Any, rows: list[Row]) -> None:
    panels = {
        "checkerboard energy": [("untrained", "energy_untrained", "#b9c4ce"), ("trained", "energy_trained", "#d55e00")],
        "test scenes": [("mIoU", "miou", "#0072b2"), ("boundary F1", "boundary_f1", "#009e73")],
        "milliseconds": [("training step", "step_ms", "#0072b2"), ("inference, one scene", "inference_ms", "#56b4e9")],
        "parameters": [("", "parameters", "#5d6772")],
    }
    values = [row.to_json() for row in rows]
    heights = np.arange(len(rows), dtype=float)[::-1]
    figure.suptitle("Upsampling and skips of a U-Net's decoder")
    for place, (axes, (title, series)) in enumerate(zip(figure.subplots(1, len(panels), sharey=True), panels.items())):
        thickness = 0.8 / len(series)
        for index, (label, name, colour) in enumerate(series):
            shift = (len(series) / 2 - index - 0.5) * thickness
            bars = axes.barh(heights + shift, [v[name] for v in values], thickness * 0.92, color=colour, label=label)
            axes.bar_label(bars, [_short(v[name]) for v in values], padding=3, fontsize=8)
        axes.set_title(title, fontsize=11)
        axes.margins(x=0.22)
        axes.set_xlim(left=0)
        axes.locator_params(axis="x", nbins=4)
        axes.tick_params(left=place == 0, labelsize=8)
        axes.spines[["top", "right"]].set_visible(False)
        axes.set_yticks(heights, [_title(row, ", ") for row in rows], fontsize=10)
        if len(series) > 1:
            axes.legend(frameon=False, fontsize=8, loc="upper center", bbox_to_anchor=(0.5, -0.08), ncols=2)


def _draw_patches(figure: Any, rows: list[Row], plan: Plan) -> None:
    """The middle of the response to light grey, in the class that varies most, all on one scale."""
    times = ("untrained", "trained")
    figure.suptitle(
        "first seed: logits of a flat grey image over two periods, in standard deviations over all flat images",
        fontsize=11,
    )
    grid = figure.subplots(len(times), len(rows), squeeze=False)
    for line, when in enumerate(times):
        for axes, row in zip(grid[line], rows):
            shown = axes.imshow(_patch(row.pictures[when], plan.period), cmap="RdBu_r", vmin=-1, vmax=1)
            axes.set_xticks([])
            axes.set_yticks([])
            axes.set_xlabel(f"energy {_short(getattr(row.seeds[0], f'energy_{when}'))}", fontsize=9)
            if line == 0:
                axes.set_title(_title(row, "\n"), fontsize=10)
        grid[line, 0].set_ylabel(when, fontsize=11)
    figure.colorbar(shown, ax=grid, fraction=0.02, pad=0.01)


def _patch(responses: np.ndarray, period: int) -> np.ndarray:
    """Two periods `(H, W)` of the response to the last, light grey image, about its mean."""
    light = responses[-1, period : 3 * period, period : 3 * period].astype(np.float64)
    light -= light.mean(axis=(0, 1))
    scale = responses.std(axis=(0, 1, 2), dtype=np.float64)
    share = light.std(axis=(0, 1)) / np.maximum(scale, 1e-12)
    strongest = int(share.argmax())
    return light[..., strongest] / max(scale[strongest], 1e-12)


def _title(row: Row, between: str) -> str:
    return f"{row.upsampling.replace('_', ' ')}{between}{'skips' if row.skips else 'no skips'}"


def _short(value: float) -> str:
    return f"{value:,}" if isinstance(value, int) else f"{value:.1f}" if value >= 10 else f"{value:.3f}"


def main(arguments: Sequence[str] | None = None, plan: Plan | None = None) -> None:
    """Train, print, save."""
    plan = plan or Plan()
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--steps", type=_positive, default=plan.steps, help="training steps of each competitor")
    parser.add_argument("--seeds", type=_positive, default=plan.seeds, help="number of repetitions")
    parser.add_argument("--out", type=Path, default=Path("runs/upsampling"), help="directory of the results")
    options = parser.parse_args(arguments)
    plan = replace(plan, steps=options.steps, seeds=options.seeds)
    rows = compare(plan)
    print_table(rows, plan)
    write_results(rows, plan, options.out)
    print(f"results: {options.out / 'upsampling.json'}\nfigure:  {options.out / 'upsampling.png'}")


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"expected at least 1, got {number}")
    return number


if __name__ == "__main__":
    main()
