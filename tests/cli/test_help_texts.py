"""--help teaches, answers at once, and loads nothing heavy."""

from __future__ import annotations

import subprocess
import sys

import pytest

import npseg

COMMANDS = [
    ["demo"], ["train"], ["eval"], ["predict"], ["score"], ["laws"], ["models"], ["warmup"], ["data", "list"],
    ["data", "fetch"], ["data", "check"], ["data", "show"],
]  # fmt: skip


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_every_command_shows_an_example(npseg_program, command):
    answer = npseg_program(*command, "--help")
    assert answer.code == 0
    assert "Example" in answer.out
    assert f"npseg {' '.join(command)}" in answer.out.partition("Example")[2]


def test_the_options_of_the_issue_are_there(npseg_program):
    text = npseg_program("train", "--help").out
    assert all(f"--{name}" in text for name in ("data", "model", "out", "steps", "epochs", "config", "set", "seed"))
    assert "--resume" in text
    text = npseg_program("eval", "--help").out
    assert all(f"--{name}" in text for name in ("data", "split", "json"))


def test_version(npseg_program):
    assert npseg_program("--version").out.strip() == f"npseg {npseg.__version__}"


def test_no_command_shows_the_help(npseg_program):
    answer = npseg_program()
    assert "npseg demo" in answer.out + answer.err


def test_an_unknown_command_is_a_usage_error(refused):
    assert "No such command" in refused("tarin")
    assert "No such option" in refused("train", "--outt", "x")


def test_help_loads_nothing_heavy():
    code = (
        "import sys; from npseg.cli.app import app; "
        "heavy = {'numpy', 'numba', 'scipy', 'matplotlib', 'PIL', 'safetensors', 'npseg.train', 'npseg.data'}; "
        "sys.exit(str(sorted(heavy & set(sys.modules))) if heavy & set(sys.modules) else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_help_answers_without_the_libraries_that_take_long_to_load():
    code = (
        "import sys, npseg.cli\n"
        "try: npseg.cli.main()\n"
        "finally: print(*sorted({name.partition('.')[0] for name in sys.modules}), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code, "--help"], capture_output=True, text=True, check=True)
    loaded = set(done.stderr.split())
    assert "typer" in loaded
    assert not loaded & {"numpy", "numba", "scipy", "matplotlib", "PIL", "tifffile", "safetensors"}


def test_sections_of_toml_are_not_taken_for_markup(npseg_program):
    assert "[optim]" in npseg_program("train", "--help").out


def test_ctrl_c_while_the_program_loads():
    code = (
        "import sys, npseg.cli\n"
        "class Stop:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name == 'typer': raise KeyboardInterrupt\n"
        "sys.meta_path.insert(0, Stop())\n"
        "npseg.cli.main()"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (130, "interrupted\n")
