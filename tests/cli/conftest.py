"""The program as a function: arguments in, exit code and texts out."""

from __future__ import annotations

from typing import NamedTuple

import pytest

TINY = [
    "data.shapes_size=24", "data.shapes_counts=4,2,2", "data.crop_size=16", "data.batch_size=2", "data.workers=0",
    "model.base_channels=2", "model.depth=1", "train.eval_every=2", "train.checkpoint_every=1",
]  # fmt: skip


class Answer(NamedTuple):
    """What a command said."""

    code: int
    out: str
    err: str


def _npseg(*arguments):
    from typer.testing import CliRunner

    from npseg.cli.app import app

    result = CliRunner().invoke(app, [str(argument) for argument in arguments], prog_name="npseg")
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return Answer(result.exit_code, result.stdout, result.stderr)


@pytest.fixture(scope="session")
def npseg_program():
    return _npseg


@pytest.fixture(scope="session")
def tiny_settings():
    return [part for pair in TINY for part in ("--set", pair)]


@pytest.fixture(scope="session")
def shapes_run(tmp_path_factory, tiny_settings):
    """A run of three steps on tiny shapes."""
    out = tmp_path_factory.mktemp("cli") / "run"
    answer = _npseg("train", "--data", "shapes", "--model", "unet", "--out", out, "--steps", 3, *tiny_settings)
    assert answer.code == 0, answer.err
    return out


@pytest.fixture
def refused(npseg_program):
    """Run a command that must be refused; returns its message."""

    def refuse(*arguments):
        answer = npseg_program(*arguments)
        assert answer.code == 2, answer
        assert "Traceback" not in answer.err
        assert answer.err.strip()
        return answer.err

    return refuse
