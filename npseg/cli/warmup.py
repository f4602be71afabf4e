"""`npseg warmup`."""

from __future__ import annotations

import time
from typing import Annotated

import typer

__all__ = ["warmup"]


def warmup(
    model: Annotated[
        list[str] | None,
        typer.Option("--model", metavar="NAME", help="A model of `npseg models`; repeatable; all if left out."),
    ] = None,
    json_file: Annotated[
        str | None, typer.Option("--json", metavar="FILE", help="Also write what was done as JSON; - is stdout.")
    ] = None,
) -> None:
    """Compile ahead what training and prediction need, so that neither waits for it later.

    It takes about as long as the first training step on a new machine would; what is compiled stays on disk and
    serves all later runs, until npseg or Numba is updated. Ctrl-C loses only the kernel that is being compiled; a
    second one, some seconds later, does not wait until the compiler can be stopped.

    Examples:

        npseg warmup

        npseg warmup --model unet
    """
    from npseg import kernels
    from npseg.cli.options import write_json
    from npseg.cli.progress import working
    from npseg.errors import ConfigError
    from npseg.train.ahead import companion
    from npseg.train.interrupt import Interrupts
    from npseg.train.warmup import pieces

    todo = list(pieces(model))
    directory = kernels.compiling.cache_directory()
    if directory is None:
        raise ConfigError(
            "warmup: compiled kernels cannot be kept: NPSEG_KERNEL_CACHE=0 or NUMBA_DISABLE_JIT=1 is set, or no "
            "directory for them can be written; NUMBA_CACHE_DIR can name one"
        )
    begun, now = time.perf_counter(), ""
    with (
        Interrupts() as interrupts,
        working() as show,
        kernels.compiling.watch(lambda kernel: show(f"{now}: compiling {kernel}")),
        kernels.compiling.breaking_off(interrupts.grant),
        companion(),
    ):
        for number, piece in enumerate(todo, start=1):
            now = f"{piece.title} ({number} of {len(todo)})"
            show(now)
            piece.run()
            interrupts.grant()
    seconds, counts = time.perf_counter() - begun, kernels.compiling.counts()
    if json_file != "-":
        typer.echo(
            f"{counts.compiled} kernels compiled, {counts.loaded} found compiled, in {seconds:.0f} s\n"
            f"kept in {directory}"
        )
    if json_file is not None:
        write_json(
            json_file,
            {
                "models": sorted({piece.model for piece in todo if piece.model is not None}),
                "compiled": counts.compiled,
                "loaded": counts.loaded,
                "seconds": round(seconds, 3),
                "cache": str(directory),
            },
        )
