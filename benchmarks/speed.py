"""npseg against the best of its peers on this processor: training, inference, metrics, losses, memory.

    pip install -e ".[bench]"
    python benchmarks/speed.py [--rows NAME ...] [--turns N] [--out DIR] [--list]

Every competitor runs in a process of its own, in turns, with all processors that this one may use; medians. All start
from the same weights, and a row whose competitors do not agree (logits and first loss to 1e-3) fails. Prints a table,
writes `speed.json` and `speed.png` after every row. Rows measured again replace their old results in `--out`, the
others stay. A peer that is not installed or does not start is skipped and its error shown.

Peak memory is what the process holds at most in its first step and two turns, above what it held when its libraries
were loaded; a process before it has filled the caches of compiled code.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from flops import direct_flops
from speed_report import draw, lines_of, print_table
from speed_results import result_of, skipped
from speed_rows import OURS, ROWS, TINY, Row, find_contestants, missing
from turns import Timing, Worker, WorkerFailed, measure_workers, versions

from npseg.files import write_whole

PACKAGES = (
    "npseg", "numpy", "numba", "scipy", "torch", "onnx", "onnxruntime", "openvino", "torchmetrics", "scikit-learn",
    "monai",
)  # fmt: skip
MEMORY_TURNS = 2


def run_row(row: Row, turns: int, only: Sequence[str] = ()) -> dict[str, Any]:
    """Measure one row; `only` these competitors, where any are named."""
    try:
        contestants = find_contestants(row)
    except LookupError as reason:
        return skipped(row, str(reason))
    contestants = tuple(c for c in contestants if not only or c.name in only or c.role != "peer")
    absent: dict[str, str] = {}
    for contestant in contestants:
        if lacking := missing(contestant):
            absent[contestant.name] = f"not installed: {', '.join(lacking)}"
            print(f"  {contestant.name}: skipped, {absent[contestant.name]}", flush=True)
    workers = [c.worker for c in contestants if c.name not in absent]

    def failed(failure: WorkerFailed) -> None:
        absent[failure.name] = str(failure)
        print(f"{failure.stderr.rstrip()}\n  {failure.name}: left out, {failure}", file=sys.stderr, flush=True)

    timings = measure_memory(workers, failed) if row.quantity == "memory" else _measure(workers, turns, failed)
    counted = row.limit and row.subject is not None and OURS not in absent
    flops = direct_flops(row.subject.build(), row.subject.images()) if counted and row.subject else 0
    return result_of(row, contestants, timings, absent, flops)


def measure_memory(workers: Sequence[Worker], failed: Any) -> list[Timing]:
    """Peaks of three runs, of one competitor after another; a first process fills the caches of compiled code."""
    found: list[Timing] = []
    for worker in workers:
        if _measure([worker], 0, failed):
            found += _measure([worker], MEMORY_TURNS, failed)
    return found


def _measure(workers: Sequence[Worker], turns: int, failed: Any) -> list[Timing]:
    return measure_workers(list(workers), turns, failed, _tell)


def _tell(text: str) -> None:
    """What is being done, on a line of its own that the next one overwrites; nothing in a file."""
    if sys.stderr.isatty():
        print(f"\r\033[K  {text}", end="", file=sys.stderr, flush=True)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print, save; the exit status is 1 when a row failed and 130 when the user stopped it."""
    options = _parse(arguments)
    rows = TINY if options.tiny else ROWS
    if options.list:
        for row in rows.values():
            print(f"{row.name:14s} {row.title}")
        return 0
    results = _old_results(options.out, options.tiny)
    stopped = False
    try:
        for name in options.rows or rows:
            print(f"{name}: {rows[name].title}", flush=True)
            begun = time.time()
            result = run_row(rows[name], options.turns, options.only)
            _tell("")
            what = {"turns": options.turns, "begun": time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(begun))}
            results[name] = {**result, **what, "versions": versions(*PACKAGES)}
            _save(results, options.out, options.tiny)
            _, _, _, ratio, least, _, reached = lines_of(result)[0]
            print(f"  ratio {ratio} (at least {least}): {reached}. {result['why']}".rstrip(" ."), flush=True)
    except KeyboardInterrupt:
        stopped = True
        print("\nstopped; finished rows are kept", file=sys.stderr)
    ordered = _ordered(results)
    print_table(ordered, _title(options.tiny))
    if results:
        print(f"results: {options.out / 'speed.json'}\nfigure:  {options.out / 'speed.png'}")
    failures = [name for name in options.rows or rows if results.get(name, {}).get("status") == "failed"]
    for name in failures:
        print(f"{name} failed: {results[name]['why']}", file=sys.stderr)
    return 130 if stopped else 1 if failures else 0


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rows", nargs="+", choices=list(ROWS), metavar="NAME", help="rows to measure; see --list")
    parser.add_argument("--only", nargs="+", default=(), metavar="PEER", help="peers to compare with, by their title")
    parser.add_argument("--turns", type=_positive, default=7, help="timed turns of each competitor")
    parser.add_argument("--out", type=Path, default=Path("runs/speed"), help="directory of the results")
    parser.add_argument("--list", action="store_true", help="name the rows and end")
    parser.add_argument("--tiny", action="store_true", help="sizes that only show that everything works")
    options = parser.parse_args(arguments)
    known = _names()
    if unknown := [name for name in options.only if name not in known]:
        parser.error(f"no row has a competitor {unknown[0]!r}; there are {', '.join(map(repr, sorted(known)))}")
    return options


def _names() -> set[str]:
    """All competitors of all rows whose benchmarks are there."""
    found: set[str] = set()
    for row in ROWS.values():
        with contextlib.suppress(LookupError):
            found |= {contestant.name for contestant in find_contestants(row)}
    return found


def _old_results(out: Path, tiny: bool) -> dict[str, dict[str, Any]]:
    path = out / "speed.json"
    if not path.exists():
        return {}
    old = json.loads(path.read_text())
    if old["tiny"] != tiny:
        raise SystemExit(
            f"benchmark: {path} holds results of {'other' if tiny else 'tiny'} sizes; choose another --out"
        )
    return {row["name"]: row for row in old["rows"] if row["name"] in ROWS}


def _save(results: dict[str, dict[str, Any]], out: Path, tiny: bool) -> None:
    out.mkdir(parents=True, exist_ok=True)
    rows = _ordered(results)
    write_whole(out / "speed.json", json.dumps({"tiny": tiny, "rows": rows}, indent=2) + "\n")
    write_whole(out / "speed.png", draw(rows, _title(tiny)))


def _ordered(results: dict[str, dict[str, Any]]) -> list[dict[str, Any]]:
    return [results[name] for name in ROWS if name in results]


def _title(tiny: bool) -> str:
    found = versions()
    sizes = "tiny sizes, which say nothing about speed" if tiny else "float32"
    return f"npseg and the best of its peers, {sizes}; {found['threads']} threads of {found['processor']}"


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"expected at least 1, got {number}")
    return number


if __name__ == "__main__":
    sys.exit(main())
