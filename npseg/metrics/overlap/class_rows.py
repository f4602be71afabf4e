"""Everything about each class, as plain data and as a text table."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from npseg.metrics.overlap.class_counts import class_counts
from npseg.metrics.overlap.formulas import class_dice, class_iou, class_precision, class_recall, class_specificity

if TYPE_CHECKING:
    from npseg.metrics.overlap.result import Scores

__all__ = ["UNDEFINED", "class_rows", "class_table", "number", "score_table", "text"]

UNDEFINED = "–"  # noqa: RUF001
_COLUMNS = {
    "iou": class_iou,
    "dice": class_dice,
    "precision": class_precision,
    "recall": class_recall,
    "specificity": class_specificity,
}


def class_rows(scores: Scores) -> list[dict[str, Any]]:
    """See `Scores.per_class`."""
    parts = class_counts(scores.confusion)
    columns = {name: formula(parts) for name, formula in _COLUMNS.items()}
    absent: list[int | None] = [None] * scores.num_classes
    if scores.images is not None:
        absent = np.sum(~scores.images.class_counts().present, axis=0).tolist()
    return [
        {
            "name": name,
            **{column: number(values[label]) for column, values in columns.items()},
            "support": int(parts.support[label]),
            "predicted": int(parts.tp[label] + parts.fp[label]),
            "undefined_images": absent[label],
        }
        for label, name in enumerate(scores.class_names)
    ]


def class_table(scores: Scores) -> str:
    """See `Scores.class_table`."""
    width = max(5, *(len(name) for name in scores.class_names))
    lines = [
        f"{'class':{width}}  {'IoU':>6}  {'Dice':>6}  {'precision':>9}  {'recall':>6}  {'specificity':>11}  "
        f"{'support':>12}  {'predicted':>12}  {'undefined in':>14}"
    ]
    images = 0 if scores.images is None else len(scores.images)
    for row in class_rows(scores):
        absent = row["undefined_images"]
        where = UNDEFINED if absent is None else f"{absent} of {images}"
        lines.append(
            f"{row['name']:{width}}  {text(row['iou']):>6}  {text(row['dice']):>6}  {text(row['precision']):>9}  "
            f"{text(row['recall']):>6}  {text(row['specificity']):>11}  {row['support']:>12}  {row['predicted']:>12}  "
            f"{where:>14}"
        )
    return "\n".join(lines)


def score_table(scores: Scores) -> str:
    """See `Scores.table`."""
    rows = list(zip(scores.class_names, scores.iou, scores.dice, scores.support))
    rows.append(("mean", scores.miou, scores.mean_dice, scores.support.sum()))
    width = max(14, *(len(name) for name in scores.class_names))
    lines = [f"{'class':{width}}  {'IoU':>7}  {'Dice':>6}  {'support':>8}"]
    lines += [f"{name:{width}}  {text(iou):>7}  {text(dice):>6}  {support:>8}" for name, iou, dice, support in rows]
    lines.append(f"{'pixel accuracy':{width}}  {text(scores.pixel_accuracy):>7}")
    lines.append(f"{'mean accuracy':{width}}  {text(scores.mean_accuracy):>7}")
    return "\n".join(lines)


def number(value: float) -> float | None:
    """For JSON: None if undefined."""
    return None if math.isnan(value) else float(value)


def text(value: float | None) -> str:
    """For tables: a dash if undefined."""
    return UNDEFINED if value is None or math.isnan(value) else f"{value:.4f}"
