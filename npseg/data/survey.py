"""Which labels a set of masks holds, and what may safely be inferred from that."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from npseg.data.files import read_pixels
from npseg.data.masks import MaskRules, two_readings
from npseg.data.problems import counted
from npseg.errors import DataError

__all__ = ["Survey", "UnsafeGuess", "infer_classes", "survey_masks"]

_MOST_INFERRED = 64  # more distinct labels than this look like instance numbers
_SHOWN = 4  # values that a message traces to their files


class UnsafeGuess(DataError):
    """The masks do not tell the classes; `file` shows why, where one file does."""

    def __init__(self, message: str, file: str | None = None) -> None:
        super().__init__(message)
        self.file = file


@dataclass
class Survey:
    """Raw values with their pixel counts, one file that shows each, and the palette of the first palette file."""

    counts: dict[int, int] = field(default_factory=dict)
    seen_in: dict[int, str] = field(default_factory=dict)
    palette: np.ndarray | None = None
    files: dict[int, int] = field(default_factory=dict)  # how many files show each value
    border_like: bool = False  # whether some file holds 255 beside a label that is not 0

    def add(self, path: str, values: np.ndarray, counts: np.ndarray, palette: np.ndarray | None) -> None:
        if self.palette is None:
            self.palette = palette
        for value, count in zip(values.tolist(), counts.tolist()):
            self.counts[value] = self.counts.get(value, 0) + count
            self.seen_in.setdefault(value, path)
            self.files[value] = self.files.get(value, 0) + 1
        self.border_like |= 255 in values and bool(((values != 0) & (values != 255)).any())


def survey_masks(paths: Sequence[Path], rules: MaskRules) -> Survey:
    """Read all masks once; raises `DataError` at the first that cannot be read."""
    found = Survey()
    for path in paths:
        raw = read_pixels(path)
        values, counts = np.unique(rules.flatten(path, raw), return_counts=True)
        found.add(str(path), values, counts, raw.palette)
    return found


def infer_classes(survey: Survey, rules: MaskRules) -> tuple[tuple[str, ...], MaskRules, list[str]]:
    """Names, completed rules, and what to tell the user. Raises `DataError` where guessing is not safe."""
    values = sorted(value for value in survey.counts if value != rules.ignore_value)
    notes: list[str] = []
    if not values:
        raise UnsafeGuess("the masks hold no label but the ignore value; check them, or data.ignore_index")
    if 255 in values and not survey.border_like:
        # Also where other files hold 0 and 1: a mixture of two exports looks just like that.
        raise UnsafeGuess(f"{survey.seen_in[255]}: {two_readings()}", survey.seen_in[255])
    if rules.ignore_value is None and 255 in values and values[-2] < 254 and values[-1] == 255:
        values.remove(255)
        rules = replace(rules, ignore_value=255)
        notes.append("255 is taken for the ignore value (--set data.ignore_index to change that).")
    if values[0] < 0:
        lowest = values[0]
        raise UnsafeGuess(
            f"{survey.seen_in[lowest]}: holds the label {lowest} ({counted(survey.counts[lowest], 'pixel')} in "
            f"{counted(survey.files[lowest], 'mask')}); if it is to be ignored: --set data.ignore_index={lowest}",
            survey.seen_in[lowest],
        )
    if values == [0]:
        raise UnsafeGuess(
            "all masks hold the label 0 only: there is nothing to learn. If 255 was to be a class, do not ignore it "
            '(data.ignore_index, data.mask_values="binary"); if classes never occur, name them with data.classes'
        )
    count = values[-1] + 1
    missing = sorted(set(range(count)) - set(values))
    if len(missing) > count // 2:
        strays = [value for value in values if value > missing[0]]
        raise UnsafeGuess(
            f"the masks hold the labels {_shortened(values)}, which leave gaps: {_traced(survey, strays)}. "
            f"{_declare(values)}",
            survey.seen_in[strays[0]],
        )
    if count > _MOST_INFERRED:
        raise UnsafeGuess(
            f"{survey.seen_in[values[-1]]}: labels go up to {values[-1]} ({len(values)} different ones). "
            f"{_declare(values)}",
            survey.seen_in[values[-1]],
        )
    if missing:
        notes.append(f"no mask holds the labels {', '.join(map(str, missing))}; they count as classes all the same.")
    notes += [
        f"the label {value} occurs in {survey.seen_in[value]} only."
        for value in values
        if survey.files[value] == 1 and sum(survey.files.values()) > 4 * len(values)
    ]
    names = ("background", "foreground") if count == 2 else tuple(f"class_{label}" for label in range(count))
    notes.append(
        f"{count} classes inferred from the masks: {', '.join(names)} (name them with data.classes or dataset.toml)."
    )
    return names, replace(rules, num_classes=count), notes


def _declare(values: Sequence[int]) -> str:
    listed = ",".join(map(str, values)) if len(values) <= 16 else "0,50,100"
    return (
        f'If each is a class: --set data.mask_values="{listed}". If some labels never occur, name all classes in '
        'dataset.toml or with data.classes. If they number single objects: --set data.mask_values="binary"'
    )


def _traced(survey: Survey, values: Sequence[int]) -> str:
    """Where labels come from: pixels, number of files, and one of these."""
    traced = [
        f"{value} ({counted(survey.counts[value], 'pixel')} in {counted(survey.files[value], 'mask')}: "
        f"{survey.seen_in[value]}{', ...' if survey.files[value] > 1 else ''})"
        for value in values[:_SHOWN]
    ]
    return ", ".join(traced) + (f" and {len(values) - _SHOWN} more" if len(values) > _SHOWN else "")


def _shortened(values: Sequence[int]) -> str:
    listed = [str(value) for value in values]
    return ", ".join(listed if len(listed) <= 16 else [*listed[:8], "...", listed[-1]])
