"""Measure competitors in one run: each in a process of its own, in turns, so that they see the same machine.

A worker is a function that imports what it needs, prepares its work and returns a function to time. Workers live at the
top of a benchmark's own module, or in a module named beside it; one Python process is started for each, and they are
asked one after another for a turn.

A turn begins with a run that does not count: after a pause of some seconds, while others had their turns, the first
run takes up to half as long again, whoever it is. Then it repeats the work until that has lasted `LEAST_SECONDS` and
reports the median, so that what is measured is the work, and not the waking of threads, processors and memory. The
first run of all, with everything that is compiled in it, is told apart.
What that first run returns is reported too, as a `witness`: a loss, or some thousand values of an array, from which
the asking process sees whether all competitors computed the same. Further on, a run that returns a dict of
milliseconds has timed its parts itself.

Beside its time a worker reports its memory: what the process held once its imports were done, and its peak since then.
"""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np

# The processors that this process may use, which a container or taskset can make fewer than the machine has.
THREADS = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
LEAST_SECONDS = 0.2  # of a turn
SETTLE_SECONDS = 0.2  # before a turn: idle threads of the one before spin for a tenth of a second, then sleep
WITNESSES = 4096  # values of an array that are compared

_HERE = Path(__file__).parent


class WorkerFailed(Exception):
    """A competitor's process ended; the message is the last line of its stderr, `stderr` is all of it."""

    def __init__(self, name: str, stderr: str):
        lines = [line for line in stderr.splitlines() if line.strip()]
        super().__init__(lines[-1].strip() if lines else "its process ended without a word")
        self.name, self.stderr = name, stderr


@dataclass(frozen=True)
class Worker:
    """A competitor: a function in a module of benchmarks/, and the JSON-able arguments it is called with.

    `imports` are the modules loaded before the memory in use is noted, so that libraries do not count as work.
    """

    name: str
    module: str
    function: str
    arguments: dict[str, Any] = field(default_factory=dict)
    imports: tuple[str, ...] = ()


@dataclass(frozen=True)
class Timing:
    """Milliseconds of one competitor: every turn, and the first run with all that it compiles."""

    name: str
    runs: list[float]
    first: float
    witness: list[float] = field(default_factory=list)
    parts: dict[str, list[float]] = field(default_factory=dict)  # milliseconds of each turn, where a run tells them
    baseline_bytes: int = 0  # resident memory after the imports
    peak_bytes: int = 0  # largest resident memory since then, or since the process began where that is all one can ask

    @property
    def median(self) -> float:
        """Median of the turns, in milliseconds."""
        return statistics.median(self.runs)

    @property
    def increase_bytes(self) -> int:
        """Peak memory above what the imports took."""
        return self.peak_bytes - self.baseline_bytes


class Competitor:
    """A running process that waits to be asked."""

    def __init__(self, worker: Worker, errors: Any):
        self.worker, self.errors = worker, errors
        cores = str(THREADS)
        names = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS")
        self.process = subprocess.Popen(
            [sys.executable, str(Path(__file__)), json.dumps(worker.__dict__)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            env={**os.environ, **dict.fromkeys(names, cores)},
        )

    def ask(self) -> dict[str, Any]:
        """One turn. Raises `WorkerFailed` when the process has ended."""
        if self.process.stdin is None or self.process.stdout is None:
            raise RuntimeError(f"{self.worker.name}: started without pipes")
        answer = ""
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.write("run\n")
            self.process.stdin.flush()
            answer = self.process.stdout.readline()
        if not answer:
            self.process.wait()
            self.errors.seek(0)
            raise WorkerFailed(self.worker.name, self.errors.read())
        return json.loads(answer)

    def stop(self) -> None:
        """End the process, whatever it is doing."""
        self.process.kill()
        self.process.wait()


def measure(module: str, workers: list[str], turns: int) -> list[Timing]:
    """Run the workers of one module, which take no arguments; an end of any of them ends the benchmark."""
    return measure_workers([Worker(name, module, name) for name in workers], turns)


def measure_workers(
    workers: list[Worker],
    turns: int,
    on_failure: Callable[[WorkerFailed], None] | None = None,
    on_progress: Callable[[str], None] = lambda text: None,
) -> list[Timing]:
    """Run every worker `turns` times, in turns, after one run each that does not count.

    A worker that fails is left out from then on: `on_failure` hears of it, and may raise. Without `on_failure` its
    stderr is printed and the benchmark ends.
    """
    with contextlib.ExitStack() as stack:
        running = [stack.enter_context(_started(worker)) for worker in workers]
        first: dict[str, dict[str, Any]] = {}
        later: dict[str, list[dict[str, Any]]] = {worker.name: [] for worker in workers}
        for turn in range(turns + 1):
            for competitor in list(running):
                name = competitor.worker.name
                on_progress(f"{name}: " + (f"turn {turn} of {turns}" if turn else "first run"))
                if turn:
                    time.sleep(SETTLE_SECONDS)
                try:
                    answer = competitor.ask()
                except WorkerFailed as failure:
                    running.remove(competitor)
                    if on_failure is None:
                        sys.stderr.write(failure.stderr)
                        raise SystemExit(f"benchmark: the process of {name} ended; its error is above") from None
                    on_failure(failure)
                    continue
                if turn:
                    later[name].append(answer)
                else:
                    first[name] = answer
        return [_timing(c.worker.name, first[c.worker.name], later[c.worker.name]) for c in running]


def versions(*packages: str) -> dict[str, str]:
    """What was measured: Python, processor and its count, and the packages that are installed."""
    found = {"python": platform.python_version(), "processor": processor(), "threads": str(THREADS)}
    for package in packages:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "not installed"
    return found


def processor() -> str:
    """The processor's name as the system tells it."""
    with contextlib.suppress(OSError), open("/proc/cpuinfo") as file:
        for line in file:
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()


def witness(value: Any) -> list[float]:
    """Numbers that stand for what a run returned: a scalar itself, evenly spread values of an array; nothing of None.

    >>> witness(2.5), witness(None), witness(np.arange(3))
    ([2.5], [], [0.0, 1.0, 2.0])
    """
    if value is None or isinstance(value, dict):
        return []
    array = np.asarray(value)
    if not array.size or array.dtype.kind not in "fiub":
        return []
    # Places counted in the order of the axes, so that views of any memory layout give the same values.
    places = np.unique(np.linspace(0, array.size - 1, min(array.size, WITNESSES)).astype(np.int64))
    return [float(x) for x in array[np.unravel_index(places, array.shape)]] if array.ndim else [float(array)]


@contextlib.contextmanager
def _started(worker: Worker) -> Iterator[Competitor]:
    with tempfile.TemporaryFile("w+", errors="replace") as errors:
        competitor = Competitor(worker, errors)
        try:
            yield competitor
        finally:
            competitor.stop()


def _timing(name: str, first: dict[str, Any], later: list[dict[str, Any]]) -> Timing:
    parts = {part: [answer["parts"][part] for answer in later] for part in first["parts"]}
    return Timing(
        name,
        [answer["ms"] for answer in later],
        first["ms"],
        first["witness"],
        parts,
        first["baseline"],
        max(answer["peak"] for answer in [first, *later]),
    )


# What follows runs in the process of a worker.


def _serve(worker: Worker) -> None:
    """Prepare once, then take a turn for every line that comes in."""
    # Libraries that print would garble the answers: they get stderr in place of stdout.
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    module = _load(worker.module)
    for name in worker.imports:
        importlib.import_module(name)
    baseline = _resident("VmRSS")
    run = None
    for _ in sys.stdin:
        if run is None:
            start = time.perf_counter()
            run = getattr(module, worker.function)(**worker.arguments)
            _forget_peak()
            value = run()
            answer = {
                "ms": 1000 * (time.perf_counter() - start),
                "parts": value if isinstance(value, dict) else {},
                "witness": witness(value),
                "baseline": baseline,
            }
            del value
        else:
            answer = _turn(run)
        print(json.dumps({**answer, "peak": _resident("VmHWM")}), file=answers, flush=True)


def _turn(run: Callable[[], Any]) -> dict[str, Any]:
    run()
    start = time.perf_counter()
    times: list[float] = []
    parts: dict[str, list[float]] = {}
    while True:
        begun = time.perf_counter()
        value = run()
        ended = time.perf_counter()
        times.append(1000 * (ended - begun))
        for part, milliseconds in (value if isinstance(value, dict) else {}).items():
            parts.setdefault(part, []).append(milliseconds)
        del value
        if ended - start >= LEAST_SECONDS:
            break
    return {"ms": statistics.median(times), "parts": {part: statistics.median(ms) for part, ms in parts.items()}}


def _load(module: str) -> Any:
    path = Path(module) if Path(module).is_absolute() else _HERE / module
    spec = importlib.util.spec_from_file_location("benchmark", path)
    if spec is None or spec.loader is None:
        raise SystemExit(f"benchmark: cannot load {path}")
    benchmark = importlib.util.module_from_spec(spec)
    sys.modules["benchmark"] = benchmark
    spec.loader.exec_module(benchmark)
    return benchmark


def _resident(what: str) -> int:
    """Resident memory in bytes, now (VmRSS) or at its peak (VmHWM)."""
    with contextlib.suppress(OSError), open("/proc/self/status") as file:
        for line in file:
            if line.startswith(what):
                return 1024 * int(line.split()[1])
    # Without /proc only the peak since the start of the process can be told, in KiB or, on a Mac, in bytes.
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def _forget_peak() -> None:
    """Count the peak from here on, where Linux lets a process ask for that; preparations may take what they like."""
    with contextlib.suppress(OSError), open("/proc/self/clear_refs", "w") as file:
        file.write("5")


if __name__ == "__main__":
    sys.path.insert(0, str(_HERE))
    described = json.loads(sys.argv[1])
    _serve(Worker(**{**described, "imports": tuple(described["imports"])}))
