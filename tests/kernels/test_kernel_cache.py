"""Compiled kernels on disk: found again, noticed when stale, and never a reason to fail."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import npseg

HELPER = """
from npseg.kernels._jit import jit

@jit
def constant():
    return {value}
"""
CALLER = """
from npseg.kernels._helper import constant
from npseg.kernels._jit import jit, prange

@jit(parallel=True)
def add(x):
    for i in prange(x.size):
        x[i] += constant()
"""
SCRIPT = """
import numpy as np
from npseg import kernels
from npseg.kernels._caller import add
{before}
x = np.zeros(4)
add(x)
counts = kernels.compiling.counts()
print(x.tolist()[0], counts.compiled, counts.loaded, kernels.compiling.cache_directory())
"""


class Copy:
    """A copy of the package with two files more: a kernel, and the helper that it calls from another file."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.kernels = path / "npseg" / "kernels"
        source = Path(npseg.__file__).parent
        self.kernels.mkdir(parents=True)
        for file in (source / "__init__.py", source / "errors.py", source / "config.py"):
            shutil.copy(file, path / "npseg")
        for file in (source / "kernels").glob("*.py"):
            shutil.copy(file, self.kernels)
        (self.kernels / "_caller.py").write_text(CALLER)
        self.write_helper(1)

    def write_helper(self, value: int) -> None:
        (self.kernels / "_helper.py").write_text(HELPER.format(value=value))

    def run(self, before: str = "", **environment: str) -> list[str]:
        """[result, compiled, loaded, directory] of a new process. `before` runs between import and first call."""
        variables = {name: value for name, value in os.environ.items() if not name.startswith(("NUMBA_", "NPSEG_"))}
        variables |= {"PYTHONPATH": str(self.path), "PYTHONDONTWRITEBYTECODE": "1", **environment}
        ran = subprocess.run(
            [sys.executable, "-c", SCRIPT.format(before=before)],
            cwd=self.path, capture_output=True, text=True, env=variables, timeout=120, check=False,
        )  # fmt: skip
        assert ran.returncode == 0, ran.stderr
        assert ran.stderr == ""
        return ran.stdout.split()


@pytest.fixture
def copy(tmp_path, compiling_child) -> Copy:
    return Copy(tmp_path / "copy")


def test_the_second_process_compiles_nothing(copy, tmp_path) -> None:
    cache = tmp_path / "cache"
    assert copy.run(NUMBA_CACHE_DIR=str(cache))[:3] == ["1.0", "2", "0"]
    found = copy.run(NUMBA_CACHE_DIR=str(cache))
    assert found[:3] == ["1.0", "0", "1"]
    assert Path(found[3]).parent == cache


def test_an_edit_of_a_helper_in_another_file_is_noticed(copy) -> None:
    """Numba's own cache looks at the file of the kernel only, and would go on adding 1."""
    copy.run()
    copy.write_helper(2)
    assert copy.run()[:3] == ["2.0", "2", "0"]
    assert copy.run()[:3] == ["2.0", "0", "1"]


@pytest.mark.slow
def test_a_damaged_cache_is_compiled_anew(copy, tmp_path) -> None:
    cache = tmp_path / "cache"
    copy.run(NUMBA_CACHE_DIR=str(cache))
    for ending, content in (("nbc", b"not a pickle"), ("nbi", b""), ("nbc", b"")):
        for path in cache.rglob(f"*.{ending}"):
            path.write_bytes(content)
        assert copy.run(NUMBA_CACHE_DIR=str(cache))[:3] == ["1.0", "2", "0"]
        assert copy.run(NUMBA_CACHE_DIR=str(cache))[:3] == ["1.0", "0", "1"]


def test_no_directory_can_be_written(copy, tmp_path) -> None:
    """Files stand where directories would have to be made; root could write to a read-only one."""
    file = tmp_path / "file"
    file.touch()
    (copy.kernels / "__pycache__").touch()
    below = str(file / "cache")
    nowhere = {"NUMBA_CACHE_DIR": below, "HOME": below, "XDG_CACHE_HOME": below}
    assert copy.run(**nowhere) == ["1.0", "2", "0", "None"]


@pytest.mark.slow
def test_a_filled_directory_that_can_only_be_read_serves(copy, tmp_path) -> None:
    """Refused are the file by which Numba finds out, and every other new one: root could write all the same."""
    cache, start = tmp_path / "cache", tmp_path / "start"
    start.mkdir()
    (start / "sitecustomize.py").write_text(
        "import os, tempfile\n"
        "def refuse(*args, **options):\n"
        "    raise PermissionError('read-only')\n"
        "tempfile.TemporaryFile = os.replace = refuse\n"
    )
    elsewhere = {"HOME": str(tmp_path / "home"), "XDG_CACHE_HOME": str(tmp_path / "home")}
    read_only = {"NUMBA_CACHE_DIR": str(cache), "PYTHONPATH": f"{copy.path}{os.pathsep}{start}", **elsewhere}
    assert copy.run(**read_only) == ["1.0", "2", "0", "None"]
    copy.run(NUMBA_CACHE_DIR=str(cache))
    found = copy.run(**read_only)
    assert found[:3] == ["1.0", "0", "1"]
    assert Path(found[3]).parent == cache
    copy.write_helper(2)  # what is there is of no use, and must not stand in the way
    assert copy.run(**read_only) == ["2.0", "2", "0", "None"]


def test_the_directory_is_taken_away_before_the_first_kernel(copy, tmp_path) -> None:
    cache = tmp_path / "cache"
    before = f"import shutil; shutil.rmtree({str(cache)!r}); open({str(cache)!r}, 'w').close()"
    assert copy.run(before, NUMBA_CACHE_DIR=str(cache))[:3] == ["1.0", "2", "0"]


def test_the_cache_can_be_turned_off(copy, tmp_path) -> None:
    cache = tmp_path / "cache"
    for _ in range(2):
        assert copy.run(NUMBA_CACHE_DIR=str(cache), NPSEG_KERNEL_CACHE="0") == ["1.0", "2", "0", "None"]
    assert not cache.exists()


def test_a_numba_with_other_insides_keeps_its_own_cache(copy, tmp_path) -> None:
    """Then kernels are still kept; only edits of helpers go unnoticed, as ever."""
    start = tmp_path / "start"
    start.mkdir()
    (start / "sitecustomize.py").write_text(
        "import numba, numba.core.caching as caching\n"
        "caching.KernelImpl = caching.CompileResultCacheImpl\n"
        "del caching.CompileResultCacheImpl\n"
    )
    environment = {"NUMBA_CACHE_DIR": str(tmp_path / "cache"), "PYTHONPATH": f"{copy.path}{os.pathsep}{start}"}
    assert copy.run(**environment)[:3] == ["1.0", "2", "0"]
    assert copy.run(**environment)[:3] == ["1.0", "0", "1"]


def test_two_compilations_of_one_function_have_files_of_their_own(copy, tmp_path) -> None:
    cache = tmp_path / "cache"
    before = "add = add.serial"
    copy.run(NUMBA_CACHE_DIR=str(cache))
    assert copy.run(before, NUMBA_CACHE_DIR=str(cache))[:3] == ["1.0", "1", "1"]
    assert copy.run(before, NUMBA_CACHE_DIR=str(cache))[:3] == ["1.0", "0", "1"]
    assert len(list(cache.rglob("_caller.add-*.nbi"))) == 2
