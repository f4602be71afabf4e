"""Errors as the command line shows them: a message on stderr and an exit code, never a traceback.

An error that nobody foresaw still shows its traceback: it is a bug of ours, and the report needs it.
"""

from __future__ import annotations

import sys
from typing import Any, NoReturn

import typer
from typer.core import TyperGroup

from npseg.errors import NpsegError

__all__ = ["EXIT_INTERRUPTED", "EXIT_WORDED", "WordedGroup"]

EXIT_WORDED = 2
EXIT_INTERRUPTED = 130


class WordedGroup(TyperGroup):
    """The root of the commands."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except NpsegError as error:
            _fail(str(error))
        except BrokenPipeError:
            raise  # whoever read our output has gone; typer ends quietly
        except OSError as error:
            _fail(_of_the_system(error))
        except MemoryError as error:
            _fail(
                f"not enough memory ({error or 'no details'}); use smaller images, "
                "or --set data.batch_size=1 and a smaller data.crop_size in training"
            )
        except KeyboardInterrupt:
            typer.echo("interrupted", err=True)
            raise typer.Exit(EXIT_INTERRUPTED) from None


def _of_the_system(error: OSError) -> str:
    if error.filename is None:
        return f"the system refused: {error.strerror or error}"
    return f"{error.filename}: {error.strerror or error}"


def _fail(message: str) -> NoReturn:
    sys.stdout.flush()
    typer.echo(f"error: {message}", err=True)
    raise typer.Exit(EXIT_WORDED) from None
