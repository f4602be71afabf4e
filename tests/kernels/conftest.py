"""Scripts in processes of their own: what forks, dies or loads libraries must not do so in the tester."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import numba
import pytest

import npseg

# A loop that is cut by threads, with sums whose rounding shows in which order they were taken. It tells the threads
# that it ran on.
LOOP = """
import numba, numpy as np
from npseg import config, kernels
from npseg.kernels._jit import jit, prange

@jit(parallel=True)
def cut(x, parts, who):
    threads = parts.size
    for t in prange(threads):
        for i in range(t * x.size // threads, (t + 1) * x.size // threads):
            parts[t] += x[i] * x[i]
        who[t] = numba.get_thread_id()
    return numba.get_num_threads()

data = np.random.default_rng(0).random(100_000, np.float32)

def result(parts=8):
    sums, who = np.zeros(parts, np.float32), np.zeros(parts, np.int64)
    threads = cut(data, sums, who)
    return sums.tobytes(), threads, len(set(who.tolist()))
"""


@pytest.fixture
def compiling_child() -> None:
    """For tests of new processes in which the compiler is on, whatever it is here: one run of them is enough."""
    if numba.config.DISABLE_JIT:
        pytest.skip("runs with the compiler, in a process of its own")


@pytest.fixture
def script(tmp_path, compiling_child):
    """A function that runs LOOP and then `code` in a new process, and returns what it printed."""

    def run(code: str, *, seconds: int = 120, **environment: str) -> str:
        path = tmp_path / "script.py"
        path.write_text(LOOP + textwrap.dedent(code))
        variables = {name: value for name, value in os.environ.items() if not name.startswith(("NUMBA_", "NPSEG_"))}
        variables |= {
            "PYTHONPATH": str(Path(npseg.__file__).parents[1]),
            "NUMBA_NUM_THREADS": "2",
            "NPSEG_KERNEL_CACHE": "0",
            **environment,
        }
        ran = subprocess.run(
            [sys.executable, str(path)], capture_output=True, text=True, timeout=seconds, env=variables, check=False
        )
        assert ran.returncode == 0, f"exit code {ran.returncode}\n{ran.stdout}\n{ran.stderr}"
        return ran.stdout.strip()

    return run
