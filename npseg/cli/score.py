"""`npseg score`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["score"]


def score(
    context: typer.Context,
    truth: Annotated[
        Path, typer.Argument(metavar="TRUTH_DIR", help="Folder of the true label maps, or a COCO panoptic JSON.")
    ],
    predictions: Annotated[Path, typer.Argument(metavar="PRED_DIR", help="Folder of a model's label maps.")],
    num_classes: Annotated[
        int | None,
        typer.Option("--num-classes", metavar="N", min=1, help="Classes; if left out, the largest true label + 1."),
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
    boundary: Annotated[bool, typer.Option("--boundary", help="Also boundary F1 and boundary IoU.")] = False,
    tolerance: Annotated[
        float | None,
        typer.Option(
            "--tolerance", metavar="PIXELS", help="With --boundary: of F1; 0.75 % of the diagonal if left out."
        ),
    ] = None,
    panoptic: Annotated[
        bool, typer.Option("--panoptic", help="Objects instead of pixels: PQ, SQ and RQ of panoptic label maps.")
    ] = False,
    things: Annotated[
        str | None,
        typer.Option(
            "--things", metavar="A-B,C,...", help="With --panoptic: classes that have objects; all if left out."
        ),
    ] = None,
    label_divisor: Annotated[
        int | None,
        typer.Option("--label-divisor", metavar="N", min=1, help="With --panoptic: a pixel is class * N + instance."),
    ] = None,
    plain_classes: Annotated[
        bool, typer.Option("--plain-classes", help="With --label-divisor: below N, a pixel is a class alone.")
    ] = False,
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

    A label map is a PNG (grey, palette, or colours whose planes are equal), TIFF, BMP or .npy file in which a pixel is
    the number of its class. Truth and prediction have the same path in their folders, whatever the suffix. All pixels
    are scored together; scores that do not exist (of a class in neither truth nor prediction; the accuracy of a class
    that the truth does not hold) are left out of the means and are null in JSON.

    Examples:

        npseg score masks predictions --ignore 255 --boundary

        npseg score masks new --num-classes 19 --ignore 255 --ci --groups patients.csv --compare old --json scores.json

    With --panoptic, objects are matched and PQ, SQ and RQ given. Two formats are read. COCO's: a JSON for each side and
    beside it a folder of its name with PNGs, whose pixels are segment ids (red + 256 green + 65536 blue); name the JSON
    files or the folders. And label maps with --label-divisor N and --num-classes, in which a pixel is class * N +
    instance; with --plain-classes a pixel below N is a class without instance, as in Cityscapes' instanceIds: stuff, or
    a crowd of things. There --ignore is the class of void, and --things lists the classes that have objects; of any
    other class the pixels of an image are one segment.

        npseg score panoptic_val.json predicted.json --panoptic

        npseg score truth predicted --panoptic --label-divisor 1000 --num-classes 19 --things 11-18 --ignore 65
    """
    if panoptic or things is not None or label_divisor is not None or plain_classes:
        from npseg.cli.score_panoptic import PanopticRequest, run_panoptic

        request = PanopticRequest(
            truth, predictions, panoptic=panoptic, things=things, label_divisor=label_divisor,
            plain_classes=plain_classes, num_classes=num_classes, ignore=ignore, class_names=class_names,
            workers=workers, json_file=json_file,
        )  # fmt: skip
        run_panoptic(context, request)
        return
    from npseg.cli.scoring import Request, run

    run(
        Request(
            truth=truth, predictions=predictions, other=other, num_classes=num_classes, ignore=ignore, binary=binary,
            class_names=class_names, boundary=boundary, tolerance=tolerance, ci=ci, groups=groups, per_image=per_image,
            conventions=conventions, worst=worst, workers=workers, json_file=json_file,
        )
    )  # fmt: skip
