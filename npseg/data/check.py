"""Look at every file of a data set once and report all faults, in the words that a run would use."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from npseg.data.config import DataConfig
from npseg.data.dataset import SPLITS
from npseg.data.files import read_image, read_orientation, read_pixels
from npseg.data.folder import Folder, open_folder, split_records
from npseg.data.intensity import conform_channels
from npseg.data.layouts import Record
from npseg.data.masks import MaskRules, opaque, require_size, turned_along
from npseg.data.palette import colour_name
from npseg.data.problems import Problem, counted
from npseg.data.sources import existing_path, is_builtin, load
from npseg.data.splits import pixel_digest
from npseg.data.survey import Survey, UnsafeGuess, infer_classes
from npseg.errors import DataError

__all__ = ["CheckReport", "check"]

Progress = Callable[[int, int], None]
_SHOWN = 5  # faults of a kind, before the text says how many more there are
_ROWS = 16  # raw labels in the table
_UNSPLIT = "unsplit"  # in place of a split where splits fail
_NAMED = 3  # files that a note names
_MOST_COLOURS = 64  # more colours than this are a photograph, or smeared


@dataclass
class CheckReport:
    """All faults of a data set, and what it holds.

    `pixels` are per class and split, `{"train": (K,) int64}`. Where classes cannot be inferred, `raw_labels` are
    the numbers in the masks and take the place of the classes; where splits fail, all counts as "unsplit".
    `duplicates` are lists of equal images (names with their splits), within a split or across splits; those
    across are problems, too.
    """

    source: str
    classes: tuple[str, ...] = ()
    raw_labels: tuple[int, ...] = ()
    images: dict[str, int] = field(default_factory=dict)
    pixels: dict[str, np.ndarray] = field(default_factory=dict)
    ignored: dict[str, int] = field(default_factory=dict)
    duplicates: list[list[tuple[str, str]]] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        return not self.problems

    @property
    def frequencies(self) -> dict[str, float]:
        """Share of each class (or raw label) among all labelled pixels."""
        total = sum(self.pixels.values(), np.zeros(len(self.rows), np.int64))
        return dict(zip(self.rows, (total / max(total.sum(), 1)).tolist()))

    @property
    def rows(self) -> tuple[str, ...]:
        """What `pixels` are counted of: the classes, or the raw labels as text."""
        return self.classes or tuple(map(str, self.raw_labels))

    def to_json(self) -> dict[str, Any]:
        return {
            "source": self.source,
            "ok": self.ok,
            "classes": list(self.classes),
            "raw_labels": list(self.raw_labels),
            "images": self.images,
            "pixels": {split: counts.tolist() for split, counts in self.pixels.items()},
            "ignored": self.ignored,
            "frequencies": self.frequencies,
            "duplicates": [[list(entry) for entry in same] for same in self.duplicates],
            "problems": [vars(problem) for problem in self.problems],
            "notes": self.notes,
        }

    def text(self) -> str:
        """The report for a terminal, with at most 5 faults of a kind (`problems` has all)."""
        sizes = ", ".join(f"{count} {split}" for split, count in self.images.items())
        lines = [f"{self.source}: {sizes}" if sizes else self.source]
        lines += [f"  note: {note}" for note in self.notes]
        if self.rows:
            head = "class" if self.classes else "label"
            shown = self.rows if self.classes else self.rows[:_ROWS]
            width = max(len(head), *map(len, shown))
            lines.append(f"  {head:<{width}}" + "".join(f"{split:>10}" for split in self.pixels))
            for row, name in enumerate(shown):
                shares = [counts[row] / max(counts.sum(), 1) for counts in self.pixels.values()]
                lines.append(f"  {name:<{width}}" + "".join(f"{share:>10.2%}" for share in shares))
            if len(shown) < len(self.rows):
                lines.append(f"  ... and {len(self.rows) - len(shown)} more labels")
        kinds = Counter(problem.kind for problem in self.problems)
        for kind in kinds:
            messages = [problem.message for problem in self.problems if problem.kind == kind]
            lines += [f"  {kind}: {message}" for message in messages[:_SHOWN]]
            if len(messages) > _SHOWN:
                lines.append(f"  {kind}: ... and {len(messages) - _SHOWN} more like these")
        summary = ", ".join(f"{count} {kind}" for kind, count in kinds.items())
        number = len(self.problems)
        lines.append(f"{number} fault{'s' if number > 1 else ''}: {summary}" if number else "no faults found")
        return "\n".join(lines)


@dataclass
class _Seen:
    """What one pass over a pair of files found; labels are raw values where classes are still to be inferred."""

    record: Record
    channels: int | None = None
    kind: str = ""
    digest: bytes = b""
    values: np.ndarray | None = None
    counts: np.ndarray | None = None
    palette: np.ndarray | None = None
    flat: bool = False  # all pixels of the image have one value
    colours: set[str] = field(default_factory=set)  # of a mask painted in colours that have no classes
    two_ways: bool = False  # the image is turned by its tag, the mask has none and would fit both ways


def check(source: str | Path, config: DataConfig | None = None, progress: Progress | None = None) -> CheckReport:
    """Read every image and mask once and report all faults at once, class frequencies and duplicates.

    `progress(done, total)` is called after each image. Faults never raise; they are in the report.
    """
    config = config or DataConfig()
    if is_builtin(source):
        return _check_builtin(str(source), config, progress)
    report = CheckReport(str(source))
    try:
        folder = open_folder(existing_path(source), config)
    except DataError as error:
        report.problems.append(Problem("layout", str(source), str(error)))
        return report
    report.problems += folder.layout.problems
    records = folder.layout.records
    seen = []
    for done, record in enumerate(records, start=1):
        seen.append(_look(record, folder.rules, config, report))
        if progress is not None:
            progress(done, len(records))
    rules, report.classes = folder.rules, folder.classes
    if not report.classes and any(entry.values is not None for entry in seen):
        rules = _settle_classes(seen, folder, report)
    splits, settled = _settle_splits(folder, seen, config, report)
    _judge_channels(seen, report)
    _note_oddities(seen, report)
    _note_colours(seen, report)
    _count(seen, splits, rules, report)
    _judge_duplicates(seen, splits, report)
    if records and settled:
        _judge_splits(report)
    report.notes = folder.notes + report.notes
    return report


def _look(record: Record, rules: MaskRules, config: DataConfig, report: CheckReport) -> _Seen:
    seen = _Seen(record)
    size = None
    try:
        stored = read_image(record.image)
        seen.digest = pixel_digest(stored)
        image = conform_channels(stored, config.channels)
        size, seen.channels, seen.kind = image.shape[:2], image.shape[2], image.dtype.name
        if image.size and image.min() == image.max():
            seen.flat = True
    except DataError as error:
        report.problems.append(Problem("unreadable", record.name, str(error)))
    mask_name = str(record.mask)
    try:
        raw = read_pixels(record.mask)
    except DataError as error:
        report.problems.append(Problem("unreadable", mask_name, str(error)))
        return seen
    try:
        seen.palette = raw.palette
        # Where classes are to be inferred, rules without a number of classes let every label pass for now.
        plain, fault = (rules.flatten(record.mask, raw), None) if rules.undecided else rules.attempt(record.mask, raw)
        seen.values, seen.counts = np.unique(plain, return_counts=True)
        if fault is not None:
            report.problems.append(Problem("labels", mask_name, str(fault)))
    except DataError as error:
        report.problems.append(Problem("labels", mask_name, str(error)))
        painted = opaque(raw.pixels)
        if rules.colours is None and painted.ndim == 3 and painted.shape[2] == 3:
            colours = np.unique(painted.reshape(-1, 3), axis=0)
            seen.colours = {colour_name(colour) for colour in colours[: _MOST_COLOURS + 1]}
    if size is not None:
        try:
            shape = turned_along(raw, record.image, size).pixels.shape[:2]
            require_size(record.mask, shape, record.image, size)
            turn = read_orientation(record.image) if raw.orientation == 1 else 1
            seen.two_ways = turn in (2, 3, 4) or (turn > 4 and size[0] == size[1])
        except DataError as error:
            report.problems.append(Problem("size", mask_name, str(error)))
    return seen


def _settle_classes(seen: list[_Seen], folder: Folder, report: CheckReport) -> MaskRules:
    survey = Survey()
    for entry in seen:
        if entry.values is not None and entry.counts is not None:
            survey.add(str(entry.record.mask), entry.values, entry.counts, entry.palette)
    try:
        report.classes, rules, notes = infer_classes(survey, folder.rules)
    except UnsafeGuess as error:
        report.problems.append(Problem("labels", error.file or report.source, str(error)))
        report.raw_labels = tuple(sorted(set(survey.counts) - {folder.rules.ignore_label}))
        return folder.rules
    report.notes += notes
    return rules


def _settle_splits(
    folder: Folder, seen: list[_Seen], config: DataConfig, report: CheckReport
) -> tuple[list[str], bool]:  # fmt: skip
    """The split of each record, and whether a run could use them."""
    records = folder.layout.records
    try:
        return split_records(folder, config, [entry.digest for entry in seen]) if records else [], True
    except DataError as error:
        report.problems.append(Problem("split", report.source, str(error)))
        by_folder = any(record.split for record in records)
        return [record.split or ("train" if by_folder else _UNSPLIT) for record in records], False


def _note_oddities(seen: list[_Seen], report: CheckReport) -> None:
    odd = {
        "all pixels of the image have the same value": [entry.record.name for entry in seen if entry.flat],
        "the image is turned by its EXIF tag and the mask has no tag; it is taken as drawn on the upright image": [
            entry.record.name for entry in seen if entry.two_ways
        ],
    }
    for words, names in odd.items():
        more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
        if names:
            report.notes.append(f"{', '.join(names[:_NAMED])}{more}: {words}.")


def _note_colours(seen: list[_Seen], report: CheckReport) -> None:
    colours = sorted(set().union(*(entry.colours for entry in seen)))
    if 0 < len(colours) <= _MOST_COLOURS:
        report.notes.append(
            f"all colours of all masks, to order as the classes are: --set 'data.colours={','.join(colours)}'"
        )


def _judge_channels(seen: list[_Seen], report: CheckReport) -> None:
    channels = Counter(entry.channels for entry in seen if entry.channels is not None)
    kinds = Counter(entry.kind for entry in seen if entry.kind)
    if len(kinds) > 1:
        listed = ", ".join(f"{count} {kind}" for kind, count in kinds.most_common())
        report.notes.append(f"images of different number types ({listed}): consider --set data.scaling=percentile.")
    if len(channels) < 2:
        return
    usual, count = channels.most_common(1)[0]
    for entry in seen:
        if entry.channels is not None and entry.channels != usual:
            message = (
                f"{entry.record.image}: has {counted(entry.channels, 'channel')}, {counted(count, 'other image')} "
                f"{'has' if count == 1 else 'have'} {usual}; convert it, or read all alike with "
                "--set data.channels=grey (or rgb)"
            )
            report.problems.append(Problem("channels", entry.record.name, message))


def _count(seen: list[_Seen], splits: list[str], rules: MaskRules, report: CheckReport) -> None:
    labels = np.array(report.raw_labels or range(len(report.classes)), np.int64)
    names = (_UNSPLIT,) if _UNSPLIT in splits else SPLITS
    report.images = {split: splits.count(split) for split in names}
    report.pixels = {split: np.zeros(len(labels), np.int64) for split in names}
    report.ignored = dict.fromkeys(names, 0)
    for entry, split in zip(seen, splits):
        if entry.values is None or entry.counts is None or not split:
            continue
        known = np.isin(entry.values, labels)
        if rules.ignore_label is not None:
            ignored = entry.values == rules.ignore_label
            report.ignored[split] += int(entry.counts[ignored].sum())
            known &= ~ignored
        report.pixels[split][np.searchsorted(labels, entry.values[known])] += entry.counts[known]
    where = "train" if "train" in names else _UNSPLIT
    absent = [name for label, name in enumerate(report.classes) if not report.pixels[where][label]]
    if absent:
        place = " in the training split" if where == "train" else ""
        report.notes.append(f"classes that do not occur{place}: {', '.join(absent)}.")


def _judge_duplicates(seen: list[_Seen], splits: list[str], report: CheckReport) -> None:
    same: dict[bytes, list[tuple[str, str]]] = defaultdict(list)
    for entry, split in zip(seen, splits):
        if entry.digest and split:
            same[entry.digest].append((entry.record.name, split))
    report.duplicates = [entries for entries in same.values() if len(entries) > 1]
    for entries in report.duplicates:
        listed = ", ".join(f"{name} ({split})" for name, split in entries)
        if len({split for _, split in entries}) > 1:
            message = f"{listed}: the same image in several splits, so scores would flatter; keep one of them"
            report.problems.append(Problem("duplicate", entries[0][0], message))
        else:
            place = "" if entries[0][1] == _UNSPLIT else " in one split"
            report.notes.append(f"{listed}: the same image several times{place}.")


def _judge_splits(report: CheckReport) -> None:
    for split in ("train", "val"):
        if report.images.get(split, 0) == 0:
            message = (
                f"{report.source}: the split {split!r} is empty; set shares with --set data.splits=0.7,0.15,0.15 "
                "or name files in dataset.toml"
            )
            report.problems.append(Problem("split", report.source, message))
    if report.images.get("test", 0) == 0:
        report.notes.append("there is no test split.")


def _check_builtin(name: str, config: DataConfig, progress: Progress | None) -> CheckReport:
    report = CheckReport(name)
    try:
        source = load(name, config)
    except DataError as error:
        report.problems.append(Problem("layout", name, str(error)))
        return report
    report.classes, report.notes = source.info.classes, list(source.notes)
    total, done = sum(map(len, source.splits.values())), 0
    seen, splits = [], []
    for split, dataset in source.splits.items():
        for index in range(len(dataset)):
            try:
                sample = dataset[index]
                labels = np.empty(0, np.uint8) if sample.mask is None else sample.mask
                values, counts = np.unique(labels, return_counts=True)
                record = Record(sample.name, Path(sample.name), Path(sample.name), split)
                seen.append(_Seen(record, sample.image.shape[2], "", pixel_digest(sample.image), values, counts))
                splits.append(split)
            except DataError as error:
                report.problems.append(Problem("unreadable", dataset.names[index], str(error)))
            done += 1
            if progress is not None:
                progress(done, total)
    rules = MaskRules(len(report.classes), source.info.ignore_index)
    _count(seen, splits, rules, report)
    _judge_duplicates(seen, splits, report)
    _judge_splits(report)
    return report
