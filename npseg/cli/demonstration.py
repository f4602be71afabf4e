"""What `npseg demo` does: two models, one data set, one table."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from npseg.cli.options import write_json
from npseg.cli.progress import counting, telling_of_compilation
from npseg.cli.reports import examples_of, legend_of, training_majority
from npseg.cli.training_progress import training_watcher
from npseg.data import DatasetInfo
from npseg.errors import ConfigError
from npseg.metrics import Scores, majority_baseline
from npseg.train import Layer, RunDirectory, RunOutcome, evaluate, read_log, train_run

if TYPE_CHECKING:
    from npseg.report import ModelResult

__all__ = ["PLANS", "demonstrate"]

RESULTS, REPORT = "results.json", "report.html"
_PICTURES = 5
_COMMON = {"data.source": "shapes", "seed": 0, "train.eval_every": 60}


@dataclass(frozen=True)
class Plan:
    """A model of the demo: its title, the directory of its run, and settings on top of the recipe of the data."""

    title: str
    directory: str
    settings: dict[str, Any]


PLANS = (
    Plan("U-Net", "unet", {"model.name": "unet", "model.base_channels": 16, "train.steps": 180}),
    Plan(
        "FCN-8s",
        "fcn8s",
        {
            "model.name": "fcn8s",
            "model.batch_norm": True,
            "model.width": 0.25,
            "model.fc_channels": 256,
            "train.steps": 200,
        },
    ),
)


@dataclass(frozen=True)
class _Trained:
    plan: Plan
    outcome: RunOutcome
    scores: Scores
    seconds: float

    @property
    def parameters(self) -> int:
        return sum(parameter.size for parameter in self.outcome.model.parameters())


def demonstrate(out: Path) -> bool:
    """Train, score, print and write everything into `out`; False when it was interrupted."""
    _claim(out)
    trained = []
    for number, plan in enumerate(PLANS, start=1):
        typer.echo(f"{plan.title} ({number} of {len(PLANS)})", err=True)
        begun = time.perf_counter()
        layers = [Layer("demo", {**_COMMON, **plan.settings})]
        watcher = training_watcher(plan.title)
        with telling_of_compilation(watcher.note):
            outcome = train_run(layers, out / plan.directory, overwrite=True, watcher=watcher)
        if outcome.interrupted:
            return False
        seconds = time.perf_counter() - begun
        test = outcome.source.split("test")
        with counting(f"{plan.title}: scoring {len(test)} test images") as progress:
            scores = evaluate(outcome.predictor, test, outcome.source.info, on_image=progress)
        trained.append(_Trained(plan, outcome, scores, seconds))
    source = trained[0].outcome.source
    majority = training_majority(source.split("train"), source.info.num_classes)
    baseline = majority_baseline(trained[0].scores, majority=majority)
    _write(out, trained, baseline)
    _print_table(trained, baseline, source.info)
    typer.echo(f"scored on {len(source.split('test'))} images that no model was trained on")
    typer.echo(f"report:  {out / REPORT}\nresults: {out / RESULTS}")
    return True


def _claim(out: Path) -> None:
    """Make the directory ours, or refuse one that holds somebody's runs."""
    RunDirectory.at(out).require_directory()
    if (out / RESULTS).exists():
        if not _is_ours(out / RESULTS):
            raise ConfigError(f"{out / RESULTS}: is not the result of a demo; choose another --out")
    else:
        for directory in (out, *(out / plan.directory for plan in PLANS)):
            if RunDirectory.at(directory).holds_run():
                raise ConfigError(f"{directory}: holds a run that is not of a demo; choose another --out")
    RunDirectory.at(out).create()
    write_json(str(out / RESULTS), {"npseg_demo": "unfinished"})


def _is_ours(path: Path) -> bool:
    try:
        return "npseg_demo" in json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, TypeError):
        return False


def _write(out: Path, trained: list[_Trained], baseline: Scores) -> None:
    import npseg
    from npseg.report import DemoResults, write_demo_report

    source = trained[0].outcome.source
    examples = examples_of(source.split("test"), _PICTURES)
    results = DemoResults(
        legend=legend_of(source.info),
        models=[_result(one, [one.outcome.predictor.labels(e.image) for e in examples]) for one in trained],
        baseline=baseline,
        examples=examples,
        summary=(
            f"Two networks, trained from random weights on {len(source.split('train'))} drawn scenes and scored on "
            f"{len(source.split('test'))} others."
        ),
        facts={"npseg": npseg.__version__, "data": source.info.name, "seed": _COMMON["seed"]},
    )
    write_demo_report(out / REPORT, results)
    write_json(
        str(out / RESULTS),
        {
            "npseg_demo": "finished",
            "data": source.info.name,
            "test_images": len(source.split("test")),
            "models": {
                one.plan.directory: {
                    "title": one.plan.title,
                    "steps": one.outcome.step,
                    "seconds": round(one.seconds, 1),
                    "parameters": one.parameters,
                    "scores": one.scores.to_json(),
                }
                for one in trained
            },
            "majority_baseline": baseline.to_json(),
        },
    )


def _result(one: _Trained, predictions: list[Any]) -> ModelResult:
    from npseg.report import Curve, ModelResult

    history = read_log(one.outcome.directory.metrics)

    def curve(name: str) -> Curve:
        points = [(record["step"], record[name]) for record in history if record.get(name) is not None]
        return Curve([step for step, _ in points], [value for _, value in points])

    return ModelResult(
        name=one.plan.title,
        scores=one.scores,
        predictions=predictions,
        loss=curve("loss"),
        miou=curve("val_miou"),
        steps=one.outcome.step,
        seconds=one.seconds,
        parameters=one.parameters,
    )


def _print_table(trained: list[_Trained], baseline: Scores, info: DatasetInfo) -> None:
    from rich.console import Console
    from rich.table import Table

    columns = [(one.plan.title, one.scores) for one in trained] + [("majority baseline", baseline)]
    table = Table(title=f"IoU / Dice on the test images of {info.name}")
    table.add_column("class")
    for title, _ in columns:
        table.add_column(title, justify="right")
    for index, name in enumerate(info.classes):
        table.add_row(name, *(_pair(scores.iou[index], scores.dice[index]) for _, scores in columns))
    table.add_section()
    table.add_row("mIoU / mean Dice", *(_pair(scores.miou, scores.mean_dice) for _, scores in columns))
    table.add_row("pixel accuracy", *(f"{scores.pixel_accuracy:.3f}" for _, scores in columns))
    Console().print(table)


def _pair(iou: float, dice: float) -> str:
    return f"{_number(iou)} / {_number(dice)}"


def _number(value: float) -> str:
    return "-" if value != value else f"{value:.3f}"
