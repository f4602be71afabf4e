"""The page of one `npseg train` run."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from npseg.report.charts import line_chart
from npseg.report.contents import Curve, RunResults
from npseg.report.page import chart_figure, document, facts_list, section, write_page
from npseg.report.parts import (
    Column,
    class_table,
    curves_section,
    example_rows,
    legend_list,
    mean_table,
    policy_note,
)

__all__ = ["read_history", "write_run_report"]

_MOST_CURVES = 12  # more cannot be told apart in one chart
_SPLITS = {"train": "training", "val": "validation"}
_NAMES = {"val_miou": "mIoU", "val_mean_dice": "mean Dice", "lr": "learning rate"}


def read_history(path: str | Path) -> list[dict[str, Any]]:
    """The records of a `metrics.jsonl`, empty if there is no file.

    A run that was killed may have left half a line at the end: reading stops there.
    """
    records: list[dict[str, Any]] = []
    if not Path(path).exists():
        return records
    for line in Path(path).read_text(encoding="utf-8", errors="replace").splitlines():
        if not line.strip():
            continue
        try:
            record = json.loads(line)
        except json.JSONDecodeError:
            break
        if isinstance(record, dict):
            records.append(record)
    return records


def write_run_report(path: str | Path, results: RunResults) -> Path:
    """Write a self-contained page: scores, curves, pictures, time, configuration.

    Of the history, `loss` and `loss_*`, `val_*`, `lr` and the IoU in `val_per_class` are drawn over `step`.

    Returns the path. Raises `ArgumentError` or `ShapeError` when predictions do not match the examples, before
    anything is written.
    """
    sections = [_scores(results), _curves(results), _pictures(results)]
    facts = dict(results.facts)
    if results.waiting_share is not None and math.isfinite(results.waiting_share):
        facts["time spent waiting for data"] = f"{100 * results.waiting_share:.1f} %"
    if facts:
        sections.append(section("What was run", facts_list(facts)))
    sections.append(section("Configuration", facts_list(_flat(results.config))))
    return write_page(path, document(results.title, results.summary, sections))


def _scores(results: RunResults) -> str:
    if results.scores is None:
        return ""
    columns = [Column("model", results.scores)]
    if results.baseline is not None:
        columns.append(Column("majority baseline", results.baseline, is_baseline=True))
    return section(
        f"Scores on the {_SPLITS.get(results.split, results.split)} images",
        mean_table(columns),
        class_table(columns, results.legend),
        policy_note(results.scores),
    )


def _curves(results: RunResults) -> str:
    numbers, classes = _series(results.history)
    losses = {name: curve for name, curve in numbers.items() if name.startswith("loss")}
    if len(losses) == 2:  # the sum of one part
        losses = {"loss": losses["loss"]} if "loss" in losses else losses
    scores = {name: curve for name, curve in numbers.items() if name.startswith("val_")}
    baseline = results.baseline
    level = None if baseline is None else ("majority baseline (mIoU)", baseline.miou)
    figures = []
    if losses:
        figures.append(_figure("Training loss", losses, smooth=True))
    if scores:
        figures.append(_figure("Validation scores", scores, unit_interval=True, level=level))
    if 0 < len(classes) <= _MOST_CURVES:
        figures.append(_figure("Validation IoU of each class", classes, unit_interval=True))
    if "lr" in numbers:
        figures.append(_figure("Learning rate", {"lr": numbers["lr"]}))
    return curves_section(figures)


def _figure(title: str, curves: Mapping[str, Curve], **options: Any) -> str:
    named = {_NAMES.get(name, name.removeprefix("val_").replace("_", " ")): c for name, c in curves.items()}
    return chart_figure(title, line_chart(title, named, **options))


def _series(history: Sequence[Mapping[str, Any]]) -> tuple[dict[str, Curve], dict[str, Curve]]:
    """The numbers of the records over their steps, and the IoU of each class by its name."""
    numbers: dict[str, tuple[list[float], list[float]]] = {}
    classes: dict[str, tuple[list[float], list[float]]] = {}
    for record in history:
        if not _is_number(record.get("step")):
            continue
        found = [(numbers, name, value) for name, value in record.items()]
        found += [(classes, part["name"], part["iou"]) for part in record.get("val_per_class") or ()]
        for group, name, value in found:
            if _is_number(value):
                steps, values = group.setdefault(name, ([], []))
                steps.append(record["step"])
                values.append(value)
    return (
        {name: Curve(*points) for name, points in numbers.items()},
        {name: Curve(*points) for name, points in classes.items()},
    )


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _pictures(results: RunResults) -> str:
    if not results.examples:
        return ""
    predictions = [("prediction", results.predictions)] if len(results.predictions) else []
    return section(
        "Pictures",
        legend_list(results.legend, with_errors=bool(predictions)),
        example_rows(results.examples, predictions, results.legend),
    )


def _flat(config: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Nested settings as `section.key`, the way the command line sets them."""
    flat: dict[str, Any] = {}
    for key, value in config.items():
        name = f"{prefix}{key}"
        if isinstance(value, Mapping) and value:
            flat.update(_flat(value, f"{name}."))
        else:
            flat[name] = json.dumps(value, ensure_ascii=False, default=str) if not isinstance(value, str) else value
    return flat
