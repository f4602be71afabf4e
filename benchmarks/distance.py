"""Distances between the boundaries of masks of 512 x 512, npseg against MONAI and medpy on the same processor.

    pip install -e ".[bench]"
    python benchmarks/distance.py

Pairs of masks: small, middling and large blobs, one large lesion, many small ones, and two objects far apart, each with
the same object moved and roughened. Hausdorff distance, HD95, average symmetric surface distance and surface Dice at a
tolerance of 2 pixels, each library called as its users call it, from the masks (as it wants them) to the number. HD95
is asked of npseg in each library's own variant, and surface Dice with MONAI's edge pixels; medpy has none.
All numbers must agree. Prints a table and writes `distance.json`; the ratio is against the faster of the two.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
from turns import Timing, Worker, measure_workers, versions

SIZE, TOLERANCE = 512, 2.0
METRICS = ("hd", "hd95", "assd", "surface_dice")
SCENES = ("small blob", "middling blob", "large blob", "large lesion", "many small lesions", "far apart")
AGREEMENT = 1e-5  # relative; MONAI computes in float32


def masks(scene: str) -> tuple[np.ndarray, np.ndarray]:
    """The same truth and prediction (H, W) Boolean for everyone."""
    rng = np.random.default_rng(SCENES.index(scene))
    y, x = np.mgrid[:SIZE, :SIZE]
    if scene == "many small lesions":
        centers, radii = rng.uniform(20, SIZE - 20, (150, 2)), rng.uniform(2, 7, 150)
        pair = [np.zeros((SIZE, SIZE), bool), np.zeros((SIZE, SIZE), bool)]
        for (cy, cx), radius in zip(centers, radii):
            for mask in pair:
                dy, dx = rng.uniform(-2, 2, 2)
                mask |= np.hypot(y - cy - dy, x - cx - dx) < radius
        return pair[0], pair[1]
    radius = {"small blob": 12, "middling blob": 50, "large blob": 120, "large lesion": 200, "far apart": 40}[scene]
    starts = [(250, 250), (256, 253)] if scene != "far apart" else [(60, 60), (440, 430)]
    pair = []
    for cy, cx in starts:
        angle = np.arctan2(y - cy, x - cx)
        waves = sum(rng.uniform(0.02, 0.08) * np.sin(k * angle + rng.uniform(0, 2 * math.pi)) for k in range(2, 9))
        pair.append(np.hypot(y - cy, x - cx) < radius * (1 + waves))
    return pair[0], pair[1]


def npseg(metric: str, scene: str, like: str) -> Callable[[], float]:
    """The metric as that library defines it."""
    from npseg.metrics.distance import average_distance, hausdorff, surface_dice

    truth, prediction = masks(scene)
    return {
        "hd": lambda: hausdorff.hausdorff_distance(truth, prediction),
        "hd95": lambda: hausdorff.hd95(truth, prediction, variant=like),
        "assd": lambda: average_distance.average_symmetric_surface_distance(truth, prediction),
        "surface_dice": lambda: surface_dice.surface_dice(truth, prediction, tolerance=TOLERANCE, boundary="inner4"),
    }[metric]


def monai(metric: str, scene: str) -> Callable[[], float]:
    """Its functions on Boolean tensors (1, 1, H, W)."""
    import torch
    from monai.metrics import compute_average_surface_distance, compute_hausdorff_distance, compute_surface_dice

    truth, prediction = (torch.from_numpy(mask)[None, None] for mask in masks(scene))
    options = {"include_background": True}
    return {
        "hd": lambda: compute_hausdorff_distance(prediction, truth, **options).item(),
        "hd95": lambda: compute_hausdorff_distance(prediction, truth, percentile=95, **options).item(),
        "assd": lambda: compute_average_surface_distance(prediction, truth, symmetric=True, **options).item(),
        "surface_dice": lambda: compute_surface_dice(prediction, truth, [TOLERANCE], **options).item(),
    }[metric]


def medpy(metric: str, scene: str) -> Callable[[], float]:
    """Its functions on Boolean arrays (H, W)."""
    from medpy.metric import binary

    truth, prediction = masks(scene)
    return {
        "hd": lambda: float(binary.hd(prediction, truth)),
        "hd95": lambda: float(binary.hd95(prediction, truth)),
        "assd": lambda: float(binary.assd(prediction, truth)),
    }[metric]


def compare(metric: str, scene: str, peers: list[str], turns: int) -> dict:
    """Milliseconds of npseg, in each peer's variant, and of the peers; ends the benchmark where they disagree."""
    arguments = {"metric": metric, "scene": scene}
    rivals = [peer for peer in peers if peer != "medpy" or metric != "surface_dice"]
    workers = [Worker(f"npseg as {peer}", __file__, "npseg", {**arguments, "like": peer}) for peer in rivals]
    workers += [Worker(peer, __file__, peer, arguments) for peer in rivals]
    timings = {timing.name: timing for timing in measure_workers(workers, turns)}
    for peer in rivals:
        ours, theirs = (timings[name].witness[0] for name in (f"npseg as {peer}", peer))
        if not math.isclose(ours, theirs, rel_tol=AGREEMENT):
            raise SystemExit(f"benchmark: {metric} of {scene}: npseg has {ours}, {peer} {theirs}")
    return _row(metric, scene, rivals, timings)


def _row(metric: str, scene: str, rivals: list[str], timings: dict[str, Timing]) -> dict:
    milliseconds = {name: timing.median for name, timing in timings.items()}
    ratios = {peer: milliseconds[peer] / milliseconds[f"npseg as {peer}"] for peer in rivals}
    shown = "  ".join(
        f"{peer} {milliseconds[peer]:8.2f} ms, npseg {milliseconds[f'npseg as {peer}']:6.2f} ms, {ratio:5.1f} x"
        for peer, ratio in ratios.items()
    )
    print(f"{scene:20s} {metric:13s} {shown}", flush=True)
    return {
        "scene": scene,
        "metric": metric,
        "value": {name: timing.witness[0] for name, timing in timings.items()},
        "milliseconds": milliseconds,
        "runs": {name: timing.runs for name, timing in timings.items()},
        "times_as_fast": ratios,
    }


def main() -> None:
    """Measure, print, save."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--turns", type=int, default=5, help="timed runs of each competitor")
    parser.add_argument("--scenes", nargs="*", default=SCENES, choices=SCENES)
    parser.add_argument("--metrics", nargs="*", default=METRICS, choices=METRICS)
    parser.add_argument("--out", type=Path, default=Path("distance.json"))
    options = parser.parse_args()
    peers = [peer for peer in ("monai", "medpy") if importlib.util.find_spec(peer)]
    for peer in {"monai", "medpy"}.difference(peers):
        print(f"{peer}: not installed, left out")
    rows = [
        compare(metric, scene, peers, options.turns)
        for scene in options.scenes
        for metric in options.metrics
        if peers != ["medpy"] or metric != "surface_dice"
    ]
    least = min(ratio for row in rows for ratio in row["times_as_fast"].values()) if peers else math.nan
    print(f"npseg is at least {least:.1f} times as fast as each peer; more than 1 wanted")
    packages = ("npseg", "numpy", "numba", "scipy", "torch", "monai", "medpy")
    found = {"rows": rows, "least_times_as_fast": least, "versions": versions(*packages)}
    options.out.write_text(json.dumps(found, indent=2) + "\n")


if __name__ == "__main__":
    main()
