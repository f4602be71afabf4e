"""The page of `npseg demo`: several models on one data set, side by side."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from npseg.report.charts import line_chart
from npseg.report.contents import DemoResults, ModelResult
from npseg.report.page import (
    UNDEFINED,
    chart_figure,
    data_table,
    document,
    escape,
    facts_list,
    section,
    write_page,
)
from npseg.report.parts import (
    Column,
    class_table,
    curves_section,
    example_rows,
    legend_list,
    mean_table,
    policy_note,
)

__all__ = ["write_demo_report"]


def write_demo_report(path: str | Path, results: DemoResults) -> Path:
    """Write a self-contained page: scores beside the baseline, curves, pictures, what was run.

    Returns its path. Raises `ArgumentError` or `ShapeError` when predictions do not match the examples,
    before anything is written.
    """
    sections = [
        section(
            "Scores on images never trained on",
            mean_table(_columns(results)),
            class_table(_columns(results), results.legend),
            policy_note(results.baseline),
            f'<p class="note">{escape(_baseline_sentence(results))}</p>',
        ),
        _curves(results),
        _pictures(results),
        section("What was run", _effort_table(results.models), facts_list(results.facts)),
    ]
    return write_page(path, document(results.title, results.summary, sections))


def _columns(results: DemoResults) -> list[Column]:
    models = [Column(model.name, model.scores) for model in results.models]
    return [*models, Column("majority baseline", results.baseline, is_baseline=True)]


def _baseline_sentence(results: DemoResults) -> str:
    answered = int(np.argmax(results.baseline.confusion.sum(axis=0)))
    return f"The majority baseline calls every pixel “{results.legend.names[answered]}”."


def _curves(results: DemoResults) -> str:
    losses = {model.name: model.loss for model in results.models if model.loss is not None}
    mious = {model.name: model.miou for model in results.models if model.miou is not None}
    figures = []
    if losses:
        figures.append(chart_figure("Training loss", line_chart("Training loss", losses, smooth=True)))
    if mious:
        chart = line_chart(
            "Validation mIoU", mious, unit_interval=True, level=("majority baseline", results.baseline.miou)
        )
        figures.append(chart_figure("Validation mIoU", chart))
    return curves_section(figures)


def _pictures(results: DemoResults) -> str:
    if not results.examples:
        return ""
    predictions = [(model.name, model.predictions) for model in results.models]
    return section(
        "Pictures",
        legend_list(results.legend, with_errors=True),
        example_rows(results.examples, predictions, results.legend),
    )


def _effort_table(models: Sequence[ModelResult]) -> str:
    rows = [
        [
            escape(model.name),
            UNDEFINED if model.parameters is None else f"{model.parameters:,}",
            UNDEFINED if model.steps is None else f"{model.steps:,}",
            UNDEFINED if model.seconds is None else f"{model.seconds:.1f} s",
        ]
        for model in models
    ]
    return data_table("Models, trained from random weights", ["", "parameters", "steps", "time"], rows)
