"""`npseg predict`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["predict"]


def predict(
    run: Annotated[
        Path,
        typer.Argument(metavar="RUN", help="Directory of a run (its last checkpoint), or one of its checkpoint files."),
    ],
    images: Annotated[list[Path], typer.Argument(metavar="IMAGE...", help="Image files: PNG, JPEG or TIFF.")],
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Directory for the results; made if need be.")],
) -> None:
    """Label new images: per image an index PNG (a pixel is the number of its class) and an overlay.

    DIR gets NAME.png and NAME_overlay.png for each image, and predictions.json, which lists them with the classes
    and the pixels of each. Images of the same name from different folders keep their folder's name. Results of the
    same checkpoint are replaced; other files are never overwritten.

    Example:

        npseg predict runs/shapes photos/*.png --out predictions
    """
    from npseg.cli.predictions import plan, predict_all, require_writable
    from npseg.cli.progress import counting, telling_of_compilation
    from npseg.cli.stopping import stopping_safely
    from npseg.cli.trained import load_trained

    trained = load_trained(run)
    targets = plan(images, out)
    require_writable(out, targets, trained)
    with counting("reading images") as progress:
        trained.check_images([target.image for target in targets], progress)
    with telling_of_compilation(), stopping_safely(), counting("predicting") as progress:
        predict_all(trained, out, targets, progress)
    typer.echo(f"{len(targets)} image{'s' if len(targets) > 1 else ''} predicted into {out}")
