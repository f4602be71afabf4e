"""Measure competitors in one run: each in a process of its own, in turns, so that they see the same machine.

A worker is a function without arguments that prepares its work and returns a function to time. Workers live at the top
of a benchmark's own module; `measure` starts one Python process for each, and asks them one after another for a run.
"""

from __future__ import annotations

import importlib.util
import os
import platform
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

THREADS = os.cpu_count() or 1


@dataclass(frozen=True)
class Timing:
    """Milliseconds of one competitor: every turn, and the first run with all that it compiles."""

    name: str
    runs: list[float]
    first: float

    @property
    def median(self) -> float:
        """Median of the turns, in milliseconds."""
        return statistics.median(self.runs)


def measure(module: str, workers: list[str], turns: int) -> list[Timing]:
    """Run every worker `turns` times, in turns, after one run each that does not count."""
    environment = {**os.environ, "OMP_NUM_THREADS": str(THREADS), "MKL_NUM_THREADS": str(THREADS)}
    command = [sys.executable, str(Path(__file__)), module]
    processes = {
        name: subprocess.Popen(
            [*command, name], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
        )
        for name in workers
    }
    try:
        first = {name: _ask(process, name) for name, process in processes.items()}
        runs: dict[str, list[float]] = {name: [] for name in workers}
        for _ in range(turns):
            for name, process in processes.items():
                runs[name].append(_ask(process, name))
    finally:
        for process in processes.values():
            process.kill()
            process.wait()
    return [Timing(name, runs[name], first[name]) for name in workers]


def versions(*packages: str) -> dict[str, str]:
    """What was measured: Python, processor count, and the packages that are installed."""
    found = {"python": platform.python_version(), "threads": str(THREADS)}
    for package in packages:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "not installed"
    return found


def _ask(process: subprocess.Popen[str], name: str) -> float:
    if process.stdin is None or process.stdout is None:
        raise RuntimeError(f"{name}: started without pipes")
    process.stdin.write("run\n")
    process.stdin.flush()
    answer = process.stdout.readline()
    if not answer.startswith("ms "):
        raise SystemExit(f"benchmark: the process of {name} ended; its error is above")
    return float(answer.split()[1])


def _serve(module_path: str, worker: str) -> None:
    """Run by the child: prepare once, then time one run for every line that comes in."""
    spec = importlib.util.spec_from_file_location("benchmark", module_path)
    if spec is None or spec.loader is None:
        raise SystemExit(f"benchmark: cannot load {module_path}")
    benchmark = importlib.util.module_from_spec(spec)
    sys.modules["benchmark"] = benchmark
    spec.loader.exec_module(benchmark)
    run = None
    for _ in sys.stdin:
        start = time.perf_counter()
        if run is None:
            run = getattr(benchmark, worker)()
        run()
        print("ms", 1000 * (time.perf_counter() - start), flush=True)


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parent))
    _serve(*sys.argv[1:3])
