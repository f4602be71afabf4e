"""What `npseg score` does: match, count, score, say it."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from npseg.cli.errors import EXIT_INTERRUPTED
from npseg.errors import ConfigError, DataError

if TYPE_CHECKING:
    from npseg.cli.score_report import Report
    from npseg.data.label_counts import FolderCounts
    from npseg.data.label_folders import LabelFiles

__all__ = ["Request", "processors", "read_class_names", "require_places", "run"]


@dataclass(frozen=True)
class Request:
    """The arguments of the command."""

    truth: Path
    predictions: Path
    other: Path | None = None
    num_classes: int | None = None
    ignore: int | None = None
    binary: bool = False
    class_names: str | None = None
    boundary: bool = False
    tolerance: float | None = None
    ci: bool = False
    groups: Path | None = None
    per_image: Path | None = None
    conventions: bool = False
    worst: int | None = None
    workers: int | None = None
    json_file: str | None = None

    @property
    def folders(self) -> list[Path]:
        """Those of the models."""
        return [self.predictions] if self.other is None else [self.predictions, self.other]


def run(request: Request) -> None:
    """Score as asked and print; raises worded errors before the long work wherever they can be foreseen."""
    from npseg.cli.predictions import overlays_of
    from npseg.data.group_table import read_groups
    from npseg.data.label_folders import match_label_folders

    _require_tolerance(request)
    names = read_class_names(request.class_names)
    num_classes = _num_classes(request, names)
    require_places(request)
    skip = {path for folder in request.folders for path in overlays_of(folder)}
    files = match_label_folders(request.truth, *request.folders, skip=skip)
    groups = None if request.groups is None else read_groups(request.groups, [one.image for one in files])
    _require_units(request, files, groups)
    counts = _count(request, files, num_classes)
    _report(request, counts, names, groups, inferred=num_classes is None and not request.binary)


def _count(request: Request, files: Sequence[LabelFiles], num_classes: int | None) -> FolderCounts:
    from npseg.cli.heap import keep_freed_memory
    from npseg.cli.progress import counting, telling_of_compilation
    from npseg.data.boundary_counts import BoundaryRules
    from npseg.data.label_counts import LabelRules, count_label_maps

    keep_freed_memory()
    workers = request.workers or processors()
    rules = LabelRules(num_classes, request.ignore, request.binary)
    boundaries = BoundaryRules(request.tolerance) if request.boundary else None
    done = 0
    try:
        with telling_of_compilation(), counting("scoring") as show:

            def progress(scored: int, total: int) -> None:
                nonlocal done
                done = scored
                show(scored, total)

            return count_label_maps(files, rules, boundaries=boundaries, workers=workers, progress=progress)
    except KeyboardInterrupt:
        typer.echo(f"interrupted after {done} of {len(files)} images; nothing was written", err=True)
        raise typer.Exit(EXIT_INTERRUPTED) from None


def _report(
    request: Request, counts: FolderCounts, names: tuple[str, ...] | None, groups: list[str] | None, *, inferred: bool
) -> None:
    from npseg.cli.options import write_json
    from npseg.cli.score_report import Report
    from npseg.files import write_whole

    report = _resampled(request, lambda: Report(request, counts, names, groups, inferred=inferred))
    text, document = report.text(), report.to_json()
    if request.json_file != "-":
        typer.echo(text)
    if request.per_image is not None:
        write_whole(request.per_image, report.per_image(), error=DataError)
    if request.json_file is not None:
        write_json(request.json_file, document)


def _resampled(request: Request, make: Callable[[], Report]) -> Report:
    """What `make` gives, and words meanwhile if it resamples, which takes a while."""
    from npseg.cli.progress import working

    if not request.ci and request.other is None:
        return make()
    try:
        with working() as say:
            say("resampling images" if request.groups is None else "resampling groups")
            return make()
    except KeyboardInterrupt:
        typer.echo("interrupted while resampling; nothing was written", err=True)
        raise typer.Exit(EXIT_INTERRUPTED) from None


def read_class_names(given: str | None) -> tuple[str, ...] | None:
    """Names from `--class-names`, a file or a list."""
    if given is None:
        return None
    path = Path(given)
    if path.is_file():
        try:
            parts: Sequence[str] = path.read_text(encoding="utf-8-sig").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(f"--class-names {given}: cannot be read as text ({error})") from error
    elif "," not in given and (path.suffix or len(path.parts) > 1):
        raise ConfigError(f"--class-names {given}: there is no such file; name one, or list the names as A,B,C")
    else:
        parts = given.split(",")
    names = tuple(part.strip() for part in parts if part.strip())
    if not names:
        raise ConfigError(
            f"--class-names {given}: holds no names; one line for each class, in the order of their labels"
        )
    return names


def _num_classes(request: Request, names: tuple[str, ...] | None) -> int | None:
    """The number of classes as far as it is known before any file is read."""
    given = 2 if request.binary else request.num_classes
    if request.binary and request.num_classes not in (None, 2):
        raise ConfigError(
            f"--binary has 2 classes, --num-classes {request.num_classes} says otherwise; drop one of them"
        )
    if names is not None and given is not None and len(names) != given:
        raise ConfigError(
            f"--class-names has {len(names)} names ({', '.join(names)}) for {given} classes; give one for each class, "
            "in the order of their labels"
        )
    return given if names is None else len(names)


def _require_tolerance(request: Request) -> None:
    if request.tolerance is None:
        return
    if not request.boundary:
        raise ConfigError("--tolerance says how near outlines must be, and none are scored; add --boundary")
    if not 0 <= request.tolerance < math.inf:
        raise ConfigError(f"--tolerance is {request.tolerance:g}; it is a number of pixels, at least 0")


def require_places(request: Request) -> None:
    """Raise `ConfigError` for results that could not be written, rather than find out after the work."""
    targets = {"--per-image": request.per_image}
    if request.json_file not in (None, "-"):
        targets["--json"] = Path(str(request.json_file))
    written = {option: os.path.realpath(path) for option, path in targets.items() if path is not None}
    if len(set(written.values())) < len(written):
        raise ConfigError(f"{' and '.join(written)} name the same file; name two")
    for option, path in targets.items():
        if path is not None and _is_read(Path(os.path.realpath(path)), request):
            raise ConfigError(f"{option} {path}: is one of the files that are scored, or says how; name another")
        if path is not None and (path.is_dir() or not path.absolute().parent.is_dir()):
            what = "is a folder" if path.is_dir() else "is in a folder that does not exist"
            raise ConfigError(f"{option} {path}: {what}; name a file in a folder that does")
    if request.groups is not None and not (request.ci or request.other is not None):
        raise ConfigError("--groups says what is resampled together, and nothing is; add --ci or --compare")


def _is_read(path: Path, request: Request) -> bool:
    """Whether a file is, or may be, one that this run reads."""
    from npseg.data.label_folders import LABEL_SUFFIXES

    named = [
        request.truth,
        request.groups,
        *request.folders,
        *([Path(given)] if (given := request.class_names) else []),
    ]
    sources = [source.resolve() for source in named if source is not None]
    below = any(source in path.parents for source in sources)
    return path in sources or (below and path.exists() and path.suffix.lower() in LABEL_SUFFIXES)


def _require_units(request: Request, files: Sequence[LabelFiles], groups: list[str] | None) -> None:
    if not (request.ci or request.other is not None):
        return
    units = len(files) if groups is None else len(set(groups))
    if units < 2:
        what = "image" if groups is None else f"group ({groups[0]})"
        raise DataError(
            f"{request.truth}: holds one {what}; intervals and comparisons take at least 2; leave out --ci "
            "and --compare"
        )


def processors() -> int:
    """How many there are, of those that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
