"""`npseg score` on a thousand street-sized label maps, against a loop that does nothing but decode them.

    python benchmarks/score_command.py [--files N] [--workers N] [--turns N] [--out FILE]

Truth and predictions are palette PNGs of 1024 x 2048 with 19 classes in blobs, 5 % of the truth ignored, made in a
temporary directory: a few dozen different ones under N names. In turns, each as a program of its own with everything
that it loads: the command, and a loop that decodes the same files with Pillow into arrays, by as many threads and by as
many processes; the faster loop counts. Then the peak memory of the command at N files and at a tenth of them. Wanted
are at most 1.2 times the time and at most 1.1 times the memory. Prints both and writes `score_command.json`.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path

import numpy as np
from turns import THREADS, versions

CLASSES, IGNORE, SHAPE, PATCH = 19, 255, (1024, 2048), 64
DIFFERENT = 32  # pairs; further names are links to them
POOLS: dict[str, type[Executor]] = {"threads": ThreadPoolExecutor, "processes": ProcessPoolExecutor}


def blobs(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Truth and prediction (H, W) uint8: patches with wavy outlines, drawn a little differently."""
    rng = np.random.default_rng(seed)
    rows, columns = np.arange(SHAPE[0])[:, None], np.arange(SHAPE[1])[None, :]
    grid = rng.integers(0, CLASSES, (SHAPE[0] // PATCH + 4, SHAPE[1] // PATCH + 4), np.uint8)
    wrong = np.where(rng.random(grid.shape) < 0.1, rng.integers(0, CLASSES, grid.shape, np.uint8), grid)
    maps = []
    for patches, shift in ((grid, 0.0), (wrong, 0.3)):
        along = 20 * np.sin(columns / 37 + seed + shift) + 8 * np.sin(columns / 9 + 2 * seed) + 40
        across = 20 * np.sin(rows / 41 + 3 * seed + shift) + 8 * np.sin(rows / 11 + seed) + 40
        maps.append(patches[(rows + along).astype(int) // PATCH, (columns + across).astype(int) // PATCH])
    truth, prediction = maps
    truth[-SHAPE[0] // 20 :] = IGNORE
    return truth, prediction


def write_maps(folder: Path, files: int) -> None:
    """`folder/truth` and `folder/prediction` with as many PNGs each."""
    from npseg.data import voc_palette, write_index_png

    for number in range(files):
        paths = [folder / side / f"scene{number:05}.png" for side in ("truth", "prediction")]
        if number < DIFFERENT:
            for path, labels in zip(paths, blobs(number)):
                write_index_png(path, labels, voc_palette())
        else:
            for path in paths:
                os.link(path.with_name(f"scene{number % DIFFERENT:05}.png"), path)


def decode(path: str) -> int:
    """What any program that scores PNGs has to do at least."""
    from PIL import Image

    with Image.open(path) as picture:
        return int(np.asarray(picture).shape[0])


def decode_all(folder: Path, workers: int, pool: str) -> None:
    """The loop that does nothing else."""
    paths = sorted(map(str, folder.rglob("*.png")))
    with POOLS[pool](workers) as executor:
        chunks = {"chunksize": 8} if pool == "processes" else {}
        if sum(executor.map(decode, paths, **chunks)) != SHAPE[0] * len(paths):
            raise SystemExit("score_command: the decoded label maps have another size than those written")


def run(arguments: Sequence[str]) -> tuple[float, int]:
    """Seconds and peak resident bytes of a program."""
    start = time.perf_counter()
    child = os.posix_spawn(
        sys.executable, [sys.executable, *arguments], os.environ, file_actions=[
            (os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0), (os.POSIX_SPAWN_OPEN, 2, os.devnull, os.O_WRONLY, 0),
        ],
    )  # fmt: skip
    _, status, usage = os.wait4(child, 0)
    seconds = time.perf_counter() - start
    if status:
        raise SystemExit(f"score_command: ended with {os.waitstatus_to_exitcode(status)}: {' '.join(arguments)}")
    return seconds, usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def score_arguments(folder: Path, workers: int) -> list[str]:
    """The command as a user would type it."""
    return [
        "-m", "npseg.cli", "score", str(folder / "truth"), str(folder / "prediction"), "--num-classes", str(CLASSES),
        "--ignore", str(IGNORE), "--workers", str(workers), "--json", str(folder / "scores.json"),
    ]  # fmt: skip


def main() -> None:
    """Measure, print, save."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--files", type=int, default=1000, help="label maps on either side")
    parser.add_argument("--workers", type=int, default=THREADS)
    parser.add_argument("--turns", type=int, default=3, help="timed runs of each")
    parser.add_argument("--out", type=Path, default=Path("score_command.json"))
    parser.add_argument("--decode", nargs=2, metavar=("DIR", "POOL"), help=argparse.SUPPRESS)
    parser.add_argument("--make", type=Path, metavar="DIR", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.make:
        write_maps(options.make, options.files)
        return
    if options.decode:
        decode_all(Path(options.decode[0]), options.workers, options.decode[1])
        return
    with tempfile.TemporaryDirectory() as temporary:
        whole, tenth = Path(temporary) / "whole", Path(temporary) / "tenth"
        # By processes of their own: the peak that the system tells of a child begins with the size of its parent.
        for folder, files in ((whole, options.files), (tenth, max(options.files // 10, 2))):
            run([__file__, "--make", str(folder), "--files", str(files)])
        competitors = {"npseg score": score_arguments(whole, options.workers)}
        for pool in POOLS:
            competitors[f"decode only, {pool}"] = [
                __file__, "--workers", str(options.workers), "--decode", str(whole), pool,
            ]  # fmt: skip
        run(score_arguments(tenth, options.workers))  # compiles, and fills the caches of kernels
        seconds: dict[str, list[float]] = {name: [] for name in competitors}
        memory = {"whole": 0, "tenth": 0}
        for _ in range(options.turns):
            for name, arguments in competitors.items():
                spent, peak = run(arguments)
                seconds[name].append(spent)
                if name == "npseg score":
                    memory["whole"] = max(memory["whole"], peak)
            memory["tenth"] = max(memory["tenth"], run(score_arguments(tenth, options.workers))[1])
        miou = json.loads((whole / "scores.json").read_text())["miou"]
    medians = {name: statistics.median(runs) for name, runs in seconds.items()}
    ours = medians.pop("npseg score")
    loop = min(medians, key=medians.__getitem__)
    time_ratio, memory_ratio = ours / medians[loop], memory["whole"] / memory["tenth"]
    print(f"{options.files} label maps of {SHAPE[0]} x {SHAPE[1]} with {CLASSES} classes, {options.workers} workers")
    print(f"  npseg score            {ours:7.2f} s   (mIoU {miou:.4f})")
    for name, median in medians.items():
        print(f"  {name:22s} {median:7.2f} s")
    print(f"  {time_ratio:.2f} times the faster loop ({loop}); at most 1.2 wanted")
    print(
        f"  peak memory {memory['whole'] / 2**20:.0f} MiB, of a tenth of the files {memory['tenth'] / 2**20:.0f} MiB: "
        f"{memory_ratio:.2f} times; at most 1.1 wanted"
    )
    result = {
        "files": options.files, "workers": options.workers, "seconds": seconds, "time_ratio": time_ratio,
        "peak_bytes": memory, "memory_ratio": memory_ratio, "versions": versions("npseg", "numpy", "numba", "pillow"),
    }  # fmt: skip
    options.out.write_text(json.dumps(result, indent=2) + "\n")


if __name__ == "__main__":
    main()
