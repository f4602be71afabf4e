"""The parts that both pages share: tables of scores, the legend, rows of pictures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from npseg.errors import ArgumentError
from npseg.metrics import Scores
from npseg.report.contents import Example, Legend
from npseg.report.page import data_table, escape, number, picture, section
from npseg.report.pictures import IGNORED, WRONG, colour_labels, displayable, encode_png, error_map

__all__ = [
    "Column",
    "class_table",
    "curves_section",
    "example_rows",
    "legend_list",
    "mean_table",
    "policy_note",
    "swatch",
]


class Column(NamedTuple):
    """Scores under a heading; a baseline never counts as the best of its row."""

    name: str
    scores: Scores
    is_baseline: bool = False


def mean_table(columns: Sequence[Column]) -> str:
    """One row for each model and the baseline: mIoU, mean Dice, pixel accuracy, mean accuracy."""
    fields = ("miou", "mean_dice", "pixel_accuracy", "mean_accuracy")
    cells = [_marked([getattr(c.scores, field) for c in columns], columns) for field in fields]
    rows = [[escape(column.name), *values] for column, *values in zip(columns, *cells)]
    head = ["", "mIoU", "mean Dice", "pixel accuracy", "mean accuracy"]
    return data_table("Means over the classes that occur", head, rows)


def class_table(columns: Sequence[Column], legend: Legend) -> str:
    """One row for each class: its share of the true pixels, then IoU and Dice under every heading."""
    support = columns[0].scores.support
    total = int(support.sum())
    ious = [_marked(row, columns) for row in zip(*(c.scores.iou for c in columns))]
    dices = [_marked(row, columns) for row in zip(*(c.scores.dice for c in columns))]
    rows = []
    for name, colour, count, iou, dice in zip(legend.names, legend.palette, support, ious, dices):
        share = f"{100 * count / total:.1f} %" if total else number(None)
        rows.append([swatch(colour) + escape(name), share, *(cell for pair in zip(iou, dice) for cell in pair)])
    head = ["class", "pixels", *["IoU", "Dice"] * len(columns)]
    groups = [("", 2), *((escape(column.name), 2) for column in columns)]
    return data_table("Each class by itself", head, rows, groups=groups)


def policy_note(scores: Scores) -> str:
    """How the numbers were taken, in a sentence."""
    ignored = scores.policy["ignore_index"]
    void = f"Pixels marked {ignored} in the truth are not judged. " if ignored is not None else ""
    return (
        f'<p class="note">Pixels of all images are counted together. {void}A class in neither truth nor '
        "prediction has no score (–) and is left out of the means.</p>"  # noqa: RUF001
    )


def legend_list(legend: Legend, *, with_errors: bool) -> str:
    """The colours of the classes, and what the error map shows."""
    items = [swatch(colour) + escape(name) for name, colour in zip(legend.names, legend.palette)]
    if legend.ignore_index is not None:
        items.append(swatch(IGNORED) + "not judged")
    if with_errors:
        items.append(swatch(WRONG) + "error")
    return '<ul class="legend">' + "".join(f"<li>{item}</li>" for item in items) + "</ul>"


def curves_section(figures: Sequence[str]) -> str:
    """The charts side by side; nothing if there are none."""
    if not figures:
        return ""
    note = '<p class="note">Where a curve is faint, the strong one is its moving mean.</p>'
    return section("Training", f'<div class="charts">{"".join(figures)}</div>', note)


def swatch(colour: np.ndarray | Sequence[int]) -> str:
    """A small square of one colour."""
    red, green, blue = (int(channel) for channel in colour)
    return f'<span class="swatch" style="background: rgb({red}, {green}, {blue})"></span>'


def example_rows(
    examples: Sequence[Example], predictions: Sequence[tuple[str, Sequence[np.ndarray]]], legend: Legend
) -> str:
    """A row of pictures for each example: image, truth, and for each model its map and errors."""
    for name, maps in predictions:
        if len(maps) != len(examples):
            raise ArgumentError(
                f"report: {name} has {len(maps)} predictions for {len(examples)} examples; pass one for each"
            )
    head = ["image", "truth"]
    for name, _ in predictions:
        head += [name, f"{name}: errors"]
    cells = [f'<div class="head">{escape(text)}</div>' for text in head]
    for index, example in enumerate(examples):
        label = example.name or f"example {index + 1}"
        cells.append(f'<div class="name">{escape(label)}</div>')
        cells.append(_cell(encode_png(displayable(example.image), smooth=True), f"{label}: image"))
        cells.append(_map_cell(example.truth, legend, f"{label}: truth"))
        for name, maps in predictions:
            cells.append(_map_cell(maps[index], legend, f"{label}: prediction of {name}"))
            cells.append(_error_cell(example, maps[index], legend, f"{label}: errors of {name}"))
    columns = f"grid-template-columns: repeat({len(head)}, minmax(6.5rem, 16rem))"
    return f'<div class="scroll"><div class="examples" style="{columns}">' + "\n".join(cells) + "</div></div>"


def _cell(png: bytes, alternative: str) -> str:
    return f"<div>{picture(png, alternative)}</div>"


def _map_cell(labels: np.ndarray | None, legend: Legend, alternative: str) -> str:
    if labels is None:
        return '<div class="note">no mask</div>'
    return _cell(encode_png(colour_labels(labels, legend)), alternative)


def _error_cell(example: Example, prediction: np.ndarray, legend: Legend, alternative: str) -> str:
    if example.truth is None:
        return "<div></div>"
    errors = error_map(example.image, example.truth, prediction, legend.ignore_index)
    judged = np.ones(errors.shape[:2], np.bool_)
    if legend.ignore_index is not None:
        judged = np.asarray(example.truth) != legend.ignore_index
    wrong = np.count_nonzero(judged & (np.asarray(example.truth) != np.asarray(prediction)))
    share = f"{100 * wrong / judged.sum():.1f} % wrong" if judged.any() else "nothing judged"
    return f'<div>{picture(encode_png(errors), alternative)}<span class="note">{share}</span></div>'


def _marked(values: Sequence[float], columns: Sequence[Column]) -> list[str]:
    """Numbers as cells, the best of the models set off when there are several."""
    rivals = [v for v, column in zip(values, columns) if not column.is_baseline and not np.isnan(v)]
    best = max(rivals) if len(rivals) > 1 else None
    return [
        f'<span class="best">{number(v)}</span>' if v == best and not column.is_baseline else number(v)
        for v, column in zip(values, columns)
    ]
