"""`npseg score`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["score"]


def score(
    truth: Annotated[Path, typer.Argument(metavar="TRUTH_DIR", help="Folder of the true label maps.")],
    predictions: Annotated[Path, typer.Argument(metavar="PRED_DIR", help="Folder of a model's label maps.")],
    num_classes: Annotated[
        int | None,
        typer.Option("--num-classes", metavar="N", min=1, help="Classes; the largest label + 1 if left out."),
    ] = None,
    ignore: Annotated[
        int | None, typer.Option("--ignore", metavar="LABEL", help="Label of true pixels that do not count, often 255.")
    ] = None,
    binary: Annotated[
        bool, typer.Option("--binary", help="Masks of 0 and anything else (often 255): background and foreground.")
    ] = False,
    class_names: Annotated[
        str | None,
        typer.Option("--class-names", metavar="FILE|A,B,...", help="Names of the classes: a line each, or a list."),
    ] = None,
    boundary: Annotated[
        float | None,
        typer.Option("--boundary", metavar="PIXELS", min=0, help="Also boundary F1 with this tolerance."),
    ] = None,
    ci: Annotated[bool, typer.Option("--ci", help="Also 95 % bootstrap intervals of the scores.")] = False,
    groups: Annotated[
        Path | None,
        typer.Option("--groups", metavar="FILE", help="CSV of image,group: resample whole groups, such as patients."),
    ] = None,
    other: Annotated[
        Path | None,
        typer.Option("--compare", metavar="OTHER_DIR", help="Label maps of another model, to compare with."),
    ] = None,
    per_image: Annotated[
        Path | None, typer.Option("--per-image", metavar="CSV", help="Also write the scores of every image.")
    ] = None,
    conventions: Annotated[
        bool, typer.Option("--conventions", help="Also the scores as other libraries and benchmarks compute them.")
    ] = False,
    worst: Annotated[
        int | None,
        typer.Option("--worst", metavar="K", min=1, help="Also the K worst images and the K costliest confusions."),
    ] = None,
    workers: Annotated[
        int | None, typer.Option("--workers", metavar="N", min=1, help="Threads; as many as processors if left out.")
    ] = None,
    json_file: Annotated[
        str | None, typer.Option("--json", metavar="FILE", help="Also write everything as JSON; - is stdout.")
    ] = None,
) -> None:
    """Score a folder of label maps against the truth: IoU and Dice of each class, their means, pixel accuracy.

    A label map is a PNG (grey or palette), TIFF, BMP or .npy file in which a pixel is the number of its class. Truth
    and prediction have the same path in their folders, whatever the suffix. All pixels are scored together; scores that
    do not exist (a class in neither truth nor prediction) are left out of the means and are null in JSON.

    Examples:

        npseg score masks predictions --ignore 255

        npseg score masks new --num-classes 19 --ignore 255 --ci --groups patients.csv --compare old --json scores.json
    """
    from npseg.cli.scoring import Request, run

    run(
        Request(
            truth=truth, predictions=predictions, other=other, num_classes=num_classes, ignore=ignore, binary=binary,
            class_names=class_names, boundary=boundary, ci=ci, groups=groups, per_image=per_image,
            conventions=conventions, worst=worst, workers=workers, json_file=json_file,
        )
    )  # fmt: skip
