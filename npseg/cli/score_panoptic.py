"""What `npseg score --panoptic` does: tell the format, count, say it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from npseg.cli.errors import EXIT_INTERRUPTED
from npseg.errors import ConfigError, near_matches

if TYPE_CHECKING:
    from npseg.data.panoptic_counts import PanopticFiles
    from npseg.metrics import PanopticMetrics

__all__ = ["PanopticRequest", "run_panoptic"]

_MEANT = {"truth", "predictions", "panoptic", "workers", "json_file"}
_OF_DIVIDED = {"label_divisor", "plain_classes", "things", "ignore", "num_classes", "class_names"}


@dataclass(frozen=True)
class PanopticRequest:
    """The arguments of the command that concern it."""

    truth: Path
    predictions: Path
    panoptic: bool = True
    things: str | None = None
    label_divisor: int | None = None
    plain_classes: bool = False
    num_classes: int | None = None
    ignore: int | None = None
    class_names: str | None = None
    workers: int | None = None
    json_file: str | None = None


def run_panoptic(context: typer.Context, request: PanopticRequest) -> None:
    """Score as asked and print; raises worded errors before the long work wherever they can be foreseen."""
    from npseg.cli.options import write_json
    from npseg.cli.scoring import Request, require_places

    if not request.panoptic:
        raise ConfigError("--things, --label-divisor and --plain-classes are about objects; add --panoptic")
    require_places(Request(request.truth, request.predictions, json_file=request.json_file))
    _refuse(context, set(context.params) - _MEANT - _OF_DIVIDED, "with --panoptic")
    is_coco = request.label_divisor is None
    files = _coco(context, request) if is_coco else _divided(request)
    metrics = _count(request, files)
    quality, number = metrics.compute(), len(files.image_ids)
    if request.json_file != "-":
        typer.echo(f"{request.predictions} against {request.truth}: {number} image{'s' if number != 1 else ''}")
        typer.echo(quality.table())
        policy = {key: value for key, value in quality.policy.items() if not (is_coco and key == "void")}
        # In files of COCO void is the id 0; the number that stands for it within is nobody's business.
        words = ", ".join(f"{key} {'none' if value is None else value}" for key, value in policy.items())
        typer.echo(f"policy: {words}{', void id 0, crowds excused' if is_coco else ''}")
    if request.json_file is not None:
        document = {
            "truth": str(request.truth), "predictions": str(request.predictions), "images": number,
            "format": "coco" if is_coco else _words_of(request), **quality.to_json(),
        }  # fmt: skip
        if is_coco:
            document["policy"] = {**document["policy"], "void": "id 0"}
        write_json(request.json_file, document)


def _words_of(request: PanopticRequest) -> str:
    plain = f", or class alone below {request.label_divisor}" if request.plain_classes else ""
    return f"class * {request.label_divisor} + instance{plain}"


def _coco(context: typer.Context, request: PanopticRequest) -> PanopticFiles:
    from npseg.metrics.panoptic.coco import CocoPanopticFiles

    sides = [_json_of(path) for path in (request.truth, request.predictions)]
    place = request.json_file
    if place not in (None, "-") and Path(str(place)).resolve() in [side.resolve() for side in sides]:
        raise ConfigError(f"--json {place}: is one of the files that are scored; name another")
    _refuse(context, _OF_DIVIDED, "with COCO's files, whose JSON says what classes, things and void are")
    return CocoPanopticFiles(*sides)


def _json_of(path: Path) -> Path:
    """The JSON of a side, which is named itself or lies beside its folder."""
    if not path.is_dir():
        if path.suffix != ".json":
            what = "is no .json file" if path.exists() else "there is no such file or folder"
            raise ConfigError(f"{path}: {what}; name a COCO panoptic JSON, or a folder of label maps")
        return path
    beside = path.with_name(path.resolve().name + ".json")
    if not beside.is_file():
        raise ConfigError(
            f"{path}: what its ids mean is not known: there is no {beside.name} beside it, as the COCO panoptic format "
            "has. Name the JSON file instead of the folder; or, if a pixel is class * 1000 + instance: "
            "--label-divisor 1000"
        )
    return beside


def _divided(request: PanopticRequest) -> PanopticFiles:
    from npseg.cli.scoring import read_class_names
    from npseg.data.label_folders import match_label_folders
    from npseg.data.panoptic_counts import DividedLabelFiles

    names = read_class_names(request.class_names)
    num_classes = request.num_classes if names is None else len(names)
    if num_classes is None:
        raise ConfigError("--label-divisor needs the number of classes: --num-classes N, or --class-names")
    if request.num_classes not in (None, num_classes):
        raise ConfigError(f"--class-names has {num_classes} names for --num-classes {request.num_classes}; drop one")
    if request.ignore is not None and 0 <= request.ignore < num_classes:
        raise ConfigError(
            f"--ignore {request.ignore} is one of the {num_classes} classes; with --panoptic void is a label outside "
            "them: number the classes without it"
        )
    things = None if request.things is None else _things(request.things, num_classes, names)
    if request.plain_classes and (things is None or 0 in things):
        raise ConfigError(
            "--plain-classes takes pixels without instance for stuff or, in the truth, for crowds of things: say which "
            "classes have objects by --things; class 0 cannot, since 0 * N + instance reads as a class alone"
        )
    files = match_label_folders(request.truth, request.predictions)
    return DividedLabelFiles(
        files, num_classes, request.label_divisor or 1000, things, request.ignore, names, request.plain_classes
    )


def _things(text: str, num_classes: int, names: Sequence[str] | None) -> tuple[int, ...]:
    """Read classes as `11-18,24` or by their names; "none" is none.

    >>> _things("0,2-3", 4, None), _things("none", 4, None), _things("cat, dog", 3, ["sky", "cat", "dog"])
    ((0, 2, 3), (), (1, 2))
    """
    found: set[int] = set()
    if text.strip() == "none":
        return ()
    for part in filter(None, (part.strip() for part in text.split(","))):
        if names is not None and part in names:
            found.add(list(names).index(part))
            continue
        spelled = re.fullmatch(r"(\d+)(?:-(\d+))?", part)
        if spelled is None:
            close = near_matches(part, list(names)) if names else ""
            raise ConfigError(f"--things {text}: {part!r} is no class{close}; write numbers and ranges, as 11-18,24")
        first, last = int(spelled[1]), int(spelled[2] or spelled[1])
        if not first <= last < num_classes:
            raise ConfigError(f"--things {text}: {part} is outside the classes 0 to {num_classes - 1}")
        found.update(range(first, last + 1))
    return tuple(sorted(found))


def _count(request: PanopticRequest, files: PanopticFiles) -> PanopticMetrics:
    from npseg.cli.heap import keep_freed_memory
    from npseg.cli.progress import counting
    from npseg.cli.scoring import processors
    from npseg.data.panoptic_counts import count_panoptic_files

    keep_freed_memory()
    done = 0
    try:
        with counting("scoring") as show:

            def progress(scored: int, total: int) -> None:
                nonlocal done
                done = scored
                show(scored, total)

            return count_panoptic_files(files, workers=request.workers or processors(), progress=progress)
    except KeyboardInterrupt:
        typer.echo(f"interrupted after {done} of {len(files.image_ids)} images; nothing was written", err=True)
        raise typer.Exit(EXIT_INTERRUPTED) from None


def _refuse(context: typer.Context, parameters: set[str], when: str) -> None:
    """Raise `ConfigError` if any of these was given on the command line, rather than pass over it in silence."""
    given = []
    for option in context.command.params:
        source = context.get_parameter_source(option.name or "")
        if option.name in parameters and source is not None and source.name == "COMMANDLINE":
            given.append(option.opts[0])
    if given:
        raise ConfigError(f"{', '.join(given)} cannot be used {when}; leave {'it' if len(given) == 1 else 'them'} out")
