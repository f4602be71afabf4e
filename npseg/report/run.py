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

# Which numbers of the history share a chart, by a word in their name.
_CHARTS = (
    ("Loss", ("loss",), False),
    ("Scores", ("iou", "dice", "accuracy"), True),
    ("Learning rate", ("lr", "learning_rate"), False),
)


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
    """Write a self-contained page: scores, curves, pictures, time, configuration. Returns its path.

    Every number that records of the history hold beside `step` under a name with loss, iou, dice, accuracy or
    lr in it gets a curve. Raises `ArgumentError` or `ShapeError` when predictions do not match the examples,
    before anything is written.
    """
    sections = [_scores(results), _curves(results.history), _pictures(results)]
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
        f"Scores on {results.split}",
        mean_table(columns),
        class_table(columns, results.legend),
        policy_note(results.scores),
    )


def _curves(history: Sequence[Mapping[str, Any]]) -> str:
    series: dict[str, tuple[list[float], list[float]]] = {}
    for record in history:
        if not _is_number(record.get("step")):
            continue
        for name, value in record.items():
            if name != "step" and _is_number(value):
                steps, values = series.setdefault(name, ([], []))
                steps.append(record["step"])
                values.append(value)
    figures = []
    for title, words, unit_interval in _CHARTS:
        chosen = {name: Curve(*points) for name, points in series.items() if _named(name, words)}
        if chosen:
            chart = line_chart(title, chosen, unit_interval=unit_interval, smooth=title == "Loss")
            figures.append(chart_figure(title, chart))
    return curves_section(figures)


def _named(name: str, words: tuple[str, ...]) -> bool:
    lowered = name.lower()
    return any(lowered == word or (len(word) > 2 and word in lowered) for word in words)


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
            flat[name] = (
                json.dumps(value, ensure_ascii=False, default=str) if not isinstance(value, str) else value
            )
    return flat
