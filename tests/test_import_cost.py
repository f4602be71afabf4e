"""`import npseg` is light, and `npseg --help` answers at once."""

from __future__ import annotations

import os
import subprocess
import sys

HEAVY = ("numba", "scipy", "matplotlib", "PIL", "typer", "rich", "tifffile", "safetensors")


def run(code: str) -> str:
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout


def test_import_loads_nothing_heavy() -> None:
    loaded = run("import npseg, sys; print(*sys.modules)").split()
    assert not set(HEAVY) & set(loaded)


def test_metrics_alone_load_neither_numba_nor_scipy() -> None:
    loaded = run("import npseg.metrics, sys; print(*sys.modules)").split()
    assert not {"numba", "scipy", "npseg.ops", "npseg.autograd"} & set(loaded)


def test_help_loads_no_engine() -> None:
    code = "\n".join(
        ["import sys", "from npseg.cli import main", "sys.argv = ['npseg', '--help']"]
        + ["try:", "    main()", "finally:", "    print(*sys.modules)"]
    )
    loaded = run(code).split()
    assert not {"numba", "scipy", "matplotlib", "npseg.ops"} & set(loaded)


def test_help_answers_at_once() -> None:
    """Within half a second: of processor time, which a busy machine does not stretch."""
    times = []
    for _ in range(3):
        before = os.times()
        subprocess.run([sys.executable, "-m", "npseg.cli", "--help"], capture_output=True, check=True)
        after = os.times()
        times.append(after.children_user + after.children_system - before.children_user - before.children_system)
    assert min(times) < 0.5
