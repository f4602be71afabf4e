"""Libraries by laws: in each cell how many of a library's trials of a law fail."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

__all__ = ["Cell", "matrix", "matrix_text"]


@dataclass
class Cell:
    """The trials of one law on one library."""

    held: int = 0
    failed: int = 0

    def __str__(self) -> str:
        tried = self.held + self.failed
        if not tried:
            return "–"  # noqa: RUF001
        return f"fails {self.failed}/{tried}" if self.failed else "holds"


def matrix(content: Mapping[str, Any]) -> dict[tuple[int, str], dict[str, Cell]]:
    """(number, name) of each law of a `document` to library to cell; zeros where a law was nowhere applicable."""
    libraries = dict.fromkeys(_column(target) for target in content["targets"])
    rows: dict[tuple[int, str], dict[str, Cell]] = {}
    for target in content["targets"]:
        for trial in target["trials"]:
            row = rows.setdefault((trial["number"], trial["law"]), {library: Cell() for library in libraries})
            cell = row[_column(target)]
            cell.held += trial["outcome"] == "holds"
            cell.failed += trial["outcome"] == "fails"
    return dict(sorted(rows.items()))


def _column(target: Mapping[str, Any]) -> str:
    """The library; a target that is of none stands under its own name."""
    return target["library"] or target["name"]


def matrix_text(content: Mapping[str, Any], *, width: int = 100) -> str:
    """The matrix for a terminal: in as many tables below each other as its width needs."""
    rows = matrix(content)
    if not rows:
        return "nothing was tried"
    libraries = list(next(iter(rows.values())))
    laws = [f"{number:>3}  {name}" for number, name in rows]
    first = max(map(len, laws))
    widths = [max(len(name), *(len(str(cells[name])) for cells in rows.values())) for name in libraries]
    tables = []
    for start, end in _bands(widths, max(width - first, 1)):
        part = range(start, end)
        lines = [" " * first + "".join(f"  {libraries[i]:{widths[i]}}" for i in part)]
        for law, cells in zip(laws, rows.values()):
            lines.append(f"{law:{first}}" + "".join(f"  {cells[libraries[i]]!s:{widths[i]}}" for i in part))
        tables.append("\n".join(line.rstrip() for line in lines))
    legend = "fails n/m: n of the m trials (one for each measure and target of the library); –: it does not apply"  # noqa: RUF001
    return "\n\n".join([*tables, legend])


def _bands(widths: Sequence[int], room: int) -> list[tuple[int, int]]:
    """Runs of columns that fit beside each other, at least one in each.

    >>> _bands([5, 5, 5], 14)
    [(0, 2), (2, 3)]
    """
    bands, start, used = [], 0, 0
    for index, width in enumerate(widths):
        if index > start and used + width + 2 > room:
            bands.append((start, index))
            start, used = index, 0
        used += width + 2
    return [*bands, (start, len(widths))]
